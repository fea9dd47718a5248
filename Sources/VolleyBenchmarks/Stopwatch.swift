/// Times calls that are too short, or too disturbed by other programs, to be timed once.
enum Stopwatch {
    /// How long a repetition takes at least: a thousand times what reading the clock and a change of process cost.
    static let shortest = 0.02

    /// The seconds that a call of each workload takes: the median of repetitions of many calls, the workloads taking turns.
    static func seconds(_ workloads: [KernelWorkload], repetitions: Int) -> [Double] {
        let calls = workloads.map(callsPerRepetition)
        var times = [[Double]](repeating: [], count: workloads.count)
        for _ in 0..<repetitions {
            for (index, workload) in workloads.enumerated() {
                times[index].append(seconds(workload, calls[index]) / Double(calls[index]))
            }
        }
        return times.map(median)
    }

    private static func callsPerRepetition(_ workload: KernelWorkload) -> Int {
        var calls = 1
        while true {
            let elapsed = seconds(workload, calls)
            if elapsed >= shortest { return calls }
            calls = max(calls + 1, min(10 * calls, Int(1.2 * shortest / max(elapsed, 1e-9) * Double(calls))))
        }
    }

    private static func seconds(_ workload: KernelWorkload, _ calls: Int) -> Double {
        seconds { for _ in 0..<calls { workload.run() } }
    }

    /// The seconds that one call takes.
    static func seconds(_ body: () throws -> Void) rethrows -> Double { try ContinuousClock().measure(body) / .seconds(1) }

    /// The middle value, or the mean of the two in the middle.
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

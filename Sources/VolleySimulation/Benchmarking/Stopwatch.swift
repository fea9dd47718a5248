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
        return times.map { $0.sorted()[repetitions / 2] }
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
        let elapsed = ContinuousClock().measure { for _ in 0..<calls { workload.run() } }
        return Double(elapsed.components.seconds) + 1e-18 * Double(elapsed.components.attoseconds)
    }
}

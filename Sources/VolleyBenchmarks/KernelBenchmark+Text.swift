internal import VolleySimulation
internal import VolleyTensors

/// What was measured as tables and plots of up to 100 columns.
extension KernelBenchmark {
    public var text: String {
        let title = "\(processor), \(instructionSet), one thread; medians, every result checked\n"
        return [title, productTable, layerTables, plots, functionTable].joined(separator: "\n")
    }

    private var productTable: String {
        let table = TextTable(
            [.text("model"), .number("inputs"), .number("outputs"), .number("ms"), .number("G MAC/s")],
            rows: products.map {
                [$0.model, "\($0.inputs)", "\($0.outputs)", TextTable.fixed($0.milliseconds, 3), TextTable.fixed($0.gigaMACs, 1)]
            })
        return "Dense product, fp32, \(KernelWorkload.rows) rows\n" + table.text
    }

    private var layerTables: String {
        let (event, dense) = ("event-driven", "dense")
        var lines: [String] = []
        for layer in layers {
            let table = TextTable(
                [
                    .number("density"), .number("ms", in: event), .number("G SOP/s", in: event), .number("ms", in: dense),
                    .number("G SOP/s", in: dense),
                ],
                rows: layer.points.map {
                    [
                        TextTable.fixed($0.density, 2), TextTable.fixed($0.eventDriven, 3), TextTable.fixed($0.eventDrivenGigaOperations, 1),
                        TextTable.fixed($0.dense, 3), TextTable.fixed($0.denseGigaOperations, 1),
                    ]
                })
            lines.append("Linear layer behind neurons: \(layer.name), \(layer.rows) rows, per step of \(layer.steps)")
            lines += table.lines + ["event-driven is slower from density \(layer.crossoverText)", ""]
        }
        lines += [
            "SOP: synaptic operations, spikes × outputs. Where the neurons' thresholds differ by sign (asymmetric),",
            "integers need a sum for each sign; floats take as long either way.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private var functionTable: String {
        let table = TextTable(
            [.text("kernel"), .number(""), .text("")],
            rows: functions.map { [$0.name, TextTable.fixed($0.value, 2), $0.unit.rawValue] })
        return "Other kernels\n" + table.text
    }

    /// Two layers side by side.
    private var plots: String {
        var lines = ["Milliseconds per step over spikes per input and step:  • event-driven  ─ dense  X crossover", ""]
        let symmetric = layers.filter(\.isSymmetric)
        for format in WeightFormat.allCases {
            let panels = symmetric.filter { $0.weights == format }.map(\.plot)
            for row in 0..<(panels.map(\.count).min() ?? 0) {
                lines.append(panels.dropLast().map { TextTable.left($0[row], 51) }.joined() + (panels.last?[row] ?? ""))
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }
}

extension KernelBenchmark.Layer {
    /// Such as `384×1536, int8, asymmetric`.
    var name: String { "\(inputs)×\(outputs), \(weights.rawValue)" + (weights == .fp32 ? "" : isSymmetric ? ", symmetric" : ", asymmetric") }

    var crossoverText: String {
        guard let crossover else { return "above \(points.last?.density ?? 1)" }
        return crossover <= points[0].density ? "\(points[0].density) or less" : TextTable.fixed(crossover, 2)
    }

    /// The end of the axis of times: event-driven rises far above dense, so that a plot of everything would show nothing.
    var plottedTime: Double {
        let highest = points.map { max($0.eventDriven, $0.dense) }.max() ?? 1
        return min(highest, 2 * (points.map(\.dense).max() ?? 1)) * 1.05
    }

    /// The time where the lines cross.
    var crossoverTime: Double? {
        crossover.map { crossover in
            guard let right = points.firstIndex(where: { $0.density >= crossover }), right > 0 else { return points[0].dense }
            let (from, to) = (points[right - 1], points[right])
            return from.dense + (crossover - from.density) / (to.density - from.density) * (to.dense - from.dense)
        }
    }

    fileprivate var plot: [String] {
        var plot = TextPlot(width: 40, height: 11, right: 1, top: plottedTime)
        plot.draw(points.map { ($0.density, $0.dense) }, "─")
        plot.draw(points.map { ($0.density, $0.eventDriven) }, "•")
        if let crossover, let crossoverTime { plot.mark(crossover, crossoverTime, "X") }
        return ["       \(name), crossover \(crossoverText)"] + plot.lines
    }
}

internal import Foundation
internal import VolleySimulation

/// What was measured as tables and plots of up to 100 columns.
extension KernelBenchmark {
    public var text: String {
        let title = "\(processor), \(instructionSet), one thread; medians, every result checked\n"
        return [title, productTable, layerTables, plots, functionTable].joined(separator: "\n")
    }

    private var productTable: String {
        var lines = ["Dense product, fp32, \(KernelWorkload.rows) rows", "model   inputs  outputs        ms    G MAC/s"]
        for product in products {
            lines.append(
                Text.left(product.model, 6) + Text.right("\(product.inputs)", 8) + Text.right("\(product.outputs)", 9)
                    + Text.right(Text.fixed(product.milliseconds, 3), 10) + Text.right(Text.fixed(product.gigaMACs, 1), 11))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var layerTables: String {
        var lines: [String] = []
        for layer in layers {
            lines += [
                "Linear layer behind neurons: \(layer.name), \(layer.rows) rows, per step of \(layer.steps)",
                "density   event-driven ms   dense ms   event-driven G SOP/s   dense G SOP/s",
            ]
            for point in layer.points {
                lines.append(
                    Text.right(Text.fixed(point.density, 2), 7) + Text.right(Text.fixed(point.eventDriven, 3), 18)
                        + Text.right(Text.fixed(point.dense, 3), 11) + Text.right(Text.fixed(point.eventDrivenGigaOperations, 1), 23)
                        + Text.right(Text.fixed(point.denseGigaOperations, 1), 16))
            }
            lines += ["event-driven is slower from density \(layer.crossoverText)", ""]
        }
        lines += [
            "SOP: synaptic operations, spikes × outputs. Where the neurons' thresholds differ by sign (asymmetric),",
            "integers need a sum for each sign; floats take as long either way.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private var functionTable: String {
        let rows = functions.map { Text.left($0.name, 34) + Text.right(Text.fixed($0.value, 2), 9) + " " + $0.unit.rawValue }
        return (["Other kernels"] + rows).joined(separator: "\n") + "\n"
    }

    /// Two layers side by side.
    private var plots: String {
        var lines = ["Milliseconds per step over spikes per input and step:  • event-driven  ─ dense  X crossover", ""]
        let symmetric = layers.filter(\.isSymmetric)
        for format in WeightFormat.allCases {
            let panels = symmetric.filter { $0.weights == format }.map(\.plot)
            for row in 0..<(panels.map(\.count).min() ?? 0) {
                lines.append(panels.dropLast().map { Text.left($0[row], 51) }.joined() + (panels.last?[row] ?? ""))
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
        return crossover <= points[0].density ? "\(points[0].density) or less" : Text.fixed(crossover, 2)
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

/// Cells of tables.
enum Text {
    static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
    static func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
    static func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
}

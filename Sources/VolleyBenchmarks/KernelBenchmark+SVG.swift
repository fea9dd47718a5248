internal import VolleySimulation
internal import VolleyTensors

/// What was measured of layers behind neurons as a drawing.
extension KernelBenchmark {
    /// Milliseconds per step over density, a panel for each shape: solid lines are event-driven, dashed ones dense, a circle
    /// marks the crossover. Neurons with the same thresholds for both signs.
    public var svg: String {
        let symmetric = layers.filter(\.isSymmetric)
        var shapes: [[Layer]] = []
        for layer in symmetric {
            if shapes.last?.first?.inputs == layer.inputs { shapes[shapes.count - 1].append(layer) } else { shapes.append([layer]) }
        }
        let panel = ChartPanel(width: 400, height: 300)
        let (width, height) = (shapes.count * (panel.width + 100) + 20, panel.height + 150)
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="20" y="26" font-size="15">Linear layer behind neurons: \(Self.escaped(processor)), \(Self.escaped(instructionSet)), \
            one thread</text>
            """
        ]
        for (index, layers) in shapes.enumerated() {
            parts.append("<g transform=\"translate(\(index * (panel.width + 100) + 70),70)\">")
            parts.append(panel.drawing(of: layers))
            parts.append("</g>")
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) })
    }
}

/// One shape's lines and axes.
private struct ChartPanel {
    let width: Int
    let height: Int
    private static let colors: [WeightFormat: String] = [.fp32: "#0b6bcb", .int16: "#c2570c", .int8: "#15803d"]

    func drawing(of layers: [KernelBenchmark.Layer]) -> String {
        let top = layers.map(\.plottedTime).max() ?? 1
        func x(_ density: Double) -> String { TextTable.fixed(density * Double(width), 1) }
        func y(_ time: Double) -> String { TextTable.fixed((1 - time / top) * Double(height), 1) }
        let first = layers[0]
        var parts = [
            "<text x=\"0\" y=\"-12\">\(first.inputs)×\(first.outputs), \(first.rows) rows, T = \(first.steps)</text>",
            "<clipPath id=\"area\(first.inputs)\"><rect width=\"\(width)\" height=\"\(height)\"/></clipPath>",
        ]
        for tick in 0...5 {
            let (density, time) = (Double(tick) / 5, Double(tick) / 5 * top)
            parts += [
                "<path d=\"M\(x(density)),0V\(height)M0,\(y(time))H\(width)\" stroke=\"#ddd\" fill=\"none\"/>",
                "<text x=\"\(x(density))\" y=\"\(height + 17)\" text-anchor=\"middle\">\(TextTable.fixed(density, 1))</text>",
                "<text x=\"-7\" y=\"\(y(time))\" dy=\"4\" text-anchor=\"end\">\(TextTable.fixed(time, 2))</text>",
            ]
        }
        parts += [
            "<text x=\"\(width / 2)\" y=\"\(height + 36)\" text-anchor=\"middle\">density (spikes per input and step)</text>",
            "<text transform=\"translate(-46,\(height / 2)) rotate(-90)\" text-anchor=\"middle\">time (ms per step)</text>",
        ]
        for (index, layer) in layers.enumerated() {
            let color = Self.colors[layer.weights] ?? "black"
            func line(_ time: KeyPath<KernelBenchmark.Layer.Point, Double>, _ style: String) -> String {
                let points = layer.points.map { x($0.density) + "," + y($0[keyPath: time]) }.joined(separator: " ")
                return "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" "
                    + "clip-path=\"url(#area\(first.inputs))\"\(style)/>"
            }
            parts += [line(\.eventDriven, ""), line(\.dense, " stroke-dasharray=\"6 4\"")]
            if let crossover = layer.crossover, let time = layer.crossoverTime {
                parts.append("<circle cx=\"\(x(crossover))\" cy=\"\(y(time))\" r=\"5\" fill=\"white\" stroke=\"\(color)\" stroke-width=\"2\"/>")
            }
            parts.append(
                "<text x=\"\(index * width / layers.count)\" y=\"\(height + 58)\" fill=\"\(color)\">"
                    + "\(layer.weights.rawValue), crossover \(layer.crossoverText)</text>")
        }
        parts.append("<text x=\"0\" y=\"\(height + 75)\">solid: event-driven, dashed: dense, circle: crossover</text>")
        return parts.joined(separator: "\n")
    }
}

internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// The form of the authors' program: functions become networks of rectifiers, and every neuron has a threshold of its own.
extension SpatioTemporalApproximation {
    /// No value reaches the threshold of neurons that were silent on all calibration samples.
    private static let silent: Float = 0x1p100

    func programNetwork(_ graph: Graph, _ calibration: Calibration) throws -> SpikingNetwork {
        var fit = FitFunctions(functions: functions, spikingHead: spikingHead)
        fit.variances = try variances(graph, fit, calibration)
        let placed = try fit.apply(to: graph)
        let found = try thresholds.map { try stated($0, placed.places) } ?? calibrated(placed, calibration)
        fit.thresholds = found.mapValues { $0.map { $0 > 0 ? $0 : Self.silent } }
        let layers = placed.places.map { ($0.site, NeuronLayer(HalfBurstNeuron(threshold: 1, feedsBackTwice: $0.isMap))) }
        var provenance = provenance
        provenance.reservation = "measured against an ANN that has networks of rectifiers in the place of functions, too: their error does not show"
        if thresholds != nil { provenance.settings["thresholds"] = "stated" }
        let names = functions.stated.keys.map(\.rawValue).sorted()
        if !names.isEmpty { provenance.settings["functions"] = "stated: " + names.joined(separator: ", ") }
        return try SpikingNetwork(
            graph: try fit.apply(to: graph).graph, coding: .rate, neurons: Dictionary(uniqueKeysWithValues: layers), provenance: provenance)
    }

    /// What variances each layer normalisation sees where roots are exact; where their network is stated, it does not matter.
    private func variances(_ graph: Graph, _ fit: FitFunctions, _ calibration: Calibration) throws -> [String: ClosedRange<Double>] {
        let exact = try fit.apply(to: graph)
        guard functions.stated[.inverseRoot] == nil, !exact.variances.isEmpty else { return exact.variances.mapValues { _ in 1...1 } }
        let nodes = Set(exact.variances.values.compactMap { exact.graph.node(named: $0) })
        let found = try calibration.observe(exact.graph, at: nodes) { _, _ in EveryValue() }
        return exact.variances.mapValues { node in
            let extremes = found[node]?.extremes ?? 1...1
            // Rows of equal elements have no root; a range of four decades is as much as a few lines span.
            let largest = max(Double(extremes.upperBound), 1e-30)
            return max(Double(extremes.lowerBound), largest * 1e-4)...largest
        }
    }

    // MARK: Thresholds

    /// By batch the thresholds of smallest squared error, and of these the exponential average `θ ← 0.9·θ + 0.1·θ_batch`.
    private func calibrated(_ placed: FitFunctions.Result, _ calibration: Calibration) throws -> [String: [Float]] {
        let search = ThresholdGrid(steps: errorSteps)
        let nodes = Set(placed.places.compactMap { placed.graph.node(named: $0.argument) })
        var means: [String: [Double]] = [:]
        try calibration.forEachBatch(of: placed.graph, size: calibration.batchSize, at: nodes, with: { _, _ in EveryValue() }) { _, found in
            for place in placed.places {
                let values = found[place.argument] ?? EveryValue()
                let best = try parallelRanges(place.length, threads: calibration.threads) { _, range in
                    range.flatMap { search.best(place, values.values(at: $0, of: place.length)) }
                }.flatMap(\.self)
                means[place.site] = means[place.site].map { zip($0, best).map { 0.9 * $0 + 0.1 * $1 } } ?? best
            }
        }
        return means.mapValues { $0.map { Float($0) } }
    }

    private func stated(_ thresholds: [String: [Double]], _ places: [FitFunctions.Place]) throws -> [String: [Float]] {
        func fail(_ message: String) -> ConversionError { ConversionError(.badThresholds, message) }
        let missing = places.map(\.site).filter { thresholds[$0] == nil }
        guard missing.isEmpty else {
            throw fail("the thresholds file must name every site; missing are \(missing.prefix(8).joined(separator: ", "))")
        }
        let names = Set(places.map(\.site))
        if let unknown = thresholds.keys.sorted().first(where: { !names.contains($0) }) {
            throw fail(
                "the thresholds file names '\(unknown)', which is no site; the sites are \(places.prefix(8).map(\.site).joined(separator: ", "))")
        }
        return try Dictionary(
            uniqueKeysWithValues: places.map { place in
                let numbers = thresholds[place.site]!.map { Float($0) }
                guard numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                    throw fail("site '\(place.site)': expected finite numbers from 0 on, found \(thresholds[place.site]!.prefix(8))")
                }
                guard [1, place.neurons].contains(numbers.count) else {
                    throw fail("site '\(place.site)': expected one threshold, or \(place.neurons), found \(numbers.count) numbers")
                }
                return (place.site, numbers.count == 1 ? [Float](repeating: numbers[0], count: place.neurons) : numbers)
            })
    }
}

/// The thresholds V = max·(1 − i/200), i < 95, of which that of the smallest `Σ (V·min(⌊a·T/V⌋, T)/T − a)²` is taken, the first of several.
struct ThresholdGrid {
    let steps: Int

    /// - Parameter arguments: ascending.
    /// - Returns: for each neuron of one place on the last axis.
    func best(_ place: FitFunctions.Place, _ arguments: [Float]) -> [Double] {
        switch place.response {
        case .rectified(let isNegated): [best(arguments.map { isNegated ? -Double($0) : Double($0) })]
        case .units(let network): (0..<network.units).map { unit in best(arguments.map { network.unit(unit, Double($0)) }) }
        }
    }

    /// - Parameter values: those that are not above 0 do not count.
    /// - Returns: 0 where no value is above 0.
    func best(_ values: [Double]) -> Double {
        let values = values.filter { $0 > 0 }
        guard let largest = values.max() else { return 0 }
        let count = Double(steps)
        var (best, least) = (largest, Double.infinity)
        for step in 0..<95 {
            let bound = largest * (1 - Double(step) / 200)
            let unit = bound / count
            var error = 0.0
            // Divided, so that the largest value reaches V = max.
            for value in values {
                let difference = Double.minimum((value / bound * count).rounded(.down), count) * unit - value
                error += difference * difference
            }
            if error < least { (best, least) = (bound, error) }
        }
        return best
    }
}

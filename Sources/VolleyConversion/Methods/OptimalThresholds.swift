internal import Foundation
internal import VolleySpiking
internal import VolleyTensors

/// Thresholds of a site that make the squared error of its estimate smallest after a number of time-steps: `Σ (φ(T) − x)²` over the values
/// that calibration saw, each arriving as it is at every step.
///
/// Tried are thresholds in quarters of an octave around the quantile's, one sign after the other where signs have thresholds of their own.
struct OptimalThresholds {
    let steps: Int
    let coding: Coding
    let isSymmetric: Bool
    /// The neurons of a pair of thresholds.
    let neuron: (ThresholdTable.Pair) -> MultiThresholdNeuron

    /// In quarters of an octave: base thresholds of an ascending ladder may have to be far from what a quantile says.
    private static let distances = -24...48

    /// - Parameter start: the thresholds that quantiles say, which stay unless others are better.
    func pair(_ values: Histogram, from start: ThresholdTable.Pair) -> ThresholdTable.Pair {
        let (positive, negative) = (SizeDistribution(values, sign: .positive), SizeDistribution(values, sign: .negative))
        var best = start
        for side in isSymmetric ? [ThresholdLadder.Sign.positive] : ThresholdLadder.Sign.allCases {
            let own = side == .positive ? start.positive : start.negative
            guard own > 0 else { continue }
            var least = error(best, positive, negative)
            let from = best
            for distance in Self.distances {
                let threshold = own * Float(pow(2, Double(distance) / 4))
                guard threshold.isNormal else { continue }
                var pair = from
                if isSymmetric || side == .positive { pair.positive = threshold }
                if isSymmetric || side == .negative { pair.negative = threshold }
                guard neuron(pair).problem(coding) == nil else { continue }
                let found = error(pair, positive, negative)
                if found < least { (least, best) = (found, pair) }
            }
        }
        return best
    }

    private func error(_ pair: ThresholdTable.Pair, _ positive: SizeDistribution, _ negative: SizeDistribution) -> Double {
        let neuron = neuron(pair)
        return error(neuron, positive, sign: 1) + error(neuron, negative, sign: -1)
    }

    private func error(_ neuron: MultiThresholdNeuron, _ values: SizeDistribution, sign: Float) -> Double {
        let table = neuron.alphabet.table
        var sum = 0.0
        for (size, count) in zip(values.sizes, values.counts) {
            let value = sign * Float(size)
            var (potential, sent) = (neuron.rest, Float(0))
            for time in 1...steps {
                // Under differential coding the neuron takes in what its estimate lacks (semantics 5.1).
                let current = coding == .differential ? value - sent : value
                let spike = table[Alphabet.place(of: neuron.step(&potential, current: current, time: time))]
                sent += coding == .differential ? spike / Float(time) : spike
            }
            let error = Double(coding == .differential ? sent : sent / Float(steps)) - Double(value)
            sum += count * error * error
        }
        return sum
    }
}

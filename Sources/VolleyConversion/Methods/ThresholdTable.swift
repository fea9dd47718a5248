public import OrderedCollections
internal import VolleySpiking
internal import VolleyTensors

/// A pair of thresholds for every site: base values for an ascending ladder, top values for a descending one.
public struct ThresholdTable: Sendable, Hashable {
    public struct Pair: Sendable, Hashable {
        public var positive: Float
        public var negative: Float
        /// Of the activation, on calibration data; nil where it was not looked at.
        public var rootMeanSquare: Float?

        public init(positive: Float, negative: Float, rootMeanSquare: Float? = nil) {
            self.positive = positive
            self.negative = negative
            self.rootMeanSquare = rootMeanSquare
        }
    }

    public var sites: OrderedDictionary<String, Pair>

    /// Quantiles of calibrated activations, scaled as the method has it.
    public init(_ calibration: CalibrationTable, method: MultiThreshold) {
        sites = calibration.sites.mapValues { site in
            let mean = site.mean
            let both = site.symmetricMean
            return Pair(
                positive: method.scale * (method.symmetric ? both : mean.positive),
                negative: method.scale * (method.symmetric ? both : mean.negative), rootMeanSquare: site.rootMeanSquare)
        }
    }

    /// Explicit thresholds.
    /// - Throws: ``ConversionError`` unless exactly the network's sites are named, each with two finite numbers.
    public init(_ values: [String: [Double]], sites: [String]) throws {
        let missing = sites.filter { values[$0] == nil }
        guard missing.isEmpty else {
            throw ConversionError(
                .badThresholds,
                "the thresholds file must name every site; \(missing.count) of \(sites.count) are missing: "
                    + missing.prefix(8).joined(separator: ", ") + (missing.count > 8 ? ", …" : ""))
        }
        let unknown = values.keys.filter { !sites.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw ConversionError(
                .badThresholds,
                "the thresholds file names sites that the network does not have: "
                    + unknown.prefix(8).joined(separator: ", ") + (unknown.count > 8 ? ", …" : ""))
        }
        self.sites = [:]
        for site in sites {
            guard let pair = values[site], pair.count == 2, pair.allSatisfy({ Float($0).isFinite }) else {
                throw ConversionError(
                    .badThresholds, "site '\(site)': expected [positive, negative], two finite numbers, found \(values[site]!)")
            }
            self.sites[site] = Pair(positive: Float(pair[0]), negative: Float(pair[1]))
        }
    }
}

/// Thresholds that a paper's program sets by hand for some kinds of site, instead of calibrating them.
public enum ThresholdPreset: String, Sendable, Hashable, Codable, CaseIterable {
    /// ECMT's program on ViT: softmax outputs ±0.0125, inputs of the second MLP layer 0.25 and 0.08.
    case paperViT = "paper-vit"

    /// - Throws: ``ConversionError`` where the network has no such sites or the ladder does not ascend.
    public func apply(to table: inout ThresholdTable, method: MultiThreshold) throws {
        guard method.direction == .up else {
            let remedy = Remedy(.methodSetting, "ladder up")
            throw ConversionError(
                .badSettings, "the preset '\(rawValue)' pins base thresholds of an ascending ladder; use \(remedy)", remedies: [remedy])
        }
        let pins: [(suffix: String, pair: ThresholdTable.Pair)] = [
            (".attn.s", ThresholdTable.Pair(positive: 0.0125, negative: 0.0125)),
            (".mlp.fc2.in", ThresholdTable.Pair(positive: 0.25, negative: 0.08)),
        ]
        for pin in pins {
            let sites = table.sites.keys.filter { $0.hasSuffix(pin.suffix) }
            guard !sites.isEmpty else {
                throw ConversionError(
                    .badSettings, "the preset '\(rawValue)' is for ViT: this network has no site whose name ends in '\(pin.suffix)'")
            }
            for site in sites {
                table.sites[site]!.positive = pin.pair.positive
                table.sites[site]!.negative = pin.pair.negative
            }
        }
    }
}

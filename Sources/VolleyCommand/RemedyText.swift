import Volley

/// The library's parameters as the command line calls them.
enum RemedyText {
    /// What an error says, with options in the place of parameters.
    static func description(of error: any InputError) -> String {
        replacing(error.remedies, in: error.description, by: words)
    }

    /// Why a method does not fit a network, with its settings as `--methods` takes them.
    static func reason(_ error: ConversionError, label: String) -> String {
        replacing(error.remedies, in: error.message) { remedy in
            guard remedy.parameter == .methodSetting, let value = remedy.value else { return words(for: remedy) }
            return "\(label):" + (value.contains(" ") ? value.replacing(" ", with: "=") : value + "=yes")
        }
    }

    private static func replacing(_ remedies: [Remedy], in text: String, by words: (Remedy) -> String) -> String {
        remedies.reduce(text) { $0.replacing($1.description, with: words($1)) }
    }

    private static func words(for remedy: Remedy) -> String {
        let value = remedy.value ?? ""
        return switch remedy.parameter {
        case .inputShapes: "--input-shape \(value)"
        case .arrays: remedy.value == nil ? "--array" : "--array \(value)"
        case .classTable: "--labels"
        case .sampleLimit: "--limit"
        case .imageFile: "--preprocess FILE.json"
        case .imageMean: "--mean"
        case .imageDeviation: "--std"
        case .imageSize: "--size"
        case .imageCrop: "--crop"
        case .calibration: "--calibration"
        case .thresholds: "--thresholds"
        case .methodSetting: "--\(value)"
        case .conversion: "volley convert '\(value)' --calibration DATA -o NETWORK.volley"
        case .spikingNetwork: "volley evaluate, volley run, volley inspect or volley bench '\(value)'"
        case .session: "'volley run'"
        case .output: remedy.value == nil ? "--output" : "--output \(value)"
        case .task: "--task \(value) of 'volley evaluate'"
        case .overlapCheck: "--allow-overlap"
        case .shard: "--shard \(value)"
        }
    }
}

import Volley

/// The library's parameters as the command line calls them.
enum RemedyText {
    /// What an error says, with options in the place of parameters.
    static func description(of error: any InputError) -> String {
        error.remedies.reduce(error.description) { $0.replacing($1.description, with: words(for: $1)) }
    }

    /// Why a method was not compared, with settings as `--methods` takes them.
    static func reason(_ unfit: ComparisonResults.Unfit) -> String {
        unfit.remedies.reduce(unfit.reason) { reason, remedy in
            guard remedy.parameter == .methodSetting, let value = remedy.value else {
                return reason.replacing(remedy.description, with: words(for: remedy))
            }
            let setting = value.contains(" ") ? value.replacing(" ", with: "=") : value + "=yes"
            return reason.replacing(remedy.description, with: "\(unfit.label):\(setting)")
        }
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
        case .overlapCheck: "--allow-overlap"
        }
    }
}

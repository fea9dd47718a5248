import VolleyGraph
import VolleyTensors

/// What the configurations of Hugging Face networks have in common.
extension Configuration {
    /// - Throws: `ModelError` (`unsupported`) with those of the keys that are there and are neither false nor empty.
    func refuse(_ keys: [String]) throws {
        let found = keys.filter { key in
            self[key].map { ![.object([:]), .flag(false)].contains($0) } ?? false
        }
        guard found.isEmpty else {
            let message = "The network uses parts that are not supported: \(found.listed)."
            throw ModelError(.unsupported, message, path: path)
        }
    }

    /// A note on a key that is not there.
    func assumption(_ key: String, _ value: some CustomStringConvertible) -> Diagnostic {
        Diagnostic(path, "The configuration does not state \(key). Assumed, as the library does: \(value).")
    }

    func activation(_ key: String) throws -> UnaryFunction {
        switch try text(key) {
        case nil, "gelu", "gelu_python": return .gelu
        case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
        case "quick_gelu": return .quickGELU
        case "relu": return .relu
        case "silu", "swish": return .silu
        default:
            throw wrongValue(key, expected: "one of gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, relu, silu, swish")
        }
    }

    func classNames(_ classes: Size) throws -> [String]? {
        guard let labels = try section("id2label") else { return nil }
        let names = try (0..<min(classes.value, labels.keys.count)).compactMap { try labels.text(String($0)) }
        guard names.count == classes.value, labels.keys.count == classes.value else {
            let message = """
                id2label must name the classes 0 to \(classes.value - 1) (\(classes.origin)); it has \(labels.keys.count) \
                entries, \(names.count) of them with such a number.
                """
            throw ModelError(.contradiction, message, path: path)
        }
        return names
    }
}

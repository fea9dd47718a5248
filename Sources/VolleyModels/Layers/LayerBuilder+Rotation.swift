import Foundation
import VolleyGraph
import VolleyTensors

/// Values that turn pairs of neighbouring features: constants in a graph, each to be used by all attention layers.
struct Rotation {
    /// cos φ of each token and feature, [L, 1, D/H].
    var cosine: NodeID
    /// sin φ, negative for the first feature of each pair, [L, 1, D/H].
    var signedSine: NodeID
    /// For each feature the other one of its pair, [D/H].
    var partner: NodeID
}

extension LayerBuilder {
    mutating func rotation(_ name: String, angles: Tensor) throws -> Rotation {
        let (tokens, width) = (angles.shape[0], angles.shape[1])
        var (cosine, sine) = (Tensor([tokens, 1, width]), Tensor([tokens, 1, width]))
        for (index, angle) in angles.values.enumerated() {
            let isFirst = index % width % 2 == 0
            cosine.values[index] = cos(angle)
            sine.values[index] = isFirst ? -sin(angle) : sin(angle)
        }
        let partners = (0..<width).map { feature in Float(feature ^ 1) }
        return Rotation(
            cosine: try graph.constant("\(name).cos", cosine), signedSine: try graph.constant("\(name).sin", sine),
            partner: try graph.constant("\(name).partner", Tensor([width], partners)))
    }

    /// `y₂ᵢ = x₂ᵢ·cos φ − x₂ᵢ₊₁·sin φ` and `y₂ᵢ₊₁ = x₂ᵢ₊₁·cos φ + x₂ᵢ·sin φ`: [N, L, H, D/H].
    mutating func rotate(_ name: String, _ input: NodeID, by rotation: Rotation) throws -> NodeID {
        let swapped = try graph.add("\(name).partner", .gather(Gather(axis: 3)), [input, rotation.partner])
        let straight = try combine("\(name).cos", .multiply, input, rotation.cosine)
        let crossed = try combine("\(name).sin", .multiply, swapped, rotation.signedSine)
        return try combine("\(name).rotated", .add, straight, crossed)
    }
}

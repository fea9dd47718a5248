import VolleyGraph

/// A Vision Transformer as numbers and choices, whichever program trained it.
///
/// Dosovitskiy et al., *An Image is Worth 16x16 Words*, ICLR 2021, arXiv:2010.11929; with a distillation token: Touvron
/// et al., *Training data-efficient image transformers & distillation through attention*, ICML 2021, arXiv:2012.12877.
/// Every block is `x ← x + attention(norm1(x))`, `x ← x + mlp(norm2(x))`.
struct VisionTransformer {
    var channels: Size
    /// Of the input image in pixels.
    var image: (height: Size, width: Size)
    var patch: (height: Size, width: Size)
    /// The length of a token.
    var width: Size
    var depth: Int
    var heads: Size
    /// The number of units between the two linear layers of a block.
    var hidden: Size
    var classes: Size

    /// The tokens before the patches, in order.
    var prefix: [PrefixTokens]
    /// Whether the position embedding has rows for the prefix; otherwise it is added to the patches alone.
    var positionsIncludePrefix: Bool
    var activation: UnaryFunction
    /// ε of every layer normalisation.
    var epsilon: Float
    var hasPatchBias = true
    var hasQKVBias = true
    /// Of the attention's output projection and of both linear layers behind it.
    var hasProjectionBias = true
    /// Whether the tokens are normalised before the first block.
    var hasPreNorm = false
    /// Whether the output of attention and of the linear layers is multiplied by a trained vector (Touvron et al.,
    /// *Going deeper with Image Transformers*, ICCV 2021, arXiv:2103.17239).
    var hasLayerScale = false
    var readout: Readout
    /// Whether the last normalisation comes after pooling ("fc_norm") and not before it ("norm").
    var normalizesAfterPooling = false

    struct PrefixTokens {
        /// The parameter's name.
        var name: String
        var count: Size
    }

    /// Which tokens the classifier reads.
    enum Readout {
        case classToken
        case meanOfPatches
        /// The mean of two classifiers' logits: one on the class token, one on the distillation token.
        case classAndDistillationTokens
    }

    /// - Throws: `ModelError` (`contradiction`) where the sizes do not fit each other.
    func verify(path: String) throws {
        guard patchCount > 0 else {
            let reasons = [patch.height, patch.width, image.height, image.width].reasons
            throw ModelError(.contradiction, "No patch fits into the image: \(reasons).", path: path)
        }
        guard width.value % heads.value == 0 else {
            let message = "The width is not a multiple of the number of heads: \([heads, width].reasons)."
            throw ModelError(.contradiction, message, path: path)
        }
    }

    /// How many patches fit along height and width; a rest of the image is not seen.
    var grid: (rows: Int, columns: Int) {
        (image.height.value / patch.height.value, image.width.value / patch.width.value)
    }

    /// The length of one head's part of a token.
    var headWidth: Int { width.value / heads.value }
    var patchCount: Int { grid.rows * grid.columns }
    var prefixCount: Int { prefix.reduce(0) { $0 + $1.count.value } }
    var tokenCount: Int { prefixCount + patchCount }

    /// The sizes in a line.
    var summary: String {
        func extent(_ size: (height: Size, width: Size)) -> String { "\(size.height.value)×\(size.width.value)" }
        let patch = patch.height.value == patch.width.value ? "\(patch.height.value)" : extent(patch)
        return "\(depth) blocks, width \(width.value), \(heads.value) heads, patch \(patch), \(extent(image)) px"
    }
}

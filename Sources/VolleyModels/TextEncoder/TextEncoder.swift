import VolleyGraph

/// A Transformer encoder for text as numbers and choices: BERT, RoBERTa or DistilBERT.
///
/// Devlin et al., *BERT*, NAACL 2019, arXiv:1810.04805; Liu et al., *RoBERTa*, 2019, arXiv:1907.11692; Sanh et al.,
/// *DistilBERT*, 2019, arXiv:1910.01108. Every layer is `x ← norm(x + attention(x))`, `x ← norm(x + mlp(x))`.
struct TextEncoder {
    /// The number of different tokens.
    var vocabulary: Size
    /// The number of rows of the position embedding.
    var positions: Size
    /// The number of kinds of segments that tokens can belong to; nil where there are none.
    var types: Size?
    /// Whether the kind of each token is an input. Otherwise all are of kind 0.
    var readsTypes: Bool
    /// The token that fills sequences up, where positions are counted without it, beginning behind its number (RoBERTa).
    var padding: Size?
    /// The length of a token's vector.
    var width: Size
    var depth: Int
    var heads: Size
    /// The number of units between the two linear layers of a layer.
    var hidden: Size
    var activation: UnaryFunction
    /// ε of every layer normalisation.
    var epsilon: Float
    /// The number of tokens of a sequence, padding included.
    var length: Size
    /// What makes logits of the first token, if anything does: `classifier(f(dense(x)))`.
    var classifier: (classes: Size, activation: UnaryFunction)?

    /// The length of one head's part of a token.
    var headWidth: Int { width.value / heads.value }

    /// How many tokens there are positions for.
    var longest: Int { positions.value - (padding.map { $0.value + 1 } ?? 0) }

    /// - Throws: `ModelError` (`contradiction`) where the sizes do not fit each other.
    func verify(path: String) throws {
        guard width.value % heads.value == 0 else {
            let message = "The width is not a multiple of the number of heads: \([heads, width].reasons)."
            throw ModelError(.contradiction, message, path: path)
        }
        guard length.value <= longest else {
            let reasons = ([positions] + (padding.map { [$0] } ?? [])).reasons
            let message = """
                A sequence of \(length.value) tokens is too long (\(length.origin)): there are positions for \(longest), as \
                \(reasons).
                """
            throw ModelError(.contradiction, message, path: path)
        }
        if let padding, padding.value >= vocabulary.value {
            let message = "The padding is no token of the vocabulary: \([padding, vocabulary].reasons)."
            throw ModelError(.contradiction, message, path: path)
        }
    }

    /// The sizes in a line.
    var summary: String {
        "\(depth) layers, width \(width.value), \(heads.value) heads, \(vocabulary.value) words, \(length.value) tokens"
    }
}

/// A length together with who states it, so that a tensor that contradicts it can say what.
struct Size: Hashable {
    /// No length of a supported network comes near; products of three stay within `Int`.
    static let largest = 1 << 20

    let value: Int
    /// A clause such as "model_args.embed_dim is 32".
    let origin: String

    init(_ value: Int, _ origin: String) {
        self.value = value
        self.origin = origin
    }

    /// The first axis of what is the same for every image.
    static let single = Size(1, "it is the same for every image")
}

extension [Size] {
    /// Who states these lengths, each of them once.
    var reasons: String {
        var distinct: [String] = []
        for size in self where !distinct.contains(size.origin) { distinct.append(size.origin) }
        return distinct.joined(separator: " and ")
    }
}

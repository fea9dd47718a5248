/// What training programs leave in front of a network's tensor names: the wrappers that held it as a member.
enum WrapperPrefix {
    /// DataParallel, Lightning and the like, `torch.compile`, networks with a head of their own.
    private static let all = ["module.", "model.", "_orig_mod.", "backbone."]

    /// The name without any of them, however many stand in front of it.
    static func stripped(_ name: String) -> String {
        var rest = name[...]
        while let prefix = all.first(where: { rest.hasPrefix($0) }) { rest = rest.dropFirst(prefix.count) }
        return String(rest)
    }

    /// What ``stripped(_:)`` takes away.
    static func found(in name: String) -> String { String(name.dropLast(stripped(name).count)) }
}

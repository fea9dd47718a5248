/// The passes that simplify an imported graph without changing what it computes.
///
/// Exporters take operators apart; passes put them together again. Which operators a graph has decides where neurons stand and what is
/// compensated (<doc:Semantics>, sections 2 and 6).
public enum GraphPasses {
    public typealias Pass = (name: String, apply: @Sendable (Graph) throws -> Graph)

    /// In the order in which they are applied.
    public static let all: [Pass] = [
        ("FoldConstants", { try FoldConstants.apply(to: $0) }),
        ("LiftLayerNormalization", { try LiftLayerNormalization.apply(to: $0) }),
        ("LiftRMSNormalization", { try LiftRMSNormalization.apply(to: $0) }),
        ("LiftGatedActivations", { try LiftGatedActivations.apply(to: $0) }),
        ("LiftTrainedActivations", { try LiftTrainedActivations.apply(to: $0) }),
        ("LiftLinear", { try LiftLinear.apply(to: $0) }),
        ("FoldScaleAndShift", { try FoldScaleAndShift.apply(to: $0) }),
        ("FoldPadding", { try FoldPadding.apply(to: $0) }),
        ("RemoveUnusedNodes", { try RemoveUnusedNodes.apply(to: $0) }),
    ]

    /// Applies all passes, or those up to and including one.
    /// - Throws: ``GraphError`` when no pass has that name.
    public static func apply(to graph: Graph, through last: String? = nil) throws -> Graph {
        let names = all.map(\.name)
        guard let end = last.map({ names.firstIndex(of: $0) }) ?? all.count - 1 else {
            throw GraphError(.badInput, "there is no pass '\(last!)'; the passes are \(names.joined(separator: ", "))")
        }
        return try all[...end].reduce(graph) { try $1.apply($0) }
    }
}

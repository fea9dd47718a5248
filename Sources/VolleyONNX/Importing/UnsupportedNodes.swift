/// What of a model is not supported, collected over all of its nodes so that it can be said at once.
struct UnsupportedNodes {
    private struct Fault: Hashable {
        var name: String
        /// nil where the operator is not known at all.
        var reason: String?
    }

    private var faults: [Fault] = []
    private var nodes: [Fault: [String]] = [:]
    private var first: ONNXError?

    var isEmpty: Bool { faults.isEmpty }

    /// Which of a node's inputs stand for what other unsupported nodes should have made.
    enum Doubt {
        case none
        /// The data alone: an attribute that is not supported is so for any data.
        case data
        case others
    }

    /// Takes a node's error down, unless it may only follow from another one.
    /// - Returns: whether the import can go on to find more.
    mutating func add(_ error: ONNXError, operator name: String, node: String, _ doubt: Doubt) -> Bool {
        let fault: Fault
        switch error.code {
        case .unsupportedOperators: fault = Fault(name: name)
        case .unsupported:
            let prefix = name + ": "
            let reason = error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
            fault = Fault(name: name, reason: reason)
            let isOwn = doubt == .none || doubt == .data && !error.isUnknownValue || nodes[fault] != nil
            if !isOwn { return true }
        case .tooLarge, .cycle: return false
        default: return doubt != .none
        }
        if first == nil { first = error }
        if nodes[fault] == nil { faults.append(fault) }
        nodes[fault, default: []].append(node)
        return true
    }

    /// All of it: the only node's own error, or a list.
    var error: ONNXError? {
        guard let first else { return nil }
        if faults.count == 1, let fault = faults.first, fault.reason != nil, nodes[fault]?.count == 1 { return first }
        return .unsupported(
            faults.sorted { ($0.reason ?? "", $0.name) < ($1.reason ?? "", $1.name) }
                .map { .init(name: $0.name, nodes: nodes[$0] ?? [], reason: $0.reason) })
    }
}

internal import CVolleyKernels

/// Neurons at the end of a layer's pass.
public enum LayerNeurons: Sendable {
    /// Of a ladder, that reset by subtraction.
    case ladder(NeuronKernel)
    /// Of another family, with what their codes are worth.
    case rule(NeuronRule, Alphabet)

    /// What a call counts in every step: each level of each sign, or each code.
    public var countsPerStep: Int {
        switch self {
        case .ladder(let kernel): 2 * kernel.levels
        case .rule(_, let alphabet): alphabet.codes.count
        }
    }

    /// How many counts the kernels write in every step.
    var kernelCountsPerStep: Int {
        switch self {
        case .ladder(let kernel): 2 * kernel.levels
        case .rule: Int(VK_CODES)
        }
    }

    /// Adds what the kernels counted in some steps to counts of which there are ``countsPerStep`` for each.
    func add(_ counted: [Int64], to counts: inout [Int64]) {
        switch self {
        case .ladder: for index in counts.indices { counts[index] += counted[index] }
        case .rule(_, let alphabet):
            let width = alphabet.codes.count
            for index in counts.indices {
                counts[index] += counted[index / width * Int(VK_CODES) + Alphabet.place(of: alphabet.codes[index % width])]
            }
        }
    }
}

/// Neurons at the end of a layer's pass as the kernels read them: one of both is null.
@safe struct LayerNeuronParameters {
    private let ladder: AlignedBuffer<vk_neuron>?
    private let rule: AlignedBuffer<vk_rule>?
    var target: UnsafePointer<vk_neuron>? { unsafe ladder.map { unsafe UnsafePointer($0.start) } }
    var byRule: UnsafePointer<vk_rule>? { unsafe rule.map { unsafe UnsafePointer($0.start) } }

    init(_ neurons: LayerNeurons?) {
        switch neurons {
        case .ladder(let kernel): (ladder, rule) = (kernel.parameters, nil)
        case .rule(let rule, _): (ladder, self.rule) = (nil, AlignedBuffer([rule.parameters]))
        case nil: (ladder, rule) = (nil, nil)
        }
    }
}

public import VolleyGraph
internal import VolleyTensors

extension Plan {
    /// One step of a plan. It makes the value of one node; what lies between the first and the last of its nodes never leaves the cache.
    public struct Stage: Sendable, Hashable {
        /// What is done to the inputs, before the epilogue.
        public enum Pass: Sendable, Hashable {
            /// An operator as it is.
            case operation
            /// A layer of neurons of its own.
            case neurons
            /// A linear layer.
            case layer
            /// A convolution: a layer whose rows are the windows of images.
            case convolution
            case attention(Attention)
        }

        /// What is done to a pass's value before it is handed on.
        public enum Epilogue: Sendable, Hashable {
            /// Adds a constant to each output channel: `+ b`.
            case bias(NodeID)
            case activation(UnaryFunction)
            /// Adds the value of another node.
            case residual(NodeID)
            /// Fires the neurons of a site: spikes and estimates are handed on.
            case neurons(NodeID)
            /// Nothing: these nodes rearrange values whose reader takes them as they lie.
            case layout([NodeID])
        }

        /// How a stage reads a value.
        public enum Reading: String, Sendable, Hashable {
            /// As numbers.
            case values
            /// As the spikes of the neurons that make it.
            case spikes
            /// As spikes, and the stage counts where they are.
            case countedSpikes
        }

        public struct Input: Sendable, Hashable {
            public var value: NodeID
            public var reading: Reading
        }

        public let pass: Pass
        /// What it reads, once per reading: of a layer or convolution first its input; of an attention q, k and v; then addends and
        /// masks. Weights and biases are not among them, except of operators as they are.
        public let inputs: [Input]
        /// In the order in which it is applied.
        public let epilogue: [Epilogue]
        /// The nodes that it computes, and no other stage does, from the first to the last.
        public let nodes: [NodeID]
        /// The node whose value it makes: of its nodes the only one that others may read.
        public let output: NodeID
        /// The node that its time is booked on, and the multiply-accumulates of a dense product for one sample.
        public let booked: NodeID
        public let multiplyAccumulates: Int
        /// Why it holds these nodes and no more, in words.
        public let why: String

        /// The site whose neurons it ends in.
        public var site: NodeID? {
            epilogue.lazy.compactMap { if case .neurons(let site) = $0 { site } else { nil } }.first
        }
    }

    /// `softmax(scale · q·kᵀ + mask)·v` of several heads, with the neurons behind the softmax.
    public struct Attention: Sendable, Hashable {
        /// The axes of the scores before queries and keys: `[N, heads …]`.
        public var heads: SymbolicShape
        /// q `[queries, width]`, k `[width, keys]`, v `[keys, valueWidth]`.
        public var queries: Int
        public var keys: Int
        public var width: Int
        public var valueWidth: Int
        /// Multiplies the scores; 1 for none.
        public var scale: Float
        /// Added to the scaled scores.
        public var mask: NodeID?
        /// The neuron site behind the softmax, if there is one.
        public var site: NodeID?
        /// How the heads of one sample lie: 0 one behind the other, `[heads, rows, columns]`; otherwise so many side by side in
        /// every token, `[tokens, heads, columns]`, for q, k, v and the context alike.
        public var headsPerToken = 0

        /// Multiply-accumulates of both products, for one sample.
        var multiplyAccumulates: Int { heads.perSample.count * queries * keys * (width + valueWidth) }
    }
}

package import VolleyGraph
package import VolleyTensors

/// An ONNX model that is to be written: named values, and operators of the standard domain that make one from others.
///
/// It knows the format and nothing of networks; whoever fills it keeps names unique and the order of operators that of computation.
package struct ONNXDocument: Sendable {
    /// The type of a value's elements.
    package enum Element: Sendable, Hashable { case float, integer }

    /// An attribute of an operator.
    package enum Attribute: Sendable, Hashable {
        case int(Int)
        case ints([Int])
        case float(Float)
        case string(String)
    }

    /// An operator with the values that it reads and makes; an empty name stands for an input that is left out.
    package struct Operation: Sendable, Hashable {
        package var name: String
        package var type: String
        package var inputs: [String]
        package var outputs: [String]
        package var attributes: [(name: String, value: Attribute)]

        package init(
            _ type: String, name: String, inputs: [String], outputs: [String], attributes: [(name: String, value: Attribute)] = []
        ) {
            (self.type, self.name, self.inputs, self.outputs, self.attributes) = (type, name, inputs, outputs, attributes)
        }

        package static func == (a: Operation, b: Operation) -> Bool {
            a.name == b.name && a.type == b.type && a.inputs == b.inputs && a.outputs == b.outputs
                && a.attributes.elementsEqual(b.attributes) { $0.name == $1.name && $0.value == $1.value }
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(outputs) }
    }

    /// What a constant holds.
    package enum Content: Sendable, Hashable {
        case floats(Tensor)
        case integers([Int], shape: Shape)

        package var element: Element { if case .floats = self { .float } else { .integer } }

        package var shape: Shape {
            switch self {
            case .floats(let tensor): tensor.shape
            case .integers(_, let shape): shape
            }
        }

        /// Bytes of its elements in a file.
        package var byteCount: Int { shape.count * (element == .float ? 4 : 8) }
    }

    package struct Constant: Sendable, Hashable {
        package var name: String
        package var content: Content
        /// Where its bytes stand in a file beside the model; nil: in the model.
        package var place: ExternalPlace?

        package init(_ name: String, _ content: Content) { (self.name, self.content) = (name, content) }
    }

    /// Bytes of a file that lies in the model's folder.
    package struct ExternalPlace: Sendable, Hashable {
        package var file: String
        package var offset: Int
        package var length: Int

        package init(file: String, offset: Int, length: Int) { (self.file, self.offset, self.length) = (file, offset, length) }
    }

    /// An input or an output of the model. Lengths that scale with the batch are open.
    package struct Port: Sendable, Hashable {
        package var name: String
        package var shape: SymbolicShape
        package var element: Element

        package init(_ name: String, _ shape: SymbolicShape, _ element: Element = .float) {
            (self.name, self.shape, self.element) = (name, shape, element)
        }
    }

    package var name: String
    /// What the model is, for people who open it.
    package var documentation: String
    /// Facts for programs, by key.
    package var metadata: [(key: String, value: String)] = []
    /// The version of the standard operators, and that of the format.
    package var opset: Int
    package var formatVersion: Int
    package var producerVersion: String
    package var operations: [Operation] = []
    package var constants: [Constant] = []
    package var inputs: [Port] = []
    package var outputs: [Port] = []

    package init(name: String, documentation: String, opset: Int, formatVersion: Int, producerVersion: String) {
        (self.name, self.documentation, self.opset) = (name, documentation, opset)
        (self.formatVersion, self.producerVersion) = (formatVersion, producerVersion)
    }
}

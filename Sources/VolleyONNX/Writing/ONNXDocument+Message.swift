package import Foundation
internal import SwiftProtobuf
internal import VolleyGraph
internal import VolleyTensors

extension ONNXDocument {
    /// The bytes of the model's file.
    /// - Throws: ``ONNXError`` where they are more than the format's messages hold, 2 GiB: larger constants stand in a file beside it.
    package func serialized() throws -> Data {
        do {
            return try message.serializedData()
        } catch {
            throw ONNXError(.unsupported, "the model is larger than a message of the ONNX format can be, 2 GiB: \(error)")
        }
    }

    private var message: Onnx_ModelProto {
        var model = Onnx_ModelProto()
        model.irVersion = Int64(formatVersion)
        model.producerName = "Volley"
        model.producerVersion = producerVersion
        model.docString = documentation
        var version = Onnx_OperatorSetIdProto()
        version.domain = ""
        version.version = Int64(opset)
        model.opsetImport = [version]
        model.metadataProps = metadata.map { Self.entry($0.key, $0.value) }
        var graph = Onnx_GraphProto()
        graph.name = name
        graph.node = operations.map(Self.node)
        graph.initializer = constants.map(Self.tensor)
        graph.input = inputs.map(Self.port)
        graph.output = outputs.map(Self.port)
        model.graph = graph
        return model
    }

    private static func entry(_ key: String, _ value: String) -> Onnx_StringStringEntryProto {
        var entry = Onnx_StringStringEntryProto()
        (entry.key, entry.value) = (key, value)
        return entry
    }

    private static func node(_ operation: Operation) -> Onnx_NodeProto {
        var node = Onnx_NodeProto()
        node.name = operation.name
        node.opType = operation.type
        node.input = operation.inputs
        node.output = operation.outputs
        node.attribute = operation.attributes.map { name, value in
            var attribute = Onnx_AttributeProto()
            attribute.name = name
            switch value {
            case .int(let number): (attribute.type, attribute.i) = (.int, Int64(number))
            case .ints(let numbers): (attribute.type, attribute.ints) = (.ints, numbers.map { Int64($0) })
            case .float(let number): (attribute.type, attribute.f) = (.float, number)
            case .string(let text): (attribute.type, attribute.s) = (.string, Data(text.utf8))
            }
            return attribute
        }
        return node
    }

    private static func type(_ element: Element) -> Int32 {
        Int32((element == .float ? Onnx_TensorProto.DataType.float : .int64).rawValue)
    }

    private static func tensor(_ constant: Constant) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        tensor.name = constant.name
        tensor.dims = constant.content.shape.dimensions.map { Int64($0) }
        tensor.dataType = type(constant.content.element)
        if let place = constant.place {
            tensor.dataLocation = .external
            tensor.externalData = [
                entry("location", place.file), entry("offset", "\(place.offset)"), entry("length", "\(place.length)"),
            ]
            return tensor
        }
        switch constant.content {
        case .floats(let values): tensor.floatData = values.values
        case .integers(let values, _): tensor.int64Data = values.map { Int64($0) }
        }
        return tensor
    }

    private static func port(_ port: Port) -> Onnx_ValueInfoProto {
        var array = Onnx_TypeProto.Tensor()
        array.elemType = type(port.element)
        array.shape.dim = port.shape.dimensions.map { length in
            var dimension = Onnx_TensorShapeProto.Dimension()
            if length.scalesWithBatch {
                dimension.dimParam = length.description
            } else {
                dimension.dimValue = Int64(length.size)
            }
            return dimension
        }
        var info = Onnx_ValueInfoProto()
        info.name = port.name
        info.type.tensorType = array
        return info
    }
}

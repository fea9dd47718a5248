import Foundation
import Testing
import VolleyGraph
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct TextEncoderTests {
    private static let length = ["input_ids": [1, 12]]

    private func model(_ name: String, length: Int = 12) throws -> Model {
        try Model(checkpoint: Fixture.path("models/\(name)"), inputShapes: ["input_ids": [1, length]])
    }

    private func shapes(_ model: Model) -> [String] {
        model.graph.inputs.map { "\(model.graph[$0].name) \(model.graph[$0].shape)" }
    }

    private func outputs(_ model: Model) -> [String] {
        model.graph.outputs.map { "\($0.name) \(model.graph[$0.value].shape)" }
    }

    @Test func inputsAndOutputs() throws {
        let bert = try model("hf-bert-classifier")
        #expect(shapes(bert).sorted() == ["attention_mask [N, 12]", "input_ids [N, 12]", "token_type_ids [N, 12]"])
        #expect(outputs(bert) == ["last_hidden_state [N, 12, 32]", "logits [N, 5]"])
        #expect(bert.classNames == (0..<5).map { "kind \($0)" })
        #expect(bert.preprocessing == nil)
        #expect(
            bert.architecture
                == "Hugging Face BertForSequenceClassification, 2 layers, width 32, 4 heads, 40 words, 12 tokens")
        #expect(bert.diagnostics.isEmpty)
        // RoBERTa reads kinds where there are several.
        #expect(shapes(try model("hf-roberta-classifier")).contains("token_type_ids [N, 12]"))
        #expect(!shapes(try model("hf-roberta")).contains("token_type_ids [N, 12]"))
        #expect(outputs(try model("hf-distilbert")) == ["last_hidden_state [N, 12, 32]"])
    }

    @Test(arguments: ["hf-bert-classifier", "hf-roberta-classifier", "hf-distilbert-classifier"])
    func neuronSites(name: String) throws {
        let graph = try model(name).graph
        let sites = Dictionary(uniqueKeysWithValues: graph.siteNames.map { ($1, graph[$0].name) })
        var expected = ["pooler.dense.in": "pooler", "classifier.in": "pooler.activation"]
        for index in 0...1 {
            let (layer, attention) = ("encoder.layer.\(index)", "encoder.layer.\(index).attention.self")
            expected["\(attention).in"] = index == 0 ? "embeddings.LayerNorm" : "encoder.layer.0.output.LayerNorm"
            for letter in ["q", "k", "v"] { expected["\(attention).\(letter)"] = "\(attention).\(letter).heads" }
            expected["\(attention).s"] = "\(attention).softmax"
            expected["\(layer).attention.output.dense.in"] = "\(attention).context.merged"
            expected["\(layer).intermediate.dense.in"] = "\(layer).attention.output.LayerNorm"
            expected["\(layer).output.dense.in"] = "\(layer).intermediate.activation"
        }
        #expect(sites == expected)
        for site in sites.keys { #expect(graph.node(named: site) == nil, "\(site)") }
    }

    /// What stands behind the mask, and how much of it, changes nothing before it.
    @Test(arguments: ["hf-bert-classifier", "hf-roberta-classifier", "hf-distilbert-classifier"])
    func paddingChangesNothing(name: String) throws {
        let expected = try ExpectedOutputs(name)
        let padding: Float = name.contains("roberta") ? 3 : 0
        let longer = try Evaluator(try model(name, length: 15).graph).run(
            expected.inputs.mapValues { $0 }.reduce(into: [:]) { inputs, entry in
                let filler: Float = entry.key == "input_ids" ? padding : 0
                inputs[entry.key] = entry.value.padded(to: 15, with: filler)
            })
        let found = try #require(longer["logits"])
        expectClose(found, try #require(expected.outputs["logits"]), "\(name), 15 tokens")
        if padding == 0 {
            var inputs = expected.inputs
            let mask = try #require(inputs["attention_mask"])
            for index in mask.values.indices where mask.values[index] == 0 { inputs["input_ids"]!.values[index] = 17 }
            let other = try Evaluator(try model(name).graph).run(inputs)
            let same = try Evaluator(try model(name).graph).run(expected.inputs)
            #expect(other["logits"] == same["logits"])
        }
    }

    @Test func lengthThatIsNotStated() throws {
        let checkpoint = try ChangedCheckpoint("hf-roberta-classifier")
        // 20 positions, of which those of the padding and before it, 0 to 3, count no token.
        let model = try checkpoint.load()
        #expect(shapes(model).contains("input_ids [N, 16]"))
        #expect(model.diagnostics.count == 1)
        #expect(model.diagnostics[0].message.contains("16 tokens, of at most 16"))
        try checkpoint.changeTensors { $0["roberta.embeddings.position_embeddings.weight"] = Tensor([200, 32]) }
        try checkpoint.set("max_position_embeddings", to: 200)
        #expect(shapes(try checkpoint.load()).contains("input_ids [N, 128]"))
        #expect(try checkpoint.load().diagnostics[0].message.contains("128 tokens, of at most 196"))
    }

    @Test func shapesThatDoNotFit() throws {
        func load(_ shapes: [String: [Int]]) throws -> Model {
            try Model(checkpoint: Fixture.path("models/hf-bert"), inputShapes: shapes)
        }
        #expect(shapes(try load(["attention_mask": [8, 9]])).contains("input_ids [N, 9]"))
        expectModelError(.contradiction, mentioning: "17 tokens is too long", "positions for 16") {
            try load(["input_ids": [1, 17]])
        }
        expectModelError(.badInputShape, mentioning: "attention_mask", "[N, 9]", "[1, 8]") {
            try load(["input_ids": [1, 9], "attention_mask": [1, 8]])
        }
        for shape in [[], [9], [1, 9, 1], [1, 0], [1, -3], [0, 9], [1, .max]] {
            expectModelError(.badInputShape, mentioning: "input_ids") { try load(["input_ids": shape]) }
        }
        expectModelError(.badInputShape, mentioning: "\"words\"", "token_type_ids") { try load(["words": [1, 9]]) }
        let image = Fixture.path("models/timm-vit")
        _ = try Model(checkpoint: image, inputShapes: ["input": [5, 3, 16, 16]])
        expectModelError(.badInputShape, mentioning: "[N, 3, 16, 16]", "[1, 3, 32, 32]") {
            try Model(checkpoint: image, inputShapes: ["input": [1, 3, 32, 32]])
        }
    }

    /// Heads of training, a pooler that nothing reads and counting buffers are left out, and said to be.
    @Test func tensorsThatNoOutputNeeds() throws {
        let bert = try model("hf-bert")
        #expect(bert.diagnostics.count == 1)
        for text in ["2 tensors are not used", "pooler.dense.weight", "pooler.dense.bias"] {
            #expect(bert.diagnostics[0].message.contains(text), "\(text)")
        }
        #expect(try model("hf-roberta").diagnostics[0].message.contains("lm_head.dense.weight"))
        let checkpoint = try ChangedCheckpoint("hf-bert-classifier")
        try checkpoint.changeTensors { $0["bert.embeddings.position_ids"] = Tensor([1, 20]) }
        #expect(try checkpoint.load(inputShapes: Self.length).diagnostics.map(\.message).count == 1)
        for name in ["bert.embeddings.position_idx", "pooler.dense.weight.scale", "bert.encoder.layer.0.adapter.weight"] {
            let other = try ChangedCheckpoint("hf-bert-classifier")
            try other.changeTensors { $0[name] = Tensor([1]) }
            expectModelError(.unknownTensors, mentioning: name) { try other.load() }
        }
    }

    @Test func olderNames() throws {
        let name = "hf-bert-classifier"
        let checkpoint = try ChangedCheckpoint(name)
        try checkpoint.changeTensors { tensors in
            for (name, tensor) in tensors where name.contains("LayerNorm.") {
                tensors[name] = nil
                let leaf = name.hasSuffix("weight") ? "gamma" : "beta"
                tensors[name.split(separator: ".").dropLast().joined(separator: ".") + "." + leaf] = tensor
            }
        }
        let model = try checkpoint.load(inputShapes: Self.length)
        expectClose(try logits(of: model, fixture: name), try expectedLogits(name), name)
    }

    /// An encoder saved as part of a larger network has the prefix that one saved by itself lacks.
    @Test(arguments: [("hf-bert", "bert."), ("hf-distilbert", "distilbert.")])
    func prefixOfTheEncoder(name: String, prefix: String) throws {
        let checkpoint = try ChangedCheckpoint(name)
        try checkpoint.changeTensors { tensors in
            tensors = Dictionary(uniqueKeysWithValues: tensors.map { (prefix + $0, $1) })
        }
        #expect(try checkpoint.load(inputShapes: Self.length).graph == (try model(name).graph))
    }

    @Test func missingTensorsAreListedAtOnce() throws {
        let checkpoint = try ChangedCheckpoint("hf-distilbert-classifier")
        try checkpoint.changeTensors {
            $0["pre_classifier.bias"] = nil
            $0["distilbert.transformer.layer.1.ffn.lin2.weight"] = nil
        }
        expectModelError(
            .missingTensors, mentioning: "2 tensors", "pre_classifier.bias", "distilbert.transformer.layer.1.ffn.lin2.weight"
        ) { try checkpoint.load() }
    }

    @Test(
        arguments: [
            ("hf-bert", "hidden_size", 64, "hidden_size is 64"), ("hf-bert", "vocab_size", 41, "vocab_size is 41"),
            ("hf-bert", "type_vocab_size", 1, "type_vocab_size is 1"),
            ("hf-bert", "max_position_embeddings", 512, "max_position_embeddings is 512"),
            ("hf-bert", "num_hidden_layers", 3, "2 blocks"), ("hf-bert", "num_attention_heads", 5, "not a multiple"),
            ("hf-distilbert", "dim", 64, "dim is 64"), ("hf-distilbert", "hidden_dim", 57, "hidden_dim is 57"),
            ("hf-roberta", "pad_token_id", 40, "pad_token_id is 40"), ("hf-roberta", "pad_token_id", 17, "positions for 0"),
            ("hf-bert-classifier", "num_labels", 6, "num_labels is 6"),
        ])
    func sizesThatContradictTheTensors(fixture: String, key: String, value: Int, text: String) throws {
        let checkpoint = try ChangedCheckpoint(fixture)
        try checkpoint.set("id2label", to: nil)
        try checkpoint.set(key, to: value)
        expectModelError(.contradiction, mentioning: text) { try checkpoint.load() }
    }

    @Test func settingsThatAreRefused() throws {
        let settings: [(String, Any, ModelError.Code)] = [
            ("position_embedding_type", "relative_key", .badValue), ("is_decoder", true, .unsupported),
            ("add_cross_attention", true, .unsupported), ("hidden_act", "mish", .badValue),
            ("quantization_config", ["bits": 4], .unsupported), ("pruned_heads", ["0": [1]], .unsupported),
            ("layer_norm_eps", -1, .badValue), ("architectures", ["BertForTokenClassification"], .unknownArchitecture),
            ("architectures", ["BertModel", "BertModel"], .unknownArchitecture),
        ]
        for (key, value, code) in settings {
            let checkpoint = try ChangedCheckpoint("hf-bert")
            try checkpoint.set(key, to: value)
            expectModelError(code, mentioning: code == .unknownArchitecture ? "DistilBertModel" : key) {
                try checkpoint.load()
            }
        }
    }

    @Test func assumptionsAreSaid() throws {
        let checkpoint = try ChangedCheckpoint("hf-roberta-classifier")
        for key in ["pad_token_id", "layer_norm_eps"] { try checkpoint.set(key, to: nil) }
        let texts = try checkpoint.load(inputShapes: Self.length).diagnostics.map(\.message)
        #expect(texts.contains { $0.contains("pad_token_id") && $0.hasSuffix("1.") })
        #expect(texts.contains { $0.contains("layer_norm_eps") && $0.hasSuffix("1e-12.") })
    }
}

extension Tensor {
    /// Rows [N, L] filled up at their ends.
    fileprivate func padded(to length: Int, with filler: Float) -> Tensor {
        let rows = (0..<shape[0]).map { row in
            Array(values[row * shape[1]..<(row + 1) * shape[1]]) + [Float](repeating: filler, count: length - shape[1])
        }
        return Tensor([shape[0], length], rows.flatMap { $0 })
    }
}

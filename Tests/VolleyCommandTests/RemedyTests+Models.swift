import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Advice on models and networks.
extension RemedyTests {
    static let models: [Remedy] = [
        Remedy("--input-shape a=1,?,5 --input-shape b=1,?,5") { _ in
            ["inspect", Fixture.path("onnx-leniency/symbol.onnx")]
        } follow: { _ in
            [["inspect", Fixture.path("onnx-leniency/symbol.onnx"), "--input-shape", "a=1,3,5", "--input-shape", "b=1,4,5"]]
        },
        Remedy("NAME=1,3,224,224") {
            ["inspect", $0.vit, "--input-shape", "1,8,8"]
        } follow: {
            [["inspect", $0.vit, "--input-shape", "input=1,1,8,8"]]
        },
        Remedy("opset_version=17") {
            ["inspect", $0.fixture("old.onnx")]
        } follow: {
            [["inspect", $0.fixture("two-layers.onnx")]]
        },
        Remedy("There is no config.json", "into the same folder") { workshop in
            try workshop.folder.copy("digits-vit/model.safetensors", to: "model/model.safetensors")
            return ["inspect", workshop.path("model")]
        } follow: { workshop in
            try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
            return [["inspect", workshop.path("model")]]
        },
        Remedy("Name the file itself", "vision.onnx") { workshop in
            try workshop.folder.copy("remedies/two-layers.onnx", to: "model/vision.onnx")
            return ["inspect", workshop.path("model")]
        } follow: {
            [["inspect", $0.path("model/vision.onnx")]]
        },
        Remedy("Name the file itself") { workshop in
            try workshop.folder.copy("digits-vit/model.safetensors", to: "model/weights.safetensors")
            try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
            return ["inspect", workshop.path("model")]
        } follow: {
            [["inspect", $0.path("model/weights.safetensors")]]
        },
        Remedy("files named in the index are missing", "Put them into the same folder") { workshop in
            try workshop.folder.copy("models/timm-vit-sharded", to: "model")
            let shard = try workshop.shards()[0]
            try FileManager.default.moveItem(atPath: workshop.path("model/" + shard), toPath: workshop.path(shard))
            return ["inspect", workshop.path("model")]
        } follow: { workshop in
            let shard = try FileManager.default.contentsOfDirectory(atPath: workshop.folder.path).first { $0.hasSuffix(".safetensors") }!
            try FileManager.default.moveItem(atPath: workshop.path(shard), toPath: workshop.path("model/" + shard))
            return [["inspect", workshop.path("model")]]
        },
        Remedy("num_heads", "Add it") { workshop in
            ["inspect", try workshop.changedModel("\"num_heads\": 4,", "")]
        } follow: { workshop in
            try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
            return [["inspect", workshop.path("model")]]
        },
        Remedy("weights.data", "is needed beside the model") { workshop in
            try workshop.folder.copy("remedies/external/model.onnx", to: "model/model.onnx")
            return ["inspect", workshop.path("model/model.onnx")]
        } follow: { workshop in
            try workshop.folder.copy("remedies/external/weights.data", to: "model/weights.data")
            return [["inspect", workshop.path("model/model.onnx")]]
        },
        Remedy("is a link out of the model's folder", "put the file itself there") { workshop in
            try workshop.folder.copy("remedies/external/model.onnx", to: "model/model.onnx")
            try FileManager.default.createSymbolicLink(
                atPath: workshop.path("model/weights.data"), withDestinationPath: workshop.fixture("external/weights.data"))
            return ["inspect", workshop.path("model/model.onnx")]
        } follow: { workshop in
            try FileManager.default.removeItem(atPath: workshop.path("model/weights.data"))
            try workshop.folder.copy("remedies/external/weights.data", to: "model/weights.data")
            return [["inspect", workshop.path("model/model.onnx")]]
        },
        Remedy("the passes are FoldConstants, ") {
            ["inspect", $0.fixture("two-layers.onnx"), "--through", "Magic"]
        } follow: { workshop in
            GraphPasses.all.map { ["inspect", workshop.fixture("two-layers.onnx"), "--through", $0.name] }
        },
    ]

    static let networks: [Remedy] = [
        Remedy("volley convert '", "--calibration DATA -o NETWORK.volley") {
            ["evaluate", $0.vit, $0.vit + "/test.npz", "--steps", "1"]
        } follow: {
            [
                ["convert", $0.vit, "--calibration", $0.vit + "/calibration.npz", "-o", $0.path("NETWORK.volley")],
                ["evaluate", $0.path("NETWORK.volley"), $0.vit + "/test.npz", "--steps", "1"],
            ]
        },
        Remedy("volley convert '", "--calibration DATA -o NETWORK.volley") { workshop in
            [
                "run", workshop.fixture("three-layers.onnx"), "--input", workshop.fixture("three-layers.in.npz"), "-o", workshop.path("o.npz"),
                "--steps", "2",
            ]
        } follow: { workshop in
            [
                [
                    "convert", workshop.fixture("three-layers.onnx"), "--calibration", workshop.fixture("three-layers.in.npz"), "-o",
                    workshop.path("NETWORK.volley"),
                ],
                [
                    "run", workshop.path("NETWORK.volley"), "--input", workshop.fixture("three-layers.in.npz"), "-o", workshop.path("o.npz"),
                    "--steps", "2",
                ],
            ]
        },
        Remedy("a spiking network already", "volley evaluate, volley run, volley inspect or volley bench") { workshop in
            let network = try workshop.network()
            return ["convert", network, "--calibration", workshop.vit + "/calibration.npz", "-o", workshop.path("again.volley")]
        } follow: { workshop in
            let network = workshop.path("net.volley")
            return [
                ["evaluate", network, workshop.vit + "/test.npz", "--steps", "1", "--limit", "8"], ["inspect", network],
                ["run", network, "--input", try workshop.sample(), "-o", workshop.path("o.npz"), "--steps", "1"],
                ["bench", network, "--steps", "1", "--batch", "1", "--repetitions", "1"],
            ]
        },
    ]
}

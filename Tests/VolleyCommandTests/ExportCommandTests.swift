import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley export`, as a user runs it.
@Suite struct ExportCommandTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func everyFormatIsWritten() throws {
        let network = directory.file("net.volley")
        try CommandLineTool.convertDigits(to: network)
        let step = try CommandLineTool.run(["export", network, "--to", "onnx", "-o", directory.file("step.onnx")])
        #expect(step.code == 0 && step.errors.isEmpty, "\(step.errors)")
        #expect(step.output.hasPrefix(directory.file("step.onnx") + ": ONNX, opset 17, faithful\n") && step.output.contains("next/X"))
        let graph = try ONNXModel.load(directory.file("step.onnx")).graph
        #expect(graph.inputs.map { graph[$0].name }.contains("state/blocks.0.attn.qkv.in/sent"))
        let unrolled = try CommandLineTool.run(
            ["export", network, "--to", "onnx", "--unrolled", "2", "--codes", "-o", directory.file("steps.onnx")])
        #expect(unrolled.code == 0, "\(unrolled.errors)")
        let outputs = try ONNXModel.load(directory.file("steps.onnx")).graph.outputs.map(\.name)
        #expect(outputs.contains("codes/blocks.0.attn.qkv.in"))
        let bundle = try CommandLineTool.run(["export", network, "--to", "bundle", "--weights", "int8", "-o", directory.file("bundle")])
        #expect(bundle.code == 0 && bundle.output.contains("bundle, weights int8, approximate"), "\(bundle.errors)")
        // What conversions take for thresholds.
        let again = try CommandLineTool.run([
            "convert", Fixture.path("digits-vit"), "--thresholds", directory.file("bundle/thresholds.json"), "-o", directory.file("again.volley"),
        ])
        #expect(again.code == 0, "\(again.errors)")
    }

    @Test func optionsOfOtherFormatsAreRefused() throws {
        let network = directory.file("net.volley")
        try CommandLineTool.convertDigits(to: network)
        for (format, options) in [
            ("bundle", ["--unrolled", "2"]), ("bundle", ["--codes"]), ("onnx", ["--weights", "int8"]), ("onnx", ["--copies", "octave"]),
        ] {
            let outcome = try CommandLineTool.run(["export", network, "--to", format, "-o", directory.file("out")] + options)
            #expect(outcome.code == 2 && outcome.errors.contains("\(options[0]) is an option of another format than \(format)"), "\(outcome.errors)")
        }
        #expect(FileIdentity(directory.file("out")) == nil)
    }
}

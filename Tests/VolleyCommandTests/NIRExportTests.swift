import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley export --to nir`.
@Suite struct NIRExportCommandTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func aNetworkIsWrittenAndRated() throws {
        let digits = Fixture.path("digits-cnn")
        let network = folder.file("net.volley")
        let converted = try CommandLineTool.run(
            [
                "convert", digits + "/vgg-relu.onnx", "--calibration", digits + "/calibration.npz", "--method", "rueckauer", "--reset", "zero",
                "--no-check",
                "-o", network,
            ])
        #expect(converted.code == 0, "\(converted.errors)")
        for pools in ["sum", "average"] {
            let outcome = try CommandLineTool.run(["export", network, "--to", "nir", "--pools", pools, "-o", folder.file("net.nir")])
            if outcome.errors.contains("libhdf5") {
                #expect(outcome.code == 2 && outcome.errors.contains("apt install libhdf5"))
                return
            }
            #expect(outcome.code == 0 && outcome.output.contains("net.nir: NIR, faithful"), "\(outcome.output) \(outcome.errors)")
            #expect(
                try HDF5File.read(folder.file("net.nir"))
                    == NIRExport(SpikingNetwork(contentsOf: network), pools: #require(.init(rawValue: pools))).graph.objects)
        }
    }

    @Test func whatCannotBeSaidIsRefused() throws {
        let network = folder.file("vit.volley")
        try CommandLineTool.convertDigits(to: network)
        let refused = try CommandLineTool.run(["export", network, "--to", "nir", "-o", folder.file("net.nir")])
        #expect(refused.code == 2 && refused.errors.contains("'blocks.3.norm2'") && refused.errors.contains("nodes"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("net.nir")))
        for options in [["--to", "nir", "--unrolled", "2"], ["--to", "nir", "--codes"], ["--to", "onnx", "--pools", "sum"]] {
            let outcome = try CommandLineTool.run(["export", network, "-o", folder.file("net.out")] + options)
            #expect(
                outcome.code == 2 && outcome.errors.contains("\(options[2]) is an option of another format than \(options[1])"), "\(outcome.errors)")
        }
    }
}

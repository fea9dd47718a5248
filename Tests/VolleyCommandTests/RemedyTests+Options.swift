import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Advice on options and files.
extension RemedyTests {
    static let options: [Remedy] = [
        Remedy("--calibration or --thresholds") {
            ["convert", $0.vit, "-o", $0.path("net.volley")]
        } follow: {
            [$0.convert(), ["convert", $0.vit, "--calibration", $0.vit + "/calibration.npz", "-o", $0.path("net.volley")]]
        },
        Remedy("--spiking-head") {
            $0.convertLayers("two-layers")
        } follow: {
            [$0.convertLayers("two-layers", ["--spiking-head"])]
        },
        Remedy("use --symmetric") {
            $0.convertLayers("three-layers", ["--method", "differential", "--no-symmetric"])
        } follow: {
            [$0.convertLayers("three-layers", ["--method", "differential", "--symmetric"])]
        },
        Remedy("use --ladder up") {
            $0.convert(["--method", "differential", "--preset", "paper-vit"])
        } follow: {
            [$0.convert(["--method", "differential", "--preset", "paper-vit", "--ladder", "up"])]
        },
        Remedy("such as --steps 8") {
            ["run", try $0.network(), "--input", try $0.sample(), "-o", $0.path("o.npz")]
        } follow: {
            [["run", $0.path("net.volley"), "--input", try $0.sample(), "-o", $0.path("o.npz"), "--steps", "8"]]
        },
        Remedy("leave out --steps and --weights") { workshop in
            ["run", workshop.vit, "--input", try workshop.sample(), "-o", workshop.path("o.npz"), "--ann-only", "--steps", "2"]
        } follow: {
            [["run", $0.vit, "--input", try $0.sample(), "-o", $0.path("o.npz"), "--ann-only"]]
        },
        Remedy("--allow-overlap") { workshop in
            let made = try CommandLineTool.run(
                ["convert", workshop.vit, "--calibration", workshop.vit + "/calibration.npz", "-o", workshop.path("net.volley")])
            #expect(made.code == 0)
            return ["evaluate", workshop.path("net.volley"), workshop.vit + "/calibration.npz", "--steps", "1"]
        } follow: {
            [
                ["evaluate", $0.path("net.volley"), $0.vit + "/calibration.npz", "--steps", "1", "--allow-overlap"],
                ["evaluate", $0.path("net.volley"), $0.vit + "/test.npz", "--steps", "1"],
            ]
        },
        Remedy("known: ecmt, differential") {
            $0.convert(["--method", "magic"])
        } follow: { workshop in
            ["ecmt", "differential"].map {
                ["convert", workshop.vit, "--calibration", workshop.vit + "/calibration.npz", "--method", $0, "-o", workshop.path("net.volley")]
            }
        },
        Remedy("known: paper-vit") {
            $0.convert(["--preset", "none"])
        } follow: {
            [$0.convert(["--preset", "paper-vit"])]
        },
        Remedy("--ladder is one of up, down") {
            $0.convert(["--ladder", "sideways"])
        } follow: { workshop in
            ["up", "down"].map { workshop.convert(["--ladder", $0]) }
        },
        Remedy("--reset is one of subtraction, zero") {
            $0.convert(["--reset", "half"])
        } follow: { workshop in
            ["subtraction", "zero"].map { workshop.convert(["--reset", $0]) }
        },
        Remedy("on this machine: ") {
            ["run", try $0.network(), "--input", try $0.sample(), "-o", $0.path("o.npz"), "--steps", "1", "--instruction-set", "abacus"]
        } follow: { workshop in
            try Kernels.available.map {
                [
                    "run", workshop.path("net.volley"), "--input", try workshop.sample(), "-o", workshop.path("o.npz"), "--steps", "1",
                    "--instruction-set", $0.name,
                ]
            }
        },
        Remedy("must hold a JSON object that maps each site to [positive, negative]") { workshop in
            try workshop.folder.write(Array("[1, 2]".utf8), to: "thresholds.json")
            return ["convert", workshop.vit, "--thresholds", workshop.path("thresholds.json"), "-o", workshop.path("net.volley")]
        } follow: {
            [$0.convert()]
        },
        Remedy("did you mean 'evaluate'?") {
            ["evalute", try $0.network(), $0.vit + "/test.npz", "--steps", "1"]
        } follow: {
            [["evaluate", $0.path("net.volley"), $0.vit + "/test.npz", "--steps", "1"]]
        },
        Remedy("did you mean 'inspect'?") {
            ["inpsect", $0.vit]
        } follow: {
            [["inspect", $0.vit]]
        },
        Remedy("volley inspect '") {
            [$0.vit]
        } follow: {
            [["inspect", $0.vit]]
        },
        Remedy(
            "the commands are inspect, convert, evaluate, merge, verify, adjust, compare, tune, report, reproduce, run, export, bench, methods, demo"
        ) {
            _ in
            ["simulate"]
        } follow: { _ in
            ["inspect", "convert", "evaluate", "verify", "adjust", "run", "export", "bench", "methods", "demo"].map { [$0, "--help"] }
        },
    ]

    static let files: [Remedy] =
        [
            Remedy("does not exist. Make it first") {
                $0.convert(to: "absent/net.volley")
            } follow: { workshop in
                try workshop.folder.makeFolder("absent")
                return [workshop.convert(to: "absent/net.volley")]
            }
        ]
        + [
            ("model/model.safetensors", "digits-vit/model.safetensors", ["inspect", "model"]),
            ("model.onnx", "remedies/two-layers.onnx", ["inspect", "model.onnx"]),
            ("external/weights.data", "remedies/external/weights.data", ["inspect", "external/model.onnx"]),
            ("data.npz", "digits-vit/test.npz", ["evaluate", "net.volley", "data.npz", "--steps", "1"]),
            ("net.volley", "", ["inspect", "net.volley"]),
        ].map { name, fixture, command in
            // What 'git lfs pull' does is to put the file itself in the pointer's place.
            Remedy("This is a Git LFS pointer", "git lfs pull") { workshop in
                if command[0] == "evaluate" { _ = try workshop.network() }
                try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
                try workshop.folder.copy("remedies/external/model.onnx", to: "external/model.onnx")
                try workshop.writePointer(name)
                return workshop.inFolder(command)
            } follow: { workshop in
                if fixture.isEmpty { _ = try workshop.network() } else { try workshop.folder.copy(fixture, to: name) }
                return [workshop.inFolder(command)]
            }
        }
}

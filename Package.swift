// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

let collections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")

/// A library target; `needs` lists everything its sources may import from this package.
func library(_ name: String, needs: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: needs, swiftSettings: swift)
}

/// The tests of one target. They see its public interface only, so they run in release mode.
func tests(of name: String, needs: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name), "VolleyTestSupport"] + needs,
        swiftSettings: swift)
}

let package = Package(
    name: "Volley",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Volley", targets: ["Volley"]),
        .executable(name: "volley", targets: ["VolleyCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
    ],
    targets: [
        // Numbers
        .target(name: "CVolleyKernels", exclude: ["templates"], cSettings: [.headerSearchPath("templates")]),
        library("VolleyTensors", needs: ["CVolleyKernels"]),
        // Networks and files
        library("VolleyGraph", needs: ["VolleyTensors"]),
        .target(name: "CLibraryStructs"),
        library("VolleyFormats", needs: ["VolleyTensors", "CLibraryStructs"]),
        library("VolleyModels", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors"]),
        .target(
            name: "VolleyONNX",
            dependencies: ["VolleyGraph", "VolleyTensors", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Proto/onnx-subset.proto", "Proto/README.md"], swiftSettings: swift),
        // Spiking networks
        library("VolleySpiking", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors", collections]),
        library("VolleyConversion", needs: ["VolleySpiking", "VolleyGraph", "VolleyTensors", collections]),
        library("VolleySimulation", needs: ["VolleySpiking", "VolleyGraph", "VolleyTensors", collections]),
        library(
            "VolleyExport",
            needs: ["VolleyONNX", "VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyFormats", "VolleyTensors", collections]),
        library("VolleyBenchmarks", needs: ["VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyTensors"]),
        library(
            "VolleyEvaluation",
            needs: [
                "VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyFormats", "VolleyTensors", collections,
            ]),
        library("VolleyReports", needs: ["VolleyEvaluation", "VolleySimulation", "VolleySpiking", "VolleyTensors"]),
        // What users import and run
        library(
            "Volley",
            needs: [
                "VolleyModels", "VolleyONNX", "VolleyExport", "VolleyReports", "VolleyEvaluation", "VolleyBenchmarks", "VolleyConversion",
                "VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyFormats", "VolleyTensors", collections,
            ]),
        .target(name: "CVolleyDemoData", exclude: ["data"]),
        library("VolleyDemo", needs: ["Volley", "CVolleyDemoData"]),
        .executableTarget(
            name: "VolleyCommand",
            dependencies: ["Volley", "VolleyDemo", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: swift),
        // Tests
        .target(
            name: "VolleyTestSupport", dependencies: ["VolleySpiking", "VolleyGraph", "VolleyTensors"],
            path: "Tests/VolleyTestSupport", swiftSettings: swift),
        tests(of: "VolleyTensors"),
        tests(of: "VolleyGraph", needs: ["VolleyTensors"]),
        tests(of: "VolleyFormats", needs: ["VolleyTensors"]),
        tests(of: "VolleyModels", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors"]),
        tests(of: "VolleyONNX", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors"]),
        tests(of: "VolleySpiking", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors", collections]),
        tests(of: "VolleyConversion", needs: ["VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyTensors", collections]),
        tests(of: "VolleySimulation", needs: ["VolleySpiking", "VolleyGraph", "VolleyTensors", collections]),
        tests(
            of: "VolleyExport",
            needs: [
                "VolleyONNX", "VolleySimulation", "VolleyConversion", "VolleySpiking", "VolleyGraph", "VolleyFormats", "VolleyTensors", collections,
            ]),
        tests(of: "VolleyBenchmarks", needs: ["VolleySimulation", "VolleyTensors"]),
        tests(of: "VolleyReports", needs: ["Volley"]),
        tests(of: "Volley"),
        .testTarget(
            name: "VolleyCommandTests", dependencies: ["VolleyCommand", "Volley", "VolleyTestSupport"], swiftSettings: swift),
        .testTarget(name: "PackageTests", dependencies: ["VolleyTestSupport"], swiftSettings: swift),
        tests(of: "VolleyEvaluation", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors"]),
    ],
    cLanguageStandard: .c17
)

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
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
    ],
    targets: [
        .target(name: "CVolleyKernels", exclude: ["templates"], cSettings: [.headerSearchPath("templates")]),
        library("VolleyTensors", needs: ["CVolleyKernels"]),
        library("VolleyGraph", needs: ["VolleyTensors"]),
        .target(name: "CLibraryStructs"),
        library("VolleyFormats", needs: ["VolleyTensors", "CLibraryStructs"]),
        .testTarget(
            name: "VolleyFormatsTests", dependencies: ["VolleyFormats", "VolleyTensors"], swiftSettings: swift),
        library("VolleyModels", needs: ["VolleyGraph", "VolleyFormats", "VolleyTensors"]),
        .testTarget(
            name: "VolleyModelsTests", dependencies: ["VolleyModels", "VolleyGraph", "VolleyFormats", "VolleyTensors"],
            swiftSettings: swift),
        library("VolleyConversion", needs: ["VolleySpiking", "VolleyGraph", "VolleyTensors", collections]),
        library("VolleySimulation", needs: ["VolleySpiking", "VolleyGraph", "VolleyTensors", collections]),
        library("VolleySpiking", needs: ["VolleyGraph", "VolleyTensors", collections]),
    ],
    cLanguageStandard: .c17
)

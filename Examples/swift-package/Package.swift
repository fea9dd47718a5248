// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Digits",
    platforms: [.macOS(.v15)],
    // Outside of this repository: .package(url: "<where Volley is>", branch: "main"), and package: "volley" below.
    dependencies: [.package(name: "Volley", path: "../..")],
    targets: [
        .executableTarget(name: "Digits", dependencies: [.product(name: "Volley", package: "Volley")])
    ]
)

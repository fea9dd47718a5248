// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "VolleyBenchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "Volley", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "KernelBenchmarks",
            dependencies: [
                .product(name: "Volley", package: "Volley"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/KernelBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)

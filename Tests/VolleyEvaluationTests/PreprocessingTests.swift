import Foundation
import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct PreprocessingTests {
    /// The libraries scale by 1/255 in different orders and precisions; inputs are below 3 in size.
    static let roundingTolerance: Float = 1e-6

    struct Pipeline: Decodable, Sendable, CustomTestStringConvertible {
        let source: String
        let output: String
        let library: String
        let shape: [Int]
        let settings: Settings
        var testDescription: String { "\(library) \(output)" }

        struct Settings: Decodable, Sendable {
            // timm
            let input_size: [Int]?
            let interpolation: String?
            let mean: [Float]?
            let std: [Float]?
            let crop_pct: Double?
            let crop_mode: String?
            // transformers
            let size: Size?
            let crop_size: Size?
            let resample: Int?
            let image_mean: [Float]?
            let image_std: [Float]?
        }

        /// Sides, or one number for both.
        struct Size: Decodable, Sendable {
            let height: Int
            let width: Int

            enum CodingKeys: CodingKey { case height, width }

            init(from decoder: any Decoder) throws {
                if let side = try? decoder.singleValueContainer().decode(Int.self) {
                    (height, width) = (side, side)
                } else {
                    let sides = try decoder.container(keyedBy: CodingKeys.self)
                    height = try sides.decode(Int.self, forKey: .height)
                    width = try sides.decode(Int.self, forKey: .width)
                }
            }
        }

        func preprocessing() throws -> Preprocessing {
            let resize: Preprocessing.Resize
            if let fraction = settings.crop_pct, let side = settings.input_size?[1] {
                let scaled = Int(Double(side) / fraction)
                resize = settings.crop_mode == "squash" ? .exact(height: scaled, width: scaled) : .shorterSide(scaled)
            } else {
                let size = try #require(settings.size)
                resize = .exact(height: size.height, width: size.width)
            }
            let interpolation = settings.interpolation.flatMap(Preprocessing.Interpolation.init)
            return Preprocessing(
                channels: shape[0], height: shape[1], width: shape[2], resize: resize,
                interpolation: interpolation ?? (settings.resample == 2 ? .bilinear : .bicubic),
                cropRounding: library == "timm" ? .halfToEven : .down,
                mean: try #require(settings.mean ?? settings.image_mean),
                deviation: try #require(settings.std ?? settings.image_std))
        }
    }

    static let pipelines = try! JSONDecoder().decode([Pipeline].self, from: Data(Fixture.bytes("resize/pipeline.json")))

    @Test(arguments: pipelines) func equalsTheLibraries(_ pipeline: Pipeline) throws {
        let archive = try NpzArchive(path: Fixture.path("resize/pipeline.npz"))
        let image = try RasterImage(archive.array(pipeline.source))
        let expected = try archive.array(pipeline.output).tensor
        let result = try ImagePreprocessor(pipeline.preprocessing()).tensor(from: image)
        let difference = Difference(result, expected)
        #expect(difference.absolute <= Self.roundingTolerance, "\(difference)")
    }

    /// Levels as they are: mean 0 and deviation 1/255.
    static func levels(channels: Int = 1, height: Int, width: Int, resize: Preprocessing.Resize) -> Preprocessing {
        Preprocessing(
            channels: channels, height: height, width: width, resize: resize, interpolation: .bilinear,
            mean: [Float](repeating: 0, count: channels), deviation: [Float](repeating: 1 / 255, count: channels))
    }

    @Test(arguments: [(5, 2, 2), (6, 3, 2), (7, 4, 2), (9, 4, 2), (10, 3, 4), (4, 4, 0)])
    func theCropBeginsHalfToEven(width: Int, crop: Int, first: Int) throws {
        let image = RasterImage(width: width, height: 1, channels: 1, pixels: (0..<width).map { UInt8($0) })
        let preprocessing = Self.levels(height: 1, width: crop, resize: .exact(height: 1, width: width))
        let values = try ImagePreprocessor(preprocessing).tensor(from: image).values.map { Int($0.rounded()) }
        #expect(values == Array(first..<first + crop))
    }

    @Test func aSmallImageIsPaddedWithBlackAndTheOddPixelLast() throws {
        let image = RasterImage(width: 2, height: 1, channels: 1, pixels: [255, 255])
        var preprocessing = Self.levels(height: 2, width: 5, resize: .exact(height: 1, width: 2))
        preprocessing.mean = [0.5]
        preprocessing.deviation = [0.5]
        let tensor = try ImagePreprocessor(preprocessing).tensor(from: image)
        #expect(tensor == Tensor([1, 2, 5], [-1, 1, 1, -1, -1, -1, -1, -1, -1, -1]))
    }

    @Test func channelsBecomePlanesWithTheirOwnStatistics() throws {
        let image = RasterImage(width: 2, height: 1, channels: 3, pixels: [0, 51, 255, 255, 102, 0])
        let preprocessing = Preprocessing(
            channels: 3, height: 1, width: 2, resize: .exact(height: 1, width: 2), interpolation: .bicubic,
            mean: [0, 0.2, 1], deviation: [1, 0.4, 2])
        let tensor = try ImagePreprocessor(preprocessing).tensor(from: image)
        let expected: [Float] = [0, 1, (51 / 255 - 0.2) / 0.4, (102 / 255 - 0.2) / 0.4, 0, -0.5]
        #expect(tensor == Tensor([3, 1, 2], expected))
    }

    @Test(arguments: [(1, 1), (1, 30_000), (30_000, 1), (2, 3)])
    func extremeImagesAreCroppedWithoutBeingMadeWhole(width: Int, height: Int) throws {
        let image = RasterImage(
            width: width, height: height, channels: 1, pixels: [UInt8](repeating: 77, count: width * height))
        let preprocessing = Self.levels(channels: 3, height: 224, width: 224, resize: .shorterSide(248))
        let tensor = try ImagePreprocessor(preprocessing).tensor(from: image)
        #expect(tensor.shape == [3, 224, 224])
        #expect(tensor.values.allSatisfy { $0.rounded() == 77 })
    }

    @Test func appendingAddsToWhatIsThere() throws {
        let preprocessor = try ImagePreprocessor(Self.levels(height: 3, width: 3, resize: .shorterSide(3)))
        let image = RasterImage.noise(width: 5, height: 4, channels: 1, seed: 3)
        var values: [Float] = [42]
        preprocessor.append(image, to: &values)
        #expect(values == [42] + preprocessor.tensor(from: image).values)
    }

    @Test(arguments: [
        levels(channels: 2, height: 1, width: 1, resize: .shorterSide(1)),
        levels(height: 0, width: 1, resize: .shorterSide(1)),
        levels(height: 1, width: 1, resize: .shorterSide(-1)),
        levels(height: 1, width: 1, resize: .exact(height: 1, width: 1 << 40)),
        with([0, 0], [1]), with([0], []), with([0], [0]), with([0], [-1]), with([.nan], [1]), with([0], [.infinity]),
        with([0], [.leastNonzeroMagnitude]),
    ])
    func contradictionsAreErrors(_ preprocessing: Preprocessing) {
        let error = #expect(throws: EvaluationError.self) { try ImagePreprocessor(preprocessing) }
        #expect(error?.code == .preprocessing)
    }

    static func with(_ mean: [Float], _ deviation: [Float]) -> Preprocessing {
        var preprocessing = levels(height: 1, width: 1, resize: .shorterSide(1))
        preprocessing.mean = mean
        preprocessing.deviation = deviation
        return preprocessing
    }
}

internal import Foundation

/// A list of prices as a JSON file: an object with the list's name, its source, and six prices in picojoules.
public enum PriceFile {
    /// By key, which price it is.
    private static var prices: KeyValuePairs<String, WritableKeyPath<EnergyPrices, Double>> {
        [
            "mac": \.multiplyAccumulatePicojoules, "ac": \.accumulatePicojoules, "graded": \.gradedAccumulatePicojoules,
            "neuron": \.neuronUpdatePicojoules, "nonlinear": \.nonlinearElementPicojoules, "scaling": \.scalingPicojoules,
        ]
    }

    private enum Entry: Decodable {
        case number(Double)
        case text(String)
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .other
            }
        }
    }

    /// How such a file is written.
    public static let form =
        "{\"name\": \"mine\", \"source\": \"…\", \"mac\": 4.6, \"ac\": 0.9, \"graded\": 4.6, \"neuron\": 1.8, \"nonlinear\": 46, \"scaling\": 3.7}"

    /// - Parameter name: of a list that has one, `EnergyPrices.all`, or a file's path.
    /// - Throws: `FormatError` for a file that cannot be read or is no list of prices, named with what is wrong.
    public static func named(_ name: String) throws -> EnergyPrices {
        if let known = EnergyPrices.all.first(where: { $0.name == name }) { return known }
        guard FileManager.default.fileExists(atPath: name) else {
            let known = EnergyPrices.all.map(\.name).joined(separator: ", ")
            throw FormatError(.notFound, "There is neither a list of prices of that name (known: \(known)) nor such a file.", path: name)
        }
        return try read(name)
    }

    private static func read(_ path: String) throws -> EnergyPrices {
        func failure(_ problem: String) -> FormatError {
            FormatError(.malformed, "\(problem) A list of prices is written \(form), in picojoules.", path: path)
        }
        let file = try InputFile(path: path)
        guard file.count <= 1 << 20 else { throw failure("The file is larger than a list of prices.") }
        guard let object = try? JSONDecoder().decode([String: Entry].self, from: Data(try file.allBytes)) else {
            throw failure("This is no JSON object.")
        }
        let keys = ["name", "source"] + prices.map(\.key)
        if let missing = keys.first(where: { object[$0] == nil }) { throw failure("'\(missing)' is missing.") }
        if let unknown = object.keys.sorted().first(where: { !keys.contains($0) }) { throw failure("'\(unknown)' is no price.") }
        guard case .text(let name)? = object["name"], case .text(let source)? = object["source"], !name.isEmpty, !source.isEmpty else {
            throw failure("'name' and 'source' must be text.")
        }
        guard !EnergyPrices.all.contains(where: { $0.name == name }) else {
            throw failure("'\(name)' is the name of another list of prices.")
        }
        var list = EnergyPrices.arithmetic
        (list.name, list.source) = (name, source)
        for (key, price) in prices {
            guard case .number(let number)? = object[key], number >= 0, number.isFinite else {
                throw failure("'\(key)' must be a number from 0 on.")
            }
            list[keyPath: price] = number
        }
        guard list.multiplyAccumulatePicojoules > 0 else { throw failure("'mac' must be above 0, for all energies are relative to it.") }
        return list
    }
}

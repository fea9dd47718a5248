extension Configuration {
    /// A number for each channel, of which a single one holds for all; positive where `key` is that of a deviation.
    func perChannel(_ key: String, channels: Size) throws -> [Double]? {
        guard var numbers = try numbers(key) else { return nil }
        if numbers.count == 1 { numbers = [Double](repeating: numbers[0], count: channels.value) }
        guard numbers.count == channels.value else {
            let message = """
                \(name(of: key)) has \(numbers.count) values, but the network reads \(channels.value) channels \
                (\(channels.origin)).
                """
            throw ModelError(.contradiction, message, path: path)
        }
        guard !key.hasSuffix("std") || numbers.allSatisfy({ $0 > 0 }) else {
            throw wrongValue(key, expected: "numbers greater than 0")
        }
        return numbers
    }
}

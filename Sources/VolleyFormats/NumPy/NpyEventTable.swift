internal import VolleyTensors

/// Writes a table of spikes as an `.npy` file with structured elements: `sample`, `step`, `site`, `neuron` (each `<u4`) and `level` (`|i1`).
///
/// It is what `numpy.load` gives as a structured array, one row for each spike.
public struct NpyEventTable: ~Copyable {
    private let file: AtomicFile
    private var buffer: [UInt8] = []
    private var rowsLeft: Int

    /// Writes a table of so many rows, which `body` adds one by one. The file appears when it is complete.
    /// - Precondition: `body` adds as many rows as were announced.
    /// - Throws: `FormatError` (`writeFailed`); what `body` throws.
    public static func write(rows: Int, to path: String, _ body: (inout NpyEventTable) throws -> Void) throws {
        try AtomicFile.write(to: path) { file in
            let fields = ["sample", "step", "site", "neuron"].map { "('\($0)', '<u4')" } + ["('level', '|i1')"]
            try file.append(NpyHeader.encoded("[\(fields.joined(separator: ", "))]", [rows]))
            var table = NpyEventTable(file: file, rowsLeft: rows)
            try body(&table)
            precondition(table.rowsLeft == 0, "\(table.rowsLeft) rows are missing")
            try file.append(table.buffer)
        }
    }

    private init(file: AtomicFile, rowsLeft: Int) {
        self.file = file
        self.rowsLeft = rowsLeft
    }

    /// Adds a spike.
    /// - Throws: `FormatError` (`writeFailed`).
    public mutating func add(sample: Int, step: Int, site: Int, neuron: Int, level: Int8) throws {
        for number in [sample, step, site, neuron] { buffer.append(littleEndian: UInt32(number)) }
        buffer.append(UInt8(bitPattern: level))
        rowsLeft -= 1
        if buffer.count >= 1 << 20 {
            try file.append(buffer)
            buffer.removeAll(keepingCapacity: true)
        }
    }
}

import Testing
import VolleyTensors

@Suite struct MatrixProductKernelTests {
    /// The promised order of operations: one chain of fused multiply-adds, then the bias.
    private func chain(_ a: [Float], _ b: [Float], _ rows: Int, _ inner: Int, _ columns: Int, _ bias: [Float]?) -> [Float] {
        (0..<rows * columns).map { index in
            let (row, column) = (index / columns, index % columns)
            var sum: Float = 0
            for k in 0..<inner { sum = sum.addingProduct(a[row * inner + k], b[k * columns + column]) }
            return bias.map { sum + $0[column] } ?? sum
        }
    }

    @Test(arguments: Kernels.available) func isOneChainOfFusedMultiplyAdds(kernels: Kernels) {
        for (rows, inner, columns) in [(1, 1, 1), (7, 33, 50), (13, 65, 33), (14, 3, 16), (5, 0, 17)] {
            let a = Awkward.finiteValues(rows * inner, seed: 51)
            let b = Awkward.finiteValues(inner * columns, seed: 52)
            let packed = PackedMatrix(rows: inner, columns: columns, values: b, rowStride: columns, columnStride: 1)
            for bias in [nil, Awkward.finiteValues(columns, seed: 53)] {
                var product = [Float](repeating: 7, count: rows * columns)
                kernels.multiply(a, rows: rows, by: packed, bias: bias, into: &product)
                let difference = firstDifference(product, chain(a, b, rows, inner, columns, bias))
                #expect(difference == nil, "\(rows) × \(inner) × \(columns)")
            }
        }
    }

    @Test(arguments: Kernels.available) func staysWithinTheErrorBoundOfASum(kernels: Kernels) {
        let (rows, inner, columns) = (6, 200, 35)
        let a = Awkward.finiteValues(rows * inner, seed: 54)
        let b = Awkward.finiteValues(inner * columns, seed: 55)
        let packed = PackedMatrix(rows: inner, columns: columns, values: b, rowStride: columns, columnStride: 1)
        var product = [Float](repeating: 7, count: rows * columns)
        kernels.multiply(a, rows: rows, by: packed, into: &product)
        for row in 0..<rows {
            for column in 0..<columns {
                let terms = (0..<inner).map { Double(a[row * inner + $0]) * Double(b[$0 * columns + column]) }
                // Higham, Accuracy and Stability of Numerical Algorithms, section 3.1: one rounding per term.
                let bound = Double(inner) * 0x1p-24 * terms.reduce(0) { $0 + abs($1) }
                #expect(abs(Double(product[row * columns + column]) - terms.reduce(0, +)) <= bound)
            }
        }
    }

    @Test(arguments: Kernels.available) func readsAndWritesAtItsOffsetsOnly(kernels: Kernels) {
        let b = PackedMatrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6], rowStride: 3, columnStride: 1)
        var c = [Float](repeating: 7, count: 10)
        kernels.multiply([9, 9, 1, 0, 0, 1, 9], offset: 2, rows: 2, by: b, bias: [10, 20, 30], into: &c, offset: 2)
        #expect(c == [7, 7, 11, 22, 33, 14, 25, 36, 7, 7])
    }

    @Test func noRowsAndNoColumnsWriteNothing() {
        let narrow = PackedMatrix(rows: 2, columns: 0, values: [], rowStride: 0, columnStride: 1)
        let b = PackedMatrix(rows: 2, columns: 1, values: [1, 2], rowStride: 1, columnStride: 1)
        var c: [Float] = [7]
        Kernels.best.multiply([1, 2], rows: 1, by: narrow, into: &c)
        Kernels.best.multiply([], rows: 0, by: b, into: &c)
        #expect(c == [7])
    }

    @Test func packingAnyStrides() {
        // The same 2 × 3 matrix, stored by rows, by columns, and inside a larger one.
        let byRows = PackedMatrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6], rowStride: 3, columnStride: 1)
        let byColumns = PackedMatrix(rows: 2, columns: 3, values: [1, 4, 2, 5, 3, 6], rowStride: 1, columnStride: 2)
        let inside = PackedMatrix(
            rows: 2, columns: 3, values: [0, 1, 0, 2, 0, 3, 0, 0, 4, 0, 5, 0, 6], offset: 1, rowStride: 7, columnStride: 2)
        let transposed = PackedMatrix(transposing: [9, 1, 4, 2, 5, 3, 6], offset: 1, outputs: 3, inputs: 2)
        for packed in [byRows, byColumns, inside, transposed] {
            #expect(packed.rows == 2 && packed.columns == 3)
            var c = [Float](repeating: 7, count: 6)
            Kernels.best.multiply([1, 0, 0, 1], rows: 2, by: packed, into: &c)
            #expect(c == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test func aStrideOfZeroRepeats() {
        let packed = PackedMatrix(rows: 3, columns: 20, values: [5, 6, 7], rowStride: 1, columnStride: 0)
        var c = [Float](repeating: 7, count: 20)
        Kernels.best.multiply([0, 1, 0], rows: 1, by: packed, into: &c)
        #expect(c == [Float](repeating: 6, count: 20))
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = PackedMatrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5], rowStride: 3, columnStride: 1)
        }
        await #expect(processExitsWith: .failure) {
            let b = PackedMatrix(rows: 1, columns: 2, values: [1, 2], rowStride: 2, columnStride: 1)
            var c: [Float] = [0, 0, 0]
            Kernels.best.multiply([1, 1], rows: 2, by: b, into: &c)
        }
    }
}

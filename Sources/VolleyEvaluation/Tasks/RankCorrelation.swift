/// Spearman's rank correlation: Pearson's of the ranks, where equal values share the mean of theirs.
///
/// Spearman, *The Proof and Measurement of Association between Two Things*, Am. J. Psychol. 15, 1904.
public enum RankCorrelation {
    /// - Returns: −1…1; nil where there are fewer than two pairs, or all values on one side are equal.
    public static func spearman(_ x: [Double], _ y: [Double]) -> Double? {
        precondition(x.count == y.count, "\(x.count) values beside \(y.count)")
        let (x, y) = (ranks(of: x), ranks(of: y))
        let mean = (Double(x.count) - 1) / 2
        var (product, squareX, squareY) = (0.0, 0.0, 0.0)
        for (x, y) in zip(x, y) {
            product += (x - mean) * (y - mean)
            squareX += (x - mean) * (x - mean)
            squareY += (y - mean) * (y - mean)
        }
        guard squareX > 0, squareY > 0 else { return nil }
        return max(-1, min(1, product / (squareX * squareY).squareRoot()))
    }

    /// From 0 on.
    static func ranks(of values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var first = 0
        while first < order.count {
            var last = first
            while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
            for index in first...last { ranks[order[index]] = Double(first + last) / 2 }
            first = last + 1
        }
        return ranks
    }
}

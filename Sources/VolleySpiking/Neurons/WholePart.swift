extension Float {
    /// `⌊x⌋` for x from 0 to 2²², without a call, so that many neurons compute it at once: what is added has no digits behind the point.
    var wholePart: Float {
        let nearest = (self + 0x1p23) - 0x1p23
        return nearest > self ? nearest - 1 : nearest
    }
}

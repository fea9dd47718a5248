extension Float {
    /// `⌊x⌋` for x from 0 to 2²², without a call, so that many neurons compute it at once: what is added has no digits behind the point.
    var wholePart: Float {
        let nearest = (self + 0x1p23) - 0x1p23
        return nearest > self ? nearest - 1 : nearest
    }

    /// A whole number from 0 to 2²² − 1 as an integer, without asking whether it is one: the low bits of a number above 2²³ are those of what it
    /// exceeds it by.
    var wholeNumber: Int32 { Int32(truncatingIfNeeded: (self + 0x1p23).bitPattern & 0x3f_ffff) }
}

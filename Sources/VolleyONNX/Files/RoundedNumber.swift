/// Numbers of formulas, which files in half precision hold as rounded as their weights. What is put together from them (GELU
/// from an error function, say) is recognised by the number that was meant; it lies within half a step of the one in the file.
enum RoundedNumber {
    enum Precision {
        case half, brain

        /// nil for types that round less.
        init?(_ type: Onnx_TensorProto.DataType) {
            switch type {
            case .float16: self = .half
            case .bfloat16: self = .brain
            default: return nil
            }
        }

        /// The width of the significand, its first bit included.
        fileprivate var bits: Int { self == .half ? 11 : 8 }
    }

    /// √2 and √(2/π) and their like are those of GELU, 1.702 is that of its approximation by a sigmoid.
    private static let numbers: [Double] = {
        let root = (2 / Double.pi).squareRoot()
        return [Double(2).squareRoot(), Double(0.5).squareRoot(), root, root / 2, 0.044715, 0.044715 * root, 1.702]
    }()

    /// The number of a formula that `value` is the rounding of; otherwise `value`.
    static func meant(by value: Float, _ precision: Precision) -> Float {
        let number = numbers.first { rounded($0, precision) == Double(value.magnitude) }
        return number.map { Float(value < 0 ? -$0 : $0) } ?? value
    }

    /// To the nearest number of that precision; all numbers above lie in the range of its normal ones.
    private static func rounded(_ number: Double, _ precision: Precision) -> Double {
        let step = Double(sign: .plus, exponent: Int(number.exponent) - precision.bits + 1, significand: 1)
        return (number / step).rounded(.toNearestOrEven) * step
    }
}

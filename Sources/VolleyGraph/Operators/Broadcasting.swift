internal import VolleyTensors

extension Shape {
    /// The shape of an element-wise combination; axes are aligned at the end, a length of 1 stretches.
    /// - Precondition: the shapes fit.
    func broadcast(with other: Shape) -> Shape {
        let rank = max(self.rank, other.rank)
        return Shape(
            (0..<rank).map { axis in
                let left = axis < rank - self.rank ? 1 : self[axis - (rank - self.rank)]
                let right = axis < rank - other.rank ? 1 : other[axis - (rank - other.rank)]
                precondition(left == right || left == 1 || right == 1, "shapes \(self) and \(other) do not broadcast")
                return left == 1 ? right : left
            })
    }

    /// For each axis of `target`, how far apart neighbours lie in this shape's elements; 0 where one element repeats.
    func strides(broadcastTo target: Shape) -> [Int] {
        let own = strides
        let missing = target.rank - rank
        return (0..<target.rank).map { axis in
            axis < missing || self[axis - missing] == 1 ? 0 : own[axis - missing]
        }
    }
}

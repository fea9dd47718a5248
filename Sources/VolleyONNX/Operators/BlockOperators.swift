import VolleyGraph

/// Channels that become pixels, and pixels that become channels.
enum BlockOperators {
    static let handlers: [String: Handler] = ["DepthToSpace": depthToSpace, "SpaceToDepth": spaceToDepth]

    private static func depthToSpace(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let block = try call.int("blocksize", 0)
        let shape = value.shape.dimensions
        guard shape.count == 4, block > 0, block <= 1 << 15, shape[1].size % (block * block) == 0 else {
            throw call.mismatch("blocks of \(block) do not fit \(value.shape)")
        }
        let side = SymbolicLength(block)
        let depth = SymbolicLength(shape[1].size / (block * block))
        let isColumnFirst = call.string("mode", "DCR") == "CRD"
        let split = isColumnFirst ? [shape[0], depth, side, side, shape[2], shape[3]] : [shape[0], side, side, depth, shape[2], shape[3]]
        let apart = try call.reshape(value, to: SymbolicShape(split), "blocks")
        let moved = try call.transpose(apart, isColumnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2], "moved")
        return [
            try call.reshape(
                moved, to: [shape[0], depth, SymbolicLength(shape[2].size * block), SymbolicLength(shape[3].size * block)])
        ]
    }

    private static func spaceToDepth(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let block = try call.int("blocksize", 0)
        let shape = value.shape.dimensions
        guard shape.count == 4, block > 0, block <= 1 << 15, shape[2].size % block == 0, shape[3].size % block == 0 else {
            throw call.mismatch("blocks of \(block) do not fit \(value.shape)")
        }
        let (side, height, width) = (SymbolicLength(block), SymbolicLength(shape[2].size / block), SymbolicLength(shape[3].size / block))
        let apart = try call.reshape(value, to: [shape[0], shape[1], height, side, width, side], "blocks")
        let isColumnFirst = call.string("mode", "DCR") == "CRD"
        let moved = try call.transpose(apart, isColumnFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4], "moved")
        return [try call.reshape(moved, to: [shape[0], SymbolicLength(shape[1].size * block * block), height, width])]
    }
}

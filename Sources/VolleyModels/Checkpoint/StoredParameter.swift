/// A tensor of a weight file and what becomes of it.
struct StoredParameter {
    /// Its name in the file.
    var tensor: String
    var shape: [Size]
    /// The constants that it becomes: itself, or parts with equal numbers of rows, one below the other.
    var names: [String]
}

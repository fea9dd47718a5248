/// The version of this package, as every file that it writes carries it.
public let volleyVersion = "0.1.0"

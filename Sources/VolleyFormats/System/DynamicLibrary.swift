import Foundation

/// A system library, found while the program runs, so that it is needed only by those who use it.
struct DynamicLibrary: Sendable {
    private let name: String
    /// What to install.
    private let advice: String
    private let handle: UInt

    /// Opens the first file that can be opened, of those named and their likes below the folders Homebrew uses.
    /// - Parameter isGlobal: whether libraries that it opens itself see its symbols.
    /// - Throws: `FormatError` (`libraryMissing`) that names the packages to install.
    init(
        _ name: String, files: [String], purpose: String, debianPackage: String, homebrewFormula: String, isGlobal: Bool = false
    ) throws {
        self.name = name
        advice = """
            On Debian or Ubuntu: apt install \(debianPackage); on macOS: brew install \(homebrewFormula).
            """
        let folders = ["", "/opt/homebrew/lib/", "/usr/local/lib/"]
        for path in folders.flatMap({ folder in files.map { folder + $0 } }) {
            if let opened = unsafe dlopen(path, RTLD_NOW | (isGlobal ? RTLD_GLOBAL : RTLD_LOCAL)) {
                handle = UInt(bitPattern: opened)
                return
            }
        }
        throw FormatError(.libraryMissing, "\(purpose) needs the library \(name). \(advice)", path: files[0])
    }

    /// The C function of this name.
    /// - Precondition: `type` is a `@convention(c)` type and describes the function.
    /// - Throws: `FormatError` (`libraryMissing`) when the library is too old to have it.
    func function<Function>(_ symbol: String, as type: Function.Type = Function.self) throws -> Function {
        unsafe unsafeBitCast(try address(of: symbol), to: type)
    }

    /// Where a symbol's function or variable lies.
    /// - Throws: `FormatError` (`libraryMissing`) when the library is too old to have it.
    func address(of symbol: String) throws -> Int {
        guard let address = unsafe dlsym(UnsafeMutableRawPointer(bitPattern: handle), symbol) else {
            let message = "The library \(name) that is installed here lacks \(symbol). Update it. \(advice)"
            throw FormatError(.libraryMissing, message, path: name)
        }
        return Int(bitPattern: address)
    }

    /// The value that a variable of the library has now.
    /// - Precondition: it holds a 64-bit integer.
    /// - Throws: `FormatError` (`libraryMissing`) when the library does not have it.
    func value(_ symbol: String) throws -> Int64 {
        let address: UnsafeRawPointer = try unsafe function(symbol)
        return unsafe address.load(as: Int64.self)
    }
}

import Foundation

/// The functions of libhdf5, 1.10 or later, that are used here.
///
/// Files are made and read in memory: a file on the library's core driver that is never stored, whose image is the file's bytes. The
/// library keeps a state of its own and most builds of it do not lock it, so one lock is held from the beginning to the end.
@safe
struct LibHDF5: Sendable {
    /// What stands for an object of the library, `hid_t`; below 0 for none.
    typealias Handle = Int64
    typealias Sizes = UnsafePointer<UInt64>

    typealias Act = @Sendable @convention(c) (Handle) -> Int32
    typealias Make = @Sendable @convention(c) (Handle) -> Handle
    typealias Ask = @Sendable @convention(c) (Handle) -> Int32

    static let installed = Result { try LibHDF5() }
    private static let lock = NSLock()

    // Constants of its headers.
    static let anything: Handle = 0  // H5P_DEFAULT, H5S_ALL
    private static let truncate: UInt32 = 2  // H5F_ACC_TRUNC
    private static let readOnly: UInt32 = 0  // H5F_ACC_RDONLY
    private static let variableLength = -1  // H5T_VARIABLE, the largest size_t
    private static let utf8: Int32 = 1  // H5T_CSET_UTF8
    private static let growth = 1 << 20

    private let setErrors: @Sendable @convention(c) (Handle, UnsafeRawPointer?, UnsafeRawPointer?) -> Int32
    let fileClose: Act
    let groupClose: Act
    let spaceClose: Act
    let dataClose: Act
    let typeClose: Act
    let listClose: Act
    let objectClose: Act
    let flush: @Sendable @convention(c) (Handle, Int32) -> Int32
    let fileCreate: @Sendable @convention(c) (UnsafePointer<CChar>, UInt32, Handle, Handle) -> Handle
    let fileOpen: @Sendable @convention(c) (UnsafePointer<CChar>, UInt32, Handle) -> Handle
    let getImage: @Sendable @convention(c) (Handle, UnsafeMutableRawPointer?, Int) -> Int
    let setImage: @Sendable @convention(c) (Handle, UnsafeMutableRawPointer, Int) -> Int32
    let setCore: @Sendable @convention(c) (Handle, Int, UInt32) -> Int32
    let listCreate: Make
    let trackTimes: @Sendable @convention(c) (Handle, UInt32) -> Int32
    let groupCreate: @Sendable @convention(c) (Handle, UnsafePointer<CChar>, Handle, Handle, Handle) -> Handle
    let dataCreate: @Sendable @convention(c) (Handle, UnsafePointer<CChar>, Handle, Handle, Handle, Handle, Handle) -> Handle
    let dataWrite: @Sendable @convention(c) (Handle, Handle, Handle, Handle, Handle, UnsafeRawPointer) -> Int32
    let dataRead: @Sendable @convention(c) (Handle, Handle, Handle, Handle, Handle, UnsafeMutableRawPointer) -> Int32
    let reclaim: @Sendable @convention(c) (Handle, Handle, Handle, UnsafeMutableRawPointer) -> Int32
    let spaceCreate: @Sendable @convention(c) (Int32, Sizes?, Sizes?) -> Handle
    let scalarCreate: @Sendable @convention(c) (Int32) -> Handle
    let rank: Ask
    let lengths: @Sendable @convention(c) (Handle, UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<UInt64>?) -> Int32
    let typeCopy: Make
    let typeSetSize: @Sendable @convention(c) (Handle, Int) -> Int32
    let typeSetCharacters: @Sendable @convention(c) (Handle, Int32) -> Int32
    let typeClass: Ask
    let isVariableText: Ask
    let dataSpace: Make
    let dataType: Make
    let objectOpen: @Sendable @convention(c) (Handle, UnsafePointer<CChar>, Handle) -> Handle
    let kind: Ask
    let name: @Sendable @convention(c) (Handle, UnsafePointer<CChar>, Int32, Int32, UInt64, UnsafeMutablePointer<CChar>?, Int, Handle) -> Int

    /// Types that exist once the library was opened: 32-bit floats, 64-bit integers and C strings; of files, little-endian.
    let fileFloat, fileInteger, nativeFloat, nativeInteger, cString: Handle
    /// Classes of property lists.
    let accessClass, creationClass: Handle

    private init() throws {
        let numbers = [320, 310, 200, 103, 101, 100]
        let files =
            numbers.flatMap { ["libhdf5_serial.so.\($0)", "libhdf5.so.\($0)", "libhdf5.\($0).dylib"] } + [
                "libhdf5_serial.so", "libhdf5.so", "libhdf5.dylib",
            ]
        let library = try DynamicLibrary(
            "libhdf5", files: files, purpose: "HDF5", debianPackage: "libhdf5-103-1, or libhdf5-310 in later releases", homebrewFormula: "hdf5")
        let version: @Sendable @convention(c) (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Int32 =
            try unsafe library.function("H5get_libversion")
        var (major, minor, release) = (UInt32(0), UInt32(0), UInt32(0))
        _ = unsafe version(&major, &minor, &release)
        guard (major, minor) >= (1, 10) else {
            throw FormatError(.libraryMissing, "libhdf5 \(major).\(minor).\(release) is too old: 1.10 or later is needed.", path: "libhdf5")
        }
        let open: @Sendable @convention(c) () -> Int32 = try library.function("H5open")
        guard open() >= 0 else {
            throw FormatError(.libraryMissing, "libhdf5 does not start.", path: "libhdf5")
        }
        unsafe setErrors = try library.function("H5Eset_auto2")
        fileClose = try library.function("H5Fclose")
        groupClose = try library.function("H5Gclose")
        spaceClose = try library.function("H5Sclose")
        dataClose = try library.function("H5Dclose")
        typeClose = try library.function("H5Tclose")
        listClose = try library.function("H5Pclose")
        objectClose = try library.function("H5Oclose")
        flush = try library.function("H5Fflush")
        unsafe fileCreate = try library.function("H5Fcreate")
        unsafe fileOpen = try library.function("H5Fopen")
        unsafe getImage = try library.function("H5Fget_file_image")
        unsafe setImage = try library.function("H5Pset_file_image")
        setCore = try library.function("H5Pset_fapl_core")
        listCreate = try library.function("H5Pcreate")
        trackTimes = try library.function("H5Pset_obj_track_times")
        unsafe groupCreate = try library.function("H5Gcreate2")
        unsafe dataCreate = try library.function("H5Dcreate2")
        unsafe dataWrite = try library.function("H5Dwrite")
        unsafe dataRead = try library.function("H5Dread")
        unsafe reclaim = try library.function("H5Dvlen_reclaim")
        unsafe spaceCreate = try library.function("H5Screate_simple")
        scalarCreate = try library.function("H5Screate")
        rank = try library.function("H5Sget_simple_extent_ndims")
        unsafe lengths = try library.function("H5Sget_simple_extent_dims")
        typeCopy = try library.function("H5Tcopy")
        typeSetSize = try library.function("H5Tset_size")
        typeSetCharacters = try library.function("H5Tset_cset")
        typeClass = try library.function("H5Tget_class")
        isVariableText = try library.function("H5Tis_variable_str")
        dataSpace = try library.function("H5Dget_space")
        dataType = try library.function("H5Dget_type")
        unsafe objectOpen = try library.function("H5Oopen")
        kind = try library.function("H5Iget_type")
        unsafe name = try library.function("H5Lget_name_by_idx")
        fileFloat = try library.value("H5T_IEEE_F32LE_g")
        fileInteger = try library.value("H5T_STD_I64LE_g")
        nativeFloat = try library.value("H5T_NATIVE_FLOAT_g")
        nativeInteger = try library.value("H5T_NATIVE_INT64_g")
        cString = try library.value("H5T_C_S1_g")
        accessClass = try library.value("H5P_CLS_FILE_ACCESS_ID_g")
        creationClass = try library.value("H5P_CLS_DATASET_CREATE_ID_g")
    }

    /// What a file is made in, or read from: memory that grows by a megabyte and is never stored.
    func withMemory<Result>(path: String, _ body: (_ access: Handle) throws -> Result) throws -> Result {
        Self.lock.lock()
        defer { Self.lock.unlock() }
        // Errors are told by what functions return; the library would print them as well, which is set for each thread.
        _ = setErrors(0, nil, nil)
        return try holding(listCreate(accessClass), closing: listClose, path) { access in
            try require(setCore(access, Self.growth, 0), path)
            return try body(access)
        }
    }

    /// Hands on an object of the library, and closes it afterwards.
    func holding<Result>(_ handle: Handle, closing close: Act, _ path: String, _ body: (Handle) throws -> Result) throws -> Result {
        guard handle >= 0 else { throw refusal(path) }
        defer { _ = close(handle) }
        return try body(handle)
    }

    func require(_ status: Int32, _ path: String) throws {
        guard status >= 0 else { throw refusal(path) }
    }

    private func refusal(_ path: String) -> FormatError {
        FormatError(.malformed, "libhdf5 refuses it. The file is damaged or no HDF5 file, or memory is short.", path: path)
    }

    /// The type of texts of any length.
    func withTextType<Result>(_ path: String, _ body: (Handle) throws -> Result) throws -> Result {
        try holding(typeCopy(cString), closing: typeClose, path) { type in
            try require(typeSetSize(type, Self.variableLength), path)
            try require(typeSetCharacters(type, Self.utf8), path)
            return try body(type)
        }
    }

    /// Makes an empty file in memory, and gives its bytes once `body` has filled it.
    func image(path: String, _ body: (_ file: Handle) throws -> Void) throws -> [UInt8] {
        try withMemory(path: path) { access in
            try holding(unsafe fileCreate("memory", Self.truncate, Self.anything, access), closing: fileClose, path) { file in
                try body(file)
                try require(flush(file, 1), path)
                let count = getImage(file, nil, 0)
                guard count > 0 else { throw refusal(path) }
                var bytes = [UInt8](repeating: 0, count: count)
                guard unsafe getImage(file, &bytes, count) == count else { throw refusal(path) }
                return bytes
            }
        }
    }

    /// Opens a file of these bytes.
    func reading<Result>(_ bytes: [UInt8], path: String, _ body: (_ file: Handle) throws -> Result) throws -> Result {
        var bytes = bytes
        return try withMemory(path: path) { access in
            try require(unsafe setImage(access, &bytes, bytes.count), path)
            return try holding(unsafe fileOpen("memory", Self.readOnly, access), closing: fileClose, path, body)
        }
    }
}

import Foundation
import Testing
import VolleyFormats
import VolleyTestSupport

@Suite struct SHA256Tests {
    // Known answers: FIPS 180-4 examples, and the NIST vectors for long messages.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func knownAnswers(message: String, digest: String) {
        #expect(SHA256.digest(of: Array(message.utf8)).hexadecimal == digest)
    }

    /// Lengths on both sides of the block and padding boundaries, however the message is cut.
    @Test func piecesDoNotMatter() {
        for length in [1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 300] {
            let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let whole = SHA256.digest(of: message)
            for cut in stride(from: 0, through: length, by: 13) {
                var hash = SHA256()
                hash.update(Array(message[..<cut]))
                hash.update(Array(message[cut...]))
                #expect(hash.finalize() == whole, "\(length) bytes cut at \(cut)")
            }
        }
    }

    /// The system's library and the package's own code, fed in pieces of sizes that fit no block, as a value that is copied on the way.
    @Test(arguments: SHA256.Implementation.allCases)
    func implementationsAgree(_ implementation: SHA256.Implementation) throws {
        // Nil means that this system has no such library.
        guard var hash = SHA256(implementation) else { return }
        let message = (0..<200_003).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ $0 >> 7) }
        // Made with Python's hashlib.
        let known = "8aed853eb91b96e127fa2da97453258dab3026ef7131ae3cea6f5992877cb1a7"
        var start = 0
        for (index, length) in [0, 1, 63, 64, 65, 127, 1000, 4097, 0, 65_537, 99_999].enumerated() {
            hash.update(Array(message[start..<start + length]))
            start += length
            var other = hash
            other.update([UInt8(index)])
            #expect(other.finalize() == SHA256.digest(of: message[..<start] + [UInt8(index)]))
        }
        hash.update(Array(message[start...]))
        #expect(hash.finalize().hexadecimal == known)
    }

    @Test(arguments: SHA256.Implementation.allCases)
    func emptyMessage(_ implementation: SHA256.Implementation) {
        guard let hash = SHA256(implementation) else { return }
        #expect(hash.finalize().hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func ownCodeIsAlwaysThere() { #expect(SHA256(.own) != nil) }

    /// The digests in a manifest were made by another program.
    @Test func filesOfAManifest() throws {
        let manifest = try fixtureObject("formats/MANIFEST.json")
        let digests = try #require(manifest["sha256"] as? [String: String])
        #expect(digests.count > 20)
        for (name, digest) in digests {
            #expect(try SHA256.digest(ofFile: Fixture.path("formats/\(name)")).hexadecimal == digest, "\(name)")
        }
    }

    @Test func fileLargerThanAPiece() throws {
        let bytes = (0..<2_500_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try withTemporaryFile(bytes) { path in
            let digest = try SHA256.digest(ofFile: path)
            #expect(digest == SHA256.digest(of: bytes))
        }
    }

    @Test func digestAsText() throws {
        let digest = SHA256.digest(of: [1, 2, 3])
        #expect(Digest(hexadecimal: digest.hexadecimal.uppercased()) == digest)
        #expect(Digest(hexadecimal: "12") == nil)
        #expect(Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
        let json = try JSONEncoder().encode([digest])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(digest)\"]")
        #expect(try JSONDecoder().decode([Digest].self, from: json) == [digest])
    }
}

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

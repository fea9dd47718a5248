import Testing
import VolleyFormats
import VolleyONNX
import VolleyTestSupport

/// Every case that the onnx package has of every operator that is imported: on inputs of the network, and on arrays that are known at
/// import, where every operator must be computed at once.
@Suite struct NodeTests {
    @Test(arguments: NodeCase.all.keys.sorted(), [false, true])
    func agreesWithTheFormatsOwnCases(operator name: String, knowsAll: Bool) throws {
        let archive = try NpzArchive(path: Fixture.path("onnx-node/\(name).npz"))
        let folder = try TemporaryDirectory()
        for node in NodeCase.all[name] ?? [] {
            if let code = NodeCase.refused[node.case] {
                #expect {
                    _ = try node.differences(operator: name, in: archive, folder: folder, knowsAll: knowsAll)
                } throws: { ($0 as? ONNXError)?.code == code }
                continue
            }
            do {
                let differences = try node.differences(operator: name, in: archive, folder: folder, knowsAll: knowsAll)
                #expect(differences.isEmpty, "\(node): \(differences.joined(separator: "; "))")
            } catch {
                Issue.record("\(node): \(error)")
            }
        }
    }
}

import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `evaluate --shard` and `merge`, alone and started by a scheduler.
@Suite struct ShardCommandTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")
    private let network: String

    init() throws {
        folder = try TemporaryDirectory()
        network = folder.file("net.volley")
        try CommandLineTool.convertDigits(to: network, ["--no-check"])
    }

    /// - Parameter variables: such as `SLURM_PROCID=1`.
    private func evaluate(_ extra: [String], data: String? = nil, variables: String = "") throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(
            ["evaluate", network, data ?? self.data, "--steps", "2"] + extra, in: folder.path, shell: "\(variables) exec \"$@\"")
    }

    private func merge(_ arguments: [String]) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["merge"] + arguments, in: folder.path)
    }

    @Test func shardsMakeTheFileOfOneRun() throws {
        let options = ["--weights", "int8", "--detail", "2"]
        #expect(try evaluate(["--json", "whole.json"] + options).code == 0)
        for index in [3, 1, 2] {
            let outcome = try evaluate(["--json", "r.json", "--shard", "\(index)/3", "--batch", "\(5 * index)"] + options)
            #expect(outcome.code == 0 && outcome.output.contains("r.\(index)-of-3.shard"), "\(outcome.errors)")
            #expect(outcome.output.contains("volley merge 'r'.*-of-3.shard --json 'r.json'"), "\(outcome.output)")
        }
        let files = (1...3).map { "r.\($0)-of-3.shard" }
        let merged = try merge(files + ["--json", "r.json", "--report", "r.md", "--sites"])
        #expect(merged.code == 0 && merged.output.contains("test.npz, from 3 shards: 200 samples"), "\(merged.errors)\(merged.output)")
        #expect(try folder.bytes("r.json") == folder.bytes("whole.json"))
        #expect(try !folder.bytes("r.md").isEmpty)
        let gap = try merge(Array(files.dropFirst()) + ["--json", "gap.json"])
        #expect(gap.code == 2 && gap.errors.contains("Measure --shard 1/3 too"), "\(gap.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("gap.json")))
        let over = try merge(files + ["--json", files[0]])
        #expect(over.code == 2 && over.errors.contains("input too"), "\(over.errors)")
    }

    @Test func schedulersSayWhichShard() throws {
        #expect(try evaluate(["--json", "whole.json", "--limit", "40"]).code == 0)
        for task in 0..<2 {
            let outcome = try evaluate(["--json", "r.json", "--limit", "40"], variables: "SLURM_PROCID=\(task) SLURM_NTASKS=2")
            #expect(
                outcome.code == 0 && outcome.errors.contains("shard \(task + 1)/2, from SLURM_PROCID=\(task), SLURM_NTASKS=2"), "\(outcome.errors)")
        }
        #expect(try merge(["r.1-of-2.shard", "r.2-of-2.shard", "--json", "r.json"]).code == 0)
        #expect(try folder.bytes("r.json") == folder.bytes("whole.json"))
        // What is said goes before what a scheduler says.
        let variables = "PMI_RANK=7 PMI_SIZE=8"
        #expect(try evaluate(["--json", "n.json", "--limit", "8", "--shard", "none"], variables: variables).code == 0)
        #expect(FileManager.default.fileExists(atPath: folder.file("n.json")))
        #expect(try evaluate(["--json", "n.json", "--limit", "8", "--shard", "1/2"], variables: variables).code == 0)
        #expect(FileManager.default.fileExists(atPath: folder.file("n.1-of-2.shard")))
        let contradiction = try evaluate(["--json", "n.json"], variables: "PMI_RANK=8 PMI_SIZE=8")
        #expect(contradiction.code == 2 && contradiction.errors.contains("--shard none"), "\(contradiction.errors)")
    }

    /// Makes a rank of MPI a task of Slurm.
    private static let asSlurm =
        "r=${OMPI_COMM_WORLD_LOCAL_RANK:-$PMI_RANK}; unset PMI_RANK PMI_SIZE; SLURM_PROCID=$r SLURM_NTASKS=2 exec \"$@\""

    /// Real ranks of whichever MPI is installed; one of them killed in its work, and all run again.
    @Test(arguments: ["mpirun.openmpi --allow-run-as-root --oversubscribe", "mpiexec.mpich"]) func realRanks(launcher: String) throws {
        let program = "/usr/bin/" + launcher.prefix { $0 != " " }
        guard FileManager.default.isExecutableFile(atPath: program) else { return }
        let settings = ["evaluate", network, data, "--steps", "12", "--threads", "1", "--batch", "8"]
        #expect(try CommandLineTool.run(settings + ["--json", "whole.json"], in: folder.path).code == 0)
        for ranks in [1, 2, 3, 7] {
            let json = "r\(ranks).json"
            let start = { (command: String) throws in
                try CommandLineTool.run(settings + ["--json", json], in: folder.path, shell: "exec \(launcher) -n \(ranks) \(command)")
            }
            if ranks == 3 {
                // The second rank ends at once, or in its work.
                let part = "[ \"${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\" = 1 ] && exec timeout -s KILL 0.1 \"$@\"; exec \"$@\""
                _ = try start("sh -c '\(part)' rank \"$@\"")
            }
            let outcome = try start("\"$@\"")
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.output.components(separatedBy: "200 samples").count == 2, "one table: \(outcome.output)")
            #expect(try folder.bytes(json) == folder.bytes("whole.json"), "\(ranks) ranks")
        }
        // Where their library is not there, ranks leave what they measured in files.
        let hidden = try CommandLineTool.run(
            settings + ["--json", "files.json", "--limit", "20"], in: folder.path,
            shell: "exec \(launcher) -n 2 env -u OMPI_COMM_WORLD_RANK -u OMPI_COMM_WORLD_SIZE sh -c '\(Self.asSlurm)' task \"$@\"")
        #expect(hidden.code == 0, "\(hidden.errors)")
        #expect(try merge(["files.1-of-2.shard", "files.2-of-2.shard", "--json", "files.json"]).code == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("-of-") }.sorted()
        #expect(left == ["files.1-of-2.shard", "files.2-of-2.shard"], "gathered shards are gone")
    }

    /// Shards of a calibration that run side by side, one of them killed and run again; and ranks of MPI.
    @Test(arguments: ["ecmt", "few-step"]) func shardsOfACalibrationMakeTheSameNetwork(method: String) throws {
        let convert = [
            "convert", Fixture.path("digits-vit"), "--calibration", Fixture.path("digits-vit/calibration.npz"), "--method", method, "--batch", "40",
            "--threads", "1",
        ]
        #expect(try CommandLineTool.run(convert + ["-o", "whole.volley"], in: folder.path).code == 0)
        let side = "for i in 1 2 3; do \"$@\" --shard $i/3 > $i.txt 2>&1 & done; "
        let outcome = try CommandLineTool.run(
            convert + ["-o", "s.volley"], in: folder.path,
            shell: "timeout -s KILL 0.2 \"$@\" --shard 2/3 > /dev/null 2>&1; \(side) wait; cat 1.txt")
        #expect(outcome.output.contains("s.volley: "), "\(outcome.output)")
        #expect(try folder.bytes("s.volley") == folder.bytes("whole.volley"))
        var launchers: [String] = []
        for launcher in ["mpirun.openmpi --allow-run-as-root --oversubscribe", "mpiexec.mpich"]
        where FileManager.default.isExecutableFile(atPath: "/usr/bin/" + launcher.prefix { $0 != " " }) {
            launchers.append(launcher)
            let ranks = try CommandLineTool.run(convert + ["-o", "m.volley"], in: folder.path, shell: "exec \(launcher) -n 2 \"$@\"")
            #expect(ranks.code == 0 && ranks.output.components(separatedBy: "m.volley: ").count == 2, "\(ranks.errors)")
            #expect(try folder.bytes("m.volley") == folder.bytes("whole.volley"), "\(launcher)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("calibration") }
        #expect(left.isEmpty, "\(left), \(launchers)")
        // What a shard of another conversion said is not taken for that of this one.
        try folder.write(Array("x".utf8), to: "s.calibration-1.2-of-2.shard")
        let foreign = try CommandLineTool.run(convert + ["-o", "s.volley", "--shard", "1/2"], in: folder.path)
        #expect(foreign.code == 2 && foreign.errors.contains("s.calibration-1.2-of-2.shard"), "\(foreign.errors)")
    }

    @Test func unreadableSamplesAreListedAsInOneRun() throws {
        for (name, file) in [("3/1.jpg", "gray.jpg"), ("3/2.jpg", "truncated.jpg"), ("7/1.png", "gray.png"), ("7/2.jpg", "truncated.jpg")] {
            try folder.copy("images/" + file, to: "data/" + name)
        }
        let run = ["--skip-bad", "--allow-overlap"]
        let whole = try evaluate(["--json", "whole.json"] + run, data: "data")
        #expect(whole.code == 0, "\(whole.errors)")
        for index in 1...3 { #expect(try evaluate(["--json", "r.json", "--shard", "\(index)/3"] + run, data: "data").code == 0) }
        let merged = try merge((1...3).map { "r.\($0)-of-3.shard" } + ["--json", "r.json"])
        #expect(merged.code == 0 && merged.errors.contains("skipped: 3/2.jpg") && merged.errors.contains("skipped: 7/2.jpg"), "\(merged.errors)")
        #expect(try folder.bytes("r.json") == folder.bytes("whole.json"))
    }

    @Test func whatAShardCannotTakeIsRefused() throws {
        for (extra, words) in [
            (["--shard", "3/2", "--json", "r.json"], "I/N"), (["--shard", "half", "--json", "r.json"], "I/N"),
            (["--shard", "1/2"], "--json RESULT.json"),
            (["--shard", "1/2", "--json", "r.json", "--resume", "p"], "leave out --resume"),
            (["--shard", "1/2", "--json", "r.json", "--sites"], "volley merge"),
        ] {
            let outcome = try evaluate(extra)
            #expect(outcome.code == 2 && outcome.errors.contains(words), "\(outcome.errors)")
        }
        try folder.write(Array("notes".utf8), to: "r.1-of-2.shard")
        let foreign = try evaluate(["--shard", "1/2", "--json", "r.json"])
        #expect(foreign.code == 2 && foreign.errors.contains("r.1-of-2.shard"), "\(foreign.errors)")
        #expect(try merge(["r.1-of-2.shard"]).code == 2)
        #expect(try merge(["nowhere.shard"]).code == 2)
        #expect(try merge([]).code == 2)
    }

    @Test func anInterruptedShardGoesOn() throws {
        let file = "r.2-of-2.shard"
        let arguments = [
            "evaluate", network, data, "--steps", "400", "--batch", "4", "--threads", "1", "--limit", "40", "--json", folder.file("r.json"),
        ]
        let outcome = try CommandLineTool.run(arguments + ["--shard", "2/2"]) { process in
            let end = Date().addingTimeInterval(60)
            while !FileManager.default.fileExists(atPath: folder.file(file)), Date() < end { Thread.sleep(forTimeInterval: 0.01) }
            kill(process.processIdentifier, SIGKILL)
        }
        #expect(outcome.code == SIGKILL)
        let unfinished = try merge([file])
        #expect(unfinished.code == 2 && unfinished.errors.contains("is not finished"), "\(unfinished.errors)")
        for index in 1...2 { #expect(try CommandLineTool.run(arguments + ["--shard", "\(index)/2"]).code == 0) }
        #expect(try CommandLineTool.run(arguments).code == 0)
        #expect(try merge(["r.1-of-2.shard", file, "--json", "merged.json"]).code == 0)
        #expect(try folder.bytes("merged.json") == folder.bytes("r.json"))
    }
}

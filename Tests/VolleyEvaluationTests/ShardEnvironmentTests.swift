import Testing
import VolleyEvaluation

/// Which shard follows from the variables of schedulers.
@Suite struct ShardEnvironmentTests {
    private func shard(_ environment: [String: String]) throws -> String? { try ShardEnvironment(environment).map { "\($0.shard)" } }

    @Test(
        arguments: [
            ([:], nil),
            (["SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"], "1/4"),
            (["SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "4"], "4/4"),
            (["SLURM_ARRAY_TASK_ID": "6", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "2", "SLURM_ARRAY_TASK_STEP": "2"], "3/4"),
            (["SLURM_PROCID": "3", "SLURM_NTASKS": "8"], "4/8"),
            (["SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_PROCID": "3", "SLURM_NTASKS": "8"], "4/8"),
            // The batch script itself is one process.
            (["SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "8"], nil),
            (["SLURM_NTASKS": "8"], nil),
            (["JOB_COMPLETION_INDEX": "1", "VOLLEY_SHARDS": "3"], "2/3"),
            (["VOLLEY_SHARDS": "3"], nil),
            (["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"], "1/2"),
            (["PMI_RANK": "1", "PMI_SIZE": "2"], "2/2"),
            // One process is no shard.
            (["SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MIN": "9"], nil),
            (["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1", "SLURM_PROCID": "1", "SLURM_NTASKS": "2"], "2/2"),
            // Two that agree; MPI within a task of srun; tasks of srun within an array.
            (["PMI_RANK": "1", "PMI_SIZE": "4", "SLURM_PROCID": "1", "SLURM_NTASKS": "4"], "2/4"),
            (["OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "8", "SLURM_PROCID": "1", "SLURM_NTASKS": "2"], "6/8"),
            (["SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_PROCID": "0", "SLURM_NTASKS": "2"], "3/6"),
        ] as [([String: String], String?)]) func found(environment: [String: String], expected: String?) throws
    {
        #expect(try shard(environment) == expected)
    }

    /// Every process of an array of tasks gets a part of its own.
    @Test func allParts() throws {
        let parts = try (2...4).flatMap { task in
            try (0..<5).map { process in
                try #require(
                    try shard([
                        "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "2", "PMI_RANK": "\(process)",
                        "PMI_SIZE": "5",
                    ]))
            }
        }
        #expect(Set(parts) == Set((1...15).map { "\($0)/15" }))
    }

    @Test(arguments: [
        ["SLURM_PROCID": "8", "SLURM_NTASKS": "8"], ["SLURM_PROCID": "x", "SLURM_NTASKS": "8"], ["PMI_RANK": "-1", "PMI_SIZE": "2"],
        ["PMI_RANK": "1"], ["OMPI_COMM_WORLD_SIZE": "4"], ["SLURM_ARRAY_TASK_ID": "3"], ["JOB_COMPLETION_INDEX": "0"],
        // Tasks 1, 5 and 7 do not say which of the three each is.
        ["SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1"],
        ["SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "7"],
        ["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_STEP": "2"],
        ["PMI_RANK": "1", "PMI_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"],
        ["JOB_COMPLETION_INDEX": "1", "VOLLEY_SHARDS": "4", "SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"],
    ]) func contradictions(environment: [String: String]) throws {
        let error = #expect(throws: EvaluationError.self) { try ShardEnvironment(environment) }
        #expect(error?.code == .shards && error?.remedies.count == 2)
        let text = error.map { "\($0)" } ?? ""
        #expect(environment.keys.contains { text.contains($0) }, "\(text)")
    }

    @Test func shardsAreWrittenAsParts() {
        #expect(Shard("2/4") == Shard(2, of: 4) && "\(Shard(2, of: 4)!)" == "2/4")
        for text in ["0/4", "5/4", "2", "2/", "/4", "2/4/6", "a/b", "1/0", "1/9999999"] { #expect(Shard(text) == nil, "\(text)") }
    }
}

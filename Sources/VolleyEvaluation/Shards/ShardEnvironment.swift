internal import VolleyTensors

/// Which shard a scheduler gave this process, from the variables that it sets.
///
/// | who | number, from 0 on | of how many |
/// |---|---|---|
/// | a task of a Slurm array | `SLURM_ARRAY_TASK_ID`, less `…_MIN`, over `…_STEP` | `SLURM_ARRAY_TASK_COUNT` |
/// | a pod of an indexed job of Kubernetes | `JOB_COMPLETION_INDEX` | `VOLLEY_SHARDS`, for Kubernetes does not say |
/// | a process of Open MPI | `OMPI_COMM_WORLD_RANK` | `OMPI_COMM_WORLD_SIZE` |
/// | a process of PMI: MPICH, Intel MPI, Cray | `PMI_RANK` | `PMI_SIZE` |
/// | a task of `srun` | `SLURM_PROCID` | `SLURM_NTASKS` |
///
/// Processes within the tasks of an array, or within pods, share what these have: the numbers multiply. What MPI says goes before what
/// `srun` says, since a task of `srun` may be the one that starts MPI's processes. A batch script of Slurm is not a task of `srun`, though it
/// has the variables of one; it lacks `SLURM_STEP_ID`.
public struct ShardEnvironment: Sendable, Hashable {
    public let shard: Shard
    /// The variables that it was taken from, as `SLURM_PROCID=1, SLURM_NTASKS=4`.
    public let source: String

    /// nil where no variable tells of more than one process.
    /// - Throws: ``EvaluationError`` (`shards`) where variables contradict each other or themselves, or one is missing.
    public init?(_ environment: [String: String]) throws {
        let variables = Variables(environment)
        let outer = try variables.only([variables.array(), variables.pod()])
        let mpi = try variables.only([
            variables.place("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), variables.place("PMI_RANK", "PMI_SIZE"),
        ])
        let places = [outer, try mpi ?? variables.task()].compactMap(\.self)
        guard let first = places.first else { return nil }
        let place = places.dropFirst().reduce(first) { $0.within($1) }
        guard let shard = Shard(place.index + 1, of: place.count) else {
            throw Variables.failure(
                "There are more processes than an evaluation has shards.", place.source, expected: "at most \(Shard.largestCount)")
        }
        (self.shard, source) = (shard, place.source)
    }
}

/// One process among several.
private struct Place {
    /// From 0 on.
    var index: Int
    /// At least 2.
    var count: Int
    var source: String

    /// The place of a process in each of these places.
    func within(_ inner: Place) -> Place {
        Place(index: index * inner.count + inner.index, count: count * inner.count, source: source + ", " + inner.source)
    }
}

private struct Variables {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    static func failure(_ message: String, _ found: String, expected: String? = nil) -> EvaluationError {
        let remedies = [Remedy(.shard, "I/N"), Remedy(.shard, "none")]
        return EvaluationError(
            .shards, "\(message) Say which shard this is with \(remedies[0]), or that there are none with \(remedies[1]).",
            context: .init(expected: expected, found: found), remedies: remedies)
    }

    private func number(_ name: String) throws -> Int? {
        guard let text = environment[name] else { return nil }
        guard let number = Int(text), 0...1 << 31 ~= number else {
            throw Self.failure("A variable of the scheduler is not a number.", "\(name)=\(text)")
        }
        return number
    }

    /// What two variables say together; nil where both are missing or there is only one process.
    func place(_ indexName: String, _ countName: String, first: Int = 0, step: Int = 1) throws -> Place? {
        let (index, count) = (try number(indexName), try number(countName))
        guard index != nil || count != nil else { return nil }
        guard let index, let count else {
            let (there, missing) = index == nil ? (countName, indexName) : (indexName, countName)
            throw Self.failure("Which shard this is cannot be told.", "\(there)=\(environment[there] ?? "")", expected: "\(missing) too")
        }
        guard count > 1 else { return nil }
        let source = "\(indexName)=\(index), \(countName)=\(count)"
        guard index >= first, (index - first) % step == 0, (index - first) / step < count else {
            let last = first + (count - 1) * step
            throw Self.failure(
                "The variables of the scheduler contradict each other.", source,
                expected: "\(indexName) of \(first)…\(last)" + (step > 1 ? " in steps of \(step)" : ""))
        }
        return Place(index: (index - first) / step, count: count, source: source)
    }

    func array() throws -> Place? {
        let (first, step) = (try number("SLURM_ARRAY_TASK_MIN") ?? 0, max(1, try number("SLURM_ARRAY_TASK_STEP") ?? 1))
        if let last = try number("SLURM_ARRAY_TASK_MAX"), let count = try number("SLURM_ARRAY_TASK_COUNT"), (last - first) / step + 1 != count {
            throw Self.failure(
                "The numbers of the array's tasks do not follow each other, so which shard this is cannot be told.",
                "SLURM_ARRAY_TASK_MIN=\(first), SLURM_ARRAY_TASK_MAX=\(last), SLURM_ARRAY_TASK_COUNT=\(count)")
        }
        return try place("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", first: first, step: step)
    }

    func pod() throws -> Place? {
        guard environment["JOB_COMPLETION_INDEX"] != nil else { return nil }
        return try place("JOB_COMPLETION_INDEX", "VOLLEY_SHARDS")
    }

    func task() throws -> Place? {
        // In a batch script the variables stand too, and there is one process.
        guard environment["SLURM_JOB_ID"] == nil || environment["SLURM_STEP_ID"] != nil else { return nil }
        guard environment["SLURM_PROCID"] != nil, environment["SLURM_NTASKS"] != nil else { return nil }
        return try place("SLURM_PROCID", "SLURM_NTASKS")
    }

    /// The place that one or several kinds of variables name.
    /// - Throws: where they name different ones.
    func only(_ places: [Place?]) throws -> Place? {
        let places = places.compactMap(\.self)
        guard let first = places.first else { return nil }
        if let other = places.first(where: { ($0.index, $0.count) != (first.index, first.count) }) {
            throw Self.failure("Two schedulers say different things.", "\(first.source) and \(other.source)")
        }
        return first
    }
}

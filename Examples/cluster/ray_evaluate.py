"""Measures a network on a Ray cluster: one task for each shard, joined to the bytes of one run.

    pip install ray
    python ray_evaluate.py vit.volley test vit.json --shards 8

All machines see one folder with network, data and results, and have `volley` on their PATH (or --volley names it). A task that is lost with
its machine is run again elsewhere, and goes on from its shard's file.
"""
import argparse
import os
import pathlib
import subprocess

import ray

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("network", type=pathlib.Path)
arguments.add_argument("data", type=pathlib.Path)
arguments.add_argument("result", type=pathlib.Path, help="the JSON file of the results")
arguments.add_argument("--steps", type=int, default=8)
arguments.add_argument("--shards", type=int, default=8)
arguments.add_argument("--threads", type=int, default=1, help="processors for each task")
arguments.add_argument("--volley", default="volley", help="the tool, where it is not on the PATH")
arguments = arguments.parse_args()
network, data, result = (path.resolve() for path in (arguments.network, arguments.data, arguments.result))

# Workers of Ray do not start in this folder, and have this machine's variables only where they run on it.
ray.init(log_to_driver=False)


@ray.remote(num_cpus=arguments.threads, max_retries=3, retry_exceptions=[subprocess.CalledProcessError])
def measure(index):
    """Measures one shard; what the tool says goes into the error where it fails."""
    command = [
        arguments.volley, "evaluate", network, data, "--steps", str(arguments.steps), "--threads", str(arguments.threads),
        "--shard", f"{index}/{arguments.shards}", "--json", result,
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode == 2:  # wrong input: no second run mends it
        raise ValueError(done.stderr)
    done.check_returncode()
    return os.getpid()


tasks = {measure.remote(index): index for index in range(1, arguments.shards + 1)}
workers, waiting = set(), list(tasks)
while waiting:
    (ready,), waiting = ray.wait(waiting)
    workers.add(ray.get(ready))
    print(f"shard {tasks[ready]}/{arguments.shards} is measured", flush=True)
print(f"{arguments.shards} shards by {len(workers)} workers")

shards = [result.with_suffix(f".{index}-of-{arguments.shards}.shard") for index in range(1, arguments.shards + 1)]
subprocess.run([arguments.volley, "merge", *map(str, shards), "--json", str(result)], check=True)

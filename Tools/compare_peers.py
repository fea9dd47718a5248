"""Times volley beside ONNX Runtime and SpikingJelly on a Vision Transformer and on CNNs, in one run.

For each network of peer_networks.py it makes, in the folder --output/NETWORK (else a temporary one),
    images.npz                `input` [N, 3, 224, 224]
    network.onnx              the network from PyTorch's TorchScript exporter, fp32, batch free
    dynamic.onnx, static.onnx the same in 8 bits, by ONNX Runtime's quantize_dynamic and quantize_static
    checkpoint/               with --model checkpoint: model.safetensors and config.json as timm writes them
    ecmt.volley, …            what `volley convert` makes of it, calibrated on these images
and prints a table of milliseconds per image. Weights and images are random and batch normalisations have these images'
statistics, but EfficientNet-Lite0 is trained and sees parts of photographs.

Times of different moments do not compare on a shared machine, so everything is interleaved: a round times ONNX
Runtime, SpikingJelly and every case of volley one after the other, for each number of threads. Ratios are taken
within a round, to ONNX Runtime's fp32 network with the same threads, and the table gives medians over the rounds.
Every time is of the same batch. Where a median is far from the fastest round, something else was using the
processor: run again.

The rounding error is the root mean square of what rounding changes of the ANN's outputs, over that of the outputs:
volley rounds weights, ONNX Runtime's 8-bit networks activations too. Dynamic quantisation is what ONNX Runtime advises
for Transformers, static quantisation for CNNs; peer_runtimes.py says what each does.

ONNX Runtime computes the ANN once; volley all T time-steps of the spiking network. SpikingJelly has neither of
volley's methods, and its converters for Transformers do not take timm's attention: its row is the same network with
an IFNode before each linear layer and convolution but the first, a workload of the same kind but of fewer and simpler
neurons. It is run step by step, which on ViT-S is faster than SpikingJelly's multi-step mode.

Run:  python Tools/compare_peers.py [--network NAME …] [--threads 1 2] [--rounds 5] [--cases int8 …] [--json FILE]
Needs a release build of volley. Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

import peer_runtimes as runtimes
from peer_networks import CASES, IMAGES, NETWORKS, make
from peer_times import SPEED_UP, Times, rows_of, table

import numpy as np
from timm.models import save_for_hf

from fixture_io import ROOT, versions, write_json

PACKAGES = ["torch", "timm", "onnxruntime", "spikingjelly"]

ONNXRUNTIME = "ONNX Runtime, ANN"
ONNXRUNTIME_DYNAMIC = "ONNX Runtime, ANN, int8 dynamic"
ONNXRUNTIME_STATIC = "ONNX Runtime, ANN, int8 static"
SPIKINGJELLY = f"SpikingJelly, IFNode, T = {runtimes.SPIKINGJELLY_STEPS}"
VOLLEY_ANN = "Volley, ANN"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Comparison:
    """One network with all that is timed on it; its files are in `folder`."""

    def __init__(self, arguments, name, folder):
        self.arguments, self.name, self.folder = arguments, name, folder
        self.cases = [case for case in NETWORKS[name].cases if any(part in case.name for part in arguments.cases)]
        self.times = Times(unit=ONNXRUNTIME)
        folder.mkdir(parents=True, exist_ok=True)
        model, images = make(name)
        np.savez(folder / "images.npz", input=images.numpy())
        runtimes.export(model, images, folder / "network.onnx")
        if arguments.model == "checkpoint":
            save_for_hf(model, folder / "checkpoint", safe_serialization=True)
        self.convert()
        self.peers = self.onnxruntime(model, images)
        if arguments.spikingjelly:
            snn = runtimes.spikingjelly_snn(model, images[:arguments.batch])
            self.peers[SPIKINGJELLY] = {threads: runtimes.with_torch_threads(threads, snn)
                                        for threads in arguments.threads}

    def convert(self):
        source = self.folder / ("checkpoint" if self.arguments.model == "checkpoint" else "network.onnx")
        for network, case in {case.network: case for case in self.cases}.items():
            say(f"{self.name}: converting {source.name} with {network}")
            runtimes.call(self.arguments.volley, "convert", source, "--calibration", self.folder / "images.npz",
                          *case.options, "--no-check", "-o", self.folder / f"{network}.volley")

    def onnxruntime(self, model, images):
        """Row → threads → what computes the outputs of a batch."""
        say(f"{self.name}: quantising for ONNX Runtime")
        paths = {row: self.folder / file for row, file in [
            (ONNXRUNTIME, "network.onnx"), (ONNXRUNTIME_DYNAMIC, "dynamic.onnx"), (ONNXRUNTIME_STATIC, "static.onnx")]}
        runtimes.quantise_dynamic(paths[ONNXRUNTIME], paths[ONNXRUNTIME_DYNAMIC], runtimes.is_convolutional(model))
        runtimes.quantise_static(paths[ONNXRUNTIME], paths[ONNXRUNTIME_STATIC], images)
        batch = images[:self.arguments.batch]
        peers = {row: {threads: runtimes.session(path, batch, threads) for threads in self.arguments.threads}
                 for row, path in paths.items()}
        for threads in self.arguments.threads:
            expected = peers[ONNXRUNTIME][threads]()
            for row in (ONNXRUNTIME_DYNAMIC, ONNXRUNTIME_STATIC):
                self.times.error[row, threads] = runtimes.relative_distance(peers[row][threads](), expected)
        return peers

    def run(self):
        for round in range(self.arguments.rounds):
            for threads in self.arguments.threads:
                say(f"{self.name}: round {round + 1} of {self.arguments.rounds}, threads {threads}")
                for row, peer in self.peers.items():
                    self.times.add(row, threads, round, runtimes.milliseconds(peer[threads], self.arguments.batch))
                self.time_volley(threads, round)

    def time_volley(self, threads, round):
        ann = self.times.of(ONNXRUNTIME, threads)[-1]
        repetitions = runtimes.repetitions(ann * self.arguments.batch)
        # The ANN is the same in every case but for its weights' kind.
        plain = [case for case in self.cases if case.weights == "fp32"] or self.cases
        for case in self.cases:
            found = runtimes.bench(
                self.arguments.volley, self.folder, case, self.arguments.batch, threads, repetitions)
            if case in plain:
                self.times.add(VOLLEY_ANN, threads, round, found["ann"]["millisecondsPerSample"])
            self.times.add(case.title, threads, round, found["snn"]["millisecondsPerSample"])
            self.times.memory[case.title, threads] = found["peakMemoryBytes"]
            self.times.error[case.title, threads] = found["weights"]["annOutputs"]

    def rows(self):
        bounds = {VOLLEY_ANN: (NETWORKS[self.name].must, None)}
        bounds |= {case.title: (case.must, case.aim) for case in self.cases}
        return rows_of(self.times, bounds, self.arguments.threads)


def machine():
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] \
        if info.exists() else []
    return dict(processor=names[0] if names else platform.processor(), cores=os.cpu_count(),
                system=f"{platform.system()} {platform.machine()}")


def compare_all(arguments, root):
    """Prints each network's table as soon as it is there, and keeps the file of all of them up to date."""
    here, found = machine(), versions(*PACKAGES[:None if arguments.spikingjelly else -1])
    found["volley"] = runtimes.call(arguments.volley, "--version").strip()
    print(f"Batch {arguments.batch}, rounds {arguments.rounds}, volley from {arguments.model}; "
          f"{here['processor']}, {here['cores']} cores, {here['system']}; "
          + ", ".join(f"{name} {version}" for name, version in found.items())
          + f".\n{VOLLEY_ANN}, is timed in the same runs as the networks. A second thread must make volley "
          f"{SPEED_UP} times as fast.", flush=True)
    rows = {}
    for name in arguments.network:
        comparison = Comparison(arguments, name, root / name)
        comparison.run()
        rows[name] = comparison.rows()
        print(f"\n{NETWORKS[name].title}\n\n{table(rows[name])}", flush=True)
        if arguments.json:
            write_json(arguments.json, dict(
                machine=here, versions=found, model=arguments.model, batch=arguments.batch, networks=rows))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--volley", type=Path, default=ROOT / ".build" / "release" / "volley")
    parser.add_argument("--network", nargs="+", metavar="NAME", choices=list(NETWORKS), default=list(NETWORKS),
                        help="only these: " + ", ".join(NETWORKS))
    parser.add_argument("--model", choices=["checkpoint", "onnx"], default="onnx",
                        help="what volley converts; checkpoints of Vision Transformers only")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, default=8, help=f"at most {IMAGES}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="+", default=[""], metavar="PART",
                        help="only those with such a part in their name: " + ", ".join(CASES))
    parser.add_argument("--no-spikingjelly", dest="spikingjelly", action="store_false")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="keep networks, images and .volley files here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round's times")
    arguments = parser.parse_args()
    if not arguments.volley.exists():
        parser.error(f"no volley at {arguments.volley}: swift build -c release --product volley, or --volley PATH")
    if not 1 <= arguments.batch <= IMAGES or min(arguments.threads + [arguments.rounds]) < 1:
        parser.error(f"threads and rounds are at least 1, a batch 1…{IMAGES}")
    for name in arguments.network:
        if arguments.model == "checkpoint" and not name.startswith("vit"):
            parser.error(f"volley reads {name} from ONNX, not from a checkpoint: --model onnx")
        if not any(part in case.name for case in NETWORKS[name].cases for part in arguments.cases):
            parser.error(f"no case of {name} is named like {' '.join(arguments.cases)}: "
                         + ", ".join(case.name for case in NETWORKS[name].cases))
    arguments.volley = arguments.volley.resolve()  # a bare name would be looked for in PATH
    return arguments


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as temporary:
        compare_all(arguments, arguments.output or Path(temporary))


if __name__ == "__main__":
    main()

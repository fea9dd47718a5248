"""Times volley beside ONNX Runtime and SpikingJelly on one ViT-S/16, in one run.

Makes timm's vit_small_patch16_224 with random weights, and in the folder --output (else a temporary one)
    checkpoint/               model.safetensors and config.json as timm writes them
    vit_s.onnx                the same network from PyTorch's TorchScript exporter, fp32, batch free
    images.npz                `input` [N, 3, 224, 224], standard normal
    ecmt.volley, …            the networks that `volley convert` makes of it, calibrated on these images

and prints a table of milliseconds per image. Times of different moments do not compare on a shared
machine, so everything is interleaved: a round times ONNX Runtime, SpikingJelly and every case of volley
one after the other, for each number of threads. Ratios are taken within a round, to ONNX Runtime with the
same threads, and the table gives medians over the rounds. Every time is of the same batch. Where a median
is far from the fastest round, something else was using the processor: run again.

ONNX Runtime computes the ANN once; volley all T time-steps of the spiking network. SpikingJelly has
neither of volley's methods, and its converters for Transformers do not take timm's attention: its row is
the same ViT-S with an IFNode before each linear layer, a workload of the same kind but of fewer and
simpler neurons. It is run step by step, which is faster here than SpikingJelly's multi-step mode.

Run:  python Tools/compare_peers.py [--threads 1 2] [--rounds 5] [--cases int8 …] [--json FILE]
Needs a release build of volley. Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import numpy as np
import onnxruntime
import timm
import torch
from timm.models import save_for_hf
from torch import nn

from fixture_io import ROOT, versions, write_json

SEED = 9001
ARCHITECTURE = "vit_small_patch16_224"
IMAGES = 16
OPSET = 17
SECONDS = 2  # that a timing inside this process lasts at least
SPIKINGJELLY_STEPS = 4
PACKAGES = ["torch", "timm", "onnxruntime", "spikingjelly"]

ONNXRUNTIME = "ONNX Runtime, ANN"
SPIKINGJELLY = f"ViT-S with spikingjelly IFNode before each linear layer, T = {SPIKINGJELLY_STEPS}"
VOLLEY_ANN = "Volley, ANN"


class Case(NamedTuple):
    """What volley runs, and the project's bounds on its time in times of ONNX Runtime's."""
    method: str
    steps: int
    weights: str
    must: float
    aim: float

    @property
    def name(self):
        return f"{self.method}-{self.steps}-{self.weights}"

    @property
    def title(self):
        return f"Volley, {self.method}, T = {self.steps}, {self.weights}"


CASES = [
    Case("ecmt", 4, "fp32", 2.0, 1.3),
    Case("differential", 2, "fp32", 2.1, 1.4),
    Case("differential", 2, "int16", 1.3, 0.9),
    Case("differential", 4, "int16", 2.4, 1.6),
    Case("ecmt", 4, "int8", 1.6, 1.0),
    Case("differential", 4, "int8", 1.6, 1.0),
]
BOUNDS = {VOLLEY_ANN: (1.3, None)} | {case.title: (case.must, case.aim) for case in CASES}
SPEED_UP = 1.8  # that volley must gain from a second thread


def say(text):
    print(text, file=sys.stderr, flush=True)


# The network and its images

def make_network(folder):
    torch.manual_seed(SEED)
    model = timm.create_model(ARCHITECTURE, pretrained=False).eval()
    images = torch.randn(IMAGES, 3, 224, 224, generator=torch.Generator().manual_seed(SEED + 1))
    save_for_hf(model, folder / "checkpoint", safe_serialization=True)
    np.savez(folder / "images.npz", input=images.numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about Python conditions on shapes
        torch.onnx.export(
            model, (images[:2],), folder / "vit_s.onnx", dynamo=False, opset_version=OPSET, input_names=["input"],
            output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})
    return model, images


def convert(volley, folder, model, methods):
    source = folder / ("checkpoint" if model == "checkpoint" else "vit_s.onnx")
    for method in methods:
        say(f"converting {source.name} with {method}")
        call(volley, "convert", source, "--calibration", folder / "images.npz", "--method", method,
             "-o", folder / f"{method}.volley")


def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
    return done.stdout


# The peers, in this process

def milliseconds(run, samples):
    """Per sample: the median of as many runs as fill SECONDS, after one that is not counted."""
    run()
    times, end = [], time.perf_counter() + SECONDS
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return median(times) * 1000 / samples


def onnxruntime_ann(path, images, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = {"input": images.numpy()}
    return lambda: session.run(None, inputs)


def spikingjelly_snn(model, images):
    """Changes `model`: every linear layer's inputs become spikes."""
    from spikingjelly.activation_based import functional, neuron

    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, nn.Sequential(neuron.IFNode(), child))

    def run():
        functional.reset_net(model)
        with torch.no_grad():
            return sum(model(images) for _ in range(SPIKINGJELLY_STEPS)) / SPIKINGJELLY_STEPS
    return run


# Volley, a process per case

def bench(arguments, folder, case, threads):
    result = folder / "bench.json"
    call(arguments.volley, "bench", folder / f"{case.method}.volley", "--input", folder / "images.npz",
         "--steps", case.steps, "--batch", arguments.batch, "--threads", threads, "--weights", case.weights,
         "--repetitions", 3, "--json", result)
    found = json.loads(result.read_text())
    asked = dict(steps=case.steps, batch=arguments.batch, threads=threads)
    if any(found[key] != value for key, value in asked.items()) or found["weights"]["kind"] != case.weights:
        raise SystemExit(f"volley bench was asked for {asked}, {case.weights} weights, and reports {found}")
    return found


# Rounds

class Times:
    """Milliseconds per image: row → threads → round → the values of that round."""

    def __init__(self):
        self.found, self.details = {}, {}

    def add(self, row, threads, round, value):
        self.found.setdefault(row, {}).setdefault(threads, {}).setdefault(round, []).append(value)

    def of(self, row, threads):
        rounds = self.found[row][threads]
        return [median(rounds[round]) for round in sorted(rounds)]

    def ratios(self, row, threads):
        return [a / b for a, b in zip(self.of(row, threads), self.of(ONNXRUNTIME, threads))]

    def speed_ups(self, row, threads):
        one = self.found[row].get(1)
        return [a / b for a, b in zip(self.of(row, 1), self.of(row, threads))] if one and threads > 1 else []


def time_volley(times, arguments, folder, cases, threads, round):
    # The ANN is the same in every case but for its weights' kind.
    plain = [case for case in cases if case.weights == "fp32"] or cases
    for case in cases:
        found = bench(arguments, folder, case, threads)
        if case in plain:
            times.add(VOLLEY_ANN, threads, round, found["ann"]["millisecondsPerSample"])
        times.add(case.title, threads, round, found["snn"]["millisecondsPerSample"])
        times.details[case.title, threads] = (found["peakMemoryBytes"], found["weights"]["annOutputs"])


def time_all(arguments, folder, cases, model, images):
    times, images = Times(), images[:arguments.batch]
    anns = {k: onnxruntime_ann(folder / "vit_s.onnx", images, k) for k in arguments.threads}
    snn = spikingjelly_snn(model, images) if arguments.spikingjelly else None
    for round in range(arguments.rounds):
        for threads in arguments.threads:
            say(f"round {round + 1} of {arguments.rounds}, threads {threads}")
            times.add(ONNXRUNTIME, threads, round, milliseconds(anns[threads], arguments.batch))
            if snn:
                torch.set_num_threads(threads)
                times.add(SPIKINGJELLY, threads, round, milliseconds(snn, arguments.batch))
            time_volley(times, arguments, folder, cases, threads, round)
    return times


# The results

def row_of(times, name, threads):
    must, aim = BOUNDS.get(name, (None, None))
    speed_ups = times.speed_ups(name, threads)
    memory, error = times.details.get((name, threads), (None, None))
    return dict(
        name=name, threads=threads, milliseconds=median(times.of(name, threads)), rounds=times.of(name, threads),
        ratio=median(times.ratios(name, threads)), must=must, aim=aim,
        speedUp=median(speed_ups) if speed_ups else None, peakMemoryBytes=memory, relativeError=error)


def verdict(row):
    ratio, must, aim, gain = row["ratio"], row["must"], row["aim"], row["speedUp"]
    if must is None:
        return ""
    words = "misses" if ratio > must else "aim" if aim and ratio <= aim else "must"
    return words + (", speed-up misses" if row["threads"] == 2 and gain and gain < SPEED_UP else "")


def shown(value, form):
    return "" if value is None else format(value, form)


def table(rows):
    lines = ["| what | threads | ms / image | fastest | × ONNX Runtime | must | aim | met | × faster than 1 thread "
             "| peak MiB | weights' error |", "| --- |" + 6 * " ---: |" + " --- |" + 3 * " ---: |"]
    for row in rows:
        memory = row["peakMemoryBytes"] and row["peakMemoryBytes"] / 2**20
        cells = [
            row["name"], str(row["threads"]), f"{row['milliseconds']:.1f}", f"{min(row['rounds']):.1f}",
            f"{row['ratio']:.2f}", shown(row["must"], ".1f"), shown(row["aim"], ".1f"), verdict(row),
            shown(row["speedUp"], ".2f"), shown(memory, ".0f"), shown(row["relativeError"], ".1e")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine():
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] \
        if info.exists() else []
    return dict(processor=names[0] if names else platform.processor(), cores=os.cpu_count(),
                system=f"{platform.system()} {platform.machine()}")


def report(arguments, times):
    rows = [row_of(times, name, threads) for name in times.found for threads in arguments.threads]
    found = versions(*PACKAGES[:None if arguments.spikingjelly else -1])
    found["volley"] = call(arguments.volley, "--version").strip()
    here = machine()
    print(f"{ARCHITECTURE}, batch {arguments.batch}, {arguments.rounds} rounds, volley from {arguments.model}; "
          f"{here['processor']}, {here['cores']} cores, {here['system']}; "
          + ", ".join(f"{name} {version}" for name, version in found.items()) + "\n")
    print(table(rows))
    print(f"\n{VOLLEY_ANN}, is timed in the same runs as the networks. A second thread must make volley "
          f"{SPEED_UP} times as fast.")
    if arguments.json:
        write_json(arguments.json, dict(machine=here, versions=found, model=arguments.model, batch=arguments.batch,
                                        rows=rows))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--volley", type=Path, default=ROOT / ".build" / "release" / "volley")
    parser.add_argument("--model", choices=["checkpoint", "onnx"], default="onnx", help="what volley converts")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, default=8, help=f"at most {IMAGES}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="+", default=[""], metavar="PART",
                        help="only those with such a part in their name: " + ", ".join(case.name for case in CASES))
    parser.add_argument("--no-spikingjelly", dest="spikingjelly", action="store_false")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="keep network, images and .volley files here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round's times")
    arguments = parser.parse_args()
    if not arguments.volley.exists():
        parser.error(f"no volley at {arguments.volley}: swift build -c release --product volley, or --volley PATH")
    if not 1 <= arguments.batch <= IMAGES or min(arguments.threads + [arguments.rounds]) < 1:
        parser.error(f"threads and rounds are at least 1, a batch 1…{IMAGES}")
    return arguments


def main():
    arguments = parse()
    cases = [case for case in CASES if any(part in case.name for part in arguments.cases)]
    if not cases:
        raise SystemExit(f"no case is named like {' '.join(arguments.cases)}: {', '.join(c.name for c in CASES)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        model, images = make_network(folder)
        convert(arguments.volley, folder, arguments.model, dict.fromkeys(case.method for case in cases))
        report(arguments, time_all(arguments, folder, cases, model, images))


if __name__ == "__main__":
    main()

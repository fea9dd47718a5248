#!/usr/bin/env python3
"""Holds what `volley export --to nir` writes against programs that read NIR, and against a simulation of NIR's definitions in NumPy.

    ../volley-nir/bin/python Tools/check_nir.py --volley .build/release/volley

Converts the digits' CNN (Tests/Fixtures/digits-cnn) in several ways, exports each, reads the files with the package `nir`, and runs them in
snnTorch, sinabs and Norse on the same images: once as the program imports them, and once with its neurons set to what NIR's definition and
the file's metadata say. Printed are, beside `volley run`, the difference in spikes of the worst layer, the share of all spikes that differ
in number, and how many images get the network's class.

Wants numpy, h5py, nir==1.0.4 (sinabs allows no later one), snntorch, sinabs and norse, in an environment of their own. Programs that are
missing are left out, with a word. `--read-only` reads files with whatever version of nir there is, and runs NumPy alone.
"""
import argparse
import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import warnings

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).parent.parent
DIGITS = ROOT / "Tests/Fixtures/digits-cnn"
CASES = {
    "rueckauer, reset to zero": ["rueckauer", "--reset", "zero"],
    "rueckauer": ["rueckauer"],
    "opi": ["opi"],
}


# --- the files -------------------------------------------------------------------------------------------------------------------------


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def tree(group: h5py.Group) -> dict:
    return {name: tree(item) if isinstance(item, h5py.Group) else text(item[()]) for name, item in group.items()}


def load(path: pathlib.Path) -> dict:
    """The file without the package nir."""
    with h5py.File(path) as file:
        return tree(file["node"])


def read_with_nir(path: pathlib.Path):
    """The graph as the package nir reads it; versions before 1.0.6 know no v_reset, so that it is left out for them, with a word."""
    import nir

    try:
        return nir.read(path), ""
    except TypeError as error:
        if "v_reset" not in str(error):
            raise
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy.nir"
        copy.write_bytes(path.read_bytes())
        with h5py.File(copy, "a") as file:
            for node in file["node/nodes"].values():
                if "v_reset" in node:
                    del node["v_reset"]
        return nir.read(copy), "v_reset taken out, which this version of nir refuses"


# --- NIR's definitions in NumPy --------------------------------------------------------------------------------------------------------


def windows(x, kernel, stride, padding, dilation=(1, 1)):
    """[N, C, rows, columns, kh, kw]"""
    x = np.pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    extent = [dilation[axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


class Definitions:
    """A graph of NIR with a time-step of 1: an IF takes its current in, fires above v_threshold, and resets."""

    def __init__(self, graph: dict):
        self.nodes = graph["nodes"]
        self.sources = {name: [] for name in self.nodes}
        for source, target in graph["edges"]:
            self.sources[text(target)].append(text(source))
        self.charges = graph.get("metadata", {}).get("initial_potential", {})
        self.order = []
        while len(self.order) < len(self.nodes):
            ready = [n for n in self.nodes if n not in self.order and all(s in self.order for s in self.sources[n])]
            if not ready:
                raise ValueError("the graph has a cycle")
            self.order += ready

    def run(self, images, steps):
        potentials, counts, outputs = {}, {}, []
        for _ in range(steps):
            values = {}
            for name in self.order:
                node = self.nodes[name]
                x = sum((values[s] for s in self.sources[name][1:]), values[self.sources[name][0]]) if self.sources[name] else images
                kind = node["type"]
                if kind in ("Input", "Output"):
                    y = x
                elif kind == "Affine":
                    y = x @ node["weight"].T + node["bias"]
                elif kind == "Scale":
                    y = x * node["scale"]
                elif kind == "Flatten":
                    y = x.reshape(len(x), -1)
                elif kind == "Conv2d":
                    weight, groups = node["weight"], int(node["groups"])
                    parts = np.split(windows(x, weight.shape[2:], node["stride"], node["padding"], node["dilation"]), groups, axis=1)
                    y = np.concatenate(
                        [np.einsum("ncyxhw,ochw->noyx", part, w, optimize=True) for part, w in zip(parts, np.split(weight, groups))], axis=1)
                    y = y + node["bias"][:, None, None]
                elif kind in ("SumPool2d", "AvgPool2d"):
                    y = windows(x, node["kernel_size"], node["stride"], node["padding"]).sum(axis=(4, 5))
                    y = y / np.float32(np.prod(node["kernel_size"])) if kind == "AvgPool2d" else y
                elif kind == "IF":
                    threshold = node["v_threshold"]
                    v = potentials.get(name, np.broadcast_to(threshold * np.float32(self.charges.get(name, 0)), x.shape)) + node["r"] * x
                    y = (v > threshold).astype(np.float32)
                    potentials[name] = np.where(y > 0, node["v_reset"], v) if "v_reset" in node else v - y * threshold
                    counts[name] = counts.get(name, 0) + int(y.sum())
                else:
                    raise ValueError(f"{name}: {kind}")
                values[name] = y.astype(np.float32)
                if kind == "Output":
                    outputs.append(values[name])
        return counts, np.mean(outputs, axis=0).argmax(axis=1)


# --- programs --------------------------------------------------------------------------------------------------------------------------


def hooked(modules, counts):
    """Counts what modules send: spikes stand first where a module gives its state too."""
    def hook(name):
        def count(_, __, output):
            spikes = output[0] if isinstance(output, tuple) else output
            counts[name] = counts.get(name, 0) + int(spikes.sum().item())
        return count
    for name, module in modules:
        module.register_forward_hook(hook(name))


def subtracts(graph: dict) -> bool:
    return not any("v_reset" in node for node in graph["nodes"].values())


def sites(graph: dict) -> dict:
    return {name: node for name, node in graph["nodes"].items() if node["type"] == "IF"}


def run_snntorch(path, graph, images, steps, adjusted):
    import snntorch
    import torch
    from snntorch.import_nir import import_from_nir

    read, _ = read_with_nir(path)
    with contextlib.redirect_stdout(io.StringIO()):
        net = import_from_nir(read)
    charges = graph.get("metadata", {}).get("initial_potential", {})
    found = [(name, module) for name, module in net.named_modules() if isinstance(module, snntorch.Leaky)]
    if adjusted:
        for name, module in found:
            setattr(net, name, snntorch.Leaky(
                beta=1.0, threshold=float(module.threshold), init_hidden=True, reset_delay=False,
                reset_mechanism="subtract" if subtracts(graph) else "zero"))
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.groups = int(module.groups)
            for field in ("stride", "padding", "dilation"):
                setattr(module, field, tuple(int(x) for x in getattr(module, field)))
    counts, answers = {}, []
    neurons = [(name, getattr(net, name)) for name, _ in found]
    hooked(neurons, counts)
    for image in torch.from_numpy(images):
        for name, module in neurons:
            threshold = torch.from_numpy(sites(graph)[name]["v_threshold"])
            module.mem = threshold * float(charges.get(name, 0)) if adjusted else torch.zeros_like(threshold)
        total, state = 0, None
        for _ in range(steps):
            output, state = net(image) if state is None else net(image, state)
            total = total + output
        answers.append(int(total.argmax()))
    return counts, np.array(answers)


def run_sinabs(path, graph, images, steps, adjusted):
    import sinabs.activation
    import sinabs.layers
    import sinabs.nir
    import torch

    read, _ = read_with_nir(path)
    net = sinabs.nir.from_nir(read, batch_size=1, num_timesteps=steps)
    charges = graph.get("metadata", {}).get("initial_potential", {})
    neurons = [(name, module) for name, module in net.named_modules() if isinstance(module, sinabs.layers.IAFSqueeze)]
    if adjusted:
        for _, module in neurons:
            module.spike_fn, module.min_v_mem = sinabs.activation.SingleSpike, None
            module.reset_fn = sinabs.activation.MembraneSubtract() if subtracts(graph) else sinabs.activation.MembraneReset()
    counts, answers = {}, []
    hooked(neurons, counts)
    for image in torch.from_numpy(images):
        for name, module in neurons:
            threshold = torch.from_numpy(sites(graph)[name]["v_threshold"])
            module.init_state_with_shape((1, *threshold.shape))
            charge = float(charges.get(name, 0)) if adjusted else 0.0
            module.v_mem = (threshold * charge).unsqueeze(0)
        output = net(image.repeat(steps, *[1] * image.ndim))
        output = output[0] if isinstance(output, tuple) else output
        answers.append(int(output.sum(dim=0).argmax()))
    return counts, np.array(answers)


def run_norse(path, graph, images, steps, adjusted):
    import norse.torch
    import torch
    from norse.torch.module.iaf import IAFCell

    read, _ = read_with_nir(path)
    net = norse.torch.from_nir(read, dt=1.0)
    counts, answers = {}, []
    hooked([(name, module) for name, module in net.named_modules() if isinstance(module, IAFCell)], counts)
    for image in torch.from_numpy(images):
        total, state = 0, None
        for _ in range(steps):
            output, state = net(image, state)
            total = total + output
        answers.append(int(total.argmax()))
    return counts, np.array(answers)


PROGRAMS = {"snnTorch": (run_snntorch, "average"), "sinabs": (run_sinabs, "sum"), "Norse": (run_norse, "sum")}


# --- the comparison --------------------------------------------------------------------------------------------------------------------


def row(case, program, how, found, expected):
    (counts, answers), (own, classes) = found, expected
    apart = {name: abs(counts.get(name, 0) - own[name]) for name in own}
    worst = max(apart[name] / max(1, own[name]) for name in own)
    share = sum(apart.values()) / max(1, sum(own.values()))
    worst, share = (f"{100 * part:.2f} %" if part > 0 else "none" for part in (worst, share))
    print(f"| {case} | {program} | {how} | {worst} | {share} | {int((answers == classes).sum())} of {len(classes)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--volley", default=str(ROOT / ".build/release/volley"))
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--images", type=int, default=80)
    parser.add_argument("--read-only", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    import importlib.metadata
    import nir

    print("nir", importlib.metadata.version("nir") if "site-packages" in nir.__file__ else pathlib.Path(nir.__file__).parent.parent.name)
    notes = []
    images = np.load(DIGITS / "test.npz")["x"][: options.images]
    print("\n| network | program | neurons | worst layer | all spikes | same class |\n| --- | --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        np.savez(folder / "in.npz", x=images)

        def volley(*arguments):
            done = subprocess.run([options.volley, *map(str, arguments)], capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"volley {' '.join(map(str, arguments))}: {done.stderr}")

        for case, method in CASES.items():
            volley("convert", DIGITS / "vgg-relu.onnx", "--calibration", DIGITS / "calibration.npz", "--no-check", "--method", *method,
                   "-o", folder / "net.volley")
            files = {pools: folder / f"{pools}.nir" for pools in ("sum", "average")}
            for pools, path in files.items():
                volley("export", folder / "net.volley", "--to", "nir", "--pools", pools, "-o", path)
            volley("run", folder / "net.volley", "--input", folder / "in.npz", "--output", folder / "out.npz", "--steps", options.steps, "--no-ann")
            run, graphs = np.load(folder / "out.npz"), {pools: load(path) for pools, path in files.items()}
            names = {node: text(site) for node, site in graphs["sum"]["metadata"]["names"].items()}
            own = {node: int(run["spikes/" + names[node]].sum()) for node in sites(graphs["sum"])}
            output = next(name for name in run.files if not name.startswith("spikes/"))
            expected = (own, run[output][-1].argmax(axis=1))
            for pools, path in files.items():
                graph, note = read_with_nir(path)
                assert set(graph.nodes) == set(graphs[pools]["nodes"]), "nir reads other nodes"
                notes += [f"{case}: {note}"] if note and f"{case}: {note}" not in notes else []
                row(case, f"NumPy, {pools}s", "NIR's definition", Definitions(graphs[pools]).run(images, options.steps), expected)
            if options.read_only:
                continue
            for program, (run_program, pools) in PROGRAMS.items():
                for adjusted in [False, True] if program != "Norse" else [False]:
                    how = "as the file says" if adjusted else "as imported"
                    try:
                        found = run_program(files[pools], graphs[pools], images, options.steps, adjusted)
                        row(case, program, how, found, expected)
                    except Exception as error:  # a program's own refusal is part of the answer
                        message = str(error).splitlines()[0][:80]
                        notes.append(f"{case}, {program} {how}: {type(error).__name__}: {message}")
                        print(f"| {case} | {program} | {how} | does not run | | |", flush=True)
    print("\n" + "\n".join(notes))


main()

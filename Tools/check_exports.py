"""Holds `volley export --to onnx` against `volley run`, with ONNX Runtime as the one that knows nothing of spiking networks.

It exports the step function and feeds it its own states for t = 1 ... T, exports T steps written out and runs them at once, and runs the
network with volley. For every t it prints, over all outputs,
    absolute, relative    the largest difference of the estimates, and the same over the largest estimate of that output
    flips                 by how much the numbers of spikes differ, site by site and code by code, halved: so many spikes at least differ
    spikes                how many there are
    unrolled              the relative difference of the written out steps to volley's
Sums of floats in another order differ in their last digits, and where a potential lies that close to a cut-off, another spike is sent; from
there on the two networks have other states. So estimates must agree up to the first step at which spikes differ, and at that step the first site
whose spikes differ, which reads what agrees, may differ in a few spikes only. Where numbers of spikes are equal, nothing is excused.

    python Tools/check_exports.py net.volley inputs.npz --steps 8

inputs.npz is what `volley run` takes, already preprocessed. Exit code 1 where something differs that must not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ROOT = Path(__file__).resolve().parent.parent


class Model:
    """An exported model in ONNX Runtime."""

    def __init__(self, path, threads):
        onnx.checker.check_model(str(path))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.metadata = self.session.get_modelmeta().custom_metadata_map
        self.inputs = {value.name: value.shape for value in self.session.get_inputs()}
        self.outputs = [value.name for value in self.session.get_outputs()]
        graph = onnx.load(str(path), load_external_data=False)
        self.size = f"opset {graph.opset_import[0].version}, {len(graph.graph.node)} nodes"
        domains = {node.domain for node in graph.graph.node}
        kinds = {node.op_type for node in graph.graph.node}
        assert domains <= {""}, f"operators of the domains {domains}"
        assert not kinds & {"Loop", "Scan", "If"}, "loops or branches"

    def run(self, arrays):
        arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items() if name in self.inputs}
        return dict(zip(self.outputs, self.session.run(None, arrays)))

    def states(self, batch):
        """What every state is before the first step."""
        found = {}
        for state in json.loads(self.metadata["volley.states"]):
            shape = [length if isinstance(length, int) else batch * int(length[:-1] or 1) for length in self.inputs[state["input"]]]
            found[state["input"]] = np.full(shape, state["initial"], np.float32)
        return found

    def batch(self, arrays):
        for name, shape in self.inputs.items():
            for axis, length in enumerate(shape):
                if not isinstance(length, int) and name in arrays:
                    array = arrays[name]
                    return array.shape[axis] // int(length[:-1] or 1)
        return 1


def steps_of(model, arrays, steps):
    """The outputs of each step, stacked."""
    trains = {name for name in model.inputs if name.startswith("train/")}
    first = {name: array[0] if name in trains else array for name, array in arrays.items()}
    states = model.states(model.batch(first))
    links = {state["input"]: state["output"] for state in json.loads(model.metadata["volley.states"])}
    rows = []
    for step in range(steps):
        given = {name: array[step] if name in trains else array for name, array in arrays.items()}
        found = model.run({**given, **states})
        states = {name: found[link] for name, link in links.items()}
        rows.append({name: value for name, value in found.items() if not name.startswith("next/")})
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def counts_of(codes, order):
    """How often each code was sent at each step, in the order of volley's counts."""
    flat = np.rint(codes.reshape(len(codes), -1)).astype(np.int64)
    assert set(np.unique(flat)) <= {0, *order}, "codes that the neurons do not have"
    return np.stack([np.bincount(row + 128, minlength=256)[np.array(order) + 128] for row in flat])


def flips_of(found, codes, sites, step):
    """So many spikes at least differ at a step, and how many there are; with the same of the first site that sends others."""
    differing, spikes, first = 0, 0, None
    for site in sites:
        expected = found["spikes/" + site][step]
        flips, count = int(np.abs(codes[site][step] - expected).sum() + 1) // 2, int(expected.sum())
        if flips and first is None:
            first = (site, flips, count)
        differing, spikes = differing + flips, spikes + count
    return differing, spikes, first


def differences(found, expected, step):
    """The largest difference of the estimates at a step, and the same relative to the largest estimate of that output."""
    sizes = {name: max(np.abs(value).max(), np.finfo(np.float32).tiny) for name, value in expected.items()}
    absolute = {name: np.abs(found[name][step] - expected[name][step]).max() for name in expected}
    return max(absolute.values()), max(absolute[name] / sizes[name] for name in expected)


def check(arguments, folder):
    def volley(*words):
        print("volley", *words, file=sys.stderr)
        return subprocess.run([arguments.volley, *map(str, words)], check=True, capture_output=True, text=True).stdout

    arrays = dict(np.load(arguments.inputs))
    if arguments.samples:
        arrays = {name: array[:, :arguments.samples] if name.startswith("train/") else array[:arguments.samples]
                  for name, array in arrays.items()}
    arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    np.savez(folder / "in.npz", **arrays)
    steps = arguments.steps
    print(volley("export", arguments.network, "--to", "onnx", "--codes", "-o", folder / "step.onnx"))
    volley("run", arguments.network, "--input", folder / "in.npz", "--output", folder / "out.npz", "--steps", steps, "--no-ann")
    expected = dict(np.load(folder / "out.npz"))

    model = Model(folder / "step.onnx", arguments.threads)
    print(f"step function: {model.size}")
    # An input that random spikes stand for is none of the model.
    inputs = [name for name in model.inputs if not name.startswith(("state/", "train/"))]
    if "x" in arrays and len(inputs) == 1:
        arrays[inputs[0]] = arrays.pop("x")
    arrays = {name: array[:steps] if name.startswith("train/") else array for name, array in arrays.items()}
    found = steps_of(model, arrays, steps)
    names = json.loads(model.metadata["volley.outputs"])
    orders = json.loads(model.metadata["volley.codes"])
    outputs = {name: expected[name] for name in names}
    estimates = {name: found[names[name]] for name in names}
    codes = {site: counts_of(found["codes/" + site], order) for site, order in orders.items()}
    # In the order of the network.
    sites = [name.removeprefix("codes/") for name in model.outputs if name.startswith("codes/")]

    unrolled = None
    if not arguments.no_unrolled:
        volley("export", arguments.network, "--to", "onnx", "--unrolled", steps, "-o", folder / "unrolled.onnx")
        whole = Model(folder / "unrolled.onnx", arguments.threads)
        print(f"{steps} steps written out: {whole.size}")
        values = whole.run(arrays)
        unrolled = {name: values[names[name]] for name in names}

    print("  t   absolute   relative      flips       spikes" + ("   unrolled" if unrolled else ""))
    flipped, failed = None, False
    for step in range(steps):
        absolute, relative = differences(estimates, outputs, step)
        flips, spikes, first = flips_of(expected, codes, sites, step)
        other = differences(unrolled, outputs, step)[1] if unrolled else None
        last = f" {other:10.2e}" if unrolled else ""
        print(f"{step + 1:3} {absolute:10.2e} {relative:10.2e} {flips:10} {spikes:12}{last}")
        if flips and flipped is None:
            flipped = (step + 1, *first)
            if first[1] > max(2, arguments.flips * first[2]):
                print(f"     more than {arguments.flips:g} of the spikes of {first[0]} differ: no rounding does that")
                failed = True
        if flipped is None and (not relative <= arguments.tolerance or unrolled and not other <= arguments.tolerance):
            print(f"     the same spikes, but estimates that differ by more than {arguments.tolerance:g}")
            failed = True
    if flipped:
        print("rounding first decides a spike at t = {}, at the site {}: {} of {} there".format(*flipped))
    else:
        print("all spikes agree")
    print("FAILED" if failed else "agrees")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("inputs")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--samples", type=int, help="use the first ones only")
    parser.add_argument("--volley", default=str(ROOT / ".build/release/volley"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--flips", type=float, default=1e-4, help="the part of a site's spikes that may differ where the first ones do")
    parser.add_argument("--no-unrolled", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return check(arguments, Path(folder))


if __name__ == "__main__":
    sys.exit(main())

"""Rebuilds the estimates of a network from the files of `volley export --to bundle` alone, and holds them against `volley run`.

Nothing of volley is used but what the bundle holds: network.json says who reads whom, weights.safetensors holds the arrays, and the equations
of the neurons are written here once more, on currents. It knows the operators and neurons of the networks that it is run on, and says so where
it meets another one.

    python Tools/check_bundle.py bundle/ net.volley inputs.npz --steps 4

The first step at which another spike is sent is printed; up to there estimates must agree. Exit code 1 where they do not.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TYPES = {"F32": np.float32, "I16": np.int16, "I8": np.int8}


def arrays_of(path):
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[end + entry["data_offsets"][0]:end + entry["data_offsets"][1]], TYPES[entry["dtype"]])
            .reshape(entry["shape"]) for name, entry in header.items()}


def convolved(x, weight, operation):
    """By windows, one position of the kernel after the other."""
    (before, behind), (left, right) = operation["padding"]
    x = np.pad(x, [(0, 0), (0, 0), (before, behind), (left, right)])
    outputs, inputs, height, width = weight.shape
    (down, along), (dy, dx), groups = operation["stride"], operation["dilation"], operation["groups"]
    rows = (x.shape[2] - dy * (height - 1) - 1) // down + 1
    columns = (x.shape[3] - dx * (width - 1) - 1) // along + 1
    y = np.zeros((len(x), outputs, rows, columns), np.float32)
    share = outputs // groups
    for group in range(groups):
        part, to = x[:, group * inputs:(group + 1) * inputs], slice(group * share, (group + 1) * share)
        for i in range(height):
            for j in range(width):
                seen = part[:, :, i * dy:i * dy + down * rows:down, j * dx:j * dx + along * columns:along][:, :, :rows, :columns]
                y[:, to] += np.einsum("nchw,oc->nohw", seen, weight[to, :, i, j], optimize=True)
    return y


def pooled(x, operation):
    (height, width), (down, along) = operation["kernel"], operation["stride"]
    assert operation["padding"] == [[0, 0], [0, 0]] and operation["dilation"] == [1, 1], "pools with padding or dilation"
    rows, columns = (x.shape[2] - height) // down + 1, (x.shape[3] - width) // along + 1
    parts = [x[:, :, i:i + down * rows:down, j:j + along * columns:along][:, :, :rows, :columns] for i in range(height) for j in range(width)]
    return np.mean(parts, 0) if operation["function"] == "average" else np.max(parts, 0)


def activated(x, function):
    erf = np.vectorize(math.erf, otypes=[np.float32])
    return {"relu": lambda: np.maximum(x, 0), "gelu": lambda: x * 0.5 * (1 + erf(x * np.float32(0.5) ** 0.5)),
            "exp": lambda: np.exp(x), "tanh": lambda: np.tanh(x), "sqrt": lambda: np.sqrt(x), "negate": lambda: -x}[function]()


def normalized(x, gamma, beta, epsilon):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + np.float32(epsilon)) * gamma + beta


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def evaluated(operation, inputs, shape, batch):
    """The value of an operation of the graph."""
    x = inputs[0]
    lengths = [length if isinstance(length, int) else batch * int(length[:-1] or 1) for length in shape]
    kind = operation["op"]
    if kind == "linear":
        y = x @ inputs[1].T
        return y + inputs[2] if len(inputs) > 2 else y
    if kind == "convolution":
        y = convolved(x, inputs[1], operation)
        return y + inputs[2][:, None, None] if len(inputs) > 2 else y
    if kind == "reduction":
        return {"mean": np.mean, "sum": np.sum, "maximum": np.max}[operation["function"]](
            x, axis=tuple(operation["axes"]), keepdims=operation["keepsAxes"])
    binary = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "maximum": np.maximum}
    others = {
        "matrixProduct": lambda: x @ inputs[1], "elementwise": lambda: binary[operation["function"]](x, inputs[1]),
        "activation": lambda: activated(x, operation["function"]), "softmax": lambda: softmax(x),
        "layerNormalization": lambda: normalized(x, inputs[1], inputs[2], operation["epsilon"]), "pooling": lambda: pooled(x, operation),
        "reshape": lambda: x.reshape(lengths), "expansion": lambda: np.broadcast_to(x, lengths),
        "transpose": lambda: x.transpose(operation["permutation"]), "concatenation": lambda: np.concatenate(inputs, operation["axis"]),
        "slice": lambda: np.take(x, operation["start"] + operation["step"] * np.arange(operation["length"]), operation["axis"]),
        "gather": lambda: np.take(x, np.rint(inputs[1]).astype(int), operation["axis"]),
    }
    assert kind in others, f"this script does not know the operation {kind}"
    return others[kind]()


class Neurons:
    """The neurons of a site, on currents."""

    def __init__(self, site, coding):
        self.site, self.model, self.coding = site, site["neurons"], coding
        self.received = self.sent = self.potential = np.float32(0)
        family = self.model["family"]
        assert family in ("multi-threshold", "integrate-and-fire"), f"this script does not know neurons of the family {family}"
        self.potential = np.float32(site.get("initialPotential", 0))
        if family == "integrate-and-fire":
            assert not {"isLate", "deafSteps", "amplitude", "isStrict"} & set(self.model), "settings of other programs"
            self.potential = np.float32(self.model["initialPotential"]) * np.float32(self.model["threshold"])

    def fire(self, potential, t):
        """The values that are sent, and their codes."""
        if self.model["family"] == "integrate-and-fire":
            threshold = np.float32(self.model["threshold"])
            codes = (potential >= threshold * np.float32(1 - self.model.get("tolerance", 0))).astype(int)
            return codes * threshold, codes
        zones = self.model.get("deadZones", [])
        size = np.abs(potential)
        if zones:
            size = np.where(size < np.float32(t) * np.float32(zones[min(t, len(zones)) - 1]), 0, size)
        values, codes = np.zeros_like(potential), np.zeros(potential.shape, int)
        for name, sign in (("positive", 1), ("negative", -1)):
            if name in self.site:
                table = self.site[name]
                level = np.searchsorted(np.array(table["cutoffs"], np.float32), size, side="right")
                own = (potential < 0) == (sign < 0)
                values = np.where(own, sign * np.array([0] + table["thresholds"], np.float32)[level], values)
                codes = np.where(own, sign * level, codes)
        return values, codes

    def step(self, arriving, t):
        """From the estimate that arrives to the one that readers see, and the codes."""
        total = np.float32(t) * arriving
        current = total - self.received
        self.received = total
        if self.coding == "differential":
            current = current - self.sent
        potential = self.potential + current
        values, codes = self.fire(potential, t)
        self.potential = np.where(codes != 0, 0, potential) if self.reset == "zero" else potential - values
        if self.coding == "differential":
            self.sent = self.sent + values / np.float32(t)
            return self.sent, codes
        self.sent = self.sent + values
        return self.sent / np.float32(t), codes

    @property
    def reset(self):
        return self.model["reset"]


def rebuilt(folder, inputs, steps):
    """Estimates of the outputs and numbers of spikes by site, step by step."""
    network = json.loads((folder / "network.json").read_text())
    weights = arrays_of(folder / "weights.safetensors")
    assert network["timing"]["probe"] == 0 and "feeding" not in network["timing"], "this script does not know such timing"
    for layer in network["layers"]:
        if "scales" in layer:
            numbers, scales = weights[layer["weight"]], weights[layer["scales"]]
            weights[layer["weight"]] = numbers.astype(np.float32) * scales.reshape(-1, *[1] * (numbers.ndim - 1))
    sites = {site["name"]: Neurons(site, network["coding"]) for site in network["sites"]}
    batch = len(next(iter(inputs.values())))
    values, outputs, counts = {**weights, **inputs}, [], []
    for t in range(1, steps + 1):
        spikes = {}
        for node in network["nodes"]:
            if node["role"] != "operation":
                continue
            name, read = node["name"], [values[name] for name in node["inputs"]]
            if name in sites:
                arriving = read[0] if len(read) == 1 else read[0] / read[1]
                values[name], codes = sites[name].step(np.asarray(arriving, np.float32), t)
                spikes[name] = [int((codes == code["code"]).sum()) for code in sites[name].site["codes"]]
            elif t == 1 or node["changesOverTime"]:
                values[name] = np.asarray(evaluated(node["operation"], read, node["shape"], batch), np.float32)
        outputs.append({output["name"]: values[output["node"]] for output in network["outputs"]})
        counts.append(spikes)
    return outputs, counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("network")
    parser.add_argument("inputs")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--weights", default="fp32", help="as the bundle was written")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--volley", default=str(ROOT / ".build/release/volley"))
    arguments = parser.parse_args()
    schema = json.loads((arguments.bundle / "network.schema.json").read_text())
    try:
        import jsonschema
        jsonschema.validate(json.loads((arguments.bundle / "network.json").read_text()), schema)
        print("network.json is what its schema says")
    except ImportError:
        print("jsonschema is not installed: network.json is not held against its schema")
    inputs = {name: np.asarray(array[:arguments.samples], np.float32) for name, array in np.load(arguments.inputs).items()}
    names = [value["name"] for value in json.loads((arguments.bundle / "network.json").read_text())["inputs"]]
    if "x" in inputs and names != ["x"]:
        inputs[names[0]] = inputs.pop("x")
    inputs = {name: inputs[name] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "in.npz", **inputs)
        subprocess.run([arguments.volley, "run", arguments.network, "--input", f"{folder}/in.npz", "--output", f"{folder}/out.npz",
                        "--steps", str(arguments.steps), "--weights", arguments.weights, "--no-ann"], check=True, capture_output=True)
        expected = dict(np.load(f"{folder}/out.npz"))
    outputs, counts = rebuilt(arguments.bundle, inputs, arguments.steps)
    failed, flipped = False, None
    for t, (found, spikes) in enumerate(zip(outputs, counts)):
        flips = sum(int(np.abs(np.array(found) - expected["spikes/" + site][t]).sum()) for site, found in spikes.items())
        total = sum(int(expected["spikes/" + site][t].sum()) for site in spikes)
        relative = max(np.abs(value - expected[name][t]).max() / np.abs(expected[name]).max() for name, value in found.items())
        if flips and flipped is None:
            flipped = t + 1
            failed |= flips > 0.02 * max(1, total)
        failed |= flipped is None and not relative <= arguments.tolerance
        print(f"t = {t + 1}: relative difference {relative:.1e}, {(flips + 1) // 2} of {total} spikes differ")
    print(f"rounding first decides a spike at t = {flipped}" if flipped else "all spikes agree")
    print("FAILED" if failed else "agrees")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

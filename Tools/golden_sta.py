"""Golden blocks of spatio-temporal approximation: a pre-LN Transformer block in the layout [L, B, E], converted and run by the built tool.

A folder holds model.onnx, params.json (`"part"` names a block; T, heads) and expected.npz: `x` and `calibration` `[batches, L, B, E]`, the
networks of rectifiers (`ugo/…`), thresholds of single neurons, and what the parts send at every time-step (`step/…`).

Three things are compared:

1. Thresholds: those that are found on the calibration samples. What lies before the attention map agrees to `THRESHOLD_TOLERANCE`, but where
   rounding decides between two of the grid: a value that lies on a level of one of them. The program evaluates the map's network for 1/x in 32 bits, where terms of some ten thousand cancel to less than 1; that rounding, of some per
   cent of the map and another one on every machine, reaches all other thresholds, which are compared on average.
2. The network with the golden's thresholds, which sends the golden's spikes where the attention map stands: every part, step by step, until a
   tie flips a spike.
3. The network by itself: its attention map over all steps, and its mean output, within that rounding.

Needs numpy and onnx.
"""

import copy
import json
import os

import numpy as np

STEP_TOLERANCE = 1e-4  # of the size of a part's values
THRESHOLD_TOLERANCE = 1e-5
MEAN_THRESHOLD_TOLERANCE = 0.05  # of the sum of a site's thresholds, behind the map
LEAST_EQUAL = 0.9  # of the thresholds before the map
LARGEST_FLIPS = 0.02  # mean difference of a part's values over all steps, ties included, as a part of their mean size
MEAN_TOLERANCE = 0.1  # of the size of the values, of means over all steps of what rounding reaches


class Block:
    """The model with the batch as the first axis, as the tool has it, and every part that is compared as an output."""

    def __init__(self, folder, expected):
        import onnx

        self.onnx = onnx
        self.model = onnx.load(os.path.join(folder, "model.onnx"))
        self.length, _, self.width = expected["x"].shape
        self.nodes = list(self.model.graph.node)
        self.readers = {}
        for node in self.nodes:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)

    def parts(self):
        """By the golden's names of parts, the values of the model that hold them."""
        graph = self.model.graph
        kind = lambda name: [node for node in self.nodes if node.op_type == name]
        norms, (softmax,) = kind("LayerNormalization"), kind("Softmax")
        final = graph.output[0].name
        self.norms = [norm.name or norm.output[0] for norm in norms]
        # Behind the attention: the layer that reads the context, whose sum with the input is normalised again.
        residual = next(node for node in self.nodes if norms[1].input[0] in node.output)
        attention = next(name for name in residual.input if name != graph.input[0].name)
        last = next(node for node in self.nodes if final in node.output)
        mlp = next(name for name in last.input if name not in residual.output)
        names = {"ln_1": norms[0].output[0], "scores": softmax.input[0], "attn": attention, "ln_2": norms[1].output[0], "mlp": mlp, "output": final}
        return {**names, "attn_map_spikes": softmax.output[0], "gelu": self.gelu(norms[1])}

    def gelu(self, norm):
        """The last value of what follows the layer behind a normalisation, before the next matrix product."""
        seen = [norm.output[0]]
        products = 0
        while True:
            reader = next(node for name in reversed(seen) for node in self.readers.get(name, []) if node.output[0] not in seen)
            if reader.op_type in ("MatMul", "Gemm"):
                products += 1
                if products == 2:
                    return next(name for name in reader.input if name in seen)
            seen.append(reader.output[0])

    def write(self, path, names):
        """The model with the batch first, and these values besides the output."""
        onnx, graph = self.onnx, self.model.graph
        model = copy.deepcopy(self.model)
        graph = model.graph
        name = graph.input[0].name
        for node in graph.node:
            for index, input_name in enumerate(node.input):
                if input_name == name:
                    node.input[index] = name + ".sequence"
        dimensions = graph.input[0].type.tensor_type.shape.dim
        for dimension, value in zip(dimensions, ("samples", self.length, self.width), strict=True):
            dimension.Clear()
            setattr(dimension, "dim_param" if isinstance(value, str) else "dim_value", value)
        graph.node.insert(0, onnx.helper.make_node("Transpose", [name], [name + ".sequence"], perm=[1, 0, 2], name="batch-first"))
        del graph.value_info[:]
        del graph.output[:]
        for value in dict.fromkeys(names):
            graph.output.append(onnx.helper.make_empty_tensor_value_info(value))
        onnx.save(model, path)


def check(golden, tool, Network, Mismatch):
    """What was found, in words."""
    expected, params = golden.expected, golden.params
    steps = int(params["T"])
    block = Block(golden.folder, expected)
    parts = block.parts()
    model = os.path.join(tool.directory, "model.onnx")
    block.write(model, parts.values())
    functions = os.path.join(tool.directory, "functions.npz")
    np.savez(functions, **{name[4:]: value for name, value in expected.items() if name.startswith("ugo/")})
    calibration = expected["calibration"]
    batch = calibration.shape[2]
    data = os.path.join(tool.directory, "calibration.npz")
    np.savez(data, x=np.concatenate([part.transpose(1, 0, 2) for part in calibration]))
    path = os.path.join(tool.directory, "network.volley")
    convert = ["convert", model, "--method", "sta", "--form", "program", "--error-steps", steps, "--functions", functions, "--no-check", "-o", path]
    tool(*convert, "--calibration", data, "--batch", batch)
    network = Network(path)
    upstream, downstream, wanted = compare_thresholds(expected, network, block)
    free = run(tool, golden, steps, {})
    stated = os.path.join(tool.directory, "thresholds.json")
    with open(stated, "w") as file:
        json.dump({site: np.asarray(values, float).ravel().tolist() for site, values in wanted.items()}, file)
    tool(*convert, "--thresholds", stated)
    site = next(site for site in network.sites if site.endswith(".map"))
    shape = (steps, expected["x"].shape[1], int(params["heads"])) + expected["step/attn_map_spikes"].shape[2:]
    codes = map_codes(expected, shape)
    forced = run(tool, golden, steps, {"train/" + site: codes})
    ties, alike = [], []
    for part, value in parts.items():
        found, goal = increments(forced[value]), golden_part(expected, part, shape)
        size = np.abs(goal).max()
        differs = np.abs(found - goal) > STEP_TOLERANCE * size
        first = np.argmax(differs.any(axis=tuple(range(1, differs.ndim)))) if differs.any() else steps
        alike.append(1 - differs.mean())
        if first < steps:
            ties.append(f"{part} {first}")
        if first == 0 or difference(found, goal) > LARGEST_FLIPS:
            raise Mismatch(
                f"{part}: {100 * alike[-1]:.2f} % of its values agree, all of them for {first} of {steps} steps; {100 * difference(found, goal):.1f} % off"
            )
    free_map = difference(free[parts["attn_map_spikes"]][-1], expected["step/attn_map_spikes"].reshape(shape).mean(axis=0))
    free_output = difference(free[parts["output"]][-1], expected["step/output"].mean(axis=0))
    text = (
        f"{int(upstream.sum())} of {len(upstream)} thresholds before the attention map agree, those behind it are {100 * downstream:.1f} % off; with its "
        f"spikes {len(parts) - len(ties)} of {len(parts)} parts agree in all {steps} steps"
        + (f", others until a tie flips a spike ({', '.join(ties)}; at least {100 * min(alike):.1f} % of their values)" if ties else "")
        + f"; by itself the map is {100 * free_map:.1f} % off, the mean output {100 * free_output:.1f} %"
    )
    if upstream.mean() < LEAST_EQUAL or downstream > MEAN_THRESHOLD_TOLERANCE or max(free_map, free_output) > MEAN_TOLERANCE:
        raise Mismatch(text)
    return text


def run(tool, golden, steps, trains):
    paths = [os.path.join(tool.directory, name) for name in ("input.npz", "output.npz")]
    np.savez(paths[0], x=golden.expected["x"].transpose(1, 0, 2), **trains)
    tool("run", os.path.join(tool.directory, "network.volley"), "--input", paths[0], "--steps", steps, "-o", paths[1])
    return dict(np.load(paths[1]))


def golden_thresholds(expected):
    """By layer of neurons: PART.units for hidden units, PART.positive and PART.negative for encoders, map.map."""
    found = {}
    for name, values in expected.items():
        if not name.startswith("threshold/"):
            continue
        part, kind = name.split("/")[1].split(".")[:2]
        if kind == "spike_x2x":
            found[part + ".positive"], found[part + ".negative"] = values[..., 0], values[..., 1]
        else:
            found["map.map" if kind == "spike_x2x_pos" else part + ".units"] = values
    return found


def site_of(layer, sites, block):
    """The tool's name of a layer of neurons."""
    part, half = layer.split(".")
    norms = dict(zip(("ln_1", "ln_2"), block.norms, strict=True))
    mine = [site for site in sites if site.endswith("." + half)]
    if part in norms:
        return next(site for site in mine if site.startswith(norms[part] + "."))
    return next(site for site in mine if not any(site.startswith(norm + ".") for norm in norms.values()))


def compare_thresholds(expected, network, block):
    """Which thresholds before the attention map agree, the difference of the sums behind it, and the golden's thresholds by site."""
    wanted, upstream, downstream = {}, [], 0.0
    for layer, goal in golden_thresholds(expected).items():
        site = site_of(layer, network.sites, block)
        found = np.where(network.scales[site] < 2.0**99, network.scales[site], 0)
        goal = wanted[site] = goal.reshape(found.shape)
        if layer.startswith("ln_1."):
            # Hidden units are differences in the size of the layer, whatever the size of a unit.
            upstream.append(np.abs(found - goal) <= THRESHOLD_TOLERANCE * (goal + 0.1 * goal.max()))
        else:
            downstream = max(downstream, float(np.abs(found - goal).sum() / goal.sum()))
    return np.concatenate([equal.ravel() for equal in upstream]), downstream, wanted


def map_codes(expected, shape):
    """What the attention map sends, in halves of its thresholds."""
    thresholds = golden_thresholds(expected)["map.map"].ravel()
    return np.rint(expected["step/attn_map_spikes"].reshape(shape) / (thresholds / 2)).astype(np.float32)


def increments(means):
    """What was sent at each step, from means over the steps so far."""
    sums = means.astype(np.float64) * np.arange(1, len(means) + 1).reshape((-1,) + (1,) * (means.ndim - 1))
    return np.diff(sums, axis=0, prepend=0)


def golden_part(expected, part, shape):
    if part == "attn_map_spikes":
        return expected["step/attn_map_spikes"].reshape(shape)
    if part == "scores":
        # Of the mean product P(t)/t², as the network's estimates are, what is new at step t.
        totals = np.cumsum(expected["step/qk_increment"].astype(np.float64), axis=0).reshape(shape)
        count = np.arange(1, len(totals) + 1).reshape(-1, 1, 1, 1, 1)
        return np.diff(totals / count, axis=0, prepend=0)
    return expected["step/" + part]


def difference(found, expected):
    """The mean difference, as a part of the mean size."""
    return float(np.abs(found - expected).mean() / np.abs(expected).mean())

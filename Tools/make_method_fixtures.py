#!/usr/bin/env python3
"""Makes the fixtures of the conversion methods from folders of golden data.

    Tools/make_method_fixtures.py FOLDER… OUTPUT

The folders are laid out as Tools/check_golden reads them: small networks, and what the methods' own programs compute on them. Of each, a few
samples that are compared exactly are kept: NAME.json says which network, method and settings, NAME.npz holds the samples, the sums of the
outputs at every time-step, spikes by layer and step, and thresholds. Networks that several folders share, or that stand among the fixtures
of trained activations, are kept once. sta-neuron.npz holds currents whose sums are exact and what the program's neuron sends for them;
sta-block.onnx is a block of a Transformer with the batch first and its parts as outputs, sta-block.npz its networks for functions, thresholds,
samples and what its parts send. symmetric.onnx is the network of diehl-data-conv with clip(x, -4, 4) instead of rectifiers, which no program trained. Needs numpy and onnx.
"""

import hashlib
import importlib.machinery
import importlib.util
import json
import os
import shutil
import sys

import golden_sta
import numpy as np
import onnx

SAMPLES = 3
BOUND = 4.0


def load_check():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_golden")
    loader = importlib.machinery.SourceFileLoader("check_golden", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_golden", loader))
    loader.exec_module(module)
    return module


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def thresholds(golden):
    """λ of every layer in units of the activation, one number or an array each."""
    found, before = [], 1.0
    for layer in golden.layers:
        name = layer.get("neuron", layer.get("name"))
        if "threshold/" + name in golden.expected:
            found.append(golden.expected["threshold/" + name])
            continue
        if golden.params["method"] == "diehl":
            before = before / layer.get("weight_factor_applied", 1.0)
        elif golden.is_unit():
            before = before * layer["threshold"]
        elif not layer.get("pool_neuron"):
            before = layer["threshold"] if golden.params["method"] in ("qffs", "rnl") else layer.get("scale", layer.get("alpha", layer.get("lambda")))
        found.append(before)
    return found


def write_neuron(folder, output):
    """Currents and spikes of the neuron of spatio-temporal approximation."""
    arrays = dict(np.load(os.path.join(folder, "expected.npz")))
    kept = {
        name.split("/", 1)[1].replace("/", "-"): values.astype(np.float32)
        for name, values in arrays.items()
        if name.startswith("dyadic/") and (name.endswith("spikes") or name.count("/") == 1)
    }
    np.savez_compressed(os.path.join(output, "sta-neuron.npz"), **kept)


def write_block(golden, output):
    """A block of a Transformer converted by spatio-temporal approximation."""
    expected, params = golden.expected, golden.params
    block = golden_sta.Block(golden.folder, expected)
    parts = block.parts()
    block.write(os.path.join(output, "sta-block.onnx"), parts.values())
    spikes = expected["step/attn_map_spikes"].shape
    shape = (spikes[0], expected["x"].shape[1], int(params["heads"])) + spikes[2:]
    arrays = {name[4:]: values for name, values in expected.items() if name.startswith("ugo/")}
    arrays |= {"threshold/" + layer: values.ravel() for layer, values in golden_sta.golden_thresholds(expected).items()}
    arrays["x"] = expected["x"].transpose(1, 0, 2)
    arrays["calibration"] = np.concatenate([part.transpose(1, 0, 2) for part in expected["calibration"]])
    arrays["map"] = golden_sta.map_codes(expected, shape)
    for part, name in parts.items():
        arrays["part/" + name] = golden_sta.golden_part(expected, part, shape).astype(np.float32)
    np.savez_compressed(os.path.join(output, "sta-block.npz"), **arrays)


def write_symmetric(output):
    """A network whose activations are bounded on both sides."""
    model = onnx.load(os.path.join(output, "diehl-data-conv.onnx"))
    for name, value in (("clip.low", -BOUND), ("clip.high", BOUND)):
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(value), name))
    for node in model.graph.node:
        if node.op_type == "Relu":
            node.op_type = "Clip"
            node.input.extend(["clip.low", "clip.high"])
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(output, "symmetric.onnx"))


def main():
    check = load_check()
    *folders, output = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    known = {}
    neighbours = os.path.join(output, "..", "trained-activations")
    for name in sorted(os.listdir(neighbours)):
        if name.endswith(".onnx"):
            known[digest(os.path.join(neighbours, name))] = "../trained-activations/" + name
    manifest = {}
    for folder in folders:
        if os.path.basename(os.path.normpath(folder)) == "sta-neuron":
            write_neuron(folder, output)
            continue
        golden = check.Golden(folder)
        if golden.is_block:
            write_block(golden, output)
            continue
        name = os.path.basename(os.path.normpath(folder))
        model = os.path.join(folder, "model.onnx")
        key = digest(model)
        if key not in known:
            known[key] = name + ".onnx"
            shutil.copy(model, os.path.join(output, known[key]))
        shutil.copy(os.path.join(folder, "calibration.npz"), os.path.join(output, "calibration.npz"))
        method, settings = golden.method()
        document = {"model": known[key], "method": method, "settings": settings, "steps": golden.steps, "probe": golden.probe}
        document["feeding"] = golden.feeding
        arrays = {}
        if golden.params["method"] == "steprelu":
            samples = np.flatnonzero(golden.expected["stable"])[:SAMPLES]
            document["layers"] = []
            arrays["sums"] = golden.expected["ann_logits"][samples][None]
        else:
            exact = golden.exact_samples()
            samples = exact[exact < golden.expected["snn_logits"].shape[1]][:SAMPLES]
            bounds = thresholds(golden)
            last = bounds[-1]
            document["layers"] = [layer.get("neuron", layer.get("name")) for layer in golden.layers]
            document["outputUnit"] = float(golden.output_unit([last]))
            stated = golden.stated()
            if golden.is_unit() and "calibration_spikes_packed" in golden.expected:
                # The recorded spikes of the calibration are too large to keep.
                stated = [[float(bound)] for bound in bounds]
            if stated is not None:
                document["stated"] = stated
            for index, (layer, bound) in enumerate(zip(document["layers"], bounds)):
                arrays[f"threshold/{index}"] = np.asarray(bound, np.float32).reshape(-1)
                arrays[f"count/{index}"] = golden.expected["count/" + layer][:, samples].sum(axis=1).astype(np.float32)
            arrays["sums"] = golden.expected["snn_logits"][:, samples]
        arrays["x"] = golden.test[samples]
        train = golden.trains()
        if train is not None:
            arrays["train/x"] = train[:, samples].astype(np.uint8)
        with open(os.path.join(output, name + ".json"), "w") as file:
            json.dump(document, file, indent=1)
        np.savez_compressed(os.path.join(output, name + ".npz"), **arrays)
        manifest[name] = {"samples": [int(sample) for sample in samples], "model": key}
    write_symmetric(output)
    with open(os.path.join(output, "MANIFEST.json"), "w") as file:
        json.dump(manifest, file, indent=1)


if __name__ == "__main__":
    main()

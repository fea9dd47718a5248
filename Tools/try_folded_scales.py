"""What moving scales between LayerNorm and the weights behind it does to few spikes.

Channels of a normalised value differ in size. Dividing gamma and beta of a LayerNorm by s and multiplying the columns of the next layer's
weights by it leaves the network as it is, and changes what neurons see. Tried are s = gamma (neurons see the normalised value itself) and
s = max|x|^a / max|W|^(1-a) by channel (as SmoothQuant has it, a = 0.5 and 1), for every block of a vision transformer in timm's layout.
Each network is converted by few-step for one time-step at the same energies, and measured beside its ANN.

    python3 Tools/try_folded_scales.py vit/ calibration/ test/ --volley volley
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import tempfile

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from try_dead_zones import Transformer, images, run


def folded(state, scale, depth):
    """The same network with scales moved: scale(normalisation, weight) gives s by channel."""
    state = {name: tensor.clone() for name, tensor in state.items()}
    for block in range(depth):
        for norm, layer in [("norm1", "attn.qkv"), ("norm2", "mlp.fc1")]:
            norm, layer = f"blocks.{block}.{norm}", f"blocks.{block}.{layer}"
            s = scale(norm, layer)
            for part in [".weight", ".bias"]:
                state[norm + part] /= s
            state[layer + ".weight"] *= s
    return state


def measured(tool, model, calibration, test, energy, limit):
    """Energy at t = 1, relative error of the outputs and agreement."""
    with tempfile.TemporaryDirectory() as folder:
        network, results = folder + "/net.volley", folder + "/results.json"
        options = ["--method", "few-step", "--steps", "1", "--energy-budget", str(energy), "--no-check"]
        subprocess.run([tool, "convert", model, "--calibration", calibration, *options, "-o", network], check=True, capture_output=True)
        subprocess.run(
            [tool, "evaluate", network, test, "--steps", "1", "--task", "agreement", "--limit", str(limit), "--json", results],
            check=True, capture_output=True)
        step = json.load(open(results))["steps"][0]
        return step["energy"]["exact"], step["relativeError"], step["agreement"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["model", "calibration", "test"]:
        parser.add_argument(name)
    parser.add_argument("--volley", default="volley")
    parser.add_argument("--limit", type=int, default=1000)
    options = parser.parse_args()
    config = json.load(open(options.model + "/config.json"))
    state = load_file(options.model + "/model.safetensors")
    model = Transformer(state, config["model_args"])
    run(model, images(options.calibration, 256, config["pretrained_cfg"]), "record")
    largest = {site.name: torch.cat(site.seen).abs().amax(0).clamp_min(1e-6) for site in model.sites}
    weights = lambda layer: state[layer + ".weight"].abs().amax(0).clamp_min(1e-6)
    cases = {
        "as trained": lambda norm, layer: torch.ones_like(state[norm + ".weight"]),
        "gamma": lambda norm, layer: state[norm + ".weight"],
        "a = 0.5": lambda norm, layer: (largest[layer + ".in"] / weights(layer)).sqrt(),
        "a = 1": lambda norm, layer: largest[layer + ".in"],
    }
    print("scale       budget  energy   error  agreement")
    for name, scale in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(options.model + "/config.json", folder)
            save_file(folded(state, scale, model.depth), str(pathlib.Path(folder) / "model.safetensors"))
            for budget in [0.11, 0.16]:
                energy, error, agreement = measured(options.volley, folder, options.calibration, options.test, budget, options.limit)
                print(f"{name:11s} {budget:6.2f} {energy:7.3f} {error:7.4f} {agreement:10.4f}", flush=True)


if __name__ == "__main__":
    main()

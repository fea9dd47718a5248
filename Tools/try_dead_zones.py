"""What dead zones by channel, and a bias for what they leave out, would save at one time-step.

A simulation of its own of a vision transformer under differential coding at T = 1: the input of every linear layer sends Q(x), a geometric
ladder with m steps per octave and a dead zone. Sites are silent for the fractions that a result of `volley evaluate` on a few-step network
has at t = 1, and for a part of all neurons more. Zones by channel are z / |W_:,i|^alpha, with z so that the fraction stays; the bias is the
mean of x - Q(x) on the calibration data.

    python3 Tools/try_dead_zones.py vit/ calibration/ test/ result.json
"""

import argparse
import glob
import json
import random

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn


class Site(nn.Module):
    """The neurons in front of a linear layer."""

    def __init__(self, name, weight):
        super().__init__()
        self.name, self.norms = name, weight.norm(dim=0)
        self.mode, self.zone, self.bias, self.steps = "ann", None, 0, 8
        self.seen, self.errors, self.fired = [], [], []

    def forward(self, x):
        if self.mode == "ann":
            return x
        if self.mode == "record":
            self.seen.append(x.reshape(-1, x.shape[-1])[::4])
            return x
        size = x.abs().clamp_min(1e-30)
        sent = torch.sign(x) * torch.exp2(torch.round(torch.log2(size) * self.steps) / self.steps)
        sent = torch.where(size < self.zone, torch.zeros_like(sent), sent)
        self.fired.append((sent != 0).float().mean().item())
        if self.mode == "error":
            self.errors.append((x - sent).reshape(-1, x.shape[-1]).mean(0))
        return sent + self.bias

    def silence(self, fraction, alpha):
        relative = (self.norms / self.norms.mean()).clamp_min(1e-3) ** alpha
        values = (torch.cat(self.seen) * relative).abs().flatten()
        values = values[torch.randperm(len(values), generator=torch.Generator().manual_seed(0))[:1_000_000]]
        self.zone = torch.quantile(values, min(0.98, max(0.0, fraction))) / relative


class Linear(nn.Module):
    def __init__(self, state, name):
        super().__init__()
        self.weight, self.bias = state[name + ".weight"], state[name + ".bias"]
        self.site = Site(name + ".in", self.weight)

    def forward(self, x):
        return nn.functional.linear(self.site(x), self.weight, self.bias)


class Transformer(nn.Module):
    """A ViT in timm's layout."""

    def __init__(self, state, arguments):
        super().__init__()
        self.state, self.heads = state, arguments["num_heads"]
        self.patch = arguments["patch_size"]
        self.layers = nn.ModuleDict()
        for block in range(arguments["depth"]):
            for part in ["attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"]:
                name = f"blocks.{block}.{part}"
                self.layers[name.replace(".", "/")] = Linear(state, name)
        self.depth = arguments["depth"]

    @property
    def sites(self):
        return [layer.site for layer in self.layers.values()]

    def norm(self, x, name):
        return nn.functional.layer_norm(x, x.shape[-1:], self.state[name + ".weight"], self.state[name + ".bias"], 1e-6)

    def forward(self, images):
        state = self.state
        x = nn.functional.conv2d(images, state["patch_embed.proj.weight"], state["patch_embed.proj.bias"], self.patch)
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat([state["cls_token"].expand(len(x), -1, -1), x], 1) + state["pos_embed"]
        n, length, width = x.shape
        for block in range(self.depth):
            name = f"blocks.{block}."
            layer = lambda part: self.layers[(name + part).replace(".", "/")]
            qkv = layer("attn.qkv")(self.norm(x, name + "norm1")).reshape(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            q, k, v = qkv
            weights = (q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5).softmax(-1)
            x = x + layer("attn.proj")((weights @ v).transpose(1, 2).reshape(n, length, width))
            hidden = nn.functional.gelu(layer("mlp.fc1")(self.norm(x, name + "norm2")))
            x = x + layer("mlp.fc2")(hidden)
        return nn.functional.linear(self.norm(x, "norm")[:, 0], state["head.weight"], state["head.bias"])


def images(folder, count, config):
    mean, deviation = (torch.tensor(config[key]).view(3, 1, 1) for key in ["mean", "std"])
    paths = sorted(glob.glob(folder + "/**/*.[jp][pn]*g", recursive=True))
    random.Random(1).shuffle(paths)
    pixels = (torch.tensor(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1) / 255 for path in paths[:count])
    return torch.stack([(image - mean) / deviation for image in pixels])


@torch.no_grad()
def run(model, batch, mode):
    for site in model.sites:
        site.mode, site.fired = mode, []
    return torch.cat([model(batch[i : i + 100]) for i in range(0, len(batch), 100)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["model", "calibration", "test", "result"]:
        parser.add_argument(name)
    options = parser.parse_args()
    config = json.load(open(options.model + "/config.json"))
    model = Transformer(load_file(options.model + "/model.safetensors"), config["model_args"])
    calibration, test = (images(folder, count, config["pretrained_cfg"]) for folder, count in [(options.calibration, 256), (options.test, 500)])
    rates = {site["name"]: site["firingRates"][0] for site in json.load(open(options.result))["sites"]}
    ann = run(model, test, "ann")
    run(model, calibration, "record")
    print("more silent     m  alpha  bias   rate   error  agreement")
    for more in [0.0, 0.2, 0.4]:
        for steps, alpha, has_bias in [(8, 0, False), (8, 0.5, False), (8, 1, False), (8, 0, True), (8, 0.5, True), (4, 0, False)]:
            for site in model.sites:
                site.steps, site.bias, site.errors = steps, 0, []
                site.silence(1 - rates[site.name] + more, alpha)
            if has_bias:
                run(model, calibration, "error")
                for site in model.sites:
                    site.bias = torch.stack(site.errors).mean(0)
            found = run(model, test, "spiking")
            rate = np.mean([np.mean(site.fired) for site in model.sites])
            error = ((found - ann).norm() / ann.norm()).item()
            agreement = (found.argmax(1) == ann.argmax(1)).float().mean().item()
            print(f"{more:11.1f} {steps:5d} {alpha:6.1f} {'yes' if has_bias else 'no':>5} {rate:6.3f} {error:7.4f} {agreement:10.4f}", flush=True)


if __name__ == "__main__":
    main()

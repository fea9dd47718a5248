"""Exports small networks with trained activations by both of PyTorch's exporters, and runs PyTorch on them.

Writes to Tests/Fixtures/trained-activations/, for every network NAME,
    NAME.onnx, NAME.npz (x, and y as PyTorch computes it)
and expected.json: the activations that an importer should read, in the order of the network; MANIFEST.json.
What is there already under `authors-*` stays: networks that the public programs of the methods' authors trained and exported.

Run:  python Tools/make_trained_activation_fixtures.py      (1 minute)
Pinned versions: Tools/requirements.txt.
"""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from fixture_io import FIXTURES, write_manifest
from trained_activations import LSQ, QCFS, RNL, TCL, SlipReLU, StepReLU, StReLU, straight_through

OUT = FIXTURES / "trained-activations"
SEED = 1200
CHANNELS = 3


class Function(nn.Module):
    """An expression of z with trained numbers."""

    def __init__(self, function, **numbers):
        super().__init__()
        self.function = function
        for name, value in numbers.items():
            self.register_parameter(name, nn.Parameter(torch.as_tensor(value, dtype=torch.float32)))

    def forward(self, z):
        return self.function(self, z)


def per_channel(*bounds):
    return torch.tensor(bounds).reshape(CHANNELS, 1, 1)


def clip_then_floor(self, z):
    u = torch.clamp(z / self.bound, 0, 1)
    return torch.floor(u * 4 + 0.5) / 4 * self.bound


def clip_by_tensors(self, z):
    return torch.minimum(torch.clamp(z, min=0), self.bound)


def inverse_step(self, z):
    return torch.clamp(torch.round(torch.relu(z) * (1 / self.step)), max=7) * self.step


def outer_straight_through(self, z):
    clipped = torch.clamp(z, 0.0, 1.5)
    return straight_through(torch.round(clipped / 0.5) * 0.5, clipped)


def alpha_clip(self, z):
    u = torch.clamp(torch.relu(z) / self.alpha, 0, 1) * 3
    return straight_through(torch.round(u), u) / 3 * self.alpha


def fake_quantized(self, z):
    return torch.fake_quantize_per_tensor_affine(z, 0.0078125 * 3, 0, 0, 255)


def fake_quantized_signed(self, z):
    """Signed integers whose negative half is never met: 127 levels."""
    return torch.fake_quantize_per_tensor_affine(torch.relu(z), 0.0123, 0, -128, 127)


def mirrored_where(self, z):
    z = torch.relu(z)
    steps = torch.clamp(torch.ceil(z / 0.1) - 1, min=0) * 0.1
    return torch.where(z <= 0.8, steps, z)


def clip(*bounds, axis=None):
    return dict(function="clip", bounds=bounds, axis=axis)


def steps(count, *bounds, shift=0.0, rounding="down", axis=None):
    return dict(function="steps", levels=count, bounds=bounds, shift=shift, rounding=rounding, axis=axis)


# name: (activation on images, what is to be read)
CASES = {
    "qcfs": (QCFS(1.3, 4), steps(4, 1.3, shift=0.5)),
    "qcfs-15": (QCFS(1.7, 15), steps(15, 1.7, shift=0.5)),
    "qcfs-unshifted": (QCFS(1.3, 8, shift=0.0), steps(8, 1.3)),
    "qcfs-clipped-first": (Function(clip_then_floor, bound=1.1), steps(4, 1.1, shift=0.5)),
    "qcfs-channels": (QCFS(per_channel(0.9, 1.4, 2.1), 8), steps(8, 0.9, 1.4, 2.1, shift=0.5, axis=1)),
    "tcl": (TCL(1.2), clip(1.2)),
    "tcl-minimum": (Function(clip_by_tensors, bound=1.6), clip(1.6)),
    "tcl-channels": (TCL(per_channel(0.5, 0.7, 1.9)), clip(0.5, 0.7, 1.9, axis=1)),
    "tcl-minimum-channels": (Function(clip_by_tensors, bound=per_channel(0.5, 0.7, 1.9)), clip(0.5, 0.7, 1.9, axis=1)),
    "rnl": (RNL(2.0, scale=1.5), clip(float(RNL(2.0, scale=1.5).threshold))),
    "strelu": (StReLU(0.8), dict(function="symmetricClip", bounds=[0.8], axis=None)),
    "sliprelu": (SlipReLU(1.25, 4, slope=0.4), dict(function="slip", levels=4, bounds=[1.25], shift=0.5, slope=0.4, ramp=0.0)),
    "sliprelu-shifted": (
        SlipReLU(1.25, 4, slope=0.3, ramp_shift=-0.5, shift=0.0),
        dict(function="slip", levels=4, bounds=[1.25], shift=0.0, slope=0.3, ramp=-0.5)),
    "steprelu": (StepReLU(0.05, 20), dict(function="gradedSteps", levels=20, bounds=[1.0])),
    "steprelu-mirrored": (Function(mirrored_where), dict(function="gradedSteps", levels=8, bounds=[0.8])),
    "lsq": (LSQ(1.5, bits=3), steps(7, 1.5, rounding="nearest")),
    "lsq-inverse": (Function(inverse_step, step=0.21), steps(7, 1.47, rounding="nearest")),
    "outer": (Function(outer_straight_through), steps(3, 1.5, rounding="nearest")),
    "alpha": (Function(alpha_clip, alpha=1.37), steps(3, 1.37, rounding="nearest")),
    "fake-quantized": (Function(fake_quantized), steps(255, 255 * 0.0234375, rounding="nearest")),
    "fake-quantized-signed": (Function(fake_quantized_signed), steps(127, 127 * 0.0123, rounding="nearest")),
}


def network(activation):
    """The activation behind a layer with batch normalisation, behind a residual, and behind a linear layer where it has one bound."""
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, CHANNELS, 3, padding=1)
            self.norm = nn.BatchNorm2d(CHANNELS)
            self.second = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
            self.head = nn.Linear(CHANNELS * 16, 4)
            self.activation = activation

        def forward(self, x):
            x = self.activation(self.norm(self.first(x)))
            x = self.activation(x + self.second(x))
            return self.head(torch.flatten(nn.functional.avg_pool2d(x, 2), 1))

    net = Network()
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if not name.startswith("activation"):
                p.copy_(torch.randn(p.shape, generator=generator) / (p[0].numel() ** 0.5 if p.ndim > 1 else 3) + (name == "norm.weight"))
        net.norm.running_mean.copy_(torch.randn(CHANNELS, generator=generator) / 5)
        net.norm.running_var.copy_(0.5 + torch.rand(CHANNELS, generator=generator))
    return net.eval()


def export(net, x, dynamo):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        if dynamo:
            torch.onnx.export(net, (x,), path, dynamo=True, dynamic_shapes=({0: torch.export.Dim("b")},), input_names=["x"],
                              output_names=["y"], external_data=False, verbose=False)
        else:
            torch.onnx.export(net, (x,), path, dynamo=False, dynamic_axes={"x": {0: "b"}}, input_names=["x"],
                              output_names=["y"], opset_version=17)
        model = onnx.load(path)
    for node in model.graph.node:  # where it was made says nothing about it
        del node.metadata_props[:]
    del model.graph.value_info[:]
    return model


def main():
    for old in OUT.glob("*"):
        if not old.name.startswith("authors-"):
            old.unlink()
    generator = torch.Generator().manual_seed(SEED + 1)
    x = torch.randn(3, 1, 8, 8, generator=generator)
    expected = {}
    for name, (activation, read) in CASES.items():
        net = network(activation)
        with torch.no_grad():
            y = net(x)
        # The newer exporter does not take fake_quantize.
        for exporter in ["script"] if name.startswith("fake") else ["script", "dynamo"]:
            model = export(net, x, exporter == "dynamo")
            onnx.save(model, OUT / f"{name}-{exporter}.onnx")
            expected[f"{name}-{exporter}"] = read
            print(f"{name}-{exporter}: {sorted({n.op_type for n in model.graph.node})}")
        np.savez(OUT / f"{name}.npz", x=x.numpy(), y=y.numpy())
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    write_manifest(OUT, "make_trained_activation_fixtures.py", SEED, ["torch", "onnx", "numpy"])


if __name__ == "__main__":
    main()

"""Exports small networks that use ONNX in ways that once were refused or misread, and runs ONNX Runtime on them.

Writes to Tests/Fixtures/onnx-cases/, for every network NAME,
    NAME.onnx, NAME.in.npz (inputs), NAME.out.npz (what ONNX Runtime gives for them)
and MANIFEST.json. What is there already and not made here (`inplace-*`: normalisation in place, `x[:, i] = (x[:, i] − m)/s`,
from both of PyTorch's exporters) stays.

Run:  python Tools/make_onnx_case_fixtures.py      (1 minute)
Pinned versions: Tools/requirements.txt.
"""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime import quantization
from torch import nn
from torch.nn import functional

from fixture_io import FIXTURES, write_manifest

OUT = FIXTURES / "onnx-cases"
SEED = 900


def save(name, model, arrays):
    """A model, its inputs, and ONNX Runtime's outputs."""
    path = OUT / f"{name}.onnx"
    onnx.save(model, path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    values = session.run(None, arrays)
    np.savez(OUT / f"{name}.in.npz", **{k: v.astype(np.float32) for k, v in arrays.items()})
    np.savez(OUT / f"{name}.out.npz", **{o.name: v.astype(np.float32) for o, v in zip(session.get_outputs(), values)})
    print(f"{name}: {len(model.graph.node)} nodes, {path.stat().st_size} bytes, outputs {[v.shape for v in values]}")


def export(network, x, opset=17, dynamo=False):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        network.eval()
        if dynamo:
            shapes = ({0: torch.export.Dim("b")},)
            torch.onnx.export(network, (x,), path, dynamo=True, dynamic_shapes=shapes, input_names=["x"], output_names=["y"],
                              opset_version=opset, external_data=False, verbose=False)
        else:
            torch.onnx.export(network, (x,), path, dynamo=False, dynamic_axes={"x": {0: "b"}}, input_names=["x"],
                              output_names=["y"], opset_version=opset)
        return onnx.load(path)


def images(count=3, size=8):
    return torch.randn(count, 3, size, size)


class Block(nn.Module):
    """A feed-forward block with the GELU that a text model of its time writes out."""

    def __init__(self, gelu):
        super().__init__()
        self.norm, self.up, self.down, self.gelu = nn.LayerNorm(16), nn.Linear(16, 40), nn.Linear(40, 16), gelu

    def forward(self, x):
        return x + self.down(self.gelu(self.up(self.norm(x))))


GELUS = {
    "erf": lambda x: x * 0.5 * (1.0 + torch.erf(x / 2.0**0.5)),
    "erf-product": lambda x: 0.5 * x * (1.0 + torch.erf(x * 0.7071067811865475)),
    "tanh": lambda x: 0.5 * x * (1.0 + torch.tanh(0.7978845608028654 * (x + 0.044715 * torch.pow(x, 3.0)))),
    "sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
}


class StandardizedConvolution(nn.Conv2d):
    """Its weight normalised by its own mean and deviation, as by batch normalisation in training."""

    def forward(self, x):
        weight = functional.batch_norm(
            self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0, eps=1e-6)
        return functional.conv2d(x, weight.reshape_as(self.weight), self.bias, self.stride, self.padding)


class ResizedPositions(nn.Module):
    """A table of positions brought to the size of the image."""

    def __init__(self):
        super().__init__()
        self.stem, self.positions, self.head = nn.Conv2d(3, 6, 2, 2), nn.Parameter(torch.randn(1, 6, 3, 3)), nn.Linear(6, 4)

    def forward(self, x):
        x = self.stem(x)
        x = x + functional.interpolate(self.positions, size=x.shape[2:], mode="bicubic", antialias=False)
        return self.head(functional.relu(x).mean((2, 3)))


def decoder():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 6, 3, 2, 1, output_padding=1, groups=2),
        nn.BatchNorm2d(6), nn.ReLU(), nn.Upsample(scale_factor=1.5, mode="bilinear"), nn.Conv2d(6, 4, 3), nn.ReLU(),
        nn.Upsample(size=(7, 5), mode="nearest"), nn.ConvTranspose2d(4, 2, 2, 2))


def classifier():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, 1, 1, groups=2), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))


class Calibration(quantization.CalibrationDataReader):
    def __init__(self):
        torch.manual_seed(SEED + 1)
        self.batches = iter([{"x": images(8).numpy()} for _ in range(2)])

    def get_next(self):
        return next(self.batches, None)


def quantized(model, **options):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "quantized.onnx"
        onnx.save(model, source)
        quantization.quantize_static(str(source), str(target), Calibration(), quant_format=quantization.QuantFormat.QDQ, **options)
        return onnx.load(target)


class FakeQuantized(nn.Module):
    """Weights and activations rounded as in training that knows of it."""

    def __init__(self):
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, 8, 3, 2), nn.Linear(8, 5)

    def forward(self, x):
        scales = self.stem.weight.abs().amax((1, 2, 3)) / 127
        weight = torch.fake_quantize_per_channel_affine(self.stem.weight, scales.detach(), torch.zeros(8, dtype=torch.int32), 0, -128, 127)
        x = torch.fake_quantize_per_tensor_affine(x, 0.03, 110, 0, 255)
        x = functional.relu(functional.conv2d(x, weight, self.stem.bias, 2))
        x = torch.fake_quantize_per_tensor_affine(x, 0.01, -128, -128, 127)
        return self.head(x.mean((2, 3)))


def main():
    torch.manual_seed(SEED)
    OUT.mkdir(exist_ok=True)
    tokens = torch.randn(3, 5, 16)
    for name, gelu in GELUS.items():
        for kind in (torch.float16, torch.bfloat16):
            model = export(Block(gelu).to(kind), tokens.to(kind))
            short = "half" if kind is torch.float16 else "brain"
            if kind is torch.float16:
                save(f"{short}-{name}", model, {"x": tokens.half().numpy()})
            else:
                brain(f"{short}-{name}", model, tokens)
    x = images()
    save("standardized-weights", export(nn.Sequential(StandardizedConvolution(3, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, 4)), x), {"x": x.numpy()})
    save("resized-positions", export(ResizedPositions(), x), {"x": x.numpy()})
    save("resized-positions-dynamo", export(ResizedPositions(), x, 20, dynamo=True), {"x": x.numpy()})
    save("decoder", export(decoder(), x), {"x": x.numpy()})
    save("decoder-dynamo", export(decoder(), x, 20, dynamo=True), {"x": x.numpy()})
    pool = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(5, 4, ceil_mode=True), nn.AvgPool2d(3, 2, 1, ceil_mode=True))
    save("large-windows", export(pool, x), {"x": x.numpy()})
    model = export(classifier(), x)
    save("qdq", quantized(model), {"x": x.numpy()})
    save("qdq-per-channel", quantized(model, per_channel=True, activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8), {"x": x.numpy()})
    save("qdq-int16", quantized(model, activation_type=quantization.QuantType.QInt16, weight_type=quantization.QuantType.QInt8), {"x": x.numpy()})
    save("fake-quantized", export(FakeQuantized(), x), {"x": x.numpy()})
    write_manifest(OUT, "make_onnx_case_fixtures.py", SEED, ["onnx", "onnxruntime", "torch", "numpy"])


def brain(name, model, tokens):
    """ONNX Runtime has few operators for bfloat16 on the processor: the right values are those of the float network."""
    path = OUT / f"{name}.onnx"
    onnx.save(model, path)
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    floats = onnx.TensorProto.FLOAT
    for tensor in [*wide.graph.initializer, *(a.t for n in wide.graph.node for a in n.attribute if a.HasField("t"))]:
        if tensor.data_type == onnx.TensorProto.BFLOAT16:
            array = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    for node in wide.graph.node:
        for attribute in node.attribute:
            if attribute.name == "to" and attribute.i == onnx.TensorProto.BFLOAT16:
                attribute.i = floats
    for value in [*wide.graph.input, *wide.graph.output, *wide.graph.value_info]:
        if value.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16:
            value.type.tensor_type.elem_type = floats
    session = onnxruntime.InferenceSession(wide.SerializeToString(), providers=["CPUExecutionProvider"])
    x = tokens.bfloat16().float().numpy()
    np.savez(OUT / f"{name}.in.npz", x=x)
    np.savez(OUT / f"{name}.out.npz", y=session.run(None, {"x": x})[0])
    print(f"{name}: {len(model.graph.node)} nodes")


if __name__ == "__main__":
    main()

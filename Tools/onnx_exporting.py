"""Building a network with its weights, exporting it, and running torch and ONNX Runtime on it.

Makes nothing by itself.
"""

import contextlib
import inspect
import io
import re
import warnings
from collections import Counter

from exported_models import MODELS, TRAINED

import numpy as np
import onnx
import onnxruntime
import timm.layers
import torch
import transformers
from onnxruntime import quantization
from torch import nn
from transformers import masking_utils

SEED = 8001
FIXED_BATCH = 4
LARGEST_DIFFERENCE = 1e-4  # of the output's range, between torch and ONNX Runtime
LARGEST_QUANTISED = 0.25  # the same, of a file whose weights and values have 8 bits


# Weights

def randomise(model, generator):
    """Fills every parameter so that activations stay of order one and no two tensors are alike."""
    owners = {id(p): m for m in model.modules() for p in m.parameters(recurse=False)}
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            owner, leaf = owners[id(p)], name.split(".")[-1]
            if isinstance(owner, transformers.pytorch_utils.Conv1D) and p.ndim == 2:
                p.copy_(noise / p.shape[0] ** 0.5)
            elif isinstance(owner, (nn.Linear, nn.modules.conv._ConvNd)) and p.ndim >= 2:
                p.copy_(noise / (p.numel() / p.shape[0]) ** 0.5)
            elif leaf.startswith(("gamma", "lambda", "layer_scale", "scale")) or "layer_scale" in name:
                p.copy_(0.5 + 0.2 * noise)
            elif leaf == "weight" and p.ndim == 1 or leaf == "temperature":
                p.copy_(1 + 0.2 * noise)
            elif p.ndim <= 1:
                p.copy_(0.1 * noise)
            else:  # tokens, position embeddings, tables of biases, token embeddings
                p.copy_(0.5 * noise)


def measure_batch_norms(model, inputs, generator):
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.train()
    with torch.no_grad():
        model(**inputs)
        for norm in norms:
            norm.eval()
            deviation = norm.running_var.sqrt()
            norm.running_mean += 0.1 * deviation * torch.randn(norm.running_mean.shape, generator=generator)
            norm.running_var *= 0.8 + 0.4 * torch.rand(norm.running_var.shape, generator=generator)


def broadcast_mask(batch_size, cache_position, kv_length, kv_offset=0, mask_function=None, attention_mask=None, **_):
    """transformers' mask of attention, without torch.vmap, which cannot be traced."""
    padding = masking_utils.prepare_padding_mask(attention_mask, kv_length, kv_offset, _slice=False)
    if padding is not None:
        mask_function = masking_utils.and_masks(mask_function, masking_utils.padding_mask_function(padding))
    batch = torch.arange(batch_size)[:, None, None, None]
    key = (torch.arange(kv_length) + kv_offset)[None, None, None, :]
    return mask_function(batch, torch.arange(1)[None, :, None, None], cache_position[None, None, :, None], key)


def build(name, variant, fallback):
    """The same weights whatever the exporter and variant."""
    make, make_inputs, outputs = MODELS[name]
    torch.manual_seed(SEED)
    written_out = variant == "eager" or fallback == "written out"
    masks = masking_utils.ALL_MASK_ATTENTION_FUNCTIONS
    masks.register("sdpa", broadcast_mask if fallback == "mask" else masking_utils.sdpa_mask)
    timm.layers.set_fused_attn(not written_out)
    model = make("eager" if written_out else "sdpa").eval()
    if name not in TRAINED:
        generator = torch.Generator().manual_seed(SEED + list(MODELS).index(name))
        randomise(model, generator)
        measure_batch_norms(model, make_inputs(8, generator), generator)
    return model, make_inputs, outputs


# Exporting

def longer(inputs):
    """Sequences and images of another size, by repeating a part."""
    return {n: torch.cat([v, v[..., :v.shape[-1] // 2]], dim=-1) for n, v in inputs.items()}


def dynamic_axes_of(inputs, variant):
    axes = {}
    for name, value in inputs.items():
        axes[name] = {0: "batch"}
        if variant == "lengths":
            axes[name].update({2: "height", 3: "width"} if value.ndim == 4 else {1: "sequence"})
    return axes


class OnlyInputs(nn.Module):
    """A causal language model without its argument `logits_to_keep`, whose default the TorchScript
    exporter would turn into one more input of the network."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *values):
        return self.model(**dict(zip(self.names, values)))


def export(model, inputs, outputs, path, exporter, opset, variant, dynamic):
    axes = dynamic_axes_of(inputs, variant) if dynamic else {}
    options = dict(kwargs=inputs, input_names=list(inputs), output_names=outputs, opset_version=opset)
    if exporter == "torchscript":
        if dynamic:
            axes.update({name: {0: "batch"} for name in outputs})
        if variant == "training":
            options["training"] = torch.onnx.TrainingMode.PRESERVE
        arguments = ()
        if "logits_to_keep" in inspect.signature(model.forward).parameters:
            model, arguments, options["kwargs"] = OnlyInputs(model, list(inputs)).eval(), tuple(inputs.values()), None
        torch.onnx.export(model, arguments, path, dynamo=False, dynamic_axes=axes or None, **options)
    else:
        names = sorted({n for a in axes.values() for n in a.values()})
        dims = {name: torch.export.Dim(name, max=8192 if name in ("height", "width") else None) for name in names}
        shapes = {n: {axis: dims[dim] for axis, dim in a.items()} for n, a in axes.items()}
        torch.onnx.export(
            model, (), path, dynamo=True, dynamic_shapes=shapes or None, verbose=False,
            optimize=variant != "unoptimized", external_data=variant == "external", **options)


class Samples(quantization.CalibrationDataReader):
    """One sample at a time."""

    def __init__(self, inputs):
        count = len(next(iter(inputs.values())))
        self.rest = iter({n: v[k:k + 1].numpy() for n, v in inputs.items()} for k in range(count))

    def get_next(self):
        return next(self.rest, None)


def quantise(path, samples):
    """Puts the quantised network in the file's place."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = path.with_name("plain.onnx")
        quantization.quant_pre_process(path, plain)
        quantization.quantize_static(
            plain, path, Samples(samples), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            weight_type=quantization.QuantType.QInt8, activation_type=quantization.QuantType.QUInt8)
        plain.unlink()


def session_of(path, literally=False):
    """`literally`: operator by operator as the file has them, without integer products in the place of quantised ones."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if literally:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_session(session, arrays, batch):
    """The outputs by name; `batch` samples at a time where the file takes that many."""
    names = [v.name for v in session.get_outputs()]
    count = len(next(iter(arrays.values())))
    parts = [session.run(None, {n: v[k:k + (batch or count)] for n, v in arrays.items()})
             for k in range(0, count, batch or count)]
    return {n: np.concatenate(p) for n, p in zip(names, zip(*parts))}


def run_both(model, session, inputs, batch, allowed=LARGEST_DIFFERENCE):
    """What ONNX Runtime and torch make of `inputs`, and their largest difference."""
    with torch.no_grad():
        expected = model(**inputs)
    if torch.is_tensor(expected):
        expected = [expected]
    elif not isinstance(expected, tuple):
        expected = expected.to_tuple()
    wanted = [v.name for v in session.get_inputs()]
    arrays = {n: v.numpy() for n, v in inputs.items() if n in wanted}
    found = run_session(session, arrays, batch)
    if len(found) != len(expected):
        raise RuntimeError(f"{len(found)} outputs in the file, {len(expected)} from torch")
    difference, extent = 0.0, 0.0
    for (name, array), reference in zip(found.items(), expected):
        reference = reference.numpy()
        if array.shape != reference.shape:
            raise RuntimeError(f"output {name} has shape {array.shape}, from torch {reference.shape}")
        if not (np.isfinite(array).all() and np.isfinite(reference).all()):
            raise RuntimeError(f"output {name} is not finite")
        difference = max(difference, float(np.abs(array - reference).max()))
        extent = max(extent, float(reference.max() - reference.min()))
    if difference > allowed * extent:
        raise RuntimeError(f"torch and ONNX Runtime differ by {difference}, the range is {extent}")
    return arrays, found, difference, extent


def nodes_of(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from nodes_of(inner)


def remove_folders(path):
    """Shortens file names in the stack traces that the dynamo exporter leaves in a node's metadata."""
    proto = onnx.load(path, load_external_data=False)
    nodes = [*nodes_of(proto.graph), *(node for function in proto.functions for node in function.node)]
    for item in [proto, proto.graph, *proto.functions, *nodes, *proto.graph.value_info, *proto.graph.initializer]:
        for entry in item.metadata_props:
            entry.value = re.sub(r'"[^"]*/(site-packages|Tools)/', r'"\1/', entry.value)
    path.write_bytes(proto.SerializeToString())


def describe(path):
    proto = onnx.load(path, load_external_data=False)
    onnx.checker.check_model(path)
    ops = Counter((n.domain + "::" if n.domain else "") + n.op_type for n in nodes_of(proto.graph))
    for function in proto.functions:
        ops.update((n.domain + "::" if n.domain else "") + n.op_type for n in function.node)
    initialisers = {i.name for i in proto.graph.initializer}

    def values(list_of_values):
        described = []
        for value in list_of_values:
            kind = value.type.tensor_type
            shape = [d.dim_param or (d.dim_value if d.HasField("dim_value") else "?") for d in kind.shape.dim]
            described.append(
                {"name": value.name, "type": onnx.TensorProto.DataType.Name(kind.elem_type), "shape": shape})
        return described

    return {
        "irVersion": proto.ir_version,
        "opset": {i.domain or "ai.onnx": i.version for i in proto.opset_import},
        "producer": f"{proto.producer_name} {proto.producer_version}".strip(),
        "inputs": values(v for v in proto.graph.input if v.name not in initialisers),
        "outputs": values(proto.graph.output),
        "nodes": sum(ops.values()),
        "ops": dict(sorted(ops.items())),
        "initializers": len(initialisers),
        "functions": len(proto.functions),
    }


def reason_of(error):
    """One line: the innermost cause, which torch's exporters wrap in advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(re.sub(r"\x1b\[\d+m", "", str(error)).split())
    text = re.sub(r"\S*site-packages/", "", text.split(" Original traceback:")[0])
    return f"{type(error).__name__}: {text[:400]}"

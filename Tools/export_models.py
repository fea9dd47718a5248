"""Exports small randomly initialised models to ONNX, with what ONNX Runtime computes.

Writes one folder per export, DIR/<model>-<exporter>[-opsetK][-<variant>]/, with
    model.onnx            as torch.onnx.export wrote it, not simplified, only without the folders
                          of Python's packages in the metadata (plus model.onnx.data in the
                          variant with external data)
    inputs.npz            one sample: an array for every input, under its ONNX name
    outputs.npz           what ONNX Runtime makes of it, under the ONNX output names
    inputs-batch3.npz     the same for three samples, where the batch dimension is dynamic
    outputs-batch3.npz
    inputs-longer.npz     three samples of another size, in the variant with dynamic lengths
    outputs-longer.npz
    info.json             operators with counts, opset, names and shapes, the largest difference
                          between torch and ONNX Runtime, or the error if the export failed
and DIR/SUMMARY.md, which lists every export in DIR and the operators of all of them.

The models are those of timm and transformers with few, narrow layers and all structural
features. All parameters are random, also norms, biases and tokens; the statistics of batch
normalisations are measured on random images and then disturbed. Token masks have zeros.
The exporters are torch's: "torchscript" is dynamo=False, "dynamo" is dynamo=True.

Run:  python Tools/export_models.py --output DIR [--only NAME …] [--exporter torchscript|dynamo|both]
      (both exporters, all models: 12 minutes)
Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import argparse
import contextlib
import inspect
import io
import json
import logging
import re
import shutil
import time
import warnings
from collections import Counter
from pathlib import Path

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import numpy as np
import onnx
import onnxruntime
import timm
import timm.layers
import torch
import transformers
from timm.layers import GroupNorm1
from timm.models.metaformer import MetaFormer
from timm.models.mlp_mixer import MlpMixer
from timm.models.vgg import VGG
from torch import nn
from transformers import masking_utils
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from fixture_io import fresh_folder, versions, write_json

SEED = 8001
TORCHSCRIPT_OPSET = 17
LARGEST_MODEL = 30_000_000  # bytes
LARGEST_DIFFERENCE = 1e-4  # of the output's range, between torch and ONNX Runtime
WORDS, LENGTH, CLASSES = 160, 12, 10
PACKAGES = ["torch", "timm", "transformers", "onnx", "onnxscript", "onnxruntime", "numpy"]


# What goes into the models

def images(size, channels=3):
    return lambda batch, g: {"x": torch.randn(batch, channels, size, size, generator=g)}


def pixels(size):
    return lambda batch, g: {"pixel_values": torch.randn(batch, 3, size, size, generator=g)}


def spectrograms(bands, frames):
    return lambda batch, g: {"input_features": torch.randn(batch, bands, frames, generator=g)}


def tokens(types=False, padding=None, end=None):
    """Token ids with padding at the end and, in the first sample, a masked token in the middle."""
    def make(batch, g):
        ids = torch.randint(5, WORDS - 1, (batch, LENGTH), generator=g)
        mask = torch.ones(batch, LENGTH, dtype=torch.int64)
        for row in range(batch):
            used = LENGTH - (3 if row == 0 else int(torch.randint(0, LENGTH - 2, (1,), generator=g)))
            mask[row, used:] = 0
            if padding is not None:
                ids[row, used:] = padding
            if end is not None:
                ids[row, used - 1:] = end
        mask[0, 4] = 0
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types:
            inputs["token_type_ids"] = (torch.arange(LENGTH) >= 5).long().repeat(batch, 1)
        return inputs
    return make


# The models: name -> (how to build it, its inputs, its outputs' names)

def from_timm(architecture, **arguments):
    arguments = dict(dict(num_classes=CLASSES), **arguments)
    return lambda: timm.create_model(architecture, pretrained=False, **arguments)


# These three are made from their classes because timm's entry points fix a size that matters here.

def vgg_bn():
    plan = [8, "M", 16, "M", 16, 16, "M", 24, 24, "M", 24, 24, "M"]
    return VGG(plan, num_classes=CLASSES, mlp_ratio=1 / 32, norm_layer=nn.BatchNorm2d)


def mixer():
    return MlpMixer(num_classes=CLASSES, img_size=64, patch_size=16, num_blocks=2, embed_dim=48)


def poolformer():
    return MetaFormer(
        num_classes=CLASSES, depths=(1, 1, 2, 1), dims=(16, 24, 32, 48), downsample_norm=None, mlp_act=nn.GELU,
        mlp_bias=True, norm_layers=GroupNorm1, layer_scale_init_values=1e-5, res_scale_init_values=None,
        use_mlp_head=False)


def from_hf(model_class, config, attention="sdpa"):
    def build(attention=attention):
        made = config()
        made.use_cache = False
        made._attn_implementation = attention
        return model_class(made)
    return build


VIT = dict(img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=3)
CLIP = dict(hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, projection_dim=32)
BERT = dict(vocab_size=WORDS, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
            max_position_embeddings=32, num_labels=3)

MODELS = {
    "vit": (from_timm("vit_tiny_patch16_224", **VIT), images(32), ["logits"]),
    "resnet": (from_timm("resnet18", layers=(1, 2, 1, 1), channels=(16, 24, 32, 48)), images(64), ["logits"]),
    "bert": (
        from_hf(transformers.BertModel, lambda: transformers.BertConfig(**BERT)),
        tokens(types=True), ["last_hidden_state", "pooler_output"]),
    "swin": (
        from_timm("swin_tiny_patch4_window7_224", img_size=64, window_size=4, embed_dim=24, depths=(2, 2, 2),
                  num_heads=(2, 4, 8)),
        images(64), ["logits"]),
    "gpt2": (
        from_hf(transformers.GPT2LMHeadModel, lambda: transformers.GPT2Config(
            vocab_size=WORDS, n_positions=32, n_embd=48, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2)),
        tokens(), ["logits"]),
    "deit-distilled": (from_timm("deit_tiny_distilled_patch16_224", **VIT), images(32), ["logits"]),
    "beit": (from_timm("beit_base_patch16_224", **VIT), images(32), ["logits"]),
    "eva": (
        from_timm("eva_giant_patch14_224", img_size=42, embed_dim=48, depth=2, num_heads=3), images(42), ["logits"]),
    "eva02": (  # the small ones: fused qkv, SwiGLU without a norm
        from_timm("eva02_tiny_patch14_224", img_size=42, embed_dim=48, depth=2, num_heads=3), images(42), ["logits"]),
    "eva02-large": (  # the large ones: separate q, k and v, SwiGLU with a norm
        from_timm("eva02_large_patch14_224", img_size=42, embed_dim=48, depth=2, num_heads=3), images(42),
        ["logits"]),
    "cait": (from_timm("cait_xxs24_224", **VIT), images(32), ["logits"]),
    "xcit": (
        from_timm("xcit_tiny_12_p16_224", img_size=64, embed_dim=48, depth=2, num_heads=4), images(64), ["logits"]),
    "levit": (
        from_timm("levit_128s", img_size=128, embed_dim=(32, 48, 64), key_dim=8, depth=(1, 1, 1),
                  num_heads=(2, 3, 4)),
        images(128), ["logits"]),
    "pvt_v2": (
        from_timm("pvt_v2_b0", depths=(1, 1, 1, 1), embed_dims=(16, 24, 40, 64), num_heads=(1, 2, 5, 8)),
        images(64), ["logits"]),
    "pvt_v2-linear": (  # pools to 7 × 7, which the TorchScript exporter cannot do from smaller images
        from_timm("pvt_v2_b2_li", depths=(1, 1, 1, 1), embed_dims=(16, 24, 40, 64), num_heads=(1, 2, 5, 8)),
        images(224), ["logits"]),
    "mobilevit": (from_timm("mobilevit_xxs"), images(64), ["logits"]),
    "mobilevitv2": (from_timm("mobilevitv2_050"), images(64), ["logits"]),
    "efficientformer": (  # its attention bias fits 224 × 224 images only
        from_timm("efficientformer_l1", depths=(1, 1, 1, 2), embed_dims=(16, 24, 32, 48)), images(224), ["logits"]),
    "convnext": (
        from_timm("convnext_tiny", depths=(1, 1, 2, 1), dims=(16, 24, 32, 48)), images(64), ["logits"]),
    "convnext-conv-mlp": (
        from_timm("convnext_atto", depths=(1, 1, 1, 1), dims=(16, 24, 32, 48)), images(64), ["logits"]),
    "resnet50": (
        from_timm("resnet50", layers=(1, 1, 1, 1), channels=(8, 16, 24, 32)), images(64), ["logits"]),
    "vgg-bn": (vgg_bn, images(224), ["logits"]),
    "mobilenetv3": (from_timm("mobilenetv3_small_050"), images(64), ["logits"]),
    "mixer": (mixer, images(64), ["logits"]),
    "poolformer": (poolformer, images(64), ["logits"]),
    "distilbert": (
        from_hf(transformers.DistilBertForSequenceClassification, lambda: transformers.DistilBertConfig(
            vocab_size=WORDS, max_position_embeddings=32, dim=48, n_layers=2, n_heads=4, hidden_dim=96,
            num_labels=3)),
        tokens(), ["logits"]),
    "roberta": (
        from_hf(transformers.RobertaForSequenceClassification, lambda: transformers.RobertaConfig(
            **dict(BERT, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2))),
        tokens(padding=1), ["logits"]),
    "hf-vit": (
        from_hf(transformers.ViTForImageClassification, lambda: transformers.ViTConfig(
            image_size=32, patch_size=8, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=96, num_labels=CLASSES)),
        pixels(32), ["logits"]),
    "clip-text": (
        from_hf(transformers.CLIPTextModelWithProjection, lambda: transformers.CLIPTextConfig(
            vocab_size=WORDS, max_position_embeddings=16, bos_token_id=1, eos_token_id=WORDS - 1, pad_token_id=0,
            **CLIP)),
        tokens(end=WORDS - 1), ["text_embeds", "last_hidden_state"]),
    "clip-vision": (
        from_hf(transformers.CLIPVisionModelWithProjection, lambda: transformers.CLIPVisionConfig(
            image_size=32, patch_size=8, **CLIP)),
        pixels(32), ["image_embeds", "last_hidden_state"]),
    "whisper-encoder": (
        from_hf(WhisperEncoder, lambda: transformers.WhisperConfig(
            vocab_size=WORDS, num_mel_bins=16, d_model=48, encoder_layers=2, encoder_attention_heads=4,
            encoder_ffn_dim=96, decoder_layers=1, decoder_attention_heads=4, max_source_positions=24,
            pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, suppress_tokens=None,
            begin_suppress_tokens=None)),
        spectrograms(16, 48), ["last_hidden_state"]),
    "t5-encoder": (
        from_hf(transformers.T5EncoderModel, lambda: transformers.T5Config(
            vocab_size=WORDS, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4,
            relative_attention_num_buckets=8, relative_attention_max_distance=16), attention="eager"),
        tokens(), ["last_hidden_state"]),
    "t5-gated-encoder": (  # the layout of T5 1.1, Flan-T5 and their kin
        from_hf(transformers.T5EncoderModel, lambda: transformers.T5Config(
            vocab_size=WORDS, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4,
            relative_attention_num_buckets=8, relative_attention_max_distance=16,
            feed_forward_proj="gated-gelu"), attention="eager"),
        tokens(), ["last_hidden_state"]),
    "llama": (
        from_hf(transformers.LlamaForCausalLM, lambda: transformers.LlamaConfig(
            vocab_size=WORDS, hidden_size=48, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64)),
        tokens(), ["logits"]),
}

# Exports beside the plain ones: (model, exporter, opset, variant). The variants are
#   eager       attention written out by the library, not torch's fused operator
#   training    batch normalisation as nodes of its own (TorchScript otherwise folds it)
#   unoptimized the dynamo exporter without its own clean-up
#   external    weights in a file of their own
#   lengths     the sequence's length or the image's height and width are dynamic too
EXTRA = [
    ("vit", "torchscript", 11, "eager"),
    ("vit", "torchscript", 13, "eager"),
    ("bert", "torchscript", 11, "eager"),
    ("bert", "torchscript", 13, "eager"),
    ("mobilenetv3", "torchscript", 11, None),
    ("mobilenetv3", "torchscript", 13, None),
    ("resnet", "torchscript", 11, None),
    ("resnet", "torchscript", None, "training"),
    ("vit", "torchscript", None, "eager"),
    ("vit", "dynamo", None, "unoptimized"),
    ("vit", "dynamo", None, "external"),
    ("gpt2", "dynamo", None, "unoptimized"),
    ("bert", "torchscript", None, "lengths"),
    ("bert", "dynamo", None, "lengths"),
    ("gpt2", "torchscript", None, "lengths"),
    ("llama", "dynamo", None, "lengths"),
    ("resnet", "torchscript", None, "lengths"),
    ("resnet", "dynamo", None, "lengths"),
    ("vit", "dynamo", 23, None),
    ("bert", "dynamo", 23, None),
    ("llama", "dynamo", 23, None),
    ("vit", "dynamo", 25, None),
    ("llama", "dynamo", 25, None),
    ("convnext", "dynamo", 25, None),
]


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
    is_timm = "x" in make_inputs(1, torch.Generator().manual_seed(0))
    model = make() if is_timm else make(*(["eager"] if written_out else []))
    model.eval()
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


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_both(model, session, inputs):
    """What ONNX Runtime and torch make of `inputs`, and their largest difference."""
    with torch.no_grad():
        expected = model(**inputs)
    expected = [expected] if torch.is_tensor(expected) else expected.to_tuple()
    wanted = [v.name for v in session.get_inputs()]
    arrays = {n: v.numpy() for n, v in inputs.items() if n in wanted}
    found = dict(zip([v.name for v in session.get_outputs()], session.run(None, arrays)))
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
    if difference > LARGEST_DIFFERENCE * extent:
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


def attempts(variant):
    """(dynamic batch, fallback) in the order in which they are tried. The fallbacks are attention
    written out as matrix products, and a mask of attention without torch.vmap."""
    for fallback in (None, "written out", "mask"):
        for dynamic in (True, False):
            if dynamic or variant != "lengths":
                yield dynamic, fallback


def reason_of(error):
    """One line: the innermost cause, which torch's exporters wrap in advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(re.sub(r"\x1b\[\d+m", "", str(error)).split())
    text = re.sub(r"\S*site-packages/", "", text.split(" Original traceback:")[0])
    return f"{type(error).__name__}: {text[:400]}"


def make_one(name, exporter, opset, variant, folder):
    fresh_folder(folder)
    path = folder / "model.onnx"
    info = {"model": name, "exporter": exporter, "variant": variant, "opsetAskedFor": opset, "ok": False,
            "dynamicBatch": False, "failedAttempts": []}
    started = time.monotonic()
    for dynamic, fallback in attempts(variant):
        attention = "eager" if variant == "eager" else fallback or "default"
        try:
            for old in folder.iterdir():
                old.unlink()
            model, make_inputs, outputs = build(name, variant, fallback)
            generator = torch.Generator().manual_seed(SEED + 500)
            one, three = make_inputs(1, generator), make_inputs(3, generator)
            # Example inputs of more than one sample: the dynamo exporter takes a one for a constant.
            example = make_inputs(2, generator) if dynamic else one
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                export(model, example, outputs, path, exporter, opset, variant, dynamic)
            remove_folders(path)
            if path.stat().st_size > LARGEST_MODEL:
                raise RuntimeError(f"{path.stat().st_size} bytes are too many")
            session = session_of(path)
            results = {"": run_both(model, session, one)}
            if dynamic:
                results["-batch3"] = run_both(model, session, three)
            if variant == "lengths":
                results["-longer"] = run_both(model, session, longer(three))
            for suffix, (inputs, found, _, _) in results.items():
                np.savez(folder / f"inputs{suffix}.npz", **inputs)
                np.savez(folder / f"outputs{suffix}.npz", **found)
            info.update(describe(path))
            info.update(
                ok=True, dynamicBatch=dynamic, attention=attention,
                parameters=sum(p.numel() for p in model.parameters()),
                bytes=sum(p.stat().st_size for p in folder.glob("model.onnx*")),
                maxDifference=max(r[2] for r in results.values()),
                outputRange=max(r[3] for r in results.values()))
            break
        except Exception as error:  # any failure of an exporter is a result here
            info["failedAttempts"].append({"dynamicBatch": dynamic, "attention": attention, "error": reason_of(error)})
    else:
        for old in folder.iterdir():
            old.unlink()
    info["seconds"] = round(time.monotonic() - started, 1)
    info["seed"] = SEED
    info["versions"] = versions(*PACKAGES)
    write_json(folder / "info.json", info)
    return info


# The summary

def write_summary(root):
    infos = [json.loads(p.read_text()) | {"folder": p.parent.name} for p in sorted(root.glob("[!.]*/info.json"))]
    good = [i for i in infos if i["ok"]]
    lines = ["# Exports", ""]
    lines.append(", ".join(f"{k} {v}" for k, v in versions(*PACKAGES).items()) + f"; seed {SEED}.")
    lines += ["", f"{len(good)} of {len(infos)} exports made. Difference: torch against ONNX Runtime, over the "
              "range of the outputs. Attention: \"default\" is what the library takes by itself, \"eager\" and "
              "\"written out\" are matrix products and a softmax (asked for, or because the default cannot be "
              "exported), \"mask\" is the default with its mask made by broadcasting, because torch.vmap cannot be "
              "traced.", "",
              "| export | opset | batch | attention | nodes | kinds | size | difference |",
              "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for i in good:
        opset = i["opset"]["ai.onnx"]
        lines.append(
            f"| {i['folder']} | {opset} | {'dynamic' if i['dynamicBatch'] else 'static 1'} | {i['attention']} | "
            f"{i['nodes']} | {len(i['ops'])} | {i['bytes'] / 1e6:.2f} MB | "
            f"{i['maxDifference'] / max(i['outputRange'], 1e-30):.1e} |")
    bad = [i for i in infos if not i["ok"]]
    if bad:
        lines += ["", "## Failed", ""]
        lines += [f"- {i['folder']}: {i['failedAttempts'][0]['error']}" for i in bad]
    tried = [i for i in good if i["failedAttempts"]]
    if tried:
        lines += ["", "## Made at a later attempt", ""]
        for i in tried:
            first = i["failedAttempts"][0]
            lines.append(f"- {i['folder']}: dynamic batch and attention \"{first['attention']}\" failed: "
                         f"{first['error']}")
    lines += ["", "## Operators", "", "| operator | torchscript | dynamo | exports |", "| --- | --- | --- | --- |"]
    totals, users = {"torchscript": Counter(), "dynamo": Counter()}, Counter()
    for i in good:
        totals[i["exporter"]].update(i["ops"])
        users.update(i["ops"].keys())
    for op in sorted(users, key=lambda o: (-users[o], o)):
        lines.append(f"| {op} | {totals['torchscript'][op]} | {totals['dynamo'][op]} | {users[op]} |")
    (root / "SUMMARY.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", required=True, type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(MODELS), help=", ".join(MODELS))
    parser.add_argument("--exporter", choices=["torchscript", "dynamo", "both"], default="both")
    parser.add_argument("--missing", action="store_true", help="leave exports alone that are there already")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)

    names = options.only or list(MODELS)
    exporters = ["torchscript", "dynamo"] if options.exporter == "both" else [options.exporter]
    opsets = {"torchscript": TORCHSCRIPT_OPSET, "dynamo": None}  # the dynamo exporter has a default of its own
    work = [(n, e, opsets[e], None, f"{n}-{e}") for n in names for e in exporters]
    for name, exporter, opset, variant in EXTRA:
        if name in names and exporter in exporters:
            label = "-".join([name, exporter] + ([f"opset{opset}"] if opset else []) + ([variant] if variant else []))
            work.append((name, exporter, opset or opsets[exporter], variant, label))

    options.output.mkdir(parents=True, exist_ok=True)
    for name, exporter, opset, variant, label in work:
        folder = options.output / label
        if options.missing and (folder / "info.json").exists():
            continue
        partial = options.output / f".{label}"
        info = make_one(name, exporter, opset, variant, partial)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
        write_summary(options.output)
        if info["ok"]:
            print(f"{label}: {info['nodes']} nodes, batch {'dynamic' if info['dynamicBatch'] else 'static'}, "
                  f"difference {info['maxDifference']:.1e} of {info['outputRange']:.1f}, {info['bytes'] / 1e6:.2f} MB, "
                  f"{info['seconds']} s, {len(info['failedAttempts'])} attempts failed", flush=True)
        else:
            print(f"{label}: failed, {info['failedAttempts'][0]['error']}", flush=True)


if __name__ == "__main__":
    main()

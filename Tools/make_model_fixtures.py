"""Makes tiny randomly initialised checkpoints with the logits of the real libraries.

Writes Tests/Fixtures/models/<name>/, each with
    config.json, model.safetensors (or shards with their index)
    preprocessor_config.json      (Hugging Face layouts only)
    expected.npz                  x float32 [3,C,H,W], logits float32 [3,classes]
and Tests/Fixtures/models/MANIFEST.json.

Configs and weights are written by timm and transformers themselves. The logits come
from a second model that was rebuilt from the files on disk (tensors upcast to float32),
on the CPU, in eval mode. Every parameter is random, also norms, biases and tokens, so
that a mix-up of any two tensors shows in the logits.

Run:  python Tools/make_model_fixtures.py      (a few seconds)
Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import json

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import numpy as np
import timm
import torch
import transformers
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf

from fixture_io import FIXTURES, fresh_folder, write_json, write_manifest

SEED = 7001
OUT = FIXTURES / "models"
TINY = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=4, mlp_ratio=3, num_classes=6)
IMAGENET = dict(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
HALF = dict(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def data_config(size, channels=3, interpolation="bicubic", crop_pct=0.9, mean=HALF["mean"], std=HALF["std"]):
    return dict(input_size=(channels, size, size), interpolation=interpolation,
                mean=mean, std=std, crop_pct=crop_pct, crop_mode="center")


# name -> (timm architecture, model arguments, data configuration, stored type or "sharded")
TIMM = {
    "timm-vit": ("vit_tiny_patch16_224", TINY, data_config(16), torch.float32),
    "timm-vit-avg": (
        "vit_tiny_patch16_224", dict(TINY, global_pool="avg", num_heads=2, num_classes=5),
        data_config(16, interpolation="bilinear", crop_pct=1.0, **IMAGENET), torch.float32),
    "timm-vit-avg-nocls": (
        "vit_tiny_patch16_224", dict(TINY, global_pool="avg", class_token=False, num_classes=7),
        data_config(16, crop_pct=0.875), torch.float32),
    "timm-vit-qknone-bf16": (
        "vit_tiny_patch16_224", dict(TINY, num_heads=2, num_classes=7), data_config(16), torch.bfloat16),
    "timm-vit-f16": (
        "vit_tiny_patch16_224", dict(TINY, img_size=12, patch_size=3, in_chans=1, num_classes=5),
        data_config(12, channels=1, crop_pct=1.0, mean=(0.3,), std=(0.4,)), torch.float16),
    "timm-vit-sharded": (
        "vit_tiny_patch16_224", dict(TINY, num_heads=2, num_classes=5), data_config(16), "sharded"),
    "timm-vit-layerscale": (
        "vit_tiny_patch16_224", dict(TINY, init_values=0.1, reg_tokens=0), data_config(16), torch.float32),
    "timm-vit-noqkvbias": (
        "vit_tiny_patch16_224", dict(TINY, qkv_bias=False), data_config(16), torch.float32),
    "timm-deit-distilled": (
        "deit_tiny_distilled_patch16_224", dict(TINY, num_classes=7),
        data_config(16, crop_pct=0.9, **IMAGENET), torch.float32),
}

HF_COMMON = dict(image_size=16, patch_size=4, num_channels=3, hidden_size=32, num_hidden_layers=2,
                 intermediate_size=80)

# The layout that older releases wrote and many published checkpoints still have: sizes are plain
# numbers (an exact square all the same) and there is no rescaling entry (it is by 1/255).
LEGACY_PROCESSOR = {
    "crop_size": 16, "do_center_crop": True, "do_normalize": True, "do_resize": True,
    "feature_extractor_type": "DeiTFeatureExtractor",
    "image_mean": list(IMAGENET["mean"]), "image_std": list(IMAGENET["std"]),
    "resample": 3, "size": 18,
}

# name -> (model class, config, image processor)
HF = {
    "hf-vit": (
        transformers.ViTForImageClassification,
        lambda labels: transformers.ViTConfig(num_attention_heads=4, **HF_COMMON, **labels(6)),
        transformers.ViTImageProcessor(size={"height": 16, "width": 16})),
    # A large eps on purpose: a reader that ignores layer_norm_eps gets wrong logits.
    "hf-deit": (
        transformers.DeiTForImageClassification,
        lambda labels: transformers.DeiTConfig(
            num_attention_heads=2, layer_norm_eps=0.05, **HF_COMMON, **labels(5)),
        transformers.DeiTImageProcessor(
            size={"height": 18, "width": 18}, crop_size={"height": 16, "width": 16})),
    "hf-deit-teacher": (
        transformers.DeiTForImageClassificationWithTeacher,
        lambda labels: transformers.DeiTConfig(num_attention_heads=4, **HF_COMMON, **labels(7)),
        LEGACY_PROCESSOR),
}


def randomise(model, generator):
    """Fills every parameter with values that would expose a swapped or skipped one."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if name.endswith(".gamma"):  # LayerScale
                p.copy_(0.5 + 0.3 * noise)
            elif "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.3 * noise)
            elif name.endswith("bias"):
                p.copy_(0.3 * noise)
            elif "token" in name or "pos_embed" in name or "position_embeddings" in name:
                p.copy_(0.5 * noise)
            else:
                p.copy_(0.2 * noise)


def save_shards(folder, tensors):
    split = split_torch_state_dict_into_shards(tensors, max_shard_size=60_000)
    for filename, names in split.filename_to_tensors.items():
        save_file({n: tensors[n] for n in names}, folder / filename, metadata={"format": "pt"})
    index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
    write_json(folder / "model.safetensors.index.json", index)
    return len(split.filename_to_tensors)


def read_tensors(folder):
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors.update(load_file(path))
    return {k: v.float() for k, v in tensors.items()}


def logits_of(model, x):
    model = model.eval()
    with torch.no_grad():
        single = model(x)
        double = model.double()(x.double())
    single, double = (o if torch.is_tensor(o) else o.logits for o in (single, double))
    return single, (single - double).abs().max().item()


def finish(folder, model, shape, generator):
    x = torch.randn(3, *shape, generator=generator)
    logits, rounding = logits_of(model, x)
    np.savez(folder / "expected.npz", x=x.numpy(), logits=logits.numpy())
    size = sum(p.stat().st_size for p in folder.iterdir())
    print(f"{folder.name}: {size / 1024:.0f} KB, logits {list(logits.shape)} "
          f"std {logits.std():.2f}, float32 rounding {rounding:.1e}")


def make_timm(name, seed):
    architecture, arguments, data, stored = TIMM[name]
    folder = fresh_folder(OUT / name)
    generator = torch.Generator().manual_seed(seed)
    model = timm.create_model(architecture, pretrained=False, **arguments)
    randomise(model, generator)
    if stored is not torch.float32 and stored != "sharded":
        model = model.to(stored)
    save_for_hf(model, folder, safe_serialization=True, data_config=data)
    if stored == "sharded":
        tensors = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").unlink()
        if save_shards(folder, tensors) != 2:
            raise SystemExit("expected two shards")

    config = json.loads((folder / "config.json").read_text())
    rebuilt = timm.create_model(config["architecture"], pretrained=False, **config["model_args"])
    rebuilt.load_state_dict(read_tensors(folder), strict=True)
    finish(folder, rebuilt, config["pretrained_cfg"]["input_size"], generator)


def make_hf(name, seed):
    model_class, make_config, processor = HF[name]
    folder = fresh_folder(OUT / name)
    generator = torch.Generator().manual_seed(seed)

    def labels(count):
        names = {i: f"kind {i}" for i in range(count)}
        return dict(id2label=names, label2id={v: k for k, v in names.items()})

    model = model_class(make_config(labels))
    randomise(model, generator)
    model.save_pretrained(folder)
    if isinstance(processor, dict):
        write_json(folder / "preprocessor_config.json", processor)
    else:
        processor.save_pretrained(folder)

    rebuilt = model_class.from_pretrained(folder)
    rebuilt.load_state_dict(read_tensors(folder), strict=True)
    finish(folder, rebuilt, (3, 16, 16), generator)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    fresh_folder(OUT)
    for offset, name in enumerate(list(TIMM) + list(HF)):
        (make_timm if name in TIMM else make_hf)(name, SEED + offset)
    write_manifest(OUT, "make_model_fixtures.py", SEED,
                   ["torch", "timm", "transformers", "huggingface_hub", "safetensors", "numpy"],
                   seed_per_model="seed + position in the script's tables")


if __name__ == "__main__":
    main()

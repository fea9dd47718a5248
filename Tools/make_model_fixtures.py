"""Makes tiny randomly initialised checkpoints with the logits of the real libraries.

Writes Tests/Fixtures/models/<name>/, each with
    config.json, model.safetensors (or shards with their index)
    preprocessor_config.json      (Hugging Face layouts only)
    expected.npz                  images: x float32 [3,C,H,W], logits float32 [3,classes];
                                  text: the inputs by name int64 [3,L], last_hidden_state
                                  float32 [3,L,D], logits where there is a classifier
and Tests/Fixtures/models/MANIFEST.json.

Configs and weights are written by timm and transformers themselves. The logits come
from a second model that was rebuilt from the files on disk (tensors upcast to float32),
on the CPU, in eval mode. Every parameter is random, also norms, biases and tokens, so
that a mix-up of any two tensors shows in the logits. The sequences of the networks for
text have different lengths, so their attention masks do something.

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

EVA_TINY = dict(img_size=16, patch_size=4, embed_dim=32, depth=2, num_heads=2, num_classes=6,
                mlp_ratio=2.3)

# As TIMM. EVA-02's grid of 4 x 4 (or 3 x 5) patches differs from the 16 x 16 that its rotary positions
# are counted on, and its hidden layers have a width that is no round number.
EVA = {
    "timm-eva-giant": (
        "eva_giant_patch14_224", dict(EVA_TINY, num_heads=4, mlp_ratio=3, init_values=0.1),
        data_config(16), torch.float32),
    "timm-eva02": ("eva02_tiny_patch14_224", EVA_TINY, data_config(16), torch.float32),
    "timm-eva02-wide": (
        "eva02_small_patch14_336",
        dict(EVA_TINY, img_size=(12, 20), qkv_fused=False, swiglu_align_to=8, num_reg_tokens=2, no_embed_class=True,
             ref_feat_shape=(7, 9), rope_temperature=500.0),
        dict(data_config(16, crop_pct=1.0), input_size=(3, 12, 20), crop_mode="squash"), torch.float32),
    "timm-eva02-scale-mlp": (
        "eva02_base_patch14_448", dict(EVA_TINY, num_classes=5), data_config(16), torch.float32),
    "timm-eva02-clip": (
        "eva02_base_patch16_clip_224", dict(EVA_TINY, num_classes=7), data_config(16), torch.float32),
    "timm-eva02-postnorm": (
        "eva02_enormous_patch14_clip_224", dict(EVA_TINY, mlp_ratio=2.5, qkv_bias=False),
        data_config(16), torch.float32),
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


# As long as the longest sequence, not as the position embedding: 12 tokens and 16 or more positions.
LENGTHS = (12, 7, 4)
TEXT_COMMON = dict(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=56)

# name -> (model class, config)
TEXT = {
    "hf-bert": (
        transformers.BertModel,
        lambda labels: transformers.BertConfig(max_position_embeddings=16, layer_norm_eps=0.01, **TEXT_COMMON)),
    "hf-bert-classifier": (
        transformers.BertForSequenceClassification,
        lambda labels: transformers.BertConfig(
            max_position_embeddings=20, type_vocab_size=3, hidden_act="gelu_new", **TEXT_COMMON, **labels(5))),
    "hf-roberta": (
        transformers.RobertaForMaskedLM,
        lambda labels: transformers.RobertaConfig(
            max_position_embeddings=18, type_vocab_size=1, layer_norm_eps=1e-5, **TEXT_COMMON)),
    "hf-roberta-classifier": (
        transformers.RobertaForSequenceClassification,
        lambda labels: transformers.RobertaConfig(
            max_position_embeddings=20, type_vocab_size=2, pad_token_id=3, hidden_act="relu", **TEXT_COMMON, **labels(3))),
    "hf-distilbert": (
        transformers.DistilBertModel,
        lambda labels: transformers.DistilBertConfig(
            max_position_embeddings=16, vocab_size=40, dim=32, n_layers=2, n_heads=2, hidden_dim=56)),
    "hf-distilbert-classifier": (
        transformers.DistilBertForSequenceClassification,
        lambda labels: transformers.DistilBertConfig(
            max_position_embeddings=16, vocab_size=40, dim=32, n_layers=2, n_heads=4, hidden_dim=56,
            activation="relu", sinusoidal_pos_embds=True, **labels(4))),
}


def randomise(model, generator):
    """Fills every parameter with values that would expose a swapped or skipped one."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            name = name.lower()
            if name.endswith((".gamma", ".gamma_1", ".gamma_2")):  # LayerScale
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


def text_inputs(config, generator):
    """Tokens without that of padding, then padding; kinds where there are several."""
    shape = (len(LENGTHS), max(LENGTHS))
    mask = (torch.arange(shape[1]) < torch.tensor(LENGTHS)[:, None]).long()
    ids = torch.randint(config.pad_token_id + 1, config.vocab_size, shape, generator=generator)
    inputs = dict(input_ids=torch.where(mask == 1, ids, config.pad_token_id), attention_mask=mask)
    types = getattr(config, "type_vocab_size", 1)
    if types > 1:
        inputs["token_type_ids"] = torch.randint(0, types, shape, generator=generator)
    return inputs


def text_outputs(model, inputs):
    with torch.no_grad():
        found = model(**inputs, output_hidden_states=True)
    outputs = dict(last_hidden_state=found.hidden_states[-1])
    if type(model).__name__.endswith("ForSequenceClassification"):
        outputs["logits"] = found.logits
    return outputs


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
    architecture, arguments, data, stored = (TIMM | EVA)[name]
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


def labels(count):
    names = {i: f"kind {i}" for i in range(count)}
    return dict(id2label=names, label2id={v: k for k, v in names.items()})


def make_hf(name, seed):
    model_class, make_config, processor = HF[name]
    folder = fresh_folder(OUT / name)
    generator = torch.Generator().manual_seed(seed)
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


def make_text(name, seed):
    model_class, make_config = TEXT[name]
    folder = fresh_folder(OUT / name)
    generator = torch.Generator().manual_seed(seed)
    model = model_class(make_config(labels))
    randomise(model, generator)
    model.save_pretrained(folder)

    rebuilt = model_class.from_pretrained(folder).eval()
    inputs = text_inputs(rebuilt.config, generator)
    single = text_outputs(rebuilt, inputs)
    double = text_outputs(rebuilt.double(), inputs)
    rounding = max((single[key] - double[key]).abs().max().item() for key in single)
    np.savez(folder / "expected.npz", **{key: value.numpy() for key, value in (inputs | single).items()})
    size = sum(p.stat().st_size for p in folder.iterdir())
    print(f"{folder.name}: {size / 1024:.0f} KB, float32 rounding {rounding:.1e}")


def main():
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    fresh_folder(OUT)
    makers = [(TIMM, make_timm), (HF, make_hf), (EVA, make_timm), (TEXT, make_text)]
    for offset, (name, make) in enumerate((name, make) for table, make in makers for name in table):
        make(name, SEED + offset)
    write_manifest(OUT, "make_model_fixtures.py", SEED,
                   ["torch", "timm", "transformers", "huggingface_hub", "safetensors", "numpy"],
                   seed_per_model="seed + position in the script's tables")


if __name__ == "__main__":
    main()

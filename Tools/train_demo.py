"""Trains the small Vision Transformer that ships with Volley as its demo.

The data are scikit-learn's bundled handwritten digits (1797 images of 8x8). Pixels
0..16 become bytes by round(v * 255 / 16). A stratified fifth is held out for the
test; the rest trains the model. Weights are rounded to F16 before they are stored,
and the printed accuracy is that of the rounded weights.

Writes to Sources/CVolleyDemoData/data/:
    model.safetensors   F16, timm VisionTransformer key layout
    config.json         timm-style config, plus label_names
    calibration.npz     x uint8 [512,8,8], y int64 [512], from the training split
    test.npz            x uint8 [N,8,8], y int64 [N], the whole held-out split
and Tools/demo-manifest.json (seed, versions, accuracy, sha256 of those files).

Run:  python Tools/train_demo.py      (about two minutes on two cores)
Pinned versions: Tools/requirements.txt. The seed is fixed; with other versions or
another kind of processor the weights can differ slightly.
"""

import math

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import numpy as np
import timm.models.vision_transformer as vision_transformer
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fixture_io import ROOT, write_json, write_manifest

SEED = 20240
EPOCHS = 90
BATCH = 48
PEAK_RATE = 1e-3
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
MAX_DEGREES, MAX_SCALING, MAX_SHIFT = 8, 0.08, 0.5  # of the augmentation; the shift is in pixels
UNTOUCHED = 0.5  # share of a batch that is not augmented: resampling blurs, and the test images are sharp
TARGET = 0.97
MODEL_ARGS = {
    "img_size": 8,
    "patch_size": 2,
    "in_chans": 1,
    "embed_dim": 64,
    "depth": 4,
    "num_heads": 4,
    "mlp_ratio": 4,
    "num_classes": 10,
}


def load_split():
    digits = load_digits()
    images = np.rint(digits.images * 255 / 16).astype(np.uint8)
    labels = digits.target.astype(np.int64)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=SEED)
    shared = {a.tobytes() for a in x_train} & {a.tobytes() for a in x_test}
    if shared:
        raise SystemExit(f"{len(shared)} images are in both splits")
    return x_train, y_train, x_test, y_test


def augment(x, generator):
    """Random small rotation, scaling and shift of a batch [B,1,8,8] in [0,1]."""
    n = x.shape[0]

    def uniform(limit):
        return (torch.rand(n, generator=generator) * 2 - 1) * limit

    angle, scale = uniform(math.radians(MAX_DEGREES)), 1 + uniform(MAX_SCALING)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    # The grid's coordinates run from -1 to 1 over 8 pixels, so a pixel is 1/4.
    theta = torch.stack([
        torch.stack([cosine, -sine, uniform(MAX_SHIFT / 4)], 1),
        torch.stack([sine, cosine, uniform(MAX_SHIFT / 4)], 1),
    ], 1)
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    moved = F.grid_sample(x, grid, align_corners=False)
    keep = torch.rand(n, 1, 1, 1, generator=generator) < UNTOUCHED
    return torch.where(keep, x, moved)


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def train(x, y, mean, std):
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    model = vision_transformer.VisionTransformer(**MODEL_ARGS)
    decayed = [p for p in model.parameters() if p.ndim == 2 or p.ndim == 4]
    others = [p for p in model.parameters() if not (p.ndim == 2 or p.ndim == 4)]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}],
        lr=PEAK_RATE)
    steps = EPOCHS * math.ceil(len(x) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, PEAK_RATE, total_steps=steps, pct_start=0.1)
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        for chosen in torch.randperm(len(x), generator=generator).split(BATCH):
            batch = (augment(x[chosen], generator) - mean) / std
            loss = F.cross_entropy(model(batch), y[chosen], label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(chosen)
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1}: loss {total / len(x):.4f}", flush=True)
    return model


def main():
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    out = ROOT / "Sources" / "CVolleyDemoData" / "data"

    x_train, y_train, x_test, y_test = load_split()
    mean = round(float((x_train / 255).mean()), 4)
    std = round(float((x_train / 255).std()), 4)
    to_tensor = lambda a: torch.from_numpy(a).float().div(255).unsqueeze(1)  # noqa: E731
    model = train(to_tensor(x_train), torch.from_numpy(y_train), mean, std)

    weights = {k: v.detach().half().contiguous() for k, v in model.state_dict().items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architecture": "vit_custom",
        "num_classes": 10,
        "num_features": MODEL_ARGS["embed_dim"],
        "label_names": [str(i) for i in range(10)],
        "model_args": MODEL_ARGS,
        "pretrained_cfg": {
            "input_size": [1, 8, 8],
            "mean": [mean],
            "std": [std],
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "num_classes": 10,
        },
    }
    write_json(out / "config.json", config)
    picked, _ = train_test_split(
        np.arange(len(x_train)), train_size=512, stratify=y_train, random_state=SEED)
    np.savez(out / "calibration.npz", x=x_train[picked], y=y_train[picked])
    np.savez(out / "test.npz", x=x_test, y=y_test)

    # The accuracy of what lies on disk, not of what is in memory.
    stored = {k: v.float() for k, v in load_file(out / "model.safetensors").items()}
    reloaded = vision_transformer.VisionTransformer(**MODEL_ARGS)
    reloaded.load_state_dict(stored)
    test = np.load(out / "test.npz")
    x, y = (to_tensor(test["x"]) - mean) / std, torch.from_numpy(test["y"])
    parameters = sum(v.numel() for v in stored.values())
    before, after = accuracy(model, x, y), accuracy(reloaded, x, y)
    print(f"parameters: {parameters}")
    print(f"test images: {len(y)}")
    print(f"top-1 before rounding to F16: {before:.4f}")
    print(f"top-1 of the stored model:    {after:.4f}")
    write_manifest(
        out, "train_demo.py", SEED, ["torch", "timm", "scikit-learn", "numpy", "safetensors"],
        to=ROOT / "Tools" / "demo-manifest.json",
        top1=round(after, 4), test_images=len(y), parameters=parameters)
    if after < TARGET:
        raise SystemExit(f"below the target of {TARGET}")


if __name__ == "__main__":
    main()

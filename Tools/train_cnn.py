"""Trains ResNet-20 or a small VGG with the activation functions of conversion methods, and exports ONNX.

By default on scikit-learn's handwritten digits (8×8, pixels 0…1, a stratified quarter held out for the test), which takes minutes on
one core; with --cifar10 FOLDER on the binary version of CIFAR-10 (data_batch_1.bin … test_batch.bin), with --images FOLDER on any small
images in one folder for each of ten classes, a stratified fifth held out; on a GPU where there is one.

First a network with ReLU is trained; the others start from its weights with bounds at the 99.9th percentile of what arrives, and are
fine-tuned. RNL and stReLU start anew: their values have another scale or sign. RNL, which learns slowly while its maxima settle, takes twice as
many epochs, and then has a second phase, in which only the one
shared p of θ = p·max changes, pulled down by the rate-inference penalty of its paper while the answers stay those of the first phase.

Writes to --output:
    NETWORK-ACTIVATION.onnx   in evaluation mode, input x [N, channels, height, width], output logits [N, 10]
    calibration.npz           x, y: 512 training samples
    test.npz                  x, y: the test samples (the first 1,000 of natural images)
    training.json             settings, versions, losses and accuracies of every epoch, as run
    training.md               the table of the accuracies

Run:  OMP_NUM_THREADS=1 python Tools/train_cnn.py --output ../digits
Pinned versions: Tools/requirements.txt. Seeds are fixed; other versions or processors make other last digits.
"""

import argparse
import copy
import json
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from trained_activations import LSQ, QCFS, RNL, TCL, SlipReLU, StepReLU, StReLU

CLASSES = 10
ACTIVATIONS = {
    "relu": lambda o: nn.ReLU(),
    "tcl": lambda o: TCL(),
    "rnl": lambda o: RNL(),
    "qcfs": lambda o: QCFS(levels=o.levels),
    "strelu": lambda o: StReLU(o.threshold),
    "sliprelu": lambda o: SlipReLU(levels=o.levels, slope=o.slope),
    "steprelu": lambda o: StepReLU(),
    "qffs": lambda o: LSQ(bits=o.bits),
}
FROM_SCRATCH = {"relu", "rnl", "strelu"}


# Data

def digits(seed):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    data = load_digits()
    x = (data.images[:, None] / 16).astype(np.float32)
    parts = train_test_split(x, data.target.astype(np.int64), test_size=0.25, stratify=data.target, random_state=seed)
    return [torch.from_numpy(p) for p in (parts[0], parts[2], parts[1], parts[3])]


def cifar10(folder):
    def read(names):
        records = np.concatenate([np.fromfile(folder / n, np.uint8).reshape(-1, 3073) for n in names])
        x = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255
        return torch.from_numpy(x), torch.from_numpy(records[:, 0].astype(np.int64))
    return [*read([f"data_batch_{i}.bin" for i in range(1, 6)]), *read(["test_batch.bin"])]


def image_folders(folder, seed):
    from PIL import Image
    from sklearn.model_selection import train_test_split
    classes = sorted(p for p in folder.iterdir() if p.is_dir())
    files = [(f, label) for label, c in enumerate(classes) for f in sorted(c.iterdir())]
    x = np.stack([np.asarray(Image.open(f).convert("RGB"), np.float32).transpose(2, 0, 1) / 255 for f, _ in files])
    y = np.array([label for _, label in files], np.int64)
    parts = train_test_split(x, y, test_size=0.2, stratify=y, random_state=seed)
    return [torch.from_numpy(p) for p in (parts[0], parts[2], parts[1], parts[3])]


def augmented(x, generator, flips):
    """Moved by up to an eighth of the width, other places for every image; of natural images half are mirrored."""
    reach = x.shape[-1] // 8
    padded = F.pad(x, [reach] * 4)
    moves = torch.randint(0, 2 * reach + 1, (len(x), 2), generator=generator)
    moved = torch.stack([p[:, i:i + x.shape[-2], j:j + x.shape[-1]] for p, (i, j) in zip(padded, moves.tolist())])
    if flips:
        mirrored = torch.rand(len(x), generator=generator) < 0.5
        moved[mirrored] = moved[mirrored].flip(-1)
    return moved


# Networks

class Block(nn.Module):
    """Two convolutions and a shortcut: the identity, or a 1×1 convolution where the shape changes."""

    def __init__(self, inputs, outputs, stride, activation):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.act1 = activation()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.act2 = activation()
        self.shortcut = nn.Identity() if inputs == outputs and stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return self.act2(self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x))))) + self.shortcut(x))


def resnet20(channels, width, activation):
    """He et al., 2015 (arXiv 1512.03385), section 4.2 with n = 3 and projections where the width doubles."""
    layers = [nn.Conv2d(channels, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), activation()]
    inputs = width
    for stage in range(3):
        for block in range(3):
            layers.append(Block(inputs, width << stage, 2 if stage > 0 and block == 0 else 1, activation))
            inputs = width << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES))


def vgg(channels, width, activation):
    """Two stages of two convolutions, average pools behind them, and two linear layers on the mean of each channel."""
    layers, inputs = [], channels
    for outputs in [width, 2 * width]:
        for _ in range(2):
            layers += [nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), activation()]
            inputs = outputs
        layers.append(nn.AvgPool2d(2))
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * inputs, 4 * width), activation(), nn.Linear(4 * width, CLASSES))


NETWORKS = {"resnet20": resnet20, "vgg": vgg}


def activations(net):
    return [m for m in net.modules() if isinstance(m, (nn.ReLU, TCL, RNL, QCFS, StReLU, SlipReLU, StepReLU, LSQ))]


@torch.no_grad()
def start_from(net, trained, x):
    """Takes the weights of a network with ReLU, and bounds from what arrives at its rectifiers."""
    found = []
    hooks = [a.register_forward_pre_hook(lambda _, args: found.append(torch.quantile(args[0].clamp(min=0).flatten()[:10_000_000], 0.999)))
             for a in activations(trained)]
    trained.eval()(x)
    for hook in hooks:
        hook.remove()
    net.load_state_dict(trained.state_dict(), strict=False)
    for activation, bound in zip(activations(net), found):
        if hasattr(activation, "bound") and isinstance(activation.bound, nn.Parameter):
            activation.bound.copy_(bound)
        elif isinstance(activation, LSQ):
            activation.step.copy_(bound / activation.levels)


# Training

@torch.no_grad()
def outputs_of(net, x):
    net.eval()
    return torch.cat([net(part) for part in x.split(500)])


def accuracy(net, x, y):
    return (outputs_of(net, x).argmax(1) == y).float().mean().item()


def fit(net, data, epochs, rate, o, generator):
    """SGD with momentum, a cosine of rates, weight decay on bounds too; gradients are cut at 5."""
    x, y, test_x, test_y = data
    # What RNL calls p is not trained with the weights.
    parameters = [p for name, p in net.named_parameters() if not name.endswith(".scale")]
    optimiser = torch.optim.SGD(parameters, rate, 0.9, weight_decay=o.decay, nesterov=True)
    batches = len(x) // o.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * batches)
    history = []
    for epoch in range(epochs):
        net.train()
        order, total = torch.randperm(len(x), generator=generator), 0.0
        for rows in order[:batches * o.batch].split(o.batch):
            images = augmented(x[rows], generator, flips=x.shape[1] == 3)
            loss = F.cross_entropy(net(images.to(o.device)), y[rows].to(o.device), label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 5)
            optimiser.step()
            schedule.step()
            total += loss.item()
        history.append({"epoch": epoch + 1, "loss": round(total / batches, 5), "accuracy": accuracy(net, test_x, test_y)})
    return history


def infer_rates(net, data, o):
    """RNL's second phase: p of θ = p·max, one for all layers, by the penalty Ω = ‖r‖₁/‖r‖₂² and the cosine to the first phase's answers.
    Ends when the training accuracy has fallen by more than half a point, with the last p before."""
    x, y, _, _ = data
    first = copy.deepcopy(net).eval()
    layers = [a for a in activations(net) if isinstance(a, RNL)]
    shared = nn.Parameter(torch.tensor(4.0, device=o.device))
    for layer in layers:
        layer.tracks = False
        del layer.scale
        layer.scale = shared
    rates = []
    hooks = [layer.register_forward_hook(lambda *args: rates.append(args[2])) for layer in layers]
    optimiser = torch.optim.Adam([shared], 0.05)
    start, history, kept = accuracy(net, x, y), [], shared.detach().clone()
    for step in range(60):
        net.eval()
        rows = torch.arange(step * o.batch, (step + 1) * o.batch) % len(x)
        rates.clear()
        answers = net(x[rows])
        penalty = sum((r.abs().sum() / (r.square().sum() + 1e-5)) for r in rates) / len(rates)
        with torch.no_grad():
            target = first(x[rows])
        loss = 1 - F.cosine_similarity(answers, target).mean() + 0.1 * penalty
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 4 == 3:
            found = accuracy(net, x, y)
            history.append({"step": step + 1, "p": torch.sigmoid(shared).item(), "accuracy on training data": found})
            if found < start - 0.005:
                with torch.no_grad():
                    shared.copy_(kept)
                break
            kept = shared.detach().clone()
    for hook in hooks:
        hook.remove()
    return history


def export(net, x, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(copy.deepcopy(net).cpu().eval(), (x[:2].cpu(),), path, dynamo=False, opset_version=17, input_names=["x"],
                          output_names=["logits"], dynamic_axes={"x": {0: "N"}, "logits": {0: "N"}})


def table(runs):
    lines = ["| network | activation | start | epochs | seconds | test accuracy |", "| --- | --- | --- | --- | --- | --- |"]
    for r in runs:
        lines.append(f"| {r['network']} | {r['activation']} | {r['start']} | {len(r['epochs'])} | {r['seconds']:.0f} | {r['accuracy']:.4f} |")
    return "\n".join(lines) + "\n"


def options():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--output", type=Path, required=True)
    p.add_argument("--cifar10", type=Path, help="folder with the binary version of CIFAR-10 (default: digits)")
    p.add_argument("--images", type=Path, help="folder with ten folders of images, one for each class")
    p.add_argument("--networks", default="vgg,resnet20")
    p.add_argument("--activations", default=",".join(ACTIVATIONS))
    p.add_argument("--width", type=int, help="channels of the first stage (default: 8 for digits, 16 for ResNet-20 and 64 for VGG on CIFAR-10)")
    p.add_argument("--epochs", type=int, help="of a training from scratch (default: 30 for digits, 200 for CIFAR-10)")
    p.add_argument("--fine-tune-epochs", type=int, help="(default: 15 for digits, 30 for CIFAR-10)")
    p.add_argument("--levels", type=int, default=8, help="L of QCFS, N of SlipReLU")
    p.add_argument("--slope", type=float, default=0.5, help="c of SlipReLU")
    p.add_argument("--bits", type=int, default=3, help="b of QFFS")
    p.add_argument("--threshold", type=float, default=1.0, help="V of stReLU")
    p.add_argument("--rate", type=float, default=0.1)
    p.add_argument("--fine-tune-rate", type=float, default=0.02)
    p.add_argument("--decay", type=float, default=5e-4)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    o = p.parse_args()
    natural = o.cifar10 is not None or o.images is not None
    o.epochs = o.epochs or (200 if natural else 30)
    o.fine_tune_epochs = o.fine_tune_epochs or (30 if natural else 15)
    return o


def main():
    o = options()
    data = cifar10(o.cifar10) if o.cifar10 else image_folders(o.images, o.seed) if o.images else digits(o.seed)
    x, y, test_x, test_y = data
    o.output.mkdir(parents=True, exist_ok=True)
    np.savez(o.output / "calibration.npz", x=x[:512].numpy(), y=y[:512].numpy())
    np.savez(o.output / "test.npz", x=test_x[:1000].numpy(), y=test_y[:1000].numpy())
    data = [x, y, test_x.to(o.device), test_y.to(o.device)]
    runs = []
    for network in o.networks.split(","):
        width = o.width or (8 if x.shape[1] == 1 else 64 if network == "vgg" else 16)
        wanted, trained = o.activations.split(","), None
        needs_relu = any(name not in FROM_SCRATCH for name in wanted)
        for name in (["relu"] if needs_relu and "relu" not in wanted else []) + sorted(wanted, key=lambda name: name != "relu"):
            torch.manual_seed(o.seed)
            generator = torch.Generator().manual_seed(o.seed)
            net = NETWORKS[network](x.shape[1], width, lambda: ACTIVATIONS[name](o)).to(o.device)
            began, anew = time.time(), name in FROM_SCRATCH
            if not anew:
                start_from(net, trained, x[:512].to(o.device))
            epochs = (2 if name == "rnl" else 1) * o.epochs if anew else o.fine_tune_epochs
            history = fit(net, data, epochs, o.rate if anew else o.fine_tune_rate, o, generator)
            second = infer_rates(net, [p.to(o.device) for p in data], o) if name == "rnl" else []
            if name == "relu":
                trained = net
            export(net, x, o.output / f"{network}-{name}.onnx")
            runs.append({
                "network": network, "width": width, "activation": name, "start": "scratch" if anew else "ReLU network",
                "accuracy": accuracy(net, data[2], data[3]), "seconds": round(time.time() - began, 1),
                "parameters": sum(p.numel() for p in net.parameters()), "epochs": history, "second phase": second,
            })
            print(table(runs[-1:]).splitlines()[-1], flush=True)
            settings = {k: str(v) if isinstance(v, Path) else v for k, v in vars(o).items() if k not in ("output", "cifar10", "images")}
            (o.output / "training.json").write_text(json.dumps({
                "data": "CIFAR-10" if o.cifar10 else "images" if o.images else "scikit-learn digits", "samples": [len(x), len(test_x)], "settings": settings,
                "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": version("numpy")},
                "threads": torch.get_num_threads(), "runs": runs}, indent=1) + "\n")
            (o.output / "training.md").write_text(table(runs))


if __name__ == "__main__":
    main()

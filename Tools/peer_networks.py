"""The networks that compare_peers.py times, what of each it times, and the project's bounds on it.

Makes nothing by itself.
"""

import torchvision_shim  # noqa: F401  (first: it lets timm import)

from typing import Callable, NamedTuple

import timm
import torch
from torch import nn

from exported_models import efficientnet_lite, photographs

SEED = 9001
IMAGES = 16
SIDE = 224  # pixels


class Case(NamedTuple):
    """What volley runs, and the bounds on its time in times of ONNX Runtime's: what it must keep, what it aims at."""
    method: str
    steps: int
    weights: str
    must: float | None = None
    aim: float | None = None
    per_octave: int = 1

    @property
    def network(self):
        """The name of what `convert` makes for it."""
        return self.method if self.per_octave == 1 else f"{self.method}-m{self.per_octave}"

    @property
    def options(self):
        return ["--method", self.method] + ([] if self.per_octave == 1 else ["--steps-per-octave", str(self.per_octave)])

    @property
    def name(self):
        return f"{self.network}-{self.steps}-{self.weights}"

    @property
    def title(self):
        ladder = "" if self.per_octave == 1 else f", m = {self.per_octave}"
        return f"Volley, {self.method}{ladder}, T = {self.steps}, {self.weights}"


class Network(NamedTuple):
    """`build` makes the model, `images` as many images as asked; `must` bounds volley's time for the ANN."""
    title: str
    build: Callable[[], nn.Module]
    images: Callable[[int, torch.Generator], torch.Tensor]
    must: float
    cases: list[Case]


def noise(count, generator):
    return torch.randn(count, 3, SIDE, SIDE, generator=generator)


def parts_of_photographs(count, generator):
    return photographs(SIDE)(count, generator)["x"]


def random_weights(architecture):
    return lambda: timm.create_model(architecture, pretrained=False)


def cnn_cases(fp32, int8_of_2=None, int8_of_4=None, aim=None):
    return [Case("differential", 4, "fp32", fp32, aim), Case("differential", 2, "int8", int8_of_2),
            Case("differential", 4, "int8", int8_of_4)]


VIT = [
    Case("ecmt", 4, "fp32", 2.0, 1.3),
    Case("differential", 2, "fp32", 2.1, 1.4),
    Case("differential", 2, "int16", 1.3, 0.9),
    Case("differential", 4, "int16", 2.4, 1.6),
    Case("ecmt", 4, "int8", 1.6, 1.0),
    Case("differential", 4, "int8", 1.6, 1.0),
]
# Ladders of few steps, and the one that doubles beside them.
VIT += [
    Case("differential", 1, "fp32"),
    Case("differential", 1, "int8"),
    Case("differential", 1, "fp32", 1.1, None, 4),
    Case("differential", 1, "int8", 0.8, 0.5, 4),
    Case("differential", 2, "int8", 1.4, 0.9, 4),
    Case("differential", 1, "fp32", 1.1, None, 8),
    Case("differential", 1, "int8", 0.8, 0.5, 8),
    Case("differential", 2, "int8", 1.4, 0.9, 8),
]
RESNET = cnn_cases(2.8, 0.9, 1.6)
MOBILE = cnn_cases(5.0, 2.5, 4.0, aim=3.5)
OTHER = cnn_cases(5.0)

NETWORKS = {
    "vit_small_patch16_224": Network("ViT-S/16", random_weights("vit_small_patch16_224"), noise, 1.3, VIT),
    "resnet18": Network("ResNet-18", random_weights("resnet18"), noise, 1.2, RESNET),
    "resnet50": Network("ResNet-50", random_weights("resnet50"), noise, 1.2, RESNET),
    "mobilenetv2_100": Network("MobileNetV2", random_weights("mobilenetv2_100"), noise, 1.5, MOBILE),
    "efficientnet_lite0": Network(
        "EfficientNet-Lite0, trained", lambda: efficientnet_lite(None), parts_of_photographs, 1.5, MOBILE),
    "convnext_atto": Network("ConvNeXt-Atto", random_weights("convnext_atto"), noise, 1.5, OTHER),
    "regnety_002": Network("RegNetY-002", random_weights("regnety_002"), noise, 1.5, OTHER),
}
CASES = list(dict.fromkeys(case.name for network in NETWORKS.values() for case in network.cases))
TRAINED = {"efficientnet_lite0"}


def make(name):
    """The model and its images, always the same ones."""
    torch.manual_seed(SEED)
    model = NETWORKS[name].build().eval()
    images = NETWORKS[name].images(IMAGES, torch.Generator().manual_seed(SEED + 1))
    if name not in TRAINED:
        measure_batch_norms(model, images)
    return model, images


def measure_batch_norms(model, images):
    """Gives batch normalisations the statistics of the images, as training would. Where a new network has a scale of
    zero, its residual branches would compute zeros, which trained ones do not: it becomes one."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        if not norm.weight.any():
            nn.init.ones_(norm.weight)
        norm.momentum = None  # the mean over all batches, of which there is one
        norm.train()
    if norms:
        with torch.no_grad():
            model(images)
    model.eval()

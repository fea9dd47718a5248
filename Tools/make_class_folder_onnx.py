"""Exports the ViT of Tests/Fixtures/class-folders to ONNX.

An ONNX file carries neither preprocessing nor the names of classes, so tests measure it on
images with both said otherwise. The exporter is torch's of TorchScript; the batch is free.

Run:  python Tools/make_class_folder_onnx.py
Pinned versions: Tools/requirements.txt.
"""

import json
from pathlib import Path

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import timm
import torch
from safetensors.torch import load_file

FOLDER = Path(__file__).parent.parent / "Tests/Fixtures/class-folders"


def main():
    arguments = json.loads((FOLDER / "words.json").read_text())["model_args"]
    model = timm.create_model("vit_tiny_patch16_224", **arguments)
    model.load_state_dict(load_file(FOLDER / "model.safetensors"))
    model.eval()
    side = arguments["img_size"][0]
    torch.onnx.export(
        model,
        torch.zeros(1, 3, side, side),
        FOLDER / "model.onnx",
        input_names=["pixels"],
        output_names=["logits"],
        dynamic_axes={"pixels": {0: "n"}, "logits": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()

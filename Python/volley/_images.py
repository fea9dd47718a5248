"""What models of timm and transformers say of the images that they read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import numpy as np

from ._arrays import SAMPLES, Arrays
from ._errors import InputError


def example_of(module: Any) -> Arrays:
    """Random samples of the size that a model says it reads, to export it with: where data comes as images, none is there yet.

    Raises:
        InputError: where it does not say it.
    """
    generator = np.random.default_rng(0)
    size = _timm(module).get("input_size")
    if size is not None:
        # A model may have been made for other images than its configuration is about.
        embedding = getattr(module, "patch_embed", None)
        height, width = getattr(embedding, "img_size", None) or size[1:]
        channels = next((each.in_channels for each in module.modules() if hasattr(each, "in_channels")), size[0])
        return {SAMPLES: generator.standard_normal((2, channels, height, width)).astype(np.float32)}
    config = getattr(module, "config", None)
    size = getattr(config, "image_size", None)
    if size is not None:
        height, width = (size, size) if isinstance(size, int) else size
        return {"pixel_values": generator.standard_normal((2, getattr(config, "num_channels", 3), height, width)).astype(np.float32)}
    raise InputError(
        "which arrays this module takes is not known: calibrate with arrays, or give some, module_options={'example': array}")


def write_image_configuration(module: Any, example: Arrays, folder: Path) -> Optional[Tuple[Path, str]]:
    """Writes what a model says of its images and classes. Names of classes stand in a ``config.json`` beside the export, where the tool
    finds them.

    Returns:
        A file that says how images become the input, and in words how they are normalised; None where that is not known.
    """
    images = [array.shape for array in example.values() if array.ndim == 4]
    cfg = _timm(module)
    channels = images[0][1] if len(images) == len(example) == 1 else None
    names = getattr(getattr(module, "config", None), "id2label", None)
    if names and any(str(name) != f"LABEL_{index}" for index, name in names.items()):
        labels = {"id2label": {str(index): str(name) for index, name in names.items()}}
        (folder / "config.json").write_text(json.dumps(labels), encoding="utf-8")
    if channels is None or not len(cfg.get("mean", ())) == len(cfg.get("std", ())) == channels:
        return None
    content = {key: cfg[key] for key in ("mean", "std", "interpolation", "crop_pct", "crop_mode", "label_names") if cfg.get(key) is not None}
    content["input_size"] = list(images[0][1:])
    path = folder / "preprocessing.json"
    path.write_text(json.dumps({"pretrained_cfg": content}), encoding="utf-8")
    return path, f"mean {_numbers(cfg['mean'])}, deviation {_numbers(cfg['std'])}"


def _timm(module: Any) -> Dict[str, Any]:
    """What a model of timm says of its images; empty for any other."""
    found = getattr(module, "pretrained_cfg", None) or getattr(module, "default_cfg", None)
    return dict(found) if isinstance(found, dict) else {}


def _numbers(values: Any) -> str:
    return ", ".join(f"{value:.4g}" for value in values)

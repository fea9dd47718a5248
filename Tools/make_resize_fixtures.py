"""Makes reference outputs of Pillow's resize and of whole preprocessing pipelines.

Writes Tests/Fixtures/resize/:
    cases.npz       source images and Pillow's Image.resize of them, all uint8 [H,W,C]
    cases.json      list of {source, output, width, height, filter}
    pipeline.npz    source images uint8 [H,W,C] and pipeline outputs float32 [C,H,W]
    pipeline.json   list of {source, output, library, settings}
    MANIFEST.json

The pipelines are the libraries' own: timm.data.create_transform (which uses torchvision)
and transformers' ViTImageProcessor and DeiTImageProcessor (the Pillow/NumPy ones).

Run:  python Tools/make_resize_fixtures.py
Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import numpy as np
import transformers
from PIL import Image
from timm.data import create_transform

from fixture_io import FIXTURES, fresh_folder, write_json, write_manifest

SEED = 7201
OUT = FIXTURES / "resize"
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def natural(height, width, channels, seed):
    """Smooth waves, an edge and some noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for c in range(channels):
        wave = 128 + 90 * np.sin(x / (4.0 + c) + c) * np.cos(y / (6.0 - c))
        wave += np.where(x + 2 * y > width, 40, -25)
        planes.append(wave + random.normal(0, 12, wave.shape))
    return np.clip(np.rint(np.stack(planes, 2)), 0, 255).astype(np.uint8)


def sources():
    board = np.indices((24, 24)).sum(0) // 3 % 2 * 255  # hard edges: bicubic over- and undershoots
    return {
        "wide": natural(37, 53, 3, SEED),
        "gray": natural(16, 16, 1, SEED + 1),
        "tall": natural(64, 48, 3, SEED + 2),
        "board": board.astype(np.uint8)[..., None],
        "digit": natural(8, 8, 1, SEED + 3),
        "noise": np.random.default_rng(SEED + 4).integers(0, 256, (31, 29, 3), dtype=np.uint8),
    }


def to_image(array):
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def from_image(image):
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


# source -> (width, height) wanted; upscaling, downscaling, both at once, same size, extremes
SIZES = {
    "wide": [(53, 37), (32, 32), (107, 75), (17, 11), (53, 20), (60, 37), (1, 1), (29, 91)],
    "gray": [(8, 8), (24, 24), (33, 7), (13, 16)],
    "tall": [(32, 42), (24, 32), (96, 128), (47, 63), (5, 64)],
    "board": [(17, 17), (36, 36), (24, 50), (3, 3)],
    "digit": [(16, 16), (12, 9)],
    "noise": [(16, 17), (58, 62), (30, 30)],
}


def resize_cases(images):
    arrays = {f"source/{k}": v for k, v in images.items()}
    cases = []
    for name, sizes in SIZES.items():
        for width, height in sizes:
            for label, resample in FILTERS.items():
                output = f"output/{name}-{width}x{height}-{label}"
                arrays[output] = from_image(to_image(images[name]).resize((width, height), resample))
                cases.append(dict(source=f"source/{name}", output=output,
                                  width=width, height=height, filter=label))
    return arrays, cases


IMAGENET_MEAN, IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
HALF = [0.5, 0.5, 0.5]


def timm_setting(size, crop_pct, interpolation="bicubic", mean=HALF, std=HALF, channels=3, crop_mode="center"):
    return dict(input_size=[channels, size, size], interpolation=interpolation, mean=mean, std=std,
                crop_pct=crop_pct, crop_mode=crop_mode)


TIMM = [
    ("wide", timm_setting(16, 0.9)),
    ("wide", timm_setting(24, 0.9)),      # resized to 37x26: the left offset 6.5 rounds to even, 6
    ("wide", timm_setting(24, 0.875, "bilinear", IMAGENET_MEAN, IMAGENET_STD)),  # 38x27: the top offset 1.5 rounds to 2
    ("wide", timm_setting(23, 1.0)),
    ("tall", timm_setting(32, 1.0, mean=IMAGENET_MEAN, std=IMAGENET_STD)),
    ("tall", timm_setting(30, 0.95, "bilinear")),
    ("tall", timm_setting(47, 0.9)),
    ("tall", timm_setting(80, 0.875)),    # upscales
    ("noise", timm_setting(16, 0.9)),
    ("noise", timm_setting(29, 1.0)),     # the shorter side fits already: no resampling
    ("wide", timm_setting(24, 0.9, crop_mode="squash")),
    ("digit", timm_setting(8, 1.0, mean=[0.3], std=[0.4], channels=1)),
    ("gray", timm_setting(12, 0.9, mean=[0.3], std=[0.4], channels=1)),
    ("board", timm_setting(14, 0.875, "bilinear", mean=[0.5], std=[0.25], channels=1)),
]


def side(n):
    return {"height": n, "width": n}


HF = [
    ("wide", transformers.ViTImageProcessor, dict(size=side(16), resample=2, image_mean=HALF, image_std=HALF)),
    ("tall", transformers.ViTImageProcessor, dict(
        size={"height": 20, "width": 33}, resample=3, image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD)),
    ("noise", transformers.ViTImageProcessor, dict(size=side(48), resample=2, image_mean=HALF, image_std=HALF)),
    ("wide", transformers.DeiTImageProcessor, dict(
        size=side(18), crop_size=side(16), resample=3, image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD)),
    ("tall", transformers.DeiTImageProcessor, dict(  # an odd difference: 27 - 24 = 3, offset 1
        size=side(27), crop_size=side(24), resample=3, image_mean=HALF, image_std=HALF)),
    # The older file layout, where sizes are plain numbers: still an exact square, not the shorter side.
    ("wide", transformers.DeiTImageProcessor, dict(
        size=32, crop_size=28, resample=3, image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD)),
]


def pipeline_cases(images):
    arrays, cases = {}, []

    def add(source, library, settings, array):
        output = f"output/{len(cases):02d}"
        arrays[f"source/{source}"] = images[source]
        arrays[output] = np.ascontiguousarray(array, dtype=np.float32)
        cases.append(dict(source=f"source/{source}", output=output, library=library,
                          shape=list(array.shape), settings=settings))

    for source, settings in TIMM:
        transform = create_transform(
            input_size=tuple(settings["input_size"]), interpolation=settings["interpolation"],
            mean=tuple(settings["mean"]), std=tuple(settings["std"]), crop_pct=settings["crop_pct"],
            crop_mode=settings["crop_mode"], is_training=False)
        add(source, "timm", settings, transform(to_image(images[source])).numpy())
    for source, processor_class, settings in HF:
        processor = processor_class(**settings)
        values = processor(to_image(images[source]), return_tensors="np")["pixel_values"][0]
        settings = dict(image_processor_type=processor_class.__name__, do_resize=True, do_rescale=True,
                        do_normalize=True, rescale_factor=processor.rescale_factor, **settings)
        if processor_class is transformers.DeiTImageProcessor:
            settings["do_center_crop"] = True
        add(source, "transformers", settings, values)
    return arrays, cases


def main():
    fresh_folder(OUT)
    images = sources()
    arrays, cases = resize_cases(images)
    np.savez(OUT / "cases.npz", **arrays)
    write_json(OUT / "cases.json", cases)
    arrays, pipelines = pipeline_cases(images)
    np.savez(OUT / "pipeline.npz", **arrays)
    write_json(OUT / "pipeline.json", pipelines)
    write_manifest(OUT, "make_resize_fixtures.py", SEED,
                   ["pillow", "torch", "torchvision", "timm", "transformers", "numpy"])
    print(f"{len(cases)} resize cases, {len(pipelines)} pipelines")
    for case in pipelines:
        print(case["output"], case["source"], case["library"], case["shape"])


if __name__ == "__main__":
    main()

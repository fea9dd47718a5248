"""Lets torchvision import next to a CPU-only torch build.

torchvision's published Linux wheels carry compiled operators that need the CUDA
build of torch. The fixture scripts use only torchvision's pure-Python transforms,
so when the compiled operators did not load it is enough to declare the two operators
that torchvision looks up by name while it is being imported. With a torch build that
matches, nothing is changed.

Import this module before torchvision, timm or transformers. It makes nothing by itself.
"""

import torch

_library = None  # keeps the declarations alive as long as the process


def _declare_missing_operators():
    global _library
    try:
        import torchvision  # noqa: F401
        return
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    _library = torch.library.Library("torchvision", "FRAGMENT")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401


_declare_missing_operators()

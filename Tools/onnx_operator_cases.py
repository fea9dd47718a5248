"""Random models of one operator each, for compare_onnx_operators.py. Makes nothing by itself.

A generator takes NumPy's random generator and returns an opset and a case: nodes, inputs by name, which of them must stand in
the file ("stored"), and the names of the outputs where there is more than "y".
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

GENERATORS = {}


def operator(name):
    def register(function):
        GENERATORS[name] = function
        return function
    return register


def pick(rng, *options):
    return options[rng.integers(len(options))]


def sizes(rng, rank, low=1, high=6):
    return [int(n) for n in rng.integers(low, high + 1, rank)]


def floats(rng, shape, spread=2.0):
    return (rng.standard_normal(shape) * spread).astype(np.float32)


def distinct(rng, shape):
    """Floats of which no two are equal, so that orders and nearest elements are certain."""
    count = int(np.prod(shape))
    return (rng.permutation(count).astype(np.float32) - count / 2 + 0.25).reshape(shape) / 4


def ints(*values):
    return np.array(values, np.int64)


def case(node, inputs, stored=(), outputs=None, **more):
    nodes = node if isinstance(node, list) else [node]
    made = {"nodes": nodes, "inputs": inputs, "stored": set(stored), **more}
    if outputs:
        made["outputs"] = outputs
    return made


def maybe(rng, attributes, name, value, chance=0.5):
    if rng.random() < chance:
        attributes[name] = value


# Windows


def window_attributes(rng, axes, kernel, dilations=True, strides=True):
    attributes = {}
    if strides:
        maybe(rng, attributes, "strides", sizes(rng, axes, 1, 4), 0.7)
    if dilations:
        maybe(rng, attributes, "dilations", sizes(rng, axes, 1, 3), 0.4)
    auto = pick(rng, None, None, None, "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET")
    if auto:
        attributes["auto_pad"] = auto
    if auto in (None, "NOTSET"):
        maybe(rng, attributes, "pads", [int(rng.integers(0, k)) for k in kernel * 2], 0.7)
    return attributes


@operator("Conv")
def conv(rng):
    axes, groups = pick(rng, 1, 2, 2), pick(rng, 1, 1, 2, 3)
    inner, outer = sizes(rng, 2, 1, 3)
    kernel = sizes(rng, axes, 1, 4)
    x = floats(rng, [2, inner * groups, *sizes(rng, axes, 1, 9)])
    w = floats(rng, [outer * groups, inner, *kernel])
    attributes = window_attributes(rng, axes, kernel)
    maybe(rng, attributes, "kernel_shape", kernel)
    attributes["group"] = groups
    inputs = {"x": x, "w": w}
    if rng.random() < 0.5:
        inputs["b"] = floats(rng, [outer * groups])
    return pick(rng, 11, 17, 22), case(helper.make_node("Conv", list(inputs), ["y"], **attributes), inputs, ["w", "b"] if rng.random() < 0.8 else [])


@operator("ConvTranspose")
def conv_transpose(rng):
    axes, groups = pick(rng, 1, 2, 2), pick(rng, 1, 1, 2, 3)
    inner, outer = sizes(rng, 2, 1, 3)
    kernel = sizes(rng, axes, 1, 4)
    x = floats(rng, [2, inner * groups, *sizes(rng, axes, 1, 6)])
    w = floats(rng, [inner * groups, outer, *kernel])
    attributes = window_attributes(rng, axes, kernel)
    strides = attributes.get("strides", [1] * axes)
    dilations = attributes.get("dilations", [1] * axes)
    if rng.random() < 0.4:
        attributes["output_padding"] = [int(rng.integers(0, max(s, d))) for s, d in zip(strides, dilations)]
    if rng.random() < 0.3:
        attributes.pop("pads", None)
        full = [s * (n - 1) + d * (k - 1) + 1 for s, n, d, k in zip(strides, x.shape[2:], dilations, kernel)]
        attributes["output_shape"] = [max(1, n + int(rng.integers(-3, 4))) for n in full]
    maybe(rng, attributes, "kernel_shape", kernel)
    attributes["group"] = groups
    inputs = {"x": x, "w": w}
    if rng.random() < 0.5:
        inputs["b"] = floats(rng, [outer * groups])
    return pick(rng, 11, 17, 22), case(helper.make_node("ConvTranspose", list(inputs), ["y"], **attributes), inputs, ["w", "b"] if rng.random() < 0.8 else [])


def pooling(rng, name):
    axes = pick(rng, 1, 2, 2, 3)
    kernel = sizes(rng, axes, 1, 4)
    opset = pick(rng, 11, 12, 18, 19, 22)
    attributes = window_attributes(rng, axes, kernel, dilations=name == "MaxPool" or opset >= 19)
    attributes["kernel_shape"] = kernel
    maybe(rng, attributes, "ceil_mode", 1)
    if name == "AveragePool":
        maybe(rng, attributes, "count_include_pad", 1)
    x = floats(rng, [2, 3, *sizes(rng, axes, 1, 8)])
    return opset, case(helper.make_node(name, ["x"], ["y"], **attributes), {"x": x})


GENERATORS["MaxPool"] = lambda rng: pooling(rng, "MaxPool")
GENERATORS["AveragePool"] = lambda rng: pooling(rng, "AveragePool")


@operator("GlobalPool")
def global_pool(rng):
    x = floats(rng, [2, 3, *sizes(rng, pick(rng, 1, 2, 3), 1, 5)])
    return 17, case(helper.make_node(pick(rng, "GlobalAveragePool", "GlobalMaxPool"), ["x"], ["y"]), {"x": x})


@operator("Resize")
def resize(rng):
    opset = pick(rng, 10, 11, 13, 18, 19, 19)
    rank = pick(rng, 4, 4, 3, 5) if opset > 10 else 4
    x = distinct(rng, [2, 2, *sizes(rng, rank - 2, 1, 7)])
    if opset == 10:
        scales = np.array([1, 1, *rng.choice([0.4, 0.5, 0.7, 1, 1.3, 2, 2.5], rank - 2)], np.float32)
        node = helper.make_node("Resize", ["x", "scales"], ["y"], mode=pick(rng, "nearest", "linear"))
        return 10, case(node, {"x": x, "scales": scales}, ["scales"])
    modes = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"]
    modes += ["half_pixel_symmetric"] if opset >= 19 else []
    modes += ["tf_half_pixel_for_nn"] if opset < 13 else []
    attributes = {"mode": pick(rng, "nearest", "linear", "cubic"), "coordinate_transformation_mode": pick(rng, *modes)}
    if attributes["mode"] == "nearest":
        maybe(rng, attributes, "nearest_mode", pick(rng, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"), 0.8)
    if attributes["mode"] == "cubic":
        maybe(rng, attributes, "cubic_coeff_a", pick(rng, -0.5, -0.75, -0.6))
    maybe(rng, attributes, "exclude_outside", 1, 0.3 if attributes["mode"] == "cubic" else 0)
    maybe(rng, attributes, "extrapolation_value", 7.5)
    named = list(range(rank))
    if opset >= 18:
        if attributes["mode"] != "nearest":
            maybe(rng, attributes, "antialias", 1, 0.4)
        if rng.random() < 0.4:
            named = list(range(2, rank))
            attributes["axes"] = named if rng.random() < 0.5 else [a - rank for a in named]
    fixed = len(named) - (rank - 2)
    inputs = {"x": x}
    crop = attributes["coordinate_transformation_mode"] == "tf_crop_and_resize"
    if crop:
        starts = rng.uniform(-0.4, 0.4, rank - 2)
        ends = rng.uniform(0.6, 1.4, rank - 2)
        inputs["roi"] = np.array([0] * fixed + list(starts) + [1] * fixed + list(ends), np.float32)
    if rng.random() < 0.5:
        scales = [1] * fixed + list(rng.choice([0.4, 0.5, 0.7, 0.9, 1, 1.3, 2, 2.5, 3], rank - 2))
        inputs["scales"] = np.array(scales, np.float32)
        names = ["x", "roi" if crop else "", "scales"]
    else:
        lengths = [x.shape[a] for a in named[:fixed]] + sizes(rng, rank - 2, 1, 9)
        inputs["sizes"] = ints(*lengths)
        names = ["x", "roi" if crop else "", "", "sizes"]
        if opset < 13:
            # Both inputs had to be there.
            inputs["empty"] = np.zeros([0], np.float32)
            names = ["x", "roi" if crop else "empty", "empty", "sizes"]
        if opset >= 18 and attributes.get("axes", [-1])[0] > 0:
            # ONNX Runtime 1.32 leaves the image as it is where these axes are negative.
            maybe(rng, attributes, "keep_aspect_ratio_policy", pick(rng, "stretch", "not_larger", "not_smaller"))
    if opset < 13 and names[1] == "":
        inputs["empty"] = np.zeros([0], np.float32)
        names[1] = "empty"
    return opset, case(helper.make_node("Resize", names, ["y"], **attributes), inputs, [n for n in inputs if n != "x"])


@operator("Upsample")
def upsample(rng):
    x = distinct(rng, [2, 2, *sizes(rng, 2, 1, 5)])
    scales = np.array([1, 1, *rng.choice([1, 1.5, 2, 3], 2)], np.float32)
    mode = pick(rng, "nearest", "linear")
    if rng.random() < 0.5:
        return 9, case(helper.make_node("Upsample", ["x", "scales"], ["y"], mode=mode), {"x": x, "scales": scales}, ["scales"])
    return 8, case(helper.make_node("Upsample", ["x"], ["y"], mode=mode, scales=scales.tolist()), {"x": x})


# Layout


@operator("Slice")
def slice_(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3))
    axes = sorted(rng.choice(len(shape), rng.integers(1, len(shape) + 1), replace=False).tolist())
    starts = [int(rng.integers(-9, 10)) for _ in axes]
    ends = [pick(rng, int(rng.integers(-9, 10)), 2**31 - 1, -(2**31), 2**63 - 1) for _ in axes]
    steps = [pick(rng, 1, 1, 2, 3, -1, -2) for _ in axes]
    inputs = {"x": floats(rng, shape), "starts": ints(*starts), "ends": ints(*ends), "axes": ints(*[pick(rng, a, a - len(shape)) for a in axes])}
    names = ["x", "starts", "ends", "axes"]
    if rng.random() < 0.7:
        inputs["steps"] = ints(*steps)
        names.append("steps")
    return pick(rng, 11, 13), case(helper.make_node("Slice", names, ["y"]), inputs, names[1:])


@operator("Pad")
def pad(rng):
    opset = pick(rng, 8, 11, 13, 18, 19, 21)
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 5)
    mode = pick(rng, "constant", "constant", "reflect", "edge", *(["wrap"] if opset >= 19 else []))
    amounts = [int(rng.integers(-1, 4)) for _ in range(2 * len(shape))]
    if opset < 11:
        return opset, case(helper.make_node("Pad", ["x"], ["y"], mode=mode, pads=amounts, value=1.5), {"x": floats(rng, shape)})
    inputs = {"x": floats(rng, shape), "pads": ints(*amounts)}
    names = ["x", "pads"]
    if rng.random() < 0.5:
        inputs["value"] = np.float32(rng.standard_normal())
        names.append("value")
    if opset >= 18 and rng.random() < 0.4:
        axes = rng.permutation(len(shape))[: rng.integers(1, len(shape) + 1)].tolist()
        inputs["pads"] = ints(*[int(rng.integers(-1, 4)) for _ in range(2 * len(axes))])
        inputs["axes"] = ints(*[pick(rng, a, a - len(shape)) for a in axes])
        names = names + [""] * (3 - len(names)) + ["axes"]
    return opset, case(helper.make_node("Pad", names, ["y"], mode=mode), inputs, ["pads", "value", "axes"])


@operator("Gather")
def gather(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3))
    axis = int(rng.integers(len(shape)))
    indices = rng.integers(-shape[axis], shape[axis], sizes(rng, pick(rng, 0, 1, 2), 1, 4))
    node = helper.make_node("Gather", ["x", "i"], ["y"], axis=pick(rng, axis, axis - len(shape)))
    return 13, case(node, {"x": floats(rng, shape), "i": np.array(indices, np.int64)}, ["i"] if rng.random() < 0.5 else [])


@operator("GatherElements")
def gather_elements(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3))
    axis = int(rng.integers(len(shape)))
    own = [int(rng.integers(1, n + 1)) for n in shape]
    own[axis] = int(rng.integers(1, 6))
    indices = rng.integers(-shape[axis], shape[axis], own)
    node = helper.make_node("GatherElements", ["x", "i"], ["y"], axis=pick(rng, axis, axis - len(shape)))
    return 13, case(node, {"x": floats(rng, shape), "i": np.array(indices, np.int64)}, ["i"] if rng.random() < 0.5 else [])


def tuples(rng, shape, own, width, unique=False):
    columns = [rng.integers(0, shape[a], own) for a in range(width)]
    found = np.stack(columns, -1).astype(np.int64) if width else np.zeros([*own, 0], np.int64)
    if unique:
        flat = rng.permutation(int(np.prod(shape[:width])))[: int(np.prod(own))]
        if len(flat) == np.prod(own):
            found = np.stack(np.unravel_index(flat, shape[:width]), -1).reshape(*own, width).astype(np.int64)
    return np.where(rng.random(found.shape) < 0.2, found - np.array(shape[:width]), found)


@operator("GatherND")
def gather_nd(rng):
    shape = sizes(rng, pick(rng, 2, 3, 4), 1, 4)
    batch = int(rng.integers(0, 2))
    width = int(rng.integers(1, len(shape) - batch + 1))
    own = shape[:batch] + sizes(rng, int(rng.integers(0 if batch else 1, 3)), 1, 3)
    columns = [rng.integers(-shape[batch + a], shape[batch + a], own) for a in range(width)]
    node = helper.make_node("GatherND", ["x", "i"], ["y"], batch_dims=batch)
    return 13, case(node, {"x": floats(rng, shape), "i": np.stack(columns, -1).astype(np.int64)}, ["i"] if rng.random() < 0.5 else [])


@operator("ScatterND")
def scatter_nd(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 5)
    width = int(rng.integers(1, len(shape) + 1))
    own = sizes(rng, pick(rng, 1, 1, 2), 1, 4)
    opset = pick(rng, 11, 16, 18)
    reduction = "none" if opset < 16 else pick(rng, "none", "add", "mul", *(["max", "min"] if opset >= 18 else []))
    indices = tuples(rng, shape, own, width, unique=reduction == "none")
    attributes = {} if opset < 16 else {"reduction": reduction}
    inputs = {"x": floats(rng, shape), "i": indices, "u": floats(rng, own + shape[width:])}
    if reduction == "none" and len({tuple(np.array(t) % shape[:width]) for t in indices.reshape(-1, width)}) < int(np.prod(own)):
        reduction = attributes["reduction"] = "add" if opset >= 16 else "none"
        if opset < 16:
            return scatter_nd(rng)
    return opset, case(helper.make_node("ScatterND", ["x", "i", "u"], ["y"], **attributes), inputs, ["i"])


@operator("ScatterElements")
def scatter_elements(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 5)
    axis = int(rng.integers(len(shape)))
    own = [int(rng.integers(1, n + 1)) if rng.random() < 0.5 else n for n in shape]
    opset = pick(rng, 11, 16, 18)
    reduction = "none" if opset < 16 else pick(rng, "none", "add", "mul", *(["max", "min"] if opset >= 18 else []))
    if reduction == "none":
        indices = np.argsort(rng.random(shape), axis)[tuple(slice(n) for n in own)]
        if rng.random() < 0.5:
            row = rng.permutation(shape[axis])[: own[axis]]
            indices = np.broadcast_to(row.reshape([-1 if a == axis else 1 for a in range(len(shape))]), own).copy()
    else:
        own[axis] = int(rng.integers(1, 6))
        indices = rng.integers(-shape[axis], shape[axis], own)
    attributes = {"axis": pick(rng, axis, axis - len(shape))} | ({} if opset < 16 else {"reduction": reduction})
    inputs = {"x": floats(rng, shape), "i": indices.astype(np.int64), "u": floats(rng, indices.shape)}
    return opset, case(helper.make_node("ScatterElements", ["x", "i", "u"], ["y"], **attributes), inputs, ["i"])


@operator("Layout")
def layout(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 4)
    x = floats(rng, shape)
    rank = len(shape)
    kind = pick(rng, "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Tile", "Expand", "Concat", "Split", "Reshape", "Trilu", "DepthToSpace", "SpaceToDepth")
    if kind == "Transpose":
        return 13, case(helper.make_node(kind, ["x"], ["y"], perm=rng.permutation(rank).tolist()), {"x": x})
    if kind == "Squeeze":
        axes = [a for a in range(rank) if shape[a] == 1]
        if not axes or rng.random() < 0.3:
            return 13, case(helper.make_node(kind, ["x"], ["y"]), {"x": x})
        return 13, case(helper.make_node(kind, ["x", "a"], ["y"]), {"x": x, "a": ints(*[pick(rng, a, a - rank) for a in axes])}, ["a"])
    if kind == "Unsqueeze":
        axes = rng.choice(rank + 2, 2, replace=False).tolist()
        return 13, case(helper.make_node(kind, ["x", "a"], ["y"]), {"x": x, "a": ints(*[pick(rng, a, a - rank - 2) for a in axes])}, ["a"])
    if kind == "Flatten":
        return 13, case(helper.make_node(kind, ["x"], ["y"], axis=int(rng.integers(-rank, rank + 1))), {"x": x})
    if kind == "Tile":
        return 13, case(helper.make_node(kind, ["x", "r"], ["y"]), {"x": x, "r": ints(*sizes(rng, rank, 1, 3))}, ["r"])
    if kind == "Expand":
        small = [1 if rng.random() < 0.5 else n for n in shape]
        target = sizes(rng, int(rng.integers(0, 2)), 1, 3) + [1 if rng.random() < 0.2 else n for n in shape]
        return 13, case(helper.make_node(kind, ["x", "s"], ["y"]), {"x": floats(rng, small), "s": ints(*target)}, ["s"])
    if kind == "Concat":
        axis = int(rng.integers(rank))
        inputs = {}
        for index in range(int(rng.integers(1, 4))):
            own = list(shape)
            own[axis] = int(rng.integers(0, 4))
            inputs[f"x{index}"] = floats(rng, own)
        return 13, case(helper.make_node(kind, list(inputs), ["y"], axis=pick(rng, axis, axis - rank)), inputs, [n for n in inputs if rng.random() < 0.3])
    if kind == "Split":
        axis = int(rng.integers(rank))
        if rng.random() < 0.5:
            parts = int(rng.integers(1, shape[axis] + 1))
            outputs = [f"y{i}" for i in range(parts)]
            return 18, case(helper.make_node(kind, ["x"], outputs, axis=axis, num_outputs=parts), {"x": x}, (), outputs)
        first = int(rng.integers(0, shape[axis] + 1))
        return 13, case(helper.make_node(kind, ["x", "s"], ["y0", "y1"], axis=axis - rank), {"x": x, "s": ints(first, shape[axis] - first)}, ["s"], ["y0", "y1"])
    if kind == "Reshape":
        target = [0 if rng.random() < 0.3 else n for n in shape]
        if rng.random() < 0.5:
            target[int(rng.integers(rank))] = -1
        return 14, case(helper.make_node(kind, ["x", "s"], ["y"]), {"x": x, "s": ints(*target)}, ["s"])
    if kind == "Trilu":
        x = floats(rng, sizes(rng, pick(rng, 2, 3), 1, 5))
        return 14, case(helper.make_node(kind, ["x", "k"], ["y"], upper=pick(rng, 0, 1)), {"x": x, "k": np.int64(rng.integers(-6, 7))}, ["k"])
    block = pick(rng, 1, 2, 3)
    if kind == "DepthToSpace":
        return 13, case(helper.make_node(kind, ["x"], ["y"], blocksize=block, mode=pick(rng, "DCR", "CRD")), {"x": floats(rng, [2, 2 * block * block, 2, 3])})
    return 13, case(helper.make_node(kind, ["x"], ["y"], blocksize=block), {"x": floats(rng, [2, 3, 2 * block, 3 * block])})


# Along axes


@operator("Reduce")
def reduce(rng):
    kinds = ["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"]
    kind = "Reduce" + pick(rng, *kinds)
    opset = pick(rng, 11, 13, 18, 20)
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 5)
    x = np.abs(floats(rng, shape)) + 0.1 if kind == "ReduceLogSum" else floats(rng, shape)
    attributes = {}
    maybe(rng, attributes, "keepdims", pick(rng, 0, 1), 0.7)
    axes = None
    if rng.random() < 0.8:
        axes = [pick(rng, int(a), int(a) - len(shape)) for a in rng.choice(len(shape), rng.integers(0 if opset >= 18 else 1, len(shape) + 1), replace=False)]
    if opset >= 18 or opset >= 13 and kind == "ReduceSum":
        maybe(rng, attributes, "noop_with_empty_axes", 1, 0.3)
        if axes is not None:
            return opset, case(helper.make_node(kind, ["x", "axes"], ["y"], **attributes), {"x": x, "axes": ints(*axes)}, ["axes"])
    elif axes:
        attributes["axes"] = axes
    return opset, case(helper.make_node(kind, ["x"], ["y"], **attributes), {"x": x})


@operator("Softmax")
def softmax(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3, 4), 1, 5)
    attributes = {}
    maybe(rng, attributes, "axis", int(rng.integers(-len(shape), len(shape))), 0.7)
    node = helper.make_node(pick(rng, "Softmax", "LogSoftmax"), ["x"], ["y"], **attributes)
    return pick(rng, 9, 11, 13), case(node, {"x": floats(rng, shape)})


@operator("Arg")
def arg(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 5)
    attributes = {"axis": int(rng.integers(-len(shape), len(shape)))}
    maybe(rng, attributes, "keepdims", pick(rng, 0, 1))
    maybe(rng, attributes, "select_last_index", 1)
    x = np.round(floats(rng, shape))
    return 13, case(helper.make_node(pick(rng, "ArgMax", "ArgMin"), ["x"], ["y"], **attributes), {"x": x})


@operator("TopK")
def top_k(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 6)
    axis = int(rng.integers(len(shape)))
    count = int(rng.integers(1, shape[axis] + 1))
    x = np.round(floats(rng, shape)) if rng.random() < 0.5 else distinct(rng, shape)
    opset = pick(rng, 9, 10, 11, 24)
    attributes = {"axis": pick(rng, axis, axis - len(shape))}
    outputs = ["values", "positions"]
    if opset == 9:
        return opset, case(helper.make_node("TopK", ["x"], outputs, k=count, **attributes), {"x": x}, (), outputs)
    if opset > 10:
        maybe(rng, attributes, "largest", pick(rng, 0, 1), 0.7)
    node = helper.make_node("TopK", ["x", "k"], outputs, **attributes)
    return opset, case(node, {"x": x, "k": ints(count)}, ["k"], outputs)


@operator("CumSum")
def cumsum(rng):
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 5)
    node = helper.make_node("CumSum", ["x", "a"], ["y"], exclusive=pick(rng, 0, 1), reverse=pick(rng, 0, 1))
    return 14, case(node, {"x": floats(rng, shape), "a": np.array(rng.integers(-len(shape), len(shape)), np.int64)}, ["a"])


# Normalisation


@operator("LayerNormalization")
def layer_norm(rng):
    shape = sizes(rng, pick(rng, 2, 3, 4), 2, 5)
    axis = int(rng.integers(1, len(shape)))
    inputs = {"x": floats(rng, shape), "s": floats(rng, shape[axis:])}
    if rng.random() < 0.7:
        inputs["b"] = floats(rng, shape[axis:])
    attributes = {"axis": pick(rng, axis, axis - len(shape))}
    maybe(rng, attributes, "epsilon", 1e-3)
    return 17, case(helper.make_node("LayerNormalization", list(inputs), ["y"], **attributes), inputs, ["s", "b"])


@operator("RMSNormalization")
def rms_norm(rng):
    shape = sizes(rng, pick(rng, 2, 3, 4), 2, 5)
    axis = int(rng.integers(1, len(shape)))
    attributes = {"axis": pick(rng, axis, axis - len(shape))}
    maybe(rng, attributes, "epsilon", 1e-3)
    return 23, case(helper.make_node("RMSNormalization", ["x", "s"], ["y"], **attributes), {"x": floats(rng, shape), "s": floats(rng, shape[axis:])}, ["s"])


@operator("ChannelNormalization")
def channel_norm(rng):
    kind = pick(rng, "InstanceNormalization", "GroupNormalization", "BatchNormalization", "LpNormalization")
    channels = pick(rng, 2, 4, 6)
    x = floats(rng, [3, channels, *sizes(rng, pick(rng, 1, 2), 2, 4)])
    if kind == "LpNormalization":
        return 13, case(helper.make_node(kind, ["x"], ["y"], axis=int(rng.integers(-3, 3)), p=pick(rng, 1, 2)), {"x": x})
    s, b = floats(rng, [channels]), floats(rng, [channels])
    if kind == "InstanceNormalization":
        return 17, case(helper.make_node(kind, ["x", "s", "b"], ["y"]), {"x": x, "s": s, "b": b}, ["s", "b"])
    if kind == "GroupNormalization":
        opset, groups = pick(rng, 18, 21), pick(rng, 1, 2)
        s, b = (s, b) if opset == 21 else (s[:groups], b[:groups])
        return opset, case(helper.make_node(kind, ["x", "s", "b"], ["y"], num_groups=groups), {"x": x, "s": s, "b": b}, ["s", "b"])
    inputs = {"x": x, "s": s, "b": b, "m": floats(rng, [channels]), "v": np.abs(floats(rng, [channels])) + 0.1}
    if rng.random() < 0.4:
        return 15, case(helper.make_node(kind, list(inputs), ["y", "m2", "v2"], training_mode=1), inputs, ["s", "b", "m", "v"])
    return 15, case(helper.make_node(kind, list(inputs), ["y"], epsilon=1e-3), inputs, ["s", "b", "m", "v"])


# Products


@operator("MatMul")
def matmul(rng):
    batch = sizes(rng, int(rng.integers(0, 3)), 1, 3)
    n, k, m = sizes(rng, 3)
    a = [1 if rng.random() < 0.3 else n for n in batch][int(rng.integers(0, len(batch) + 1)):] + [n, k]
    b = [1 if rng.random() < 0.3 else n for n in batch][int(rng.integers(0, len(batch) + 1)):] + [k, m]
    if rng.random() < 0.2:
        a = [k]
    if rng.random() < 0.2:
        b = [k]
    return 13, case(helper.make_node("MatMul", ["a", "b"], ["y"]), {"a": floats(rng, a), "b": floats(rng, b)}, pick(rng, [], ["a"], ["b"], ["b"]))


@operator("Gemm")
def gemm(rng):
    n, k, m = sizes(rng, 3)
    attributes = {"transA": pick(rng, 0, 1), "transB": pick(rng, 0, 1)}
    maybe(rng, attributes, "alpha", 0.5)
    maybe(rng, attributes, "beta", 1.5)
    inputs = {"a": floats(rng, [k, n] if attributes["transA"] else [n, k]), "b": floats(rng, [m, k] if attributes["transB"] else [k, m])}
    if rng.random() < 0.8:
        inputs["c"] = floats(rng, pick(rng, [n, m], [m], [1, m], [n, 1], [1], []))
    return 13, case(helper.make_node("Gemm", list(inputs), ["y"], **attributes), inputs, pick(rng, [], ["b"], ["b", "c"], ["c"], ["a"]))


@operator("Einsum")
def einsum(rng):
    letters = "abcde"
    length = dict(zip(letters, sizes(rng, 5, 1, 4)))
    terms = []
    for _ in range(int(rng.integers(1, 4))):
        names = rng.permutation(list(letters))[: rng.integers(1, 4)].tolist()
        terms.append("".join(names))
    used = sorted(set("".join(terms)))
    kept = rng.permutation(used)[: rng.integers(0, len(used) + 1)].tolist()
    equation = ",".join(terms) + ("->" + "".join(kept) if rng.random() < 0.8 else "")
    if rng.random() < 0.2:
        equation = "...ab,...bc->...ac"
        terms = ["xab", "bc"]
        length["x"] = 2
    inputs = {f"x{i}": floats(rng, [length[c] for c in term]) for i, term in enumerate(terms)}
    return 13, case(helper.make_node("Einsum", list(inputs), ["y"], equation=equation), inputs, [n for n in inputs if rng.random() < 0.3])


@operator("Attention")
def attention(rng):
    batch, heads, queries, keys, width = 2, pick(rng, 1, 2, 4), *sizes(rng, 3, 1, 5)
    shared = heads if rng.random() < 0.6 else 1
    packed = rng.random() < 0.4
    if packed:
        shapes = [[batch, queries, heads * width], [batch, keys, shared * width], [batch, keys, shared * width]]
        attributes = {"q_num_heads": heads, "kv_num_heads": shared}
    else:
        shapes = [[batch, heads, queries, width], [batch, shared, keys, width], [batch, shared, keys, width]]
        attributes = {}
    inputs = {n: floats(rng, s, 1) for n, s in zip("qkv", shapes)}
    maybe(rng, attributes, "is_causal", 1, 0.4)
    maybe(rng, attributes, "scale", 0.7, 0.3)
    maybe(rng, attributes, "softcap", 2.0, 0.2)
    if rng.random() < 0.4:
        shape = pick(rng, [queries, keys], [1, 1, queries, keys], [batch, 1, queries, keys], [batch, heads, queries, keys])
        inputs["m"] = rng.random(shape) < 0.7 if rng.random() < 0.4 else floats(rng, shape)
        if inputs["m"].dtype == bool:
            inputs["m"][..., 0] = True
    return pick(rng, 23, 24), case(helper.make_node("Attention", list(inputs), ["y"], **attributes), inputs, ["m"] if rng.random() < 0.5 else [])


# Element by element


@operator("Binary")
def binary(rng):
    kind = pick(rng, "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Where", "And", "Or", "Xor")
    shape = sizes(rng, pick(rng, 1, 2, 3), 1, 4)
    thin = lambda: [1 if rng.random() < 0.3 else n for n in shape][int(rng.integers(0, len(shape))):]
    a, b = floats(rng, thin()), floats(rng, thin())
    attributes = {}
    if kind in ("And", "Or", "Xor"):
        a, b = a > 0, b > 0
    elif kind == "Pow":
        a = np.abs(a) + 0.1
    elif kind == "Mod":
        if rng.random() < 0.5:
            attributes["fmod"] = 1
        else:
            a, b = (rng.integers(-9, 10, a.shape).astype(np.int32), np.where((c := rng.integers(-4, 5, b.shape)) == 0, 3, c).astype(np.int32))
    elif kind == "Div" and rng.random() < 0.5:
        a, b = (rng.integers(-9, 10, a.shape).astype(np.int64), np.where((c := rng.integers(-4, 5, b.shape)) == 0, 3, c).astype(np.int64))
    elif kind in ("Equal", "Max", "Min", "Less") and rng.random() < 0.5:
        a, b = rng.integers(-2, 3, a.shape).astype(np.int32), rng.integers(-2, 3, b.shape).astype(np.int32)
    inputs = {"a": a, "b": b}
    names = ["a", "b"]
    if kind == "Where":
        inputs["c"] = rng.random(thin()) < 0.5
        names = ["c", "a", "b"]
    return 16, case(helper.make_node(kind, names, ["y"], **attributes), inputs, pick(rng, [], ["a"], ["b"], ["c"]))


@operator("Unary")
def unary(rng):
    simple = "Relu Sigmoid Tanh Softplus Softsign Mish HardSwish Neg Abs Reciprocal Sqrt Exp Log Erf Sin Cos Floor Ceil Round Sign Gelu Identity Not IsNaN".split()
    with_numbers = {"LeakyRelu": ["alpha"], "Elu": ["alpha"], "Celu": ["alpha"], "Selu": ["alpha", "gamma"], "HardSigmoid": ["alpha", "beta"], "ThresholdedRelu": ["alpha"], "Shrink": ["lambd", "bias"]}
    kind = pick(rng, *simple, *with_numbers)
    x = floats(rng, sizes(rng, pick(rng, 1, 2, 3)))
    if kind in ("Sqrt", "Log"):
        x = np.abs(x) + 0.01
    if kind == "Round":
        x = np.round(x * 2) / 2
    if kind == "Not":
        x = x > 0
    attributes = {n: float(rng.uniform(0.1, 1.5)) for n in with_numbers.get(kind, []) if rng.random() < 0.7}
    if kind == "Gelu":
        maybe(rng, attributes, "approximate", "tanh")
    return 20, case(helper.make_node(kind, ["x"], ["y"], **attributes), {"x": x})


@operator("Clip")
def clip(rng):
    x = floats(rng, sizes(rng, 2))
    if rng.random() < 0.3:
        return 9, case(helper.make_node("Clip", ["x"], ["y"], min=-1.0, max=0.5), {"x": x})
    inputs, names = {"x": x}, ["x", "", ""]
    if rng.random() < 0.7:
        inputs["low"], names[1] = np.float32(rng.uniform(-2, 0)), "low"
    if rng.random() < 0.7:
        inputs["high"], names[2] = np.float32(rng.uniform(-1, 2)), "high"
    return 13, case(helper.make_node("Clip", names, ["y"]), inputs, ["low", "high"])


@operator("PRelu")
def prelu(rng):
    shape = sizes(rng, 3)
    slope = pick(rng, shape, shape[1:], [shape[-1]], [1], [shape[1], 1])
    return 16, case(helper.make_node("PRelu", ["x", "s"], ["y"]), {"x": floats(rng, shape), "s": floats(rng, slope)}, ["s"])


@operator("Variadic")
def variadic(rng):
    shape = sizes(rng, 2)
    inputs = {f"x{i}": floats(rng, shape if i == 0 else pick(rng, shape, shape[1:], [1])) for i in range(int(rng.integers(1, 4)))}
    return 13, case(helper.make_node(pick(rng, "Max", "Min", "Sum", "Mean"), list(inputs), ["y"]), inputs, [n for n in inputs if rng.random() < 0.3])


@operator("Cast")
def cast(rng):
    source = pick(rng, np.float32, np.int64, np.int32, np.bool_, np.float16, np.uint8)
    x = (rng.uniform(-6, 6, sizes(rng, 2)) if source != np.uint8 else rng.uniform(0, 200, sizes(rng, 2))).astype(source)
    to = pick(rng, TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL, TensorProto.DOUBLE, TensorProto.INT8)
    return 13, case(helper.make_node("Cast", ["x"], ["y"], to=to), {"x": x})


@operator("OneHot")
def one_hot(rng):
    shape, depth = sizes(rng, pick(rng, 1, 2)), int(rng.integers(1, 6))
    inputs = {"i": rng.integers(-depth, depth, shape).astype(np.int64), "d": ints(depth), "v": floats(rng, [2])}
    return 11, case(helper.make_node("OneHot", ["i", "d", "v"], ["y"], axis=int(rng.integers(-len(shape) - 1, len(shape) + 1))), inputs, ["d", "v"])


# Quantisation

INTEGERS = {"uint8": (0, 255), "int8": (-128, 127), "uint16": (0, 65535), "int16": (-32768, 32767)}


def quantization(rng, dequantize):
    opset = pick(rng, 13, 19, 21)
    shape = sizes(rng, pick(rng, 2, 3, 4), 1, 5)
    kind = pick(rng, *(["uint8", "int8"] if opset < 21 else list(INTEGERS)))
    low, high = INTEGERS[kind]
    axis = int(rng.integers(len(shape)))
    attributes = {}
    layout = pick(rng, "tensor", "axis", *(["block"] if opset >= 21 else []))
    own = []
    if layout == "axis":
        own = [shape[axis]]
        attributes["axis"] = pick(rng, axis, axis - len(shape))
    if layout == "block":
        block = int(rng.integers(1, shape[axis] + 1))
        own = list(shape)
        own[axis] = -(-shape[axis] // block)
        attributes |= {"axis": axis, "block_size": block}
    scale = rng.choice([0.25, 0.5, 0.1, 0.037], own).astype(np.float32)
    inputs = {"s": np.array(scale)}
    names = ["x", "s"]
    if rng.random() < 0.7 or dequantize and kind != "uint8":
        zero = rng.integers(low // 4, high // 4 + 1, own) if rng.random() < 0.7 else np.zeros(own)
        inputs["z"] = np.array(zero, dtype=kind)
        names.append("z")
    if dequantize:
        inputs["x"] = rng.integers(low, high + 1, shape).astype(kind)
    else:
        x = floats(rng, shape, pick(rng, 2, 40))
        inputs["x"] = np.round(x * 8) / 8 if rng.random() < 0.5 else x
    node = helper.make_node("DequantizeLinear" if dequantize else "QuantizeLinear", names, ["y"], **attributes)
    return opset, case(node, inputs, ["s", "z"] if rng.random() < 0.8 else [])


GENERATORS["QuantizeLinear"] = lambda rng: quantization(rng, False)
GENERATORS["DequantizeLinear"] = lambda rng: quantization(rng, True)

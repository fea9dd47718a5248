"""Writes Tests/Fixtures/batch/fixed: networks whose files fix the batch, with ONNX Runtime's values.

The graphs are written node by node, as exporters write them: literal batch sizes in shapes,
constants repeated for every sample. Twelve samples run four at a time.

Run:  python Tools/make_batch_fixtures.py
Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent.parent / "Tests/Fixtures/batch/fixed"
SAMPLES = 12


class Sketch:
    def __init__(self, name, inputs, batch):
        self.name, self.inputs, self.batch = name, inputs, batch
        self.nodes, self.tensors, self.outputs = [], [], []
        self.random = np.random.default_rng(sum(map(ord, name)))

    def constant(self, name, array):
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name, *shape):
        return self.constant(name, (self.random.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32))

    def shape(self, name, *lengths):
        return self.constant(name, np.array(lengths, np.int64))

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def layer(self, name, value, inputs, outputs):
        product = self.node("MatMul", [value, self.weight(name + ".w", inputs, outputs)], name + ".product")
        return self.node("Add", [product, self.weight(name + ".b", outputs)], name)

    def output(self, value, shape):
        self.outputs.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, shape))

    def write(self):
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [self.batch, *shape])
            for name, shape in self.inputs.items()
        ]
        graph = helper.make_graph(self.nodes, self.name, inputs, self.outputs, self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, FOLDER / f"{self.name}.onnx")
        arrays = {
            name: self.random.standard_normal((SAMPLES, *shape)).astype(np.float32) for name, shape in self.inputs.items()
        }
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        step = self.batch if isinstance(self.batch, int) else SAMPLES
        parts = [
            session.run(names, {name: array[start : start + step] for name, array in arrays.items()})
            for start in range(0, SAMPLES, step)
        ]
        joined = [np.concatenate(part) if len(part) > 1 else part[0] for part in zip(*parts)]
        np.savez(FOLDER / f"{self.name}.in.npz", **arrays)
        np.savez(FOLDER / f"{self.name}.out.npz", **dict(zip(names, joined)))


def tokens():
    sketch = Sketch("tokens", {"x": [3, 8]}, 4)
    token = sketch.constant("token", np.tile(sketch.random.standard_normal((1, 1, 8)), (4, 1, 1)).astype(np.float32))
    joined = sketch.node("Concat", [token, "x"], "joined", axis=1)
    embedded = sketch.layer("embed", joined, 8, 8)
    heads = {}
    for part in "qkv":
        split = sketch.node("Reshape", [sketch.layer(part, embedded, 8, 8), sketch.shape(part + ".s", 4, 4, 2, 4)], part + ".split")
        turned = sketch.node("Transpose", [split], part + ".turned", perm=[0, 2, 1, 3])
        heads[part] = sketch.node("Reshape", [turned, sketch.shape(part + ".h", 8, 4, 4)], part + ".heads")
    columns = sketch.node("Transpose", [heads["k"]], "k.columns", perm=[0, 2, 1])
    scores = sketch.node("MatMul", [heads["q"], columns], "scores")
    mixed = sketch.node("MatMul", [sketch.node("Softmax", [scores], "attention", axis=-1), heads["v"]], "mixed")
    apart = sketch.node("Reshape", [mixed, sketch.shape("apart.s", 4, 2, 4, 4)], "apart")
    back = sketch.node("Transpose", [apart], "back", perm=[0, 2, 1, 3])
    merged = sketch.node("Reshape", [back, sketch.shape("merged.s", 4, -1)], "merged")
    sketch.output(sketch.layer("y", merged, 32, 5), [4, 5])
    return sketch


def stacked():
    sketch = Sketch("stacked", {"x": [2, 6]}, 4)
    views = sketch.node("Transpose", ["x"], "views", perm=[1, 0, 2])
    stack = sketch.node("Reshape", [views, sketch.shape("stack.s", 8, 6)], "stack")
    hidden = sketch.node("Relu", [sketch.layer("hidden", stack, 6, 7)], "relu")
    second = sketch.layer("second", hidden, 7, 3)
    apart = sketch.node("Reshape", [second, sketch.shape("apart.s", 2, 4, 3)], "apart")
    back = sketch.node("Transpose", [apart], "back", perm=[1, 0, 2])
    flat = sketch.node("Reshape", [back, sketch.shape("flat.s", 4, 6)], "flat")
    sketch.output(sketch.layer("y", flat, 6, 5), [4, 5])
    return sketch


def meets():
    sketch = Sketch("meets", {"x": [6]}, 4)
    hidden = sketch.node("Relu", [sketch.layer("hidden", "x", 6, 7)], "relu")
    mean = sketch.node("ReduceMean", [hidden], "mean", axes=[0], keepdims=1)
    centred = sketch.node("Sub", [hidden, mean], "centred")
    sketch.output(sketch.layer("y", centred, 7, 5), [4, 5])
    return sketch


def rows():
    sketch = Sketch("rows", {"x": [6]}, 4)
    hidden = sketch.node("Relu", [sketch.layer("hidden", "x", 6, 7)], "relu")
    moved = sketch.node("Add", [hidden, sketch.weight("places", 4, 7)], "moved")
    sketch.output(sketch.layer("y", moved, 7, 5), [4, 5])
    return sketch


def mean_of_all():
    sketch = Sketch("meanN", {"x": [6]}, "N")
    hidden = sketch.node("Relu", [sketch.layer("hidden", "x", 6, 7)], "relu")
    y = sketch.layer("y", hidden, 7, 5)
    mean = sketch.node("ReduceMean", [y], "mean", axes=[0], keepdims=0)
    every = sketch.node("ReduceMax", [y], "every", keepdims=0)
    sketch.output(y, ["N", 5])
    sketch.output(mean, [5])
    sketch.output(every, [])
    return sketch


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for make in (tokens, stacked, meets, rows, mean_of_all):
        make().write()


if __name__ == "__main__":
    main()

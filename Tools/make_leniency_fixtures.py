"""Makes Tests/Fixtures/onnx-leniency and Tests/Fixtures/remedies: small ONNX files that state their shapes loosely, with what ONNX
Runtime computes from them, and the networks that the tests of error messages provoke errors with.

The files in onnx-leniency/hostile came from elsewhere and stay as they are.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from fixture_io import FIXTURES

FLOAT = TensorProto.FLOAT
LARGE = [10**9, 2**31 - 1, 2**31, 2**62, 2**63 - 1]
LOWEST, HIGHEST = -(2**63), 2**63 - 1
random = np.random.RandomState(7)


def floats(*shape):
    return random.randn(*shape).astype(np.float32)


def integers(*values):
    return np.array(values, np.int64)


def model(nodes, inputs, constants, opset):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("y", FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9, producer_name="volley-tools")


def save(folder, name, nodes, inputs, constants, arrays, opset=17):
    path = FIXTURES / folder / name
    onnx.save(model(nodes, inputs, constants, opset), f"{path}.onnx")
    session = onnxruntime.InferenceSession(f"{path}.onnx", providers=["CPUExecutionProvider"])
    np.savez(f"{path}.in.npz", **arrays)
    np.savez(f"{path}.out.npz", y=session.run(["y"], arrays)[0])


def node(operator, inputs, output, **attributes):
    return helper.make_node(operator, inputs, [output], name=output, **attributes)


def leniency():
    weight = {"w": floats(5, 4)}
    save("onnx-leniency", "negative",
         [node("MatMul", ["x", "w"], "h"), node("Relu", ["h"], "a"), node("ReduceMean", ["a"], "y", axes=[1], keepdims=0)],
         {"x": [-1, -1, 5]}, weight, {"x": floats(2, 3, 5)})
    for name, shapes in [("question", [["?", "?", 5]] * 2), ("unnamed", [["", "", 5], [None, None, 5]]), ("symbol", [["N", "s", 5]] * 2)]:
        save("onnx-leniency", name, [node("Concat", ["a", "b"], "c", axis=1), node("MatMul", ["c", "w"], "y")],
             {"a": shapes[0], "b": shapes[1]}, weight, {"a": floats(2, 3, 5), "b": floats(2, 4, 5)})
    nodes, constants, last = [], dict(weight), "x"
    for number, end in enumerate(LARGE):
        constants[f"start{number}"] = integers(0, 0, LOWEST if number % 2 else 0)
        constants[f"end{number}"] = integers(end, end, end)
        nodes.append(node("Slice", [last, f"start{number}", f"end{number}"], f"slice{number}"))
        last = f"slice{number}"
    constants |= {"last": integers(HIGHEST), "before": integers(LOWEST), "axis": integers(2), "back": integers(-1), "batch": integers(0)}
    nodes += [node("Slice", [last, "last", "before", "axis", "back"], "reversed"),
              node("Slice", ["reversed", "before", "last", "batch"], "kept"), node("MatMul", ["kept", "w"], "y")]
    save("onnx-leniency", "slices", nodes, {"x": ["N", 3, 5]}, constants, {"x": floats(2, 3, 5)})
    save("onnx-leniency", "attributes",
         [node("Slice", ["x"], "v", starts=[LOWEST, 1], ends=[HIGHEST, 10**9], axes=[0, 1]), node("MatMul", ["v", "w"], "y")],
         {"x": ["N", 3, 5]}, weight, {"x": floats(2, 3, 5)}, opset=9)
    save("onnx-leniency", "shape",
         [node("Shape", ["x"], "s", start=LOWEST, end=HIGHEST), node("Flatten", ["x"], "flat"), node("Reshape", ["flat", "s"], "back"),
          node("MatMul", ["back", "w"], "y")], {"x": ["N", 3, 5]}, weight, {"x": floats(2, 3, 5)})


def remedies():
    constants = {"w1": floats(6, 4), "b1": floats(6), "w2": floats(3, 6), "b2": floats(3)}
    nodes = [helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="first", transB=1), node("Relu", ["h"], "a"),
             helper.make_node("Gemm", ["a", "w2", "b2"], ["y"], name="head", transB=1)]
    save("remedies", "two-layers", nodes, {"x": ["N", 4]}, constants, {"x": floats(32, 4)})
    deep = [helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="first", transB=1), node("Relu", ["h"], "a"),
            helper.make_node("Gemm", ["a", "w3", "b1"], ["i"], name="middle", transB=1), node("Relu", ["i"], "c"),
            helper.make_node("Gemm", ["c", "w2", "b2"], ["y"], name="head", transB=1)]
    save("remedies", "three-layers", deep, {"x": ["N", 4]}, constants | {"w3": floats(6, 6)}, {"x": floats(32, 4)})
    onnx.save(model(nodes, {"x": ["N", 4]}, constants, 5), FIXTURES / "remedies" / "old.onnx")
    external = model(nodes, {"x": ["N", 4]}, constants, 17)
    (FIXTURES / "remedies" / "external").mkdir(exist_ok=True)
    (FIXTURES / "remedies" / "external" / "weights.data").unlink(missing_ok=True)
    onnx.save(external, FIXTURES / "remedies" / "external" / "model.onnx", save_as_external_data=True, location="weights.data", size_threshold=0)


if __name__ == "__main__":
    leniency()
    remedies()

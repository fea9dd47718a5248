"""Makes one-node networks of recurrent layers and of local response normalisation, with their outputs.

Writes Tests/Fixtures/onnx-recurrent/, with for every case
    NAME.onnx        one node; weights are initialisers; the batch is open where it is the first axis
    NAME.in.npz      its inputs
    NAME.out.npz     what ONNX Runtime makes of them; of a layout that it lacks, what the onnx
                     package's reference does; of an even number of channels, the formula
    MANIFEST.json    versions and sha256

Run:  python Tools/make_recurrent_fixtures.py      (2 seconds)
Pinned versions: Tools/requirements.txt. The seed is fixed.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from fixture_io import FIXTURES, fresh_folder, write_manifest

OUT = FIXTURES / "onnx-recurrent"
SEED = 8100
LENGTH, BATCH, WIDTH, HIDDEN = 4, 3, 5, 2
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(kind, generator, direction="forward", bias=True, states=False, peepholes=False, layout=0, **attributes):
    """The node, its weights and its inputs."""
    count, rows = (2 if direction == "bidirectional" else 1), GATES[kind] * HIDDEN

    def random(*shape):
        return generator.uniform(-1, 1, shape).astype(np.float32)

    weights = {"W": random(count, rows, WIDTH), "R": random(count, rows, HIDDEN)}
    if bias:
        weights["B"] = random(count, 2 * rows)
    inputs = {"x": random(BATCH, LENGTH, WIDTH) if layout else random(LENGTH, BATCH, WIDTH)}
    names = ["x", "W", "R", "B" if bias else "", "", "", "", ""]
    if states:
        shape = (BATCH, count, HIDDEN) if layout else (count, BATCH, HIDDEN)
        inputs["h"], names[5] = random(*shape), "h"
        if kind == "LSTM":
            inputs["c"], names[6] = random(*shape), "c"
    if peepholes:
        weights["P"], names[7] = random(count, 3 * HIDDEN), "P"
    while not names[-1]:
        names.pop()
    outputs = ["y", "last"] + (["cell"] if kind == "LSTM" else [])
    if layout:
        attributes["layout"] = 1
    node = helper.make_node(kind, names, outputs, name="layer", hidden_size=HIDDEN, direction=direction, **attributes)
    axis = 0 if layout else 1
    return node, weights, inputs, {n: axis if n == "x" or not layout else 0 for n in inputs}


def responses(generator, shape, **attributes):
    inputs = {"x": generator.normal(0, 3, shape).astype(np.float32)}
    return helper.make_node("LRN", ["x"], ["y"], name="layer", **attributes), {}, inputs, {"x": 0}


def formula(x, size, alpha, beta, bias):
    """What the format's text says of LRN. Neither program takes even sizes as it says."""
    squares = [(x[:, max(0, c - (size - 1) // 2):c + size // 2 + 1] ** 2).sum(axis=1) for c in range(x.shape[1])]
    return x / (bias + alpha / size * np.stack(squares, axis=1)) ** beta


def cases(generator):
    yield "lstm", recurrent("LSTM", generator)
    yield "lstm-reverse-states", recurrent("LSTM", generator, direction="reverse", states=True)
    yield "lstm-both-ways", recurrent("LSTM", generator, direction="bidirectional", states=True)
    yield "lstm-both-ways-peepholes", recurrent("LSTM", generator, direction="bidirectional", peepholes=True)
    yield "lstm-peepholes-states", recurrent("LSTM", generator, peepholes=True, states=True)
    yield "lstm-without-bias", recurrent("LSTM", generator, bias=False)
    yield "lstm-batch-first", recurrent("LSTM", generator, layout=1, states=True)
    yield "lstm-other-functions", recurrent("LSTM", generator, activations=["Sigmoid", "Relu", "Tanh"])
    yield "gru", recurrent("GRU", generator)
    yield "gru-states", recurrent("GRU", generator, direction="bidirectional", states=True)
    yield "gru-resets-behind", recurrent("GRU", generator, linear_before_reset=1)
    yield "gru-resets-behind-states", recurrent("GRU", generator, direction="bidirectional", states=True, linear_before_reset=1)
    yield "gru-without-bias", recurrent("GRU", generator, bias=False, direction="reverse", linear_before_reset=1)
    yield "rnn", recurrent("RNN", generator, states=True)
    yield "rnn-both-ways", recurrent("RNN", generator, direction="bidirectional", activations=["Relu", "Tanh"])
    yield "responses", responses(generator, (2, 7, 3, 2), size=3)
    yield "responses-even", responses(generator, (2, 7, 3, 2), size=4, alpha=0.2, beta=0.5, bias=2.0)
    yield "responses-wide", responses(generator, (2, 3, 4, 1), size=7, alpha=1.5, beta=0.75)


def declared(name, array, batch_axis):
    shape = list(array.shape)
    if batch_axis == 0:
        shape[0] = "batch"
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def main():
    fresh_folder(OUT)
    generator = np.random.default_rng(SEED)
    made = 0
    for name, (node, weights, inputs, batch_axes) in cases(generator):
        graph = helper.make_graph(
            [node], name, [declared(n, a, batch_axes[n]) for n, a in inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in node.output],
            [numpy_helper.from_array(a, n) for n, a in weights.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path = OUT / f"{name}.onnx"
        onnx.save(model, path)
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if "layout" in attributes:
            outputs = ReferenceEvaluator(model).run(None, inputs)
        elif attributes.get("size", 1) % 2 == 0:
            outputs = [formula(inputs["x"], **attributes).astype(np.float32)]
        else:
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            outputs = session.run(None, inputs)
        np.savez(OUT / f"{name}.in.npz", **inputs)
        np.savez(OUT / f"{name}.out.npz", **dict(zip(node.output, outputs)))
        made += 1
    write_manifest(OUT, "make_recurrent_fixtures.py", SEED, ["onnx", "onnxruntime", "numpy"])
    print(f"{made} cases, {sum(p.stat().st_size for p in OUT.iterdir()) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()

"""Packs the backend node tests of the onnx package: one operator each, with inputs and outputs.

Writes Tests/Fixtures/onnx-node/, with
    <Operator>.npz   for every case CASE: CASE/model (uint8, the bytes of the ModelProto),
                     CASE/input/NAME and CASE/output/NAME; stored, not compressed
    index.json       for every operator its cases: opset, names, element types and shapes of the
                     inputs and outputs, and the tolerances rtol and atol that the tests of onnx use
    MANIFEST.json    versions, sha256, and every case that was left out, with the reason

A case that onnx derives from another one, by writing its operator out in simpler ones, holds
the model only: `dataOf` in index.json names the case whose inputs and outputs are its own too.

Run:  python Tools/make_onnx_node_fixtures.py      (20 seconds)
Pinned versions: Tools/requirements.txt. The onnx package fixes the seeds of its cases.
"""

import json
import warnings
from collections import defaultdict

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

from fixture_io import FIXTURES, fresh_folder, write_manifest

OUT = FIXTURES / "onnx-node"
LARGEST_CASE = 700_000  # bytes

OPERATORS = """
    Add Sub Mul Div Pow Min Max Mod Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor Not Neg Abs Log Exp
    Sqrt Reciprocal Floor Ceil Round Sign Sin Cos Erf Tanh Sigmoid Relu LeakyRelu Elu Celu Selu HardSigmoid HardSwish
    Clip PRelu Softplus Softsign Mish Gelu Softmax LogSoftmax LayerNormalization RMSNormalization
    GroupNormalization InstanceNormalization BatchNormalization ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd
    ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare Gemm MatMul Conv MaxPool AveragePool
    GlobalAveragePool GlobalMaxPool Reshape Flatten Transpose Squeeze Unsqueeze Slice Split Concat Gather
    GatherElements GatherND Expand Tile Pad Where Cast Identity Dropout Constant ConstantOfShape Range Shape Size
    ArgMax CumSum Trilu Einsum DepthToSpace SpaceToDepth IsNaN ThresholdedRelu
    Attention RotaryEmbedding IsInf Swish LpNormalization Sum Mean NonZero ScatterND EyeLike Shrink CastLike ArgMin
    Resize Upsample ConvTranspose TopK QuantizeLinear DequantizeLinear DynamicQuantizeLinear ScatterElements Scatter OneHot
""".split()

# Some operators have cases in double only. Bfloat16 and 4-bit integers are stored as wider types of NumPy.
KEPT_TYPES = {"float32", "float64", "float16", "bfloat16", "bool"} | {s + n for s in ("int", "uint") for n in ("4", "8", "16", "32", "64")}
WIDER = {"bfloat16": np.float32, "int4": np.int8, "uint4": np.uint8}


def array_of(value):
    """The value as an array, or the name of a type that has none in NumPy."""
    if isinstance(value, onnx.TensorProto):
        array = onnx.numpy_helper.to_array(value)
    elif isinstance(value, (list, tuple)) or value is None:
        return None, "sequence or optional"
    else:
        array = np.asarray(value)
    kind = str(array.dtype)
    if kind in WIDER:
        return array.astype(WIDER[kind]), kind
    return (None, "string") if kind == "object" or kind.startswith("<U") else (array, kind)


def reason_to_skip(case, operator, kinds):
    odd = sorted(set(kinds) - KEPT_TYPES)
    if odd:
        return f"element type {', '.join(odd)}"
    if "float64" in case.name:
        return "the same case with float32 is there"
    if operator == "Dropout" and "training" in case.name:
        return "training"
    return None


def described(names, values):
    return [{"name": n, "type": kind, "shape": list(a.shape)} for n, (a, kind) in zip(names, values)]


def tensor_names(values):
    return [v.name for v in values]


def opset_of(model):
    return next(i.version for i in model.opset_import if i.domain in ("", "ai.onnx"))


def write_index(operators):
    """JSON with one case a line."""
    lines = ["{"]
    for position, (operator, cases) in enumerate(operators.items()):
        lines.append(f"  {json.dumps(operator)}: [")
        lines += [f"    {json.dumps(case)}" + ("," if i + 1 < len(cases) else "") for i, case in enumerate(cases)]
        lines.append("  ]" + ("," if position + 1 < len(operators) else ""))
    (OUT / "index.json").write_text("\n".join(lines + ["}"]) + "\n", encoding="utf-8")


def main():
    fresh_folder(OUT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # casts that overflow are meant to
        cases = {case.name: case for case in load_model_tests(kind="node")}

    arrays, index = defaultdict(dict), defaultdict(list)
    skipped, dropped = defaultdict(list), {}
    for name, case in sorted(cases.items()):
        base = cases[name.split("_expanded")[0]]
        operator = base.model.graph.node[0].op_type
        if operator not in OPERATORS:
            continue
        inputs, outputs = case.data_sets[0]
        found = [array_of(v) for v in [*inputs, *outputs]]
        reason = reason_to_skip(base, operator, [kind for _, kind in found])
        others = sorted({n.op_type for n in case.model.graph.node} - set(OPERATORS))
        if not reason and others:
            reason = f"written out with {', '.join(others)}"
        if reason:
            skipped[reason].append(name)
            continue
        model = case.model.SerializeToString()
        size = sum(a.nbytes for a, _ in found) + len(model)
        if size > LARGEST_CASE:
            dropped[name] = size
            continue

        values = [a for a, _ in found]
        input_names, output_names = tensor_names(case.model.graph.input), tensor_names(case.model.graph.output)
        if len(input_names) != len(inputs) or len(output_names) != len(outputs):
            raise SystemExit(f"{name}: the model has other inputs or outputs than the case")
        entry = {"case": name, "opset": opset_of(case.model),
                 "inputs": described(input_names, found), "outputs": described(output_names, found[len(inputs):]),
                 "rtol": case.rtol, "atol": case.atol}
        packed = {f"{name}/model": np.frombuffer(model, np.uint8)}
        if case is base:
            packed |= {f"{name}/input/{n}": v for n, v in zip(input_names, values)}
            packed |= {f"{name}/output/{n}": v for n, v in zip(output_names, values[len(inputs):])}
        else:
            entry["dataOf"] = base.name
            entry["operators"] = sorted({n.op_type for n in case.model.graph.node})
        arrays[operator].update(packed)
        index[operator].append(entry)

    for operator in OPERATORS:
        if not index[operator]:
            raise SystemExit(f"no case of {operator}")
        np.savez(OUT / f"{operator}.npz", **arrays[operator])
    write_index({operator: index[operator] for operator in OPERATORS})
    write_manifest(
        OUT, "make_onnx_node_fixtures.py", None, ["onnx", "numpy"],
        cases=sum(map(len, index.values())),
        derived_cases=sum("dataOf" in case for cases in index.values() for case in cases),
        dropped={"reason": f"more than {LARGEST_CASE} bytes", "bytes": dropped},
        skipped=dict(sorted(skipped.items())))
    size = sum(p.stat().st_size for p in OUT.iterdir())
    print(f"{len(index)} operators, {sum(map(len, index.values()))} cases, {size / 1e6:.2f} MB; "
          f"{sum(map(len, skipped.values()))} skipped, {len(dropped)} dropped")


if __name__ == "__main__":
    main()

"""Compares single operators with random attributes, inputs and versions with ONNX Runtime.

Every case is a model of one operator, whose data is either an input of the network ("computed") or stored in the file
("folded", to be computed while the file is read). What ONNX Runtime runs, volley has to give the same values for, or
refuse with exit code 2. Cases are run many to a file; those of a file that fails are run one by one.
Prints the number of cases per operator that agree, are refused and differ; every difference and every reason of a refusal
once, and writes the models and arrays of what differs to a folder.

Run:  python Tools/compare_onnx_operators.py --volley PATH [--cases 40] [--seed 0] [--only Conv …] [--keep FOLDER]
Ends with exit code 1 if a value differs or volley ends with another code than 0 or 2.
Pinned versions: Tools/requirements.txt.
"""

import argparse
import collections
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from onnx_operator_cases import GENERATORS

TOLERANCE = 2e-5  # of the output's range: float sums in another order
PACK = 24

onnxruntime.set_default_logger_severity(4)


def model_of(cases, opset):
    """One model of several cases; names carry the case's number. Every input holds its array twice, so that all have as many
    samples, and the first one is taken."""
    nodes, inputs, outputs, initializers, arrays = [], [], [], [], {}
    initializers.append(numpy_helper.from_array(np.array(0, np.int64), "first"))
    inputs.append(helper.make_tensor_value_info("unread", TensorProto.FLOAT, [2]))
    outputs.append(helper.make_empty_tensor_value_info("read"))
    nodes.append(helper.make_node("Identity", ["unread"], ["read"], name="reading"))
    arrays["unread"] = np.zeros(2, np.float32)
    for number, case in enumerate(cases):
        rename = lambda name: f"c{number}_{name}" if name else ""
        for name, array in case["inputs"].items():
            if name in case["stored"]:
                initializers.append(numpy_helper.from_array(array, rename(name)))
            else:
                kind = helper.np_dtype_to_tensor_dtype(array.dtype)
                inputs.append(helper.make_tensor_value_info(rename(name) + "_both", kind, [2, *array.shape]))
                arrays[rename(name) + "_both"] = np.stack([array, array])
                nodes.append(helper.make_node(
                    "Gather", [rename(name) + "_both", "first"], [rename(name)], axis=0, name=f"{rename(name)}_taken"))
        for name, tensor in case.get("tensors", {}).items():
            copy = onnx.TensorProto()
            copy.CopyFrom(tensor)
            copy.name = rename(name)
            initializers.append(copy)
        for index, node in enumerate(case["nodes"]):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.name = f"c{number}_{node.op_type}_{index}"
            copy.input[:] = [rename(name) for name in node.input]
            copy.output[:] = [rename(name) for name in node.output]
            nodes.append(copy)
        outputs += [helper.make_empty_tensor_value_info(rename(name)) for name in case["outputs"]]
    graph = helper.make_graph(nodes, "cases", inputs, outputs, initializers)
    domains = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=10), arrays


def expected(case, opset):
    """What ONNX Runtime gives, or None where it refuses."""
    model, arrays = model_of([case], opset)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        values = session.run(None, arrays)
    except Exception:
        return None
    return dict(zip(case["outputs"], values[1:]))


class Volley:
    def __init__(self, path):
        self.path = path

    def __call__(self, cases, opset, folder):
        """The values by name, or the exit code and the complaint."""
        model, arrays = model_of(cases, opset)
        path = Path(folder) / "model.onnx"
        onnx.save(model, path)
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        target.unlink(missing_ok=True)
        np.savez(source, **{name: array.astype(np.float32) for name, array in arrays.items()})
        done = subprocess.run(
            [self.path, "run", path, "--ann-only", "--input", source, "--output", target], capture_output=True, text=True)
        if done.returncode != 0:
            return None, (done.returncode, (done.stderr or done.stdout).strip().replace(str(path), "model"))
        with np.load(target) as found:
            return {name: found[name] for name in found.files}, None


def difference(found, right):
    """Why two arrays are not the same, or None."""
    if found is None:
        return "the output is missing"
    if found.shape != right.shape:
        return f"shape {found.shape}, expected {right.shape}"
    if right.size == 0:
        return None
    right = right.astype(np.float64)
    if not np.isfinite(right).all():
        return None  # a graph has no infinities
    scale = max(np.abs(right).max(), 1e-3)
    error = np.abs(found.astype(np.float64) - right).max() / scale
    return None if error <= TOLERANCE else f"off by {error:.2g} of the range; found {found.ravel()[:6]}, expected {right.ravel()[:6]}"


def judge(case, found):
    lines = []
    for name, right in case["right"].items():
        reason = difference(found.get(name), right)
        if reason:
            lines.append(f"{name}: {reason}")
    return "; ".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--volley", required=True)
    parser.add_argument("--cases", type=int, default=40, help="per operator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    volley = Volley(options.volley)
    failed = False
    for name, generator in GENERATORS.items():
        if options.only and name not in options.only:
            continue
        rng = np.random.default_rng([options.seed, *name.encode()])
        by_opset, tried = collections.defaultdict(list), 0
        while sum(map(len, by_opset.values())) < options.cases and tried < 20 * options.cases:
            tried += 1
            opset, case = generator(rng)
            case.setdefault("outputs", ["y"])
            # Data in the file, or computed.
            case["stored"] = set(case.get("stored", ())) | (set(case["inputs"]) if rng.random() < 0.25 else set())
            case["right"] = expected(case, opset)
            if case["right"] is not None:
                by_opset[opset].append(case)
        counts, reasons = collections.Counter(), collections.Counter()
        with tempfile.TemporaryDirectory() as folder:
            for opset, cases in by_opset.items():
                for first in range(0, len(cases), PACK):
                    pack = cases[first:first + PACK]
                    found, problem = volley(pack, opset, folder)
                    singles = [] if found is not None else pack
                    if found is not None:
                        for number, case in enumerate(pack):
                            own = {n: found.get(f"c{number}_{n}") for n in case["outputs"]}
                            if judge(case, own):
                                singles.append(case)
                            else:
                                counts["agree"] += 1
                    for case in singles:
                        found, problem = volley([case], opset, folder)
                        if found is not None:
                            found = {n: found.get(f"c0_{n}") for n in case["outputs"]}
                        wrong = judge(case, found) if found is not None else None
                        if problem and problem[0] == 2:
                            counts["refused"] += 1
                            reasons[problem[1].split(": ", 2)[-1][:160]] += 1
                        elif problem or wrong:
                            counts["differ"] += 1
                            failed = True
                            node = helper.printable_node(case["nodes"][0])
                            shapes = {n: (list(a.shape), "stored" if n in case["stored"] else "computed") for n, a in case["inputs"].items()}
                            small = {n: a.tolist() for n, a in case["inputs"].items() if n in case["stored"] and a.size <= 8}
                            print(f"  {name}, opset {opset}: {node}\n    {shapes} {small}\n    {wrong or problem}")
                            if options.keep:
                                options.keep.mkdir(parents=True, exist_ok=True)
                                stem = options.keep / f"{name}-{options.seed}-{counts['differ']}"
                                model, arrays = model_of([case], opset)
                                onnx.save(model, f"{stem}.onnx")
                                np.savez(f"{stem}.in.npz", **arrays)
                                np.savez(f"{stem}.out.npz", **{f"c0_{n}": v for n, v in case["right"].items()})
                        else:
                            counts["agree"] += 1
        print(f"{name}: {counts['agree']} agree, {counts['refused']} refused, {counts['differ']} differ, of {tried} tried", flush=True)
        for reason, count in reasons.most_common(6):
            print(f"    refused {count} x: {reason}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

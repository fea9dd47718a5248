"""Exports small networks to ONNX, with what ONNX Runtime computes.

Writes one folder per export, DIR/<model>-<exporter>[-opsetK][-<variant>]/, with
    model.onnx            as torch.onnx.export wrote it, not simplified, only without the folders
                          of Python's packages in the metadata (plus model.onnx.data in the
                          variant with external data); in the variant "qdq" as ONNX Runtime's
                          quantisation wrote it
    inputs.npz            one sample, or as many as the file takes where its batch is fixed: an array
                          for every input, under its ONNX name
    outputs.npz           what ONNX Runtime makes of it, under the ONNX output names
    inputs-three.npz      the same for three times as many samples; where the batch is fixed, ONNX
    outputs-three.npz     Runtime takes them in three runs
    inputs-longer.npz     three samples of another size, in the variant with dynamic lengths
    outputs-longer.npz
    calibration.npz       16 other samples
    info.json             operators with counts, opset, names and shapes, the largest difference
                          between torch and ONNX Runtime, or the error if the export failed
and DIR/SUMMARY.md, which lists every export in DIR and the operators of all of them.

The networks are listed in exported_models.py. All parameters are random, also norms, biases and
tokens, but for EfficientNet-Lite0's, which are trained; the statistics of batch normalisations are
measured on random images and then disturbed. Token masks have zeros.
The exporters are torch's: "torchscript" is dynamo=False, "dynamo" is dynamo=True.

Run:  python Tools/export_models.py --output DIR [--only NAME …] [--exporter torchscript|dynamo|both]
      (both exporters, all models: 12 minutes)
Pinned versions: Tools/requirements.txt. Seeds are fixed.
"""

import argparse
import contextlib
import io
import json
import logging
import shutil
import time
import warnings
from collections import Counter
from pathlib import Path

from exported_models import EXTRA, MODELS

import numpy as np
import torch
import transformers

from fixture_io import fresh_folder, versions, write_json
from onnx_exporting import (
    FIXED_BATCH, LARGEST_DIFFERENCE, LARGEST_QUANTISED, SEED, build, describe, export, longer, quantise, reason_of,
    remove_folders, run_both, session_of)

TORCHSCRIPT_OPSET = 17
LARGEST_MODEL = 30_000_000  # bytes
CALIBRATION = 16  # samples
PACKAGES = ["torch", "timm", "transformers", "onnx", "onnxscript", "onnxruntime", "numpy"]


def attempts(variant):
    """(dynamic batch, fallback) in the order in which they are tried. The fallbacks are attention
    written out as matrix products, and a mask of attention without torch.vmap."""
    for fallback in (None, "written out", "mask"):
        for dynamic in (True, False):
            if variant == "lengths" and not dynamic or variant == "batch4" and dynamic:
                continue
            yield dynamic, fallback


def make_one(name, exporter, opset, variant, folder):
    fresh_folder(folder)
    path = folder / "model.onnx"
    info = {"model": name, "exporter": exporter, "variant": variant, "opsetAskedFor": opset, "ok": False,
            "dynamicBatch": False, "failedAttempts": []}
    started = time.monotonic()
    for dynamic, fallback in attempts(variant):
        attention = "eager" if variant == "eager" else fallback or "default"
        try:
            for old in folder.iterdir():
                old.unlink()
            model, make_inputs, outputs = build(name, variant, fallback)
            generator = torch.Generator().manual_seed(SEED + 500)
            count = FIXED_BATCH if variant == "batch4" else 1
            one, three = make_inputs(count, generator), make_inputs(3 * count, generator)
            # Example inputs of more than one sample: the dynamo exporter takes a one for a constant.
            example = make_inputs(2, generator) if dynamic else one
            calibration = make_inputs(CALIBRATION, generator)
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                export(model, example, outputs, path, exporter, opset, variant, dynamic)
            if variant == "qdq":
                quantise(path, calibration)
            remove_folders(path)
            if path.stat().st_size > LARGEST_MODEL:
                raise RuntimeError(f"{path.stat().st_size} bytes are too many")
            session = session_of(path, literally=variant == "qdq")
            allowed = LARGEST_QUANTISED if variant == "qdq" else LARGEST_DIFFERENCE
            batch = None if dynamic else count
            sets = {"": one, "-three": three} | ({"-longer": longer(three)} if variant == "lengths" else {})
            results = {suffix: run_both(model, session, inputs, batch, allowed) for suffix, inputs in sets.items()}
            for suffix, (inputs, found, _, _) in results.items():
                np.savez(folder / f"inputs{suffix}.npz", **inputs)
                np.savez(folder / f"outputs{suffix}.npz", **found)
            np.savez(folder / "calibration.npz", **{n: calibration[n].numpy() for n in results[""][0]})
            info.update(describe(path))
            info.update(
                ok=True, dynamicBatch=dynamic, fixedBatch=batch, attention=attention,
                parameters=sum(p.numel() for p in model.parameters()),
                bytes=sum(p.stat().st_size for p in folder.glob("model.onnx*")),
                maxDifference=max(r[2] for r in results.values()),
                outputRange=max(r[3] for r in results.values()))
            break
        except Exception as error:  # any failure of an exporter is a result here
            info["failedAttempts"].append({"dynamicBatch": dynamic, "attention": attention, "error": reason_of(error)})
    else:
        for old in folder.iterdir():
            old.unlink()
    info["seconds"] = round(time.monotonic() - started, 1)
    info["seed"] = SEED
    info["versions"] = versions(*PACKAGES)
    write_json(folder / "info.json", info)
    return info


# The summary

def write_summary(root):
    infos = [json.loads(p.read_text()) | {"folder": p.parent.name} for p in sorted(root.glob("[!.]*/info.json"))]
    good = [i for i in infos if i["ok"]]
    lines = ["# Exports", ""]
    lines.append(", ".join(f"{k} {v}" for k, v in versions(*PACKAGES).items()) + f"; seed {SEED}.")
    lines += ["", f"{len(good)} of {len(infos)} exports made. Difference: torch against ONNX Runtime, over the "
              "range of the outputs. Attention: \"default\" is what the library takes by itself, \"eager\" and "
              "\"written out\" are matrix products and a softmax (asked for, or because the default cannot be "
              "exported), \"mask\" is the default with its mask made by broadcasting, because torch.vmap cannot be "
              "traced.", "",
              "| export | opset | batch | attention | nodes | kinds | size | difference |",
              "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for i in good:
        opset = i["opset"]["ai.onnx"]
        lines.append(
            f"| {i['folder']} | {opset} | {'dynamic' if i['dynamicBatch'] else i['fixedBatch']} | {i['attention']} | "
            f"{i['nodes']} | {len(i['ops'])} | {i['bytes'] / 1e6:.2f} MB | "
            f"{i['maxDifference'] / max(i['outputRange'], 1e-30):.1e} |")
    bad = [i for i in infos if not i["ok"]]
    if bad:
        lines += ["", "## Failed", ""]
        lines += [f"- {i['folder']}: {i['failedAttempts'][0]['error']}" for i in bad]
    tried = [i for i in good if i["failedAttempts"]]
    if tried:
        lines += ["", "## Made at a later attempt", ""]
        for i in tried:
            first = i["failedAttempts"][0]
            lines.append(f"- {i['folder']}: dynamic batch and attention \"{first['attention']}\" failed: "
                         f"{first['error']}")
    lines += ["", "## Operators", "", "| operator | torchscript | dynamo | exports |", "| --- | --- | --- | --- |"]
    totals, users = {"torchscript": Counter(), "dynamo": Counter()}, Counter()
    for i in good:
        totals[i["exporter"]].update(i["ops"])
        users.update(i["ops"].keys())
    for op in sorted(users, key=lambda o: (-users[o], o)):
        lines.append(f"| {op} | {totals['torchscript'][op]} | {totals['dynamo'][op]} | {users[op]} |")
    (root / "SUMMARY.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", required=True, type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(MODELS), help=", ".join(MODELS))
    parser.add_argument("--exporter", choices=["torchscript", "dynamo", "both"], default="both")
    parser.add_argument("--missing", action="store_true", help="leave exports alone that are there already")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)

    names = options.only or list(MODELS)
    exporters = ["torchscript", "dynamo"] if options.exporter == "both" else [options.exporter]
    opsets = {"torchscript": TORCHSCRIPT_OPSET, "dynamo": None}  # the dynamo exporter has a default of its own
    work = [(n, e, opsets[e], None, f"{n}-{e}") for n in names for e in exporters]
    for name, exporter, opset, variant in EXTRA:
        if name in names and exporter in exporters:
            label = "-".join([name, exporter] + ([f"opset{opset}"] if opset else []) + ([variant] if variant else []))
            work.append((name, exporter, opset or opsets[exporter], variant, label))

    options.output.mkdir(parents=True, exist_ok=True)
    for name, exporter, opset, variant, label in work:
        folder = options.output / label
        if options.missing and (folder / "info.json").exists():
            continue
        partial = options.output / f".{label}"
        info = make_one(name, exporter, opset, variant, partial)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
        write_summary(options.output)
        if info["ok"]:
            print(f"{label}: {info['nodes']} nodes, batch {'dynamic' if info['dynamicBatch'] else 'static'}, "
                  f"difference {info['maxDifference']:.1e} of {info['outputRange']:.1f}, {info['bytes'] / 1e6:.2f} MB, "
                  f"{info['seconds']} s, {len(info['failedAttempts'])} attempts failed", flush=True)
        else:
            print(f"{label}: failed, {info['failedAttempts'][0]['error']}", flush=True)


if __name__ == "__main__":
    main()

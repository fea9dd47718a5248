"""What compare_peers.py times: ONNX Runtime and SpikingJelly in this process, volley in one of its own.

Makes nothing by itself.
"""

import torchvision_shim  # noqa: F401  (first: it lets timm import)

import contextlib
import io
import json
import logging
import shutil
import subprocess
import time
import warnings
from statistics import median

import numpy as np
import onnxruntime
import torch
from onnxruntime import quantization
from torch import nn

from onnx_exporting import quantise

OPSET = 17
SECONDS = 2  # that a timing lasts, about
SPIKINGJELLY_STEPS = 4


def milliseconds(run, samples):
    """Per sample: the median of as many runs as fill SECONDS, after one that is not counted."""
    run()
    times, end = [], time.perf_counter() + SECONDS
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return median(times) * 1000 / samples


def repetitions(milliseconds_each):
    """How many runs of volley make one timing: about SECONDS of its ANN, within reason."""
    return max(3, min(15, round(SECONDS * 1000 / milliseconds_each)))


# ONNX Runtime

def export(model, images, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about Python conditions on shapes
        torch.onnx.export(
            model, (images[:2],), path, dynamo=False, opset_version=OPSET, input_names=["input"],
            output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})


def is_convolutional(model):
    convolutions, linear = (sum(isinstance(m, kind) for m in model.modules()) for kind in (nn.Conv2d, nn.Linear))
    return convolutions > linear


def quantise_dynamic(path, quantised, convolutional):
    """8 bits as `quantize_dynamic` makes them: weights rounded beforehand, activations by their own range at each run.
    Of CNNs it makes integer convolutions (ConvInteger). Their weights must be unsigned: for signed ones, its default,
    ONNX Runtime has no fast kernel, and they take 4 (ResNet-18) to 8 (MobileNetV2) times as long as in fp32. Matrix
    products are fastest with signed ones."""
    kind = quantization.QuantType.QUInt8 if convolutional else quantization.QuantType.QInt8
    with quietly():
        plain = quantised.with_name("plain.onnx")
        quantization.quant_pre_process(path, plain)
        quantization.quantize_dynamic(plain, quantised, weight_type=kind)
        plain.unlink()


def quantise_static(path, quantised, images):
    """8 bits as ONNX Runtime's documentation advises for CNNs: `quantize_static` with ranges of activations from
    calibration images, signed weights per channel and unsigned activations."""
    shutil.copy(path, quantised)
    with quietly():
        quantise(quantised, {"input": images})


@contextlib.contextmanager
def quietly():
    """Without the quantisers' advice."""
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def session(path, images, threads):
    """Computes the outputs of `images`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    made = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = {"input": images.numpy()}
    return lambda: made.run(None, inputs)[0]


def relative_distance(found, expected):
    """Root mean square of the difference, over that of `expected`: what volley reports of rounded weights."""
    return float(np.linalg.norm(found.astype(np.float64) - expected) / np.linalg.norm(expected.astype(np.float64)))


# SpikingJelly

def spikingjelly_snn(model, images):
    """Changes `model`: the inputs of every linear layer and convolution but the first become spikes."""
    from spikingjelly.activation_based.neuron import IFNode

    layers = [(name, module) for name, module in model.named_modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    nodes = [IFNode() for _ in layers[1:]]
    for node, (name, layer) in zip(nodes, layers[1:]):
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, nn.Sequential(node, layer))

    def run():
        for node in nodes:  # not functional.reset_net, which also calls what timm's heads call `reset`
            node.reset()
        with torch.no_grad():
            return sum(model(images) for _ in range(SPIKINGJELLY_STEPS)) / SPIKINGJELLY_STEPS
    return run


def with_torch_threads(threads, run):
    def timed():
        torch.set_num_threads(threads)
        return run()
    return timed


# Volley

def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def bench(volley, folder, case, batch, threads, repetitions):
    """What `volley bench` measures, in a process of its own."""
    result = folder / "bench.json"
    call(volley, "bench", folder / f"{case.network}.volley", "--input", folder / "images.npz", "--steps", case.steps,
         "--batch", batch, "--threads", threads, "--weights", case.weights, "--repetitions", repetitions,
         "--json", result)
    found = json.loads(result.read_text())
    asked = dict(steps=case.steps, batch=batch, threads=threads)
    if any(found[key] != value for key, value in asked.items()) or found["weights"]["kind"] != case.weights:
        raise SystemExit(f"volley bench was asked for {asked}, {case.weights} weights, and reports {found}")
    return found

"""Volley's dense product beside OpenBLAS (Debian: libopenblas0-pthread), one thread each, in turns.

    python3 Tools/compare_openblas.py .build/release/volley

OpenBLAS does not always know a processor (in a virtual machine it may fall back to SSE3), so every core type that runs here
is tried, and the fastest is what Volley is held against. Needs nothing but Python.
"""

import argparse
import array
import ctypes
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = [(i, o) for width in (384, 768, 1024) for i, o in ((width, width), (width, 4 * width), (4 * width, width))]
ROWS = 788
CORE_TYPES = [None] + (
    ["HASWELL", "ZEN", "SKYLAKEX", "COOPERLAKE"] if platform.machine() in ("x86_64", "AMD64") else ["ARMV8", "NEOVERSEN1"])
REQUIRED = 0.8


def load():
    name = "libopenblas.dylib" if sys.platform == "darwin" else "libopenblas.so.0"
    library = ctypes.CDLL(os.environ.get("OPENBLAS", name))
    library.openblas_set_num_threads(1)
    library.openblas_get_corename.restype = ctypes.c_char_p
    return library


def gmacs(library, shapes):
    """10^9 multiply-accumulates per second of each shape: medians of five repetitions of at least 20 ms."""
    pointer = ctypes.POINTER(ctypes.c_float)
    results = []
    for inputs, outputs in shapes:
        a, b, c = (ctypes.c_float * (ROWS * inputs))(), (ctypes.c_float * (inputs * outputs))(), (ctypes.c_float * (ROWS * outputs))()
        for matrix in (a, b):
            values = array.array("f", (random.uniform(-1, 1) for _ in range(1009)))
            whole = (values * (len(matrix) // len(values) + 1))[: len(matrix)]
            ctypes.memmove(matrix, whole.buffer_info()[0], 4 * len(matrix))

        def multiply(calls):
            began = time.perf_counter()
            for _ in range(calls):  # row-major, nothing transposed
                library.cblas_sgemm(
                    101, 111, 111, ROWS, outputs, inputs, ctypes.c_float(1), ctypes.cast(a, pointer), inputs,
                    ctypes.cast(b, pointer), outputs, ctypes.c_float(0), ctypes.cast(c, pointer), outputs)
            return time.perf_counter() - began

        multiply(1)
        row, column = ROWS - 1, outputs - 1
        expected = sum(a[row * inputs + k] * b[k * outputs + column] for k in range(inputs))
        assert abs(c[row * outputs + column] - expected) < 1e-3 * inputs**0.5, "OpenBLAS gives another product"
        calls = max(1, round(0.03 / multiply(1)))
        seconds = statistics.median(multiply(calls) / calls for _ in range(5))
        results.append(1e-9 * ROWS * inputs * outputs / seconds)
    return results


def openblas(core_type, shapes):
    """Runs `gmacs` in a process of its own, where the core type can be chosen; None if it does not run here."""
    environment = dict(os.environ)
    if core_type:
        environment["OPENBLAS_CORETYPE"] = core_type
    child = subprocess.run(
        [sys.executable, __file__, "--measure", json.dumps(shapes)], env=environment, capture_output=True, text=True)
    return json.loads(child.stdout) if child.returncode == 0 else None


def volley(path):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "kernels.json")
        subprocess.run([path, "bench", "kernels", "--json", file], check=True, stdout=subprocess.DEVNULL)
        with open(file) as text:
            return json.load(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("volley", nargs="?", help="the built tool")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        library = load()
        json.dump({"core": library.openblas_get_corename().decode(), "gmacs": gmacs(library, options.measure)}, sys.stdout)
        return 0
    if not options.volley:
        parser.error("give the path of the built tool, such as .build/release/volley")

    tried = {core: openblas(core, [(768, 768)]) for core in CORE_TYPES}
    running = {core: result for core, result in tried.items() if result}
    if not running:
        load()  # says why
        sys.exit("OpenBLAS ran with none of its core types")
    best = max(running, key=lambda core: running[core]["gmacs"][0])
    print("OpenBLAS by core type, 768×768: " + ", ".join(
        f"{core or 'by itself'} ({result['core']}) {result['gmacs'][0]:.1f} GMAC/s" for core, result in running.items()))

    ours, theirs = [], []
    for _ in range(options.rounds):
        theirs.append(openblas(best, SHAPES)["gmacs"])
        report = volley(options.volley)
        ours.append([product["gigaMACs"] for product in report["products"]])
        assert [(p["inputs"], p["outputs"], p["rows"]) for p in report["products"]] == [(*shape, ROWS) for shape in SHAPES]
    print(f"{report['processor']}, {report['instructionSet']}, one thread, {ROWS} rows, medians of {options.rounds} rounds\n")
    print("| inputs × outputs | Volley GMAC/s | OpenBLAS GMAC/s | ratio |\n|---|---|---|---|")
    lowest = float("inf")
    for index, (inputs, outputs) in enumerate(SHAPES):
        mine = statistics.median(round_[index] for round_ in ours)
        other = statistics.median(round_[index] for round_ in theirs)
        ratio = statistics.median(a[index] / b[index] for a, b in zip(ours, theirs))
        lowest = min(lowest, ratio)
        print(f"| {inputs} × {outputs} | {mine:.1f} | {other:.1f} | {ratio:.2f} |")
    print(f"\nLowest ratio {lowest:.2f}, at least {REQUIRED} is required.")
    return 0 if lowest >= REQUIRED else 1


if __name__ == "__main__":
    sys.exit(main())

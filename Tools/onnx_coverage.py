"""Measures what of a folder of exports volley imports, and how closely it agrees with ONNX Runtime.

Takes the folders that export_models.py wrote. For each it runs
    volley inspect model.onnx
    volley run model.onnx --ann-only            compared with outputs.npz, for every set of inputs there
    volley convert model.onnx                   calibrated on the inputs
    volley run model.volley --ann-only          compared again
    volley run model.volley --steps 4           has to give finite estimates of the right shapes
and prints a Markdown table, then the reason of every failure. The error is the largest difference
of any element of any output over the range of that output. Where sizes other than the batch's are
dynamic in the file, --input-shape gives those of the inputs.

Run:  python Tools/onnx_coverage.py EXPORTS [--volley PATH] [--only TEXT …] [--markdown FILE] [--json FILE]
Ends with exit code 1 if an export fails or an error is above the tolerance.
Without --volley it is `swift run -c release volley` in the package's folder, which builds it first.
Pinned versions: Tools/requirements.txt.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fixture_io import ROOT

TOLERANCE = 1e-4  # of the output's range
STEPS = 4


class Failure(Exception):
    """A step of an export that did not work, in one line."""


class Volley:
    def __init__(self, command, seconds):
        self.command, self.seconds = command, seconds

    def __call__(self, *arguments):
        """Runs volley. Returns what it printed, or throws its complaint."""
        try:
            done = subprocess.run(
                [*self.command, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=self.seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{arguments[0]}: stopped after {self.seconds} s") from None
        if done.returncode != 0:
            said = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
            raise Failure(f"{arguments[0]}: exit code {done.returncode}: {' / '.join(said)[:1000]}")
        return done.stdout


def shape_options(info, inputs):
    """--input-shape for inputs of which the file leaves more than the batch open."""
    options = []
    for described in info["inputs"]:
        if any(not isinstance(size, int) for size in described["shape"][1:]):
            shape = [1, *inputs[described["name"]].shape[1:]]
            options += ["--input-shape", f"{described['name']}={','.join(map(str, shape))}"]
    return options


def error_of(found, expected):
    """The largest difference over the range, and whether everything is there, shaped alike and finite."""
    worst = 0.0
    for name, reference in expected.items():
        key = f"{name}.ann" if f"{name}.ann" in found else name
        if key not in found:
            raise Failure(f"run: no output '{name}', only {', '.join(sorted(found))}")
        array = np.asarray(found[key])
        if array.shape != reference.shape:
            raise Failure(f"run: output '{name}' has shape {list(array.shape)}, expected {list(reference.shape)}")
        if not np.isfinite(array).all():
            raise Failure(f"run: output '{name}' is not finite")
        extent = float(reference.max() - reference.min()) or 1.0
        worst = max(worst, float(np.abs(array.astype(np.float64) - reference).max()) / extent)
    return worst


def check_estimates(found, expected):
    for name, reference in expected.items():
        if name not in found:
            raise Failure(f"run: no estimates of '{name}'")
        if found[name].shape != (STEPS, *reference.shape):
            raise Failure(f"run: estimates of '{name}' have shape {list(found[name].shape)}, "
                          f"expected {[STEPS, *reference.shape]}")
        if not np.isfinite(found[name]).all():
            raise Failure(f"run: estimates of '{name}' are not finite")


def load(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def sets_of(folder):
    """The suffixes of the sets of inputs: "", "-batch3", "-longer"."""
    return sorted(p.stem.removeprefix("inputs") for p in folder.glob("inputs*.npz"))


def measure(folder, volley, scratch):
    info = json.loads((folder / "info.json").read_text())
    row = {"export": folder.name, "model": info["model"], "exporter": info["exporter"], "variant": info["variant"],
           "exported": info["ok"], "imports": False, "error": None, "converts": False, "errorOfConverted": None,
           "runs": False, "failures": []}
    if not info["ok"]:
        row["failures"].append(f"export: {info['failedAttempts'][0]['error']}")
        return row
    row.update(opset=info["opset"]["ai.onnx"], nodes=info["nodes"], dynamicBatch=info["dynamicBatch"])
    model, network, output = folder / "model.onnx", scratch / "network.volley", scratch / "outputs.npz"
    sets = {s: (load(folder / f"inputs{s}.npz"), load(folder / f"outputs{s}.npz")) for s in sets_of(folder)}
    shapes = shape_options(info, sets[""][0])

    def attempt(field, body):
        for old in scratch.iterdir():
            if old != network:
                old.unlink()
        try:
            row[field] = body()
            return True
        except Failure as failure:
            row["failures"].append(str(failure))
            return False

    def imports():
        volley("inspect", model, *shapes)
        return True

    def ann(source, suffixes):
        worst = 0.0
        for suffix in suffixes:
            inputs, expected = sets[suffix]
            options = shape_options(info, inputs) if source == model else []
            volley("run", source, "--input", folder / f"inputs{suffix}.npz", "--output", output, "--ann-only", *options)
            worst = max(worst, error_of(load(output), expected))
        return worst

    # The network that is converted has the lengths of the first set of inputs.
    fitting = [suffix for suffix in sets if suffix != "-longer"]
    largest = "-batch3" if "-batch3" in sets else ""

    def converts():
        volley("convert", model, "--calibration", folder / f"inputs{largest}.npz", "--output", network, *shapes)
        return True

    def runs():
        volley("run", network, "--input", folder / f"inputs{largest}.npz", "--output", output, "--steps", STEPS)
        check_estimates(load(output), sets[largest][1])
        return True

    if attempt("imports", imports):
        attempt("error", lambda: ann(model, sets))
        if attempt("converts", converts):
            attempt("errorOfConverted", lambda: ann(network, fitting))
            attempt("runs", runs)
    network.unlink(missing_ok=True)
    return row


def is_good(row):
    errors = [row["error"], row["errorOfConverted"]]
    return row["imports"] and row["runs"] and all(e is not None and e <= TOLERANCE for e in errors)


def table(rows):
    lines = ["| model | exporter | opset | nodes | imports | max error / output range | converts and runs at T = 4 |",
             "| --- | --- | ---: | ---: | --- | ---: | --- |"]
    for row in rows:
        name = row["model"] + (f" ({row['variant']})" if row["variant"] else "")
        if not row["exported"]:
            lines.append(f"| {name} | {row['exporter']} | | | not exported | | |")
            continue
        errors = [e for e in (row["error"], row["errorOfConverted"]) if e is not None]
        lines.append(
            f"| {name} | {row['exporter']} | {row['opset']} | {row['nodes']} | {'yes' if row['imports'] else 'no'} | "
            f"{f'{max(errors):.1e}' if errors else ''} | {'yes' if row['runs'] else 'no'} |")
    exported = [row for row in rows if row["exported"]]
    lines += ["", f"{sum(map(is_good, exported))} of {len(exported)} exports import, agree with ONNX Runtime to "
              f"{TOLERANCE:g} of the output's range, convert, and run at T = {STEPS}."]
    failures = [(row["export"], failure) for row in rows for failure in row["failures"]]
    if failures:
        lines += ["", "Failures:", ""] + [f"- {export}: {failure}" for export, failure in failures]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("exports", type=Path)
    parser.add_argument("--volley", type=Path, help="the volley program (default: swift run -c release volley)")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="exports whose folder's name contains one of these")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="for each command (default: 600)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all measurements there")
    options = parser.parse_args()

    folders = sorted(p.parent.resolve() for p in options.exports.glob("[!.]*/info.json"))
    if options.only:
        folders = [f for f in folders if any(text in f.name for text in options.only)]
    if not folders:
        parser.error(f"no exports in {options.exports}")
    if options.volley:
        command = [str(options.volley.resolve())]
    else:
        command = ["swift", "run", "-c", "release", "--skip-build", "volley"]
        build = ["swift", "build", "-c", "release", "--product", "volley"]
        subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in folders:
            started = time.monotonic()
            row = measure(folder, Volley(command, options.timeout), Path(scratch))
            row["seconds"] = round(time.monotonic() - started, 2)
            rows.append(row)
            verdict = "good" if is_good(row) else "not good"
            print(f"{row['export']}: {verdict}, {row['seconds']} s", file=sys.stderr, flush=True)

    text = table(rows)
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    sys.exit(0 if all(is_good(row) for row in rows if row["exported"]) else 1)


if __name__ == "__main__":
    main()

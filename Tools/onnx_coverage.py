"""Measures what of a folder of exports volley imports, how closely it agrees with ONNX Runtime, and
how far the spiking networks are from their ANNs.

Takes the folders that export_models.py wrote. For each it runs
    volley inspect model.onnx
    volley run model.onnx --ann-only            compared with outputs.npz, for every set of inputs there
    volley convert model.onnx                   by differential coding, calibrated on calibration.npz
    volley run model.volley --ann-only          compared again, for every set of the same lengths
    volley run model.volley --steps 8           on three samples: the ANN's output beside the estimates is
                                                compared again; one and two threads have to write the
                                                same bits
and prints a Markdown table, then the reason of every failure. Each output has to be there under its
name, nothing else, in the right shape. The error of the ANN is the largest difference of any element of
any output over the range of that output, in all of these runs. The error of the spiking network is
|estimate at t = 8 - ANN| / |ANN| (Euclidean norms over all samples; the ANN is ONNX Runtime's), that
of the worst output. Where sizes
other than the batch's are dynamic in the file, --input-shape gives those of the inputs.

Run:  python Tools/onnx_coverage.py EXPORTS [--volley PATH] [--only TEXT …] [--markdown FILE]
      [--readme README.md] [--json FILE]
Ends with exit code 1 if an export fails or an error is above its tolerance.
Without --volley it is `swift run -c release volley` in the package's folder, which builds it first.
Pinned versions: Tools/requirements.txt.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fixture_io import ROOT

METHOD, STEPS = "differential", 8
TOLERANCE = 1e-5  # of the output's range: sums in another order make up to some 2e-6
# The same where values are rounded to 8 bits on the way: a sum in another order lets some of them fall on the
# neighbouring step, here of some 250 over the range of an output.
TOLERANCE_QUANTISED = 2e-2
# Of the ANN's norm. A spiking network that does not follow its ANN at all is off by 1.
TOLERANCE_SPIKING = 0.5


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


def error_of(found, expected, suffix=""):
    """The largest difference over the range. Everything has to be there, shaped alike and finite."""
    worst = 0.0
    for name, reference in expected.items():
        array = array_of(found, name + suffix, reference.shape)
        extent = float(reference.max() - reference.min()) or 1.0
        worst = max(worst, float(np.abs(array.astype(np.float64) - reference).max()) / extent)
    return worst


def array_of(found, name, shape):
    if name not in found:
        raise Failure(f"run: no array '{name}', only {', '.join(sorted(found))}")
    if found[name].shape != shape:
        raise Failure(f"run: '{name}' has shape {list(found[name].shape)}, expected {list(shape)}")
    if not np.isfinite(found[name]).all():
        raise Failure(f"run: '{name}' is not finite")
    return found[name]


def only(found, names):
    extra = sorted(n for n in found if n not in names and not n.startswith("spikes/"))
    if extra:
        raise Failure(f"run: the arrays {', '.join(extra)} are no outputs of the network")
    return found


def spiking_error_of(found, expected):
    """How far the estimates of the last step are from ONNX Runtime, over its norm; the worst output's."""
    errors = []
    for name, reference in expected.items():
        estimates = array_of(found, name, (STEPS, *reference.shape))
        ann = reference.astype(np.float64)
        errors.append(float(np.linalg.norm(estimates[-1] - ann) / np.linalg.norm(ann)))
    return max(errors)


def check_same_bits(one, two):
    for name in sorted(one.keys() | two.keys()):
        if name not in one or name not in two or one[name].tobytes() != two[name].tobytes():
            raise Failure(f"run: '{name}' is not the same with one and with two threads")


def load(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def sets_of(folder):
    """The suffixes of the sets of inputs: "", "-three", "-longer"."""
    return sorted(p.stem.removeprefix("inputs") for p in folder.glob("inputs*.npz"))


class Measurement:
    """One export on its way through the commands; `row` is what came out."""

    def __init__(self, folder, volley, scratch):
        info = json.loads((folder / "info.json").read_text())
        self.folder, self.volley, self.info = folder, volley, info
        self.model, self.network, self.output = folder / "model.onnx", scratch / "network.volley", scratch / "out.npz"
        self.row = {
            "export": folder.name, "model": info["model"], "exporter": info["exporter"], "variant": info["variant"],
            "exported": info["ok"], "errorOfModel": None, "errorOfConverted": None, "errorBesideEstimates": None,
            "errorOfSpiking": None, "sameBits": False, "failures": []}
        if not info["ok"]:
            self.row["failures"].append(f"export: {info['failedAttempts'][0]['error']}")
            return
        self.row.update(opset=info["opset"]["ai.onnx"], nodes=info["nodes"], fixedBatch=info["fixedBatch"])
        self.sets = {s: (load(folder / f"inputs{s}.npz"), load(folder / f"outputs{s}.npz")) for s in sets_of(folder)}
        try:
            self.measure()
        except Failure as failure:
            self.row["failures"].append(str(failure))
        self.network.unlink(missing_ok=True)

    def measure(self):
        row, shapes = self.row, shape_options(self.info, self.sets[""][0])
        self.volley("inspect", self.model, *shapes)
        row["errorOfModel"] = self.ann(self.model, self.sets)
        self.volley("convert", self.model, "--calibration", self.folder / "calibration.npz", "--output", self.network,
                    "--method", METHOD, *shapes)
        # The network that is converted has the lengths of the first set of inputs.
        row["errorOfConverted"] = self.ann(self.network, [suffix for suffix in self.sets if suffix != "-longer"])
        expected = self.sets["-three"][1]
        found = only(self.run(self.network, "-three", "--steps", STEPS, "--threads", 1),
                     [*expected, *(f"{name}.ann" for name in expected)])
        row["errorBesideEstimates"] = error_of(found, expected, ".ann")
        row["errorOfSpiking"] = spiking_error_of(found, expected)
        check_same_bits(found, self.run(self.network, "-three", "--steps", STEPS, "--threads", 2))
        row["sameBits"] = True

    def run(self, source, suffix, *options):
        self.output.unlink(missing_ok=True)
        self.volley("run", source, "--input", self.folder / f"inputs{suffix}.npz", "--output", self.output, *options)
        return load(self.output)

    def ann(self, source, suffixes):
        worst = 0.0
        for suffix in suffixes:
            inputs, expected = self.sets[suffix]
            options = shape_options(self.info, inputs) if source == self.model else []
            worst = max(worst, error_of(only(self.run(source, suffix, "--ann-only", *options), expected), expected))
        return worst


def error_of_ann(row):
    """The largest of those that were measured."""
    errors = [row["errorOfModel"], row["errorOfConverted"], row["errorBesideEstimates"]]
    return max((e for e in errors if e is not None), default=None)


def tolerance_of(row):
    return TOLERANCE_QUANTISED if row["variant"] == "qdq" else TOLERANCE


def is_good(row):
    return (row["sameBits"] and not row["failures"] and error_of_ann(row) <= tolerance_of(row)
            and row["errorOfSpiking"] <= TOLERANCE_SPIKING)


def table(rows):
    lines = ["| model | exporter | opset | nodes | ANN | SNN at T = 8 |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for row in rows:
        name = row["model"] + (f" ({row['variant']})" if row["variant"] else "")
        if not row["exported"]:
            lines.append(f"| {name} | {row['exporter']} | | | not exported | |")
            continue
        ann, spiking = error_of_ann(row), row["errorOfSpiking"]
        lines.append(
            f"| {name} | {row['exporter']} | {row['opset']} | {row['nodes']} | {'' if ann is None else f'{ann:.1e}'} | "
            f"{'' if spiking is None else f'{spiking:.3f}'}{'' if is_good(row) else ' failed'} |")
    return "\n".join(lines) + "\n"


def summary(rows):
    """One line: how many agree, and the largest errors of those."""
    exported = [row for row in rows if row["exported"]]
    good = [row for row in exported if is_good(row)]
    text = (f"{len(good)} of {len(exported)} exports of {len({row['model'] for row in exported})} networks import, convert "
            "and agree with ONNX Runtime")
    exact, rounded = ([r for r in good if (r["variant"] == "qdq") == quantised] for quantised in (False, True))
    if exact:
        text += f" to {max(map(error_of_ann, exact)):.1e} of the output's range"
    if rounded:
        text += f" ({max(map(error_of_ann, rounded)):.1e} where values are rounded to 8 bits)"
    if good:
        text += f"; their spiking networks are off by at most {max(r['errorOfSpiking'] for r in good):.3f} at T = {STEPS}"
    return text


def complaints(rows):
    failures = [(row["export"], failure) for row in rows for failure in row["failures"]]
    for row in rows:
        if row["exported"] and not row["failures"] and not is_good(row):
            failures.append((row["export"], f"the ANN is off by {error_of_ann(row):.1e} of the output's range, the SNN by "
                             f"{row['errorOfSpiking']:.3f} of the ANN's norm"))
    return "".join(f"- {export}: {failure}\n" for export, failure in failures)


def put_into(path, rows):
    """Replaces the table of a document: its first block of details that counts exports."""
    text = path.read_text(encoding="utf-8")
    start = re.search(r"<details><summary>[^<]* exports of [^<]*</summary>", text).start()
    end = text.index("</details>", start)
    block = f"<details><summary>{summary(rows)}</summary>\n\n{table(rows)}\n"
    path.write_text(text[:start] + block + text[end:], encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("exports", type=Path)
    parser.add_argument("--volley", type=Path, help="the volley program (default: swift run -c release volley)")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="exports whose folder's name contains one of these")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="for each command (default: 600)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put it in the place of that document's table")
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
            row = Measurement(folder, Volley(command, options.timeout), Path(scratch)).row
            row["seconds"] = round(time.monotonic() - started, 2)
            rows.append(row)
            verdict = "good" if is_good(row) else "not good"
            print(f"{row['export']}: {verdict}, {row['seconds']} s", file=sys.stderr, flush=True)

    wrong = complaints(rows)
    text = f"{table(rows)}\n{summary(rows)}.\n" + (f"\nFailures:\n\n{wrong}" if wrong else "")
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    if options.readme:
        put_into(options.readme, rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    sys.exit(0 if all(is_good(row) for row in rows if row["exported"]) else 1)


if __name__ == "__main__":
    main()

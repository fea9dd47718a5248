"""Writes a version's .volley files, for the test that later versions still read them (StoredNetworkTests).

Writes Tests/Fixtures/networks/:
    input.npz                     "input": float32 [4,3,16,16], made once
    calibration.npz               "x": uint8 [24,16,16,3], "y": zeros, made once
    VERSION/ecmt.volley           Tests/Fixtures/models/hf-vit converted, with everything that a file can hold
    VERSION/differential.volley
    VERSION/*.npz                 volley run on input.npz, T = 6: estimates, ANN outputs, spikes

The folder of an earlier version is never made anew: its files stand for those that users have. What is in each file
(*.txt) and what was counted (*.counts.txt) the test writes beside a new version's files when it runs with
VOLLEY_NETWORKS=write; read them before they are committed.

Run after a release build:  python Tools/make_network_fixtures.py [--volley PATH]
Pinned versions: Tools/requirements.txt.
"""

import argparse
import subprocess

import numpy as np

from fixture_io import FIXTURES, ROOT

SEED = 7301
OUT = FIXTURES / "networks"


def make_data():
    random = np.random.default_rng(SEED)
    OUT.mkdir(exist_ok=True)
    if not (OUT / "input.npz").exists():
        np.savez(OUT / "input.npz", input=random.normal(0, 0.6, (4, 3, 16, 16)).astype(np.float32))
    if not (OUT / "calibration.npz").exists():
        images = random.integers(0, 256, (24, 16, 16, 3)).astype(np.uint8)
        np.savez(OUT / "calibration.npz", x=images, y=np.zeros(24, np.int64))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--volley", default=str(ROOT / ".build/release/volley"))
    volley = parser.parse_args().volley
    make_data()
    version = subprocess.run([volley, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    folder = OUT / version
    folder.mkdir()
    for method in ("ecmt", "differential"):
        network = folder / f"{method}.volley"
        subprocess.run(
            [volley, "convert", FIXTURES / "models/hf-vit", "--method", method, "--calibration", OUT / "calibration.npz",
             "-o", network], check=True)
        subprocess.run(
            [volley, "run", network, "--input", OUT / "input.npz", "--output", folder / f"{method}.npz", "--steps", "6"],
            check=True)


if __name__ == "__main__":
    main()

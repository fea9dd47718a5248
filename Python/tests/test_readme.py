"""What the READMEs show in Python runs as it stands there, on what `volley demo` leaves."""

import re
import subprocess
import warnings

import pytest

import volley
from conftest import ROOT

READMES = [ROOT / "README.md", ROOT / "Python" / "README.md"]


def snippets(path):
    return re.findall(r"(?ms)^```python\n(.*?)^```", path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([str(volley.tool()), "demo", "--output", "vit"], cwd=folder, check=True, capture_output=True)
    for name in ("calibration.npz", "test.npz"):
        (folder / name).write_bytes((folder / "vit" / name).read_bytes())
    return folder


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_snippets_run(path, demo, monkeypatch):
    found = snippets(path)
    assert found, "there is nothing to try"
    monkeypatch.chdir(demo)
    names = {}
    needs_torch = any("needs torch" in snippet for snippet in found)
    for snippet in found:
        if "needs torch" in snippet:
            continue
        for library in re.findall(r"# needs (\w+)", snippet):
            if library == "matplotlib":
                pytest.importorskip(library).use("Agg")
            pytest.importorskip(library)
        exec(compile(snippet, str(path), "exec"), names)
    assert names["res"].top1[1] > 0.9 and needs_torch == (path.parent.name == "Python")


@pytest.mark.hub
def test_snippets_with_torch_run(hub):
    names = {"volley": volley}
    for snippet in snippets(READMES[1]):
        if "needs torch" in snippet:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(snippet, "README.md", "exec"), names)
    assert names["measured"].samples == 32

"""What the tests share: a small vision transformer of handwritten digits, its data, and a network converted from it."""

import contextlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import volley

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests" / "Fixtures"
DIGITS = FIXTURES / "digits-vit"


def pytest_collection_modifyitems(items):
    for mark, modules in [("torch", ("torch", "onnx")), ("hub", ("torch", "timm", "transformers"))]:
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        if missing:
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=f"{', '.join(missing)} not installed"))


@pytest.fixture(scope="session")
def calibration():
    return dict(np.load(DIGITS / "calibration.npz"))


@pytest.fixture(scope="session")
def test_data():
    """Images as floats that the network reads, and their labels."""
    data = np.load(DIGITS / "test.npz")
    return data["x"], data["y"]


@pytest.fixture(scope="session")
def network(calibration):
    return volley.convert(DIGITS, calibration["x"], method="differential", limit=128, no_check=True, progress=False)


@pytest.fixture(scope="session")
def results(network, test_data):
    return network.evaluate(*test_data, steps=4, batch=50, progress=False)


@pytest.fixture
def no_notes():
    """Notes of the tool that a test is not about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", volley.VolleyWarning)
        yield


@contextlib.contextmanager
def nothing_left(folder, monkeypatch):
    """Temporary files go to a folder, and are gone at the end."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield
    assert os.listdir(folder) == []


@pytest.fixture(scope="session")
def hub():
    """timm and transformers, also beside a torch that torchvision was not built for."""
    sys.path.insert(0, str(ROOT / "Tools"))
    import torchvision_shim  # noqa: F401
    import timm
    import transformers
    return timm, transformers

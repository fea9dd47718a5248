"""What a hostile user gives, and what becomes of it: the tool's own words, nothing half-written, nothing left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import volley
from conftest import DIGITS, nothing_left


def quiet(**options):
    return {"progress": False, "no_check": True, **options}


@pytest.mark.parametrize("data, words", [
    (np.zeros((0, 1, 8, 8), np.float32), "holds no samples"),
    (np.zeros((4, 1, 9, 8), np.float32), "8"),
    (np.zeros((4, 64), np.float32), "64"),
    (np.full((4, 1, 8, 8), np.nan, np.float32), "finite"),
])
def test_arrays_that_do_not_fit(network, data, words, no_notes):
    with pytest.raises(volley.InputError, match=words) as error:
        network.evaluate(data, np.zeros(len(data), np.int64), steps=1, progress=False)
    # Not where it was put for a moment.
    assert "/volley-" not in str(error.value) and "data.npz" in str(error.value)
    with pytest.raises(volley.InputError):
        volley.convert(DIGITS, data, **quiet())
    with pytest.raises(volley.InputError):
        network.run(data, steps=1, progress=False)


def test_labels_that_do_not_fit(network, test_data):
    x, y = test_data
    for labels, words in [(y[:3], "200"), (y + 10, "does not know"), (-y - 1, "label"), (y + 0.5, "label")]:
        with pytest.raises(volley.InputError, match=words):
            network.evaluate(x, labels, steps=1, progress=False)
    with pytest.raises(volley.InputError, match="no labels"):
        network.evaluate(x, steps=1, progress=False)


@pytest.mark.parametrize("options, words", [
    ({"steps": 0}, "1…10000"), ({"steps": 1, "batch": 0}, "--batch"), ({"steps": 1, "task": "poetry"}, "poetry"),
    ({"steps": 1, "threads": -1}, "--threads"),
    ({"steps": 1, "prices": {"joules": 1}}, "prices.json"), ({"steps": 1, "limit": "many"}, "many"),
])
def test_options_out_of_range(network, test_data, options, words):
    with pytest.raises(volley.InputError, match=words) as error:
        network.evaluate(*test_data, progress=False, **options)
    assert isinstance(error.value, ValueError) and isinstance(error.value, volley.VolleyError)


def test_files_that_are_not_there(tmp_path, calibration):
    for call in (lambda: volley.load(tmp_path / "no.volley"), lambda: volley.convert(tmp_path / "no", calibration["x"], **quiet()),
                 lambda: volley.inspect(tmp_path), lambda: volley.convert(DIGITS, tmp_path / "no.npz", **quiet())):
        with pytest.raises(volley.InputError, match="no"):
            call()
    (tmp_path / "n.volley").write_bytes(b"no network")
    with pytest.raises(volley.InputError, match="n.volley"):
        volley.load(tmp_path / "n.volley")


def test_names_of_any_kind(tmp_path, calibration, test_data, monkeypatch):
    folder = tmp_path / "Größe 🧠 'n\" $(x) --steps"
    folder.mkdir()
    net = volley.convert(DIGITS, calibration["x"], output=folder / "netz ü.volley", **quiet(limit=32))
    np.savez(folder / "daten.npz", x=test_data[0], y=test_data[1])
    assert volley.load(folder / "netz ü.volley").evaluate(folder / "daten.npz", steps=1, progress=False).samples == 200
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert net.run(test_data[0][:2], steps=1, progress=False).estimates["logits"].values.shape == (1, 2, 10)
    monkeypatch.chdir(folder)
    assert volley.convert(DIGITS, calibration["x"], output="-o.volley", **quiet(limit=32)).evaluate(
        "daten.npz", steps=1, progress=False).samples == 200


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes anywhere")
def test_folders_that_are_read_only(network, tmp_path, calibration):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(volley.InputError, match="cannot be written"):
            volley.convert(DIGITS, calibration["x"], output=tmp_path / "n.volley", **quiet(limit=32))
        with pytest.raises(OSError):
            network.save(tmp_path / "n.volley")
        assert os.listdir(tmp_path) == []
    finally:
        tmp_path.chmod(0o700)


def test_outputs_that_cannot_be(network, tmp_path, calibration, results):
    for output in (tmp_path, tmp_path / "no" / "n.volley", "/proc/n.volley"):
        with pytest.raises(volley.InputError, match="written|folder|directory"):
            volley.convert(DIGITS, calibration["x"], output=output, **quiet(limit=32))
    with pytest.raises(OSError):
        network.save(tmp_path / "no" / "n.volley")
    with pytest.raises(OSError):
        network.save("/proc/n.volley")
    with pytest.raises(OSError):
        results.save(tmp_path / "no" / "r.json")
    with pytest.raises(volley.InputError):
        results.report(tmp_path / "no" / "r.html")
    assert os.listdir(tmp_path) == []


def test_bytes_are_images_and_run_takes_none(network, test_data):
    pixels = np.zeros((2, 8, 8), np.uint8)
    with pytest.raises(volley.InputError, match=r"mean \[0.3053\]"):
        network.run(pixels, steps=1, progress=False)


def test_notes_are_warnings(network, test_data):
    with pytest.warns(volley.VolleyWarning, match="no input for other") as caught:
        network.run({"input": test_data[0][:2], "other": np.zeros(2, np.float32)}, steps=1, progress=False)
    assert caught[0].filename == __file__
    # The tests' settings make errors of them, and then the tool's work is for nothing.
    with pytest.raises(volley.VolleyWarning):
        network.run({"input": test_data[0][:2], "other": np.zeros(2, np.float32)}, steps=1, progress=False)


def test_nothing_is_left_after_errors(tmp_path, monkeypatch, calibration, network):
    with nothing_left(tmp_path / "temporary", monkeypatch):
        for call in (
                lambda: volley.convert(DIGITS, calibration["x"], levels=0, progress=False),
                lambda: network.run(np.zeros(3), steps=1, progress=False),
                lambda: network.evaluate(calibration["x"], steps=1, progress=False),
                lambda: volley.convert(DIGITS, calibration["x"], level=9)):
            with pytest.raises((volley.InputError, TypeError)):
                call()


def test_where_there_is_no_tool(monkeypatch, tmp_path):
    monkeypatch.setenv("VOLLEY", str(tmp_path / "no-tool"))
    with pytest.raises(volley.VolleyError, match="no-tool"):
        volley.methods()
    monkeypatch.delenv("VOLLEY")
    monkeypatch.setattr("volley._finding._OWN", tmp_path / "volley")
    # A script of this name may be this package's own.
    (tmp_path / "volley").write_text("#!/bin/sh\n")
    (tmp_path / "volley").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("volley._finding._OWN", tmp_path / "other")
    with pytest.raises(volley.VolleyError, match="the tool 'volley' is not there"):
        volley.methods()


@pytest.mark.parametrize("script, words", [
    ("kill -9 $$", "SIGKILL; where memory ran out"), ("echo half a word >&2; exit 1", "half a word"), ("exit 3", "exit code 3"),
    ("kill -11 $$", "SIGSEGV"),
])
def test_a_tool_that_dies(monkeypatch, tmp_path, script, words, network, test_data):
    path = tmp_path / "tool"
    real = f"--version) echo {volley.version()};; --experimental-dump-help) exec '{volley.tool()}' $1"
    path.write_text(f"#!/bin/sh\ncase $1 in {real};; *) {script};; esac\n")
    path.chmod(0o755)
    monkeypatch.setenv("VOLLEY", str(path))
    with pytest.raises(volley.VolleyError, match=words) as error:
        network.evaluate(*test_data, steps=1, progress=False)
    assert not isinstance(error.value, volley.InputError)


LONG = """
    import signal, sys, numpy as np, volley
    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background may inherit that it is ignored
    data = np.load({data!r})
    net = volley.load({network!r})
    print("ready", flush=True)
    try:
        net.evaluate(
            data["x"], data["y"], steps=3000, batch=2, threads=1, no_ann=True, allow_overlap=True, resume={resume!r}, progress=False)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(9)
"""


def start(network, tmp_path):
    """Python, evaluating for minutes; the temporary files are in a folder of their own."""
    (tmp_path / "temporary").mkdir()
    script = textwrap.dedent(LONG).format(data=str(DIGITS / "test.npz"), network=str(network.path), resume=str(tmp_path / "progress"))
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary"), "VOLLEY": str(volley.tool()), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert process.stdout.readline() == "ready\n"
    wait(lambda: (tmp_path / "progress").exists())
    return process, children(process.pid)


def children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(each) for each in found]


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_ctrl_c_ends_the_tool_and_keeps_its_progress(network, tmp_path):
    process, tools = start(network, tmp_path)
    assert len(tools) == 1 and is_running(tools[0])
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 9 and process.stdout.read() == "interrupted\n"
    assert not is_running(tools[0]) and (tmp_path / "progress").exists() and os.listdir(tmp_path / "temporary") == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_tool_ends_with_a_python_that_is_killed(network, tmp_path, number):
    process, tools = start(network, tmp_path)
    process.send_signal(number)
    process.wait(60)
    wait(lambda: not is_running(tools[0]))


def test_threads_run_side_by_side(network, test_data, results):
    found = {}

    def evaluate(number):
        found[number] = network.evaluate(*test_data, steps=2, threads=1, progress=False).data["steps"]

    threads = [threading.Thread(target=evaluate, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[number] == results.data["steps"][:2] for number in range(3))

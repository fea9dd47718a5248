"""What the package hands out is held against what the papers' programs computed, and against the tool's own files and its counts."""

import json
import subprocess

import numpy as np
import pytest

import volley
from conftest import DIGITS, FIXTURES, nothing_left

EXPECTED = 1e-5
"""Logits of the papers' programs and the tool's, until a tie in rounding flips a spike."""


def tool(*words):
    return subprocess.run([str(volley.tool()), *map(str, words)], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def stated():
    """The network that the differential program ran: its thresholds are stated, and come as a dictionary."""
    return volley.convert(DIGITS, thresholds=json.loads((DIGITS / "thresholds-differential.json").read_text()), method="differential", progress=False)


def test_estimates_are_those_of_the_papers_program(stated, test_data):
    expected = np.load(DIGITS / "expected-differential.npz")
    run = stated.run(test_data[0], steps=8, progress=False)
    estimates = run.estimates["logits"]
    reference = next(array for array in expected.values() if array.shape == (8, 200, 10))
    differences = np.abs(estimates.values - reference).max(axis=2)
    # A spike that flips is carried on.
    assert (differences[0] < EXPECTED).all() and (differences < EXPECTED).mean() > 0.9, differences.max()
    assert estimates[3].shape == (200, 10) and (estimates[3] == estimates.values[2]).all()
    np.testing.assert_allclose(run.ann["logits"], np.load(DIGITS / "expected.npz")["ann_logits"], atol=EXPECTED)
    for site, counts in run.spike_counts.items():
        assert (counts[1] == expected["spikes/" + site][0]).all(), site
    assert (run.answers["logits"] == estimates[8]).all() and run.exit_steps is None
    assert (stated.ann(test_data[0])["logits"] == run.ann["logits"]).all()


def test_results_are_what_the_tool_writes(network, results, test_data, tmp_path):
    np.savez(tmp_path / "data.npz", x=test_data[0], y=test_data[1])
    tool("evaluate", network.path, tmp_path / "data.npz", "--steps", 4, "--json", tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text())
    assert [row["top1"] for row in found["steps"]] == list(results.top1) and found["steps"][2]["top1"] == results.top1[3]
    assert [row["top5"] for row in found["steps"]] == list(results.top5)
    assert [row["agreement"] for row in found["steps"]] == list(results.agreement)
    for name in ("paper", "exact", "strict", "full"):
        assert [row["energy"][name] for row in found["steps"]] == list(getattr(results.energy, name))
    assert [row["firingRate"] for row in found["steps"]] == list(results.firing_rate)
    assert [row["synapticOperations"] for row in found["steps"]] == list(results.synaptic_operations)
    assert results.ann == found["ann"] and results.samples == 200 and results.task == "classification"
    assert [site["name"] for site in found["sites"]] == list(results.sites)
    assert all((results.sites[site["name"]].spikes.values == site["spikesPerLevel"]).all() for site in found["sites"])


def test_accuracy_and_spikes_follow_from_a_run(network, results, test_data):
    x, y = test_data
    run = network.run(x, steps=4, progress=False)
    answers = run.estimates["logits"].values.argmax(axis=2)
    assert list((answers == y).mean(axis=1)) == list(results.top1)
    assert list((answers == run.ann["logits"].argmax(axis=1)).mean(axis=1)) == list(results.agreement)
    assert (run.ann["logits"].argmax(axis=1) == y).mean() == results.ann["top1"]
    for name, site in results.sites.items():
        assert (run.spike_counts[name].values == site.spikes.values).all(), name
        np.testing.assert_allclose(site.firing_rate, site.spikes.values.sum(axis=1) / (site.neurons * len(x)), rtol=1e-12)
    spikes = sum(np.cumsum(site.spikes.values.sum(axis=1)) for site in results.sites.values())
    neurons = sum(site.neurons for site in results.sites.values())
    np.testing.assert_allclose(results.firing_rate, spikes / (neurons * len(x) * np.arange(1, 5)), rtol=1e-12)


def test_tensors_lists_batches_and_files_are_the_same_data(network, results, test_data, tmp_path):
    x, y = test_data
    np.savez(tmp_path / "data.npz", x=x, y=y)
    batches = [(x[i:i + 64], y[i:i + 64]) for i in range(0, 200, 64)]
    for data in [(x, y.tolist()), batches, iter(batches), {"x": x, "y": y}, tmp_path / "data.npz", str(tmp_path / "data.npz")]:
        assert network.evaluate(data, steps=2, progress=False).data["steps"] == results.data["steps"][:2]


def test_options_reach_the_tool(calibration):
    net = volley.convert(
        DIGITS, calibration, method="ecmt", steps_per_octave=2, symmetric=True, limit=64, batch=32, no_check=True, progress=False)
    with open(net.path, "rb") as file:
        metadata = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
    origin = json.loads(metadata["volley.provenance"])
    assert origin["method"] == "ecmt" and origin["calibrationCount"] == 64
    assert {name: origin["settings"][name] for name in ("steps-per-octave", "symmetric", "batch")} == {
        "steps-per-octave": "2", "symmetric": "true", "batch": "32"}


def test_a_network_is_kept_by_saving_it(network, tmp_path):
    other = volley.load(network.save(tmp_path / "n.volley"))
    assert other.path.read_bytes() == network.path.read_bytes() and other.save(other.path) == other.path
    assert oct((tmp_path / "n.volley").stat().st_mode & 0o777) == oct(0o666 & ~umask())
    found = other.inspect()
    assert found.inputs == {"input": "N, 1, 8, 8"} and found.outputs == {"logits": "N, 10"} and found.parameters == 202_186
    assert len(found.sites) == 32 and found.sites[1] == "blocks.0.attn.q" and "blocks.0.attn.q" in str(found)
    assert volley.inspect(DIGITS).neurons == found.neurons


def umask():
    import os
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_temporary_files_go_with_the_network(calibration, tmp_path, monkeypatch, test_data):
    with nothing_left(tmp_path / "temporary", monkeypatch):
        net = volley.convert(DIGITS, calibration["x"], limit=32, no_check=True, progress=False)
        assert (tmp_path / "temporary").joinpath(net.path.parent.name).exists() and net.path.parent.joinpath("calibration.npz").exists() is False
        run = net.run(test_data[0][:2], steps=1, progress=False)
        net.evaluate(test_data[0][:9], test_data[1][:9], steps=1, progress=False)
        del net
        # What is mapped stays readable.
        assert np.isfinite(run.estimates["logits"][1]).all()
    with nothing_left(tmp_path / "temporary", monkeypatch):
        net = volley.convert(DIGITS, calibration["x"], limit=32, output=tmp_path / "net.volley", no_check=True, progress=False)
        assert net.path == tmp_path / "net.volley" and net.path.exists()


def test_early_exits(network, test_data):
    x, y = test_data[0][:20], test_data[1][:20]
    run = network.run(x, steps=4, early_exit=0.5, progress=False)
    full = network.run(x, steps=4, progress=False).estimates["logits"]
    assert run.exit_steps.shape == (20,) and set(run.exit_steps) <= {1, 2, 3, 4}
    for n, t in enumerate(run.exit_steps):
        assert (run.answers["logits"][n] == full[t, n]).all()
    with pytest.raises(AttributeError, match="answers"):
        run.estimates
    found = network.evaluate(x, y, steps=4, early_exit=[0.5, 0.9], progress=False)
    assert [exit.margin for exit in found.exits] == [0.5, 0.9] and found.exits[0].mean_steps == pytest.approx(run.exit_steps.mean())
    assert found.exits[0].stops[1] == pytest.approx((run.exit_steps == 1).mean()) and found.figures == {}
    assert "2 margins" in repr(found)
    with pytest.raises(AttributeError, match="exits"):
        found.top1
    with pytest.raises(volley.InputError, match="exits"):
        found.plot()


def test_other_tasks(network, test_data):
    found = network.evaluate(test_data[0][:40], steps=2, task="agreement", progress=False)
    assert found.task == "agreement" and set(found.figures) == {"agreement", "relative_error"}
    run = network.run(test_data[0][:40], steps=2, progress=False)
    ann = run.ann["logits"].astype(np.float64)
    for t in (1, 2):
        error = np.linalg.norm(run.estimates["logits"][t] - ann) / np.linalg.norm(ann)
        assert found.figures["relative_error"][t] == pytest.approx(error, rel=1e-5)
    with pytest.raises(AttributeError, match="has no top1; its figures are"):
        found.top1


def test_without_an_ann(network, test_data):
    assert network.run(test_data[0][:3], steps=1, no_ann=True, progress=False).ann == {}
    found = network.evaluate(test_data[0][:9], test_data[1][:9], steps=1, no_ann=True, progress=False)
    assert found.ann == {} and set(found.figures) == {"top1", "top5"}


def test_results_are_kept_and_reported(network, results, tmp_path):
    again = volley.load_results(results.save(tmp_path / "r.json"))
    assert again.data == results.data and list(again.top1) == list(results.top1)
    assert tool("report", tmp_path / "r.json", "-o", tmp_path / "tool.csv")
    assert results.report(tmp_path / "r.html").read_text().startswith("<!") and results.report(tmp_path / "r.md").exists()
    page = volley.report({"one": results, "an/other": again}, tmp_path / "both.csv").read_text()
    assert "one" in page and "an-other" in page
    with pytest.raises(volley.InputError, match="html"):
        results.report(tmp_path / "r.txt")
    for text in ("{}", "[1]", "no json"):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(volley.InputError, match="no result file"):
            volley.load_results(tmp_path / "bad.json")


def test_verify_and_adjust(calibration, test_data):
    x, y = test_data[0][:16], test_data[1][:16]
    clipped = volley.convert(DIGITS, calibration["x"], method="differential", scale=0.3, limit=128, no_check=True, progress=False)
    found = clipped.verify(x, y, steps=4, sites=2, progress=False)
    run = clipped.run(x, steps=4, progress=False)
    error = np.linalg.norm(run.estimates["logits"][4] - run.ann["logits"]) / np.linalg.norm(run.ann["logits"])
    assert found.t == 4 and found.error == pytest.approx(error, rel=1e-4) and len(found.sites) == 32
    assert found.data["figures"]["accuracy"] == (run.estimates["logits"][4].argmax(1) == y).mean()
    advice = found.advice[0]
    assert advice.adjustment == {"raise_": {"*": 8}} and advice.steps is None and advice.conversion is None
    # What is advised gives what it was measured to give.
    better = clipped.adjust(**advice.adjustment)
    assert better.verify(x, steps=4, sites=1, progress=False).error == pytest.approx(advice.error, rel=1e-6) and advice.error < found.error / 10
    assert any(each.steps == 8 for each in found.advice)


def test_comparison(calibration, test_data):
    x, y = test_data[0][:40], test_data[1][:40]
    found = volley.compare(
        DIGITS, calibration["x"], (x, y), methods=["ecmt", ("differential", {"steps_per_octave": 4, "dead_zone": [0.1, 0.03]}), "tcl"],
        steps=[1, 4], calibration_limit=64, progress=False)
    assert list(found.entries) == ["ecmt", "differential:steps-per-octave=4:dead-zone=0.1,0.03"] and "tcl" in found.unfit
    alone = volley.convert(DIGITS, calibration["x"], method="ecmt", limit=64, no_check=True, progress=False).evaluate(x, y, steps=4, progress=False)
    entry = found.entries["ecmt"]
    for t in (1, 4):
        assert (entry.top1[t], entry.energy[t], entry.firing_rate[t]) == (alone.top1[t], alone.energy.exact[t], alone.firing_rate[t])
    assert found.ann == alone.ann["top1"] and "ecmt" in str(found)
    with pytest.raises(IndexError):
        entry.top1[2]


def test_tuning(calibration, test_data, tmp_path):
    options = {"methods": ["ecmt", "differential"], "steps": [1, 2], "refine": 0, "calibration_limit": 64, "progress": False}
    found = volley.tune(DIGITS, calibration["x"], max_energy=0.2, **options)
    assert found.chosen.energy <= 0.2 and found.chosen in found.front and len(found.candidates) == 4
    best = min((each for each in found.candidates if each.energy <= 0.2), key=lambda each: each.loss)
    assert best == found.chosen
    run = found.network.run(test_data[0], steps=found.chosen.t, progress=False)
    assert run.estimates["logits"].last.shape == (200, 10)
    assert volley.tune(DIGITS, calibration["x"], **options).network is None
    with pytest.raises(volley.InputError, match="no network keeps to"):
        volley.tune(DIGITS, calibration["x"], max_energy=1e-6, **options)
    with pytest.raises(volley.InputError, match="name max_loss or max_energy"):
        volley.tune(DIGITS, calibration["x"], output=tmp_path / "n.volley", **options)


def test_methods_say_what_they_are():
    found = volley.methods()
    assert {"ecmt", "differential", "few-step"} <= found.keys() and "MM '24" in found["ecmt"].citation
    assert found["ecmt"].settings["steps_per_octave"].default == "1"


def test_a_convolutional_network_from_onnx(no_notes):
    folder = FIXTURES / "digits-cnn"
    calibration, test = (np.load(folder / name) for name in ("calibration.npz", "test.npz"))
    net = volley.convert(folder / "vgg-relu.onnx", calibration["x"], method="differential", progress=False)
    found = net.evaluate(test["x"], test["y"], steps=4, progress=False)
    assert found.top1[4] > 0.9 and "beside its ANN" in str(net)


@pytest.mark.parametrize("of", ["steps", "sites", "levels"])
def test_data_frames(results, of):
    pytest.importorskip("pandas")
    frame = results.to_pandas(of)
    if of == "steps":
        assert list(frame.index) == [1, 2, 3, 4] and frame.top1[2] == results.top1[2] and frame.energy_exact[3] == results.energy.exact[3]
    elif of == "sites":
        row = frame[(frame.site == "blocks.0.attn.q") & (frame.t == 2)].iloc[0]
        assert len(frame) == 32 * 4 and row.firing_rate == results.sites["blocks.0.attn.q"].firing_rate[2]
    else:
        assert frame.spikes.sum() == sum(site.spikes.values.sum() for site in results.sites.values())


def test_drawings(results):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = results.plot(against="energy")
    assert list(axes.lines[0].get_xdata()) == list(results.energy.exact) and list(axes.lines[0].get_ydata()) == list(results.top1)
    assert results.plot("agreement", ax=axes) is axes and results.plot(ax=axes, against="energy") is axes
    # One line for the ANN, and one for each of the others.
    assert len(axes.lines) == 4
    with pytest.raises(volley.InputError, match="no figure 'loss'"):
        results.plot("loss")


def test_spikes_are_what_the_counts_count(network, test_data):
    x = test_data[0][:6]
    run = network.run(x, steps=3, trace=True, events=True, progress=False)
    assert list(run.spikes) == list(run.spike_counts) == list(network.inspect().sites)
    shape = run.spikes["blocks.0.attn.q"].values.shape
    assert shape[:2] == (3, 6) and run.spikes["blocks.0.attn.q"][1].dtype == np.int8
    for site, codes in run.spikes.items():
        for t in (1, 2, 3):
            counted = [(codes[t] == code).sum() for code in run.spikes.worth[site]]
            assert counted == run.spike_counts[site][t].tolist(), site
        worth = np.vectorize({0: 0.0, **run.spikes.worth[site]}.get, otypes=[np.float32])
        assert (run.spikes.sent(site)[2] == worth(codes[2])).all()
    # Row by row, the same as a table.
    table, sites = run.events
    assert sites == list(run.spikes) and len(table) == sum(int((codes.values != 0).sum()) for codes in run.spikes.values())
    for row in table[:: max(1, len(table) // 200)]:
        codes = run.spikes[sites[row["site"]]]
        assert codes[int(row["step"]), int(row["sample"])].ravel()[row["neuron"]] == row["level"]
    # Of some sites alone, and of one sample; the estimates are the same bits.
    some = network.run(x[:1], steps=3, trace=["blocks.1.*", "blocks.0.attn.q"], progress=False)
    assert "blocks.0.attn.q" in some.spikes and "blocks.0.attn.k" not in some.spikes and len(some.spikes) == 9
    assert (some.spikes["blocks.0.attn.q"].values[:, 0] == run.spikes["blocks.0.attn.q"].values[:, 0]).all()
    assert (some.estimates["logits"].values[:, 0] == run.estimates["logits"].values[:, 0]).all()
    with pytest.raises(KeyError, match="no spikes of a site 'blocks.0.attn.k'"):
        some.spikes["blocks.0.attn.k"]
    with pytest.raises(volley.InputError, match="nowhere"):
        network.run(x, steps=1, trace="nowhere", progress=False)
    with pytest.raises(AttributeError, match="trace=True"):
        network.run(x, steps=1, progress=False).spikes


def test_what_a_site_sends_adds_up_to_its_estimate(network, test_data):
    """Differential coding: the estimate after t steps is the sum of what was sent at each step s up to t, divided by s; the detail of an
    evaluation tells from the equations how far it is from the ANN's value."""
    x, y = test_data[0][:2], test_data[1][:2]
    run = network.run(x, steps=4, trace="blocks.0.attn.qkv.in", progress=False)
    sent = run.spikes.sent("blocks.0.attn.qkv.in").values.astype(np.float64)
    estimates = np.cumsum(sent / np.arange(1, 5).reshape(4, *[1] * (sent.ndim - 1)), axis=0)
    found = network.evaluate(x, y, steps=4, detail=2, progress=False).data["detail"]["sites"]
    errors = next(site["errors"] for site in found if site["name"] == "blocks.0.attn.qkv.in")
    exact = network.run(x, steps=400, trace="blocks.0.attn.qkv.in", no_ann=True, progress=False).spikes.sent("blocks.0.attn.qkv.in").values
    ann = np.sum(exact / np.arange(1, 401).reshape(400, *[1] * (exact.ndim - 1)), axis=0, dtype=np.float64)
    for t in (1, 2):
        assert np.linalg.norm(estimates[t - 1] - ann) / np.linalg.norm(ann) == pytest.approx(errors[t - 1], rel=0.05)


def test_exports(network, tmp_path):
    """What a file holds is tested where the tool writes it; here, that the words reach it."""
    if "export" not in volley.commands():
        with pytest.raises(volley.VolleyError, match="no command 'export'"):
            network.export("onnx", tmp_path / "n.onnx")
        return
    assert network.export("onnx", tmp_path / "n.onnx") == tmp_path / "n.onnx" and (tmp_path / "n.onnx").stat().st_size > 100_000
    with pytest.raises(volley.InputError, match="papyrus"):
        network.export("papyrus", tmp_path / "n")
    with pytest.raises(TypeError, match="did you mean unrolled"):
        network.export("onnx", tmp_path / "n.onnx", unroled=2)


def test_a_task_of_a_cluster_measures_all_samples(network, results, calibration, test_data, monkeypatch):
    """There, the command would take its part by itself."""
    for name, value in {"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "2",
                        "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert network.evaluate(*test_data, steps=2, progress=False).data["steps"] == results.data["steps"][:2]
    found = volley.compare(DIGITS, calibration["x"], test_data, methods="ecmt", steps=[1], calibration_limit=64, limit=40, progress=False)
    assert found.data["samples"] == 40


def test_the_first_figure_is_the_one_that_is_asked_for(network, test_data):
    x = test_data[0][:12]
    assert list(network.evaluate(x, steps=1, task="embedding", progress=False).figures)[0] == "mean_cosine"
    assert list(network.evaluate(x, steps=1, task="agreement", progress=False).figures)[0] == "agreement"
    targets = network.ann(x)["logits"]
    found = network.evaluate(x, targets, steps=2, task="regression", progress=False)
    assert list(found.figures)[0] == "root_mean_square_error" and found.ann["root_mean_square_error"] == 0
    off = network.run(x, steps=2, progress=False).estimates["logits"][2].astype(np.float64) - targets
    assert found.figures["root_mean_square_error"][2] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-5)

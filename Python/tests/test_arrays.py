from collections import UserDict
from pathlib import Path

import numpy as np
import pytest

from volley import InputError
from volley._arrays import arrays_of, samples_alone
from volley._npz import map_npz, write_npz


def same(found, expected):
    return found.keys() == expected.keys() and all(
        np.array_equal(found[name], expected[name]) and found[name].dtype == expected[name].dtype for name in expected)


def test_an_array_is_x_and_is_not_copied():
    x = np.ones((3, 2), np.float32)
    found = arrays_of(x, [0, 1, 2])
    assert found["x"] is x and found["y"].tolist() == [0, 1, 2]
    assert same(arrays_of((x, np.array([0, 1, 2]))), found)


def test_arrays_by_name():
    encoding = UserDict(input_ids=[[1, 2]], attention_mask=np.ones((1, 2), np.int64), token_type_ids=None)
    assert same(arrays_of(encoding), {"input_ids": np.array([[1, 2]]), "attention_mask": np.ones((1, 2), np.int64)})
    assert samples_alone({"a": np.zeros(1), "y": np.zeros(1)}).keys() == {"a"} and samples_alone({"y": np.zeros(1)}).keys() == {"y"}


def test_batches_are_joined():
    x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    pairs = [(x[:2], y[:2]), [x[2:4], y[2:4]], (x[4:], y[4:])]
    assert same(arrays_of(pairs[i] for i in range(3)), {"x": x, "y": y})
    assert same(arrays_of({"a": part} for part in (x[:3], x[3:])), {"a": x})
    assert same(arrays_of(iter([(x[:2],), (x[2:],)])), {"x": x})
    # No more batches are asked for than are needed.
    asked = []
    found = arrays_of((asked.append(i) or x[i:i + 1] for i in range(5)), limit=2)
    assert len(found["x"]) == 2 and len(asked) == 2


def test_paths_stay_paths():
    assert arrays_of("data.npz") == Path("data.npz") == arrays_of(Path("data.npz"))
    with pytest.raises(InputError, match="brings its own labels"):
        arrays_of("data.npz", [1])


@pytest.mark.parametrize("data, labels, words", [
    (np.array(["a"]), None, "numbers are needed"),
    (np.array([None, {}]), None, "numbers are needed"),
    ([[1, 2], [3]], None, "no array"),
    (np.float32(1), None, "single number"),
    (5, None, "found int"),
    ({}, None, "no arrays"),
    (iter([]), None, "no batches"),
    ((np.zeros(2), np.zeros(2), np.zeros(2)), None, "3 parts"),
    ((np.zeros(2), np.zeros(2)), np.zeros(2), "other labels"),
    ({"x": np.zeros(2), "y": np.zeros(2)}, np.zeros(2), "twice"),
    (iter([np.zeros((2, 3)), np.zeros((2, 4))]), None, "do not fit together"),
    (iter([{"a": np.zeros(1)}, {"b": np.zeros(1)}]), None, "batch 1 holds b"),
    (iter(["text"]), None, "batch 0 is text"),
    (np.zeros(2, np.complex64), None, "complex64"),
])
def test_what_holds_no_samples_is_refused(data, labels, words):
    with pytest.raises(InputError, match=words):
        arrays_of(data, labels)


def test_files_give_the_same_bits_back(tmp_path):
    generator = np.random.default_rng(1)
    arrays = {
        "x": generator.standard_normal((3, 4, 5)).astype(np.float32), "train/a.b": np.arange(6, dtype=np.int64).reshape(2, 3),
        "file": np.zeros((0, 3), np.float32), "ö": np.asfortranarray(generator.standard_normal((4, 3))), "byte": np.arange(7, dtype=np.uint8)}
    write_npz(tmp_path / "a.npz", arrays)
    with np.load(tmp_path / "a.npz") as numpy_reads:
        assert same(dict(numpy_reads), arrays)
    mapped = map_npz(tmp_path / "a.npz")
    (tmp_path / "a.npz").unlink()
    assert same(mapped, arrays)
    with pytest.raises(ValueError, match="read-only"):
        mapped["x"][0] = 0

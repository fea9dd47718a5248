import json
from pathlib import Path

import numpy as np
import pytest

import volley
from volley._options import arguments, positional
from volley._work import WorkFolder


@pytest.fixture
def work():
    with WorkFolder() as work:
        yield work


def test_the_tool_says_its_options():
    convert = volley.options("convert")
    assert convert["steps_per_octave"].name == "steps-per-octave" and convert["steps_per_octave"].takes_value
    assert convert["symmetric"].negation == "no-symmetric" and convert["no_check"].negation is None and convert["input_shape"].repeats
    # Every setting of every method is one.
    for method in volley.methods().values():
        assert method.settings.keys() <= convert.keys(), method.name
    with pytest.raises(KeyError):
        volley.options("transmogrify")


@pytest.mark.parametrize("keywords, words", [
    ({"steps_per_octave": 4}, ["--steps-per-octave=4"]),
    ({"quantile": np.float64(0.999)}, ["--quantile=0.999"]),
    ({"limit": np.int64(20)}, ["--limit=20"]),
    ({"symmetric": True, "spiking_head": False, "whole_set": True, "no_check": False}, ["--symmetric", "--no-spiking-head", "--whole-set"]),
    ({"dead_zone": [0.1, 0.03]}, ["--dead-zone=0.1,0.03"]),
    ({"mean": np.array([0.5, 0.25]), "std": (1, 2)}, ["--mean=0.5,0.25", "--std=1,2"]),
    ({"input_shape": {"x": (1, 3, 8, 8), "m": [1, 2]}}, ["--input-shape=x=1,3,8,8", "--input-shape=m=1,2"]),
    ({"array": ["x=images"]}, ["--array=x=images"]),
    ({"limit": None}, []),
    ({"preprocess": Path("-a b.json")}, ["--preprocess=-a b.json"]),
])
def test_keywords_are_options(work, keywords, words):
    assert arguments("convert", keywords, work) == words


def test_a_dictionary_stands_for_a_file(work):
    class Processor:
        def to_dict(self):
            return {"image_mean": np.array([0.5])}

    words = arguments("convert", {"thresholds": {"a.b": [1, 2.5]}, "preprocess": Processor(), "functions": {"gelu/w1": np.ones(2)}}, work)
    paths = dict(word[2:].split("=", 1) for word in words)
    assert json.loads(Path(paths["thresholds"]).read_text()) == {"a.b": [1, 2.5]}
    assert json.loads(Path(paths["preprocess"]).read_text()) == {"image_mean": [0.5]}
    assert np.load(paths["functions"])["gelu/w1"].tolist() == [1, 1]


def test_a_keyword_that_python_reserves(work):
    assert arguments("adjust", {"raise_": {"*": 4}}, work) == ["--raise=*=4"]


@pytest.mark.parametrize("keywords, words", [
    ({"step_per_octave": 4}, "did you mean steps_per_octave"), ({"symmetric": 1}, "True or False"), ({"limit": True}, "takes a value"),
    ({"limit": object()}, "found object"), ({"help": True}, "no option"), ({"input-shape": "x=1"}, "no option"),
])
def test_what_is_no_option_is_refused(work, keywords, words):
    with pytest.raises(TypeError, match=words):
        arguments("convert", keywords, work)


def test_what_the_caller_sets_is_no_keyword(network, test_data):
    with pytest.raises(TypeError, match="'json' is no option of 'volley evaluate' that can be set here"):
        network.evaluate(*test_data, steps=1, json="x.json")


def test_paths_are_no_options():
    assert positional("-o") == "./-o" and positional(Path("a")) == "a"

import numpy as np
import pytest

from volley import Steps


@pytest.fixture
def accuracy():
    return Steps(np.array([0.25, 0.5, 0.75, 1.0]))


def test_t_counts_from_1(accuracy):
    assert accuracy[1] == 0.25 and accuracy[4] == 1.0 and accuracy.last == 1.0
    assert accuracy[np.int64(2)] == 0.5
    assert accuracy.t.tolist() == [1, 2, 3, 4] and len(accuracy) == 4


@pytest.mark.parametrize("t, hint", [(0, "t counts from 1"), (-1, ".last"), (5, "1…4")])
def test_other_steps_are_refused(accuracy, t, hint):
    with pytest.raises(IndexError, match=hint.replace(".", r"\.")):
        accuracy[t]


@pytest.mark.parametrize("t", [1.0, "1", None])
def test_only_whole_numbers_are_steps(accuracy, t):
    with pytest.raises(TypeError, match="whole number"):
        accuracy[t]


def test_ranges_keep_their_t(accuracy):
    part = accuracy[2:4]
    assert part.t.tolist() == [2, 3] and part.values.tolist() == [0.5, 0.75] and part[3] == 0.75
    assert accuracy[:].values.tolist() == accuracy.values.tolist() and accuracy[3:].t.tolist() == [3, 4] and accuracy[:2].t.tolist() == [1]
    for wrong in (slice(-2, None), slice(None, -1), slice(None, None, 2)):
        with pytest.raises(IndexError):
            accuracy[wrong]


def test_steps_with_gaps():
    energy = Steps(np.array([1.0, 2.0, 8.0]), [1, 2, 8])
    assert energy[8] == 8.0 and energy[2:].t.tolist() == [2, 8]
    with pytest.raises(IndexError, match="1, 2, 8"):
        energy[4]


def test_further_axes():
    array = np.arange(24).reshape(2, 3, 4)
    estimates = Steps(array)
    assert (estimates[2] == array[1]).all() and estimates[2, 1, 3] == array[1, 1, 3]
    assert (estimates[1, :, 2] == array[0, :, 2]).all()
    assert (estimates[1:, 2].values == array[:, 2]).all() and estimates[2:, 2][2].tolist() == array[1, 2].tolist()


def test_numpy_takes_it(accuracy):
    assert np.max(accuracy) == 1.0 and np.asarray(accuracy).shape == (4,) and list(accuracy) == [0.25, 0.5, 0.75, 1.0]
    assert (accuracy == np.array([0.25, 0.5, 0.75, 1.0])).all()
    copied = np.array(accuracy)
    copied[0] = 9
    assert accuracy[1] == 0.25


def test_it_shows_its_t(accuracy):
    assert repr(accuracy) == "Steps(t = 1: 0.25, t = 2: 0.5, t = 3: 0.75, t = 4: 1)"
    assert repr(Steps(np.zeros((3, 2), np.float32))) == "Steps(t = 1…3, float32 [3, 2])"


def test_as_many_values_as_steps():
    with pytest.raises(ValueError, match="2 values for 3"):
        Steps(np.zeros(2), [1, 2, 3])

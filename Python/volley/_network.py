"""Spiking networks."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

import numpy as np
from numpy.typing import NDArray

from ._arrays import SAMPLES, Arrays, arrays_of, is_path, samples_alone
from ._diagnosis import Diagnosis
from ._errors import InputError
from ._inspection import Inspection, inspect
from ._npz import map_npz
from ._options import arguments, positional
from ._progress import Progress
from ._results import Results
from ._run import Run, Spikes, mapped_events
from ._tool import run
from ._transfer import data_path, named_like_inputs, remove_all_but
from ._work import WorkFolder

PathLike = Union[str, "os.PathLike[str]"]
Trace = Union[bool, str, Sequence[str]]


class Network:
    """A spiking network: a ``.volley`` file, and what can be done with it.

    Every method takes the options of the command that it is named after as keywords: ``volley.options("evaluate")`` lists those of
    `evaluate`. Where ``progress`` is True, tqdm shows progress if it is installed; a function is called with what is done, how
    many are done, and how many there are.
    """

    def __init__(self, path: PathLike, text: str = "", work: Optional[WorkFolder] = None) -> None:
        self.path = Path(path)
        """The file. Of a network that was converted without an output it is a temporary one, gone with the object: `save` keeps it."""
        self.text = text
        """What the tool printed at the conversion: how closely the network follows its ANN, and what else is worth knowing."""
        self._work = work

    def evaluate(
        self, data: Any, labels: Any = None, *, steps: int, task: Optional[str] = None, progress: Progress = True, **options: Any
    ) -> Results:
        """Measures the network beside its ANN at every t up to `steps`.

        Args:
            data: Samples, as an array, arrays by name, a pair with the labels, batches such as a ``DataLoader``, or a path.
            labels: Their labels, where `data` does not hold them.
            steps: How many time-steps.
            task: What the output is read as: "classification" (if nothing is said), "agreement", "embedding", "language-model" or
                "regression".
            progress: How progress is shown.
            options: Options of ``volley evaluate``, such as ``batch=64``, ``detail=4``, ``early_exit=[0.9, 0.99]``, ``prices={...}``.

        Raises:
            InputError: for what does not fit the network or each other.
            VolleyError: where the tool fails.
        """
        with WorkFolder() as work:
            path = data_path(arrays_of(data, labels, options.get("limit")), work, "data")
            result = work / "results.json"
            # All samples, in a task of a cluster too.
            beside = {"steps": steps, "task": task, "json": result, "shard": "none"}
            text = run(["evaluate", *arguments("evaluate", options, work, beside), self._positional, path], work=work, progress=progress)
            return Results(text, result.read_text(encoding="utf-8"))

    def run(
        self, data: Any, *, steps: int, trace: Trace = False, events: Trace = False, early_exit: Optional[float] = None,
        progress: Progress = True, **options: Any
    ) -> Run:
        """Runs the network on samples and hands out its estimates at every t.

        Args:
            data: Samples as they are fed to the network: an array, arrays by name, batches of them, or an ``.npz`` file.
            steps: How many time-steps.
            trace: Whether every neuron's spikes are kept: True for all neuron sites, or patterns such as ``"blocks.0.*"`` for some.
            events: The same as a table with a row for each spike. With `trace` beside it, both are of the same sites.
            early_exit: The softmax margin at which each sample stops.
            progress: How progress is shown.
            options: Options of ``volley run``, such as ``no_ann=True`` or ``weights="int8"``.

        Raises:
            InputError: for what does not fit the network.
            VolleyError: where the tool fails.
        """
        work = WorkFolder()
        try:
            path = self._inputs(data, work)
            beside: Dict[str, Any] = {"steps": steps, "input": path, "output": work / "out.npz", "early_exit": early_exit}
            folder, table = work / "spikes", work / "events.npy"
            if trace is not False:
                beside["trace"] = folder
            if events is not False:
                beside["events"] = table
            patterns = [[each] if isinstance(each, str) else list(each) for each in (trace, events) if not isinstance(each, bool)]
            if len(patterns) == 2 and patterns[0] != patterns[1]:
                raise InputError(f"trace and events are of the same sites, found {patterns[0]} and {patterns[1]}")
            if patterns:
                beside["sites"] = patterns[0]
            text = run(["run", *arguments("run", options, work, beside), self._positional], work=work, progress=progress)
            spikes = Spikes(folder, work) if trace is not False else None
            found = Run(map_npz(work / "out.npz"), text, spikes, mapped_events(table) if events is not False else None)
            remove_all_but(work, keeping=folder)
            if spikes is None:
                work.close()
            return found
        except BaseException:
            work.close()
            raise

    def ann(self, data: Any, **options: Any) -> Dict[str, NDArray[np.float32]]:
        """By output, what the ANN gives for samples, [N, …]: the trained network alone, without spikes."""
        with WorkFolder() as work:
            path = self._inputs(data, work)
            output = work / "out.npz"
            run(["run", *arguments("run", options, work, {"ann_only": True, "input": path, "output": output}), self._positional], work=work)
            return map_npz(output)

    def verify(
        self, data: Any, labels: Any = None, *, steps: Optional[int] = None, progress: Progress = True, **options: Any
    ) -> Diagnosis:
        """Finds out where the network departs from its ANN, and what to change. Labels are not needed.

        Args:
            data: Samples that were not calibrated with, as for `evaluate`.
            labels: Their labels, which tell accuracies too.
            steps: The time-step whose answers count.
            progress: How progress is shown.
            options: Options of ``volley verify``, such as ``samples=32`` or ``tolerance=0.02``. ``model`` and ``calibration``, both as
                paths, try out other conversions.

        Raises:
            InputError: for what does not fit the network.
            VolleyError: where the tool fails.
        """
        with WorkFolder() as work:
            path = data_path(self._named(arrays_of(data, labels, options.get("samples"))), work, "data")
            result = work / "diagnosis.json"
            text = run(
                ["verify", *arguments("verify", options, work, {"steps": steps, "json": result}), self._positional, path],
                work=work, progress=progress)
            return Diagnosis(text, json.loads(result.read_text(encoding="utf-8")))

    def adjust(self, *, output: Optional[PathLike] = None, **options: Any) -> Network:
        """A network with other neurons: what the advice of `verify` calls ``volley adjust``.

        Args:
            output: The ``.volley`` file to write; None for a temporary one.
            options: Options of ``volley adjust``, such as ``raise_={"blocks.0.mlp.fc2.in": 4}``, ``refine={"*": 16}`` or
                ``steps_per_octave=4``.

        Raises:
            InputError: for sites that there are not, and changes that their neurons do not allow.
        """
        return written_network("adjust", output, lambda work, path: [
            *arguments("adjust", options, work, {"output": path}), self._positional])

    def inspect(self) -> Inspection:
        """What the network consists of."""
        return inspect(self.path)

    def export(self, format: str, path: PathLike, **options: Any) -> Path:
        """Writes the network for another program, by ``volley export``.

        Args:
            format: "onnx", "nir" or "bundle".
            path: The file to write, or the folder to make of a bundle.
            options: Options of ``volley export``.

        Raises:
            InputError: for formats and options that there are not, and networks that cannot be written so.
        """
        with WorkFolder() as work:
            run(["export", *arguments("export", options, work, {"to": format, "output": os.fspath(path)}), self._positional], work=work)
        return Path(path)

    def save(self, path: PathLike) -> Path:
        """Writes the network to a ``.volley`` file, which is complete or not there.

        Raises:
            OSError: where it cannot be written.
        """
        target = Path(path)
        if target.exists() and target.samefile(self.path):
            return target
        handle, temporary = tempfile.mkstemp(prefix=".volley-", suffix=".partial", dir=target.parent)
        os.close(handle)
        try:
            shutil.copyfile(self.path, temporary)
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
        return target

    @property
    def _positional(self) -> str:
        return positional(self.path)

    def _inputs(self, data: Any, work: WorkFolder) -> str:
        """An `.npz` file with what the network is fed with, without labels."""
        if is_path(data):
            return str(os.fspath(data))
        if isinstance(data, tuple) and len(data) == 2:
            data = data[0]
        arrays = arrays_of(data)
        assert not isinstance(arrays, Path)
        arrays = samples_alone(arrays)
        if list(arrays) == [SAMPLES] and arrays[SAMPLES].dtype == np.uint8 and self._preprocessing is not None:
            mean, deviation = (self._preprocessing[key] for key in ("mean", "deviation"))
            raise InputError(
                "bytes are images, and run takes what the network reads (evaluate takes images too): scale them first, to "
                f"(pixels / 255 - mean) / deviation with mean {mean} and deviation {deviation}")
        return data_path(arrays, work, "input")

    @property
    def _preprocessing(self) -> Optional[Dict[str, Any]]:
        """How images become the network's input, as the file says it: it is one of safetensors, with JSON in its metadata."""
        with open(self.path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        text = header["__metadata__"].get("volley.preprocessing")
        return None if text is None else dict(json.loads(text))

    def _named(self, data: Union[Path, Arrays]) -> Union[Path, Arrays]:
        return named_like_inputs(data, self.path)

    def __str__(self) -> str:
        return self.text or repr(self)

    def __repr__(self) -> str:
        return f"<volley.Network: {self.path}>"


def load(path: PathLike) -> Network:
    """Opens a ``.volley`` file.

    Raises:
        InputError: where there is none, or it is another version's, which this one does not read.
    """
    with WorkFolder() as work:
        run(["inspect", "--json", positional(path)], work=work)
    return Network(path)


def written_network(
    command: str, output: Optional[PathLike], words: Callable[[WorkFolder, str], List[str]], progress: Progress = False,
    read: Callable[[], None] = lambda: None
) -> Network:
    """The network that a command writes: to `output`, or to a temporary file that is gone with the network.

    Args:
        words: The command's arguments, for a folder where files may be put and the path to write to.
        read: Called when the command is done, while the folder is still there.
    """
    work = WorkFolder()
    try:
        path = os.fspath(output) if output is not None else str(work / "network.volley")
        text = run([command, *words(work, path)], work=work, progress=progress)
        read()
        if output is not None:
            work.close()
            return Network(output, text)
        remove_all_but(work, keeping=Path(path))
        return Network(path, text, work)
    except BaseException:
        work.close()
        raise

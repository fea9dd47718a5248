"""From trained networks to spiking ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Union

from ._arrays import arrays_of, is_path, samples_alone
from ._comparison import Comparison, Tuning
from ._errors import InputError
from ._network import Network, PathLike, written_network
from ._options import arguments, positional
from ._progress import Progress
from ._tool import run
from ._transfer import data_path, named_like_inputs
from ._work import WorkFolder


def convert(
    model: Any, calibration: Any = None, *, method: Optional[str] = None, output: Optional[PathLike] = None, progress: Progress = True,
    module_options: Optional[Mapping[str, Any]] = None, **options: Any
) -> Network:
    """Makes a spiking network of a trained one, without training it again.

    Args:
        model: A checkpoint folder or an ``.onnx`` file, or a module of PyTorch, among them the models of timm and transformers.
        calibration: Samples to take thresholds from, a few hundred: an array, arrays by name, batches such as a ``DataLoader``, or a path.
            Labels are not used.
        method: One of `volley.methods`; if nothing is said, the tool's own, ecmt.
        output: The ``.volley`` file to write; None for a temporary one.
        progress: How progress is shown.
        module_options: How a module is exported: arguments of `volley.export_module`.
        options: Every option of ``volley convert``, among them the settings of the method: ``steps_per_octave=4``, ``symmetric=False``,
            ``dead_zone=[0.1, 0.03]``, ``limit=200``. Where an option takes a file, a dictionary will do: ``thresholds={...}``.

    Raises:
        InputError: where model, data and settings do not fit each other, in the tool's words.
        VolleyError: where the tool fails, or an exported module does not compute what the module does.
        TypeError: for keywords that are no options.
    """
    def words(work: WorkFolder, path: str) -> List[str]:
        inputs = _inputs(model, calibration, work, options, module_options, options.get("limit"))
        beside = {"calibration": inputs.calibration, "method": method, "output": path, "shard": "none"}
        return [*arguments("convert", {**options, **inputs.found}, work, beside), inputs.model]

    return written_network("convert", output, words, progress)


def compare(
    model: Any, calibration: Any, data: Any, labels: Any = None, *, methods: Union[str, Iterable[Any], None] = None,
    steps: Iterable[int] = (1, 2, 4, 8, 16, 32, 64), progress: Progress = True, module_options: Optional[Mapping[str, Any]] = None,
    **options: Any
) -> Comparison:
    """Converts one network by several methods, and measures them on the same data.

    Args:
        model: As for `convert`.
        calibration: As for `convert`.
        data: Samples with their labels, as for `Network.evaluate`.
        labels: The labels, where `data` does not hold them.
        methods: Their names; with settings as ``"ecmt:levels=6"``, or as a pair ``("ecmt", {"levels": 6})``. None for all.
        steps: The time-steps to show.
        progress: How progress is shown.
        module_options: How a module is exported: arguments of `volley.export_module`.
        options: Options of ``volley compare``, such as ``calibration_limit=200`` or ``resume="file"``.

    Raises:
        InputError: where model, data and settings do not fit each other. A method that does not fit is told in `Comparison.unfit`.
        VolleyError: where the tool fails.
    """
    with WorkFolder() as work:
        inputs = _inputs(model, calibration, work, options, module_options, options.get("calibration_limit"))
        result = work / "comparison.json"
        beside = {
            "calibration": inputs.calibration, "data": data_path(arrays_of(data, labels, options.get("limit")), work, "data"),
            "methods": _methods(methods), "steps": list(steps), "json": result, "shard": "none"}
        text = run(["compare", *arguments("compare", {**options, **inputs.found}, work, beside), inputs.model], work=work, progress=progress)
        return Comparison(text, json.loads(result.read_text(encoding="utf-8")))


def tune(
    model: Any, calibration: Any, *, max_loss: Optional[float] = None, max_energy: Optional[float] = None,
    steps: Iterable[int] = (1, 2, 4), methods: Union[str, Iterable[Any], None] = None, output: Optional[PathLike] = None,
    progress: Progress = True, module_options: Optional[Mapping[str, Any]] = None, **options: Any
) -> Tuning:
    """Searches methods and their settings for the best network within a bound, on calibration data alone.

    Args:
        model: As for `convert`.
        calibration: Samples; half of them calibrate, half of them measure.
        max_loss: The largest loss, ‖SNN − ANN‖ / ‖ANN‖: the cheapest network within it is chosen.
        max_energy: The largest energy, as a multiple of the ANN's: the most faithful network within it is chosen.
        steps: Time-steps to look at.
        methods: Candidates instead of the grid, as for `compare`.
        output: The ``.volley`` file to write the chosen network to; None for a temporary one.
        progress: How progress is shown.
        module_options: How a module is exported: arguments of `volley.export_module`.
        options: Options of ``volley tune``, such as ``refine=8`` or ``svg="front.svg"``.

    Raises:
        InputError: where model, data and settings do not fit each other, or no network keeps to the bound.
        VolleyError: where the tool fails.
    """
    found: Dict[str, Any] = {}
    bounded = max_loss is not None or max_energy is not None
    if output is not None and not bounded:
        raise InputError("a network can only be written once it is chosen: name max_loss or max_energy")

    def words(work: WorkFolder, path: Optional[str]) -> List[str]:
        inputs = _inputs(model, calibration, work, options, module_options, options.get("calibration_limit", 256))
        found["result"] = work / "tuning.json"
        beside = {
            "calibration": inputs.calibration, "max_loss": max_loss, "max_energy": max_energy, "steps": list(steps),
            "methods": _methods(methods), "json": found["result"], "output": path}
        return [*arguments("tune", {**options, **inputs.found}, work, beside), inputs.model]

    if not bounded:
        with WorkFolder() as work:
            text = run(["tune", *words(work, None)], work=work, progress=progress)
            return Tuning(text, json.loads(found["result"].read_text(encoding="utf-8")), None)

    def read() -> None:
        found["data"] = json.loads(found["result"].read_text(encoding="utf-8"))

    network = written_network("tune", output, words, progress, read)
    return Tuning(network.text, found["data"], network)


def _methods(methods: Union[str, Iterable[Any], None]) -> Optional[List[str]]:
    """Methods as the tool takes them."""
    if methods is None:
        return None
    return [
        method if isinstance(method, str) else ":".join([method[0], *(_setting(name, value) for name, value in method[1].items())])
        for method in ([methods] if isinstance(methods, str) else methods)]


def _setting(name: str, value: Any) -> str:
    if isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = ",".join(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value)
    return f"{name.replace('_', '-')}={text}"


class _Inputs(NamedTuple):
    """A model and its calibration data as paths, and options that follow from the model."""

    model: str
    calibration: Optional[str]
    found: Dict[str, Any]


def _inputs(
    model: Any, calibration: Any, work: WorkFolder, options: Mapping[str, Any], module_options: Optional[Mapping[str, Any]],
    limit: Optional[int]
) -> _Inputs:
    data = None if calibration is None else arrays_of(calibration, limit=limit)
    if isinstance(data, dict):
        data = samples_alone(data)
    found: Dict[str, Any] = {}
    if is_path(model):
        if module_options:
            raise InputError("module_options are for modules, not for models in files")
        path = Path(model)
    else:
        from ._modules import export_to

        path, images = export_to(work.path, model, data, dict(module_options or {}))
        if images and options.get("preprocess") is None:
            found["preprocess"] = images
    if data is not None and not isinstance(data, Path):
        shapes = arguments("inspect", {"input_shape": options.get("input_shape")}, work)
        data = named_like_inputs(data, path, shapes)
    return _Inputs(positional(path), None if data is None else data_path(data, work, "calibration"), found)

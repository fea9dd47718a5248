"""Modules of PyTorch, exported to ONNX and held against what they compute themselves."""

from __future__ import annotations

import importlib.util
import inspect
import os
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray

from ._arrays import SAMPLES, Arrays, array_of, arrays_of
from ._errors import InputError, VolleyError, VolleyWarning
from ._images import example_of, write_image_configuration
from ._npz import map_npz, write_npz
from ._progress import caller
from ._quiet import evaluating, quiet
from ._tool import run
from ._work import WorkFolder

LARGEST_DIFFERENCE = 1e-4
"""How far an export may be off, of the range of the module's outputs. Single precision leaves some 1e-6; another network is off by more."""
_EXAMPLES = 2
_LARGEST_FILE = 3 << 29
"""Of weights that stay in the ONNX file: protobuf ends at 2 GiB."""


def export_module(
    module: Any, example: Any, path: Union[str, os.PathLike[str]], *, outputs: Optional[Sequence[str]] = None,
    exporter: Optional[str] = None, opset: Optional[int] = None, check: int = 64
) -> Path:
    """Exports a module to an ONNX file with its batch left free, and checks that the file computes what the module does.

    Args:
        module: A module of PyTorch, among them models of timm and transformers. It is exported as it is in evaluation, in single
            precision, and is left as it was.
        example: Samples, at least one: an array for a module with one argument, or arrays by the names of its arguments.
        path: The ``.onnx`` file to write.
        outputs: The names of the outputs, in their order; of a module that returns them by name, which of them are kept. If nothing is
            said, all that are arrays, by their names; a single one is "logits" where it is [N, classes], otherwise "output".
        exporter: "torchscript", which keeps the names of the module's parts, or "dynamo"; None for the first of both that gives what the
            module does.
        opset: The version of ONNX's operators; None for what PyTorch takes.
        check: On how many of the samples the file is compared with the module, at least one.

    Returns:
        The path.

    Raises:
        InputError: where the example does not fit the module.
        VolleyError: where it cannot be exported, or what is exported departs from the module.
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"a model is a path or a module of PyTorch, found {type(module).__name__}")
    if exporter not in (None, "dynamo", "torchscript"):
        raise InputError(f"exporter is 'dynamo' or 'torchscript', found {exporter!r}")
    if check < 1:
        raise InputError(f"at least one sample is compared, found check={check}")
    arrays = arrays_of(example, limit=check)
    if isinstance(arrays, Path):
        raise InputError("an example is an array, or arrays by name, and no path")
    count = min(len(array) for array in arrays.values())
    if count < 1:
        raise InputError("an example is at least one sample, found none")
    with evaluating(module):
        call = _Call(module, arrays, outputs)
        reference = call.results({name: array[:check] for name, array in arrays.items()})
        exporters = [exporter] if exporter else ["torchscript", "dynamo"] if importlib.util.find_spec("onnxscript") else ["torchscript"]
        failures: List[str] = []
        for each in exporters:
            try:
                call.export(Path(path), each, opset)
                _compare(Path(path), call, arrays, reference)
                return Path(path)
            except Exception as error:
                failures.append(f"{each}: {_first_lines(error)}")
    hint = "" if "dynamo" in exporters or exporter else "\nPyTorch's other exporter needs the package onnxscript, which is not installed."
    raise VolleyError("this module cannot be exported so that it computes the same:\n" + "\n".join(failures) + hint)


def export_to(folder: Path, module: Any, data: Union[Path, Arrays, None], options: Dict[str, Any]) -> Tuple[Path, Optional[Path]]:
    """Exports a module into a folder.

    Returns:
        The ONNX file, and one that says how images become its input, where that is known.
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"a model is a path or a module of PyTorch, found {type(module).__name__}")
    example = options.pop("example", None)
    is_fed = isinstance(data, dict) and not any(array.dtype == np.uint8 for array in data.values())
    if example is None:
        example = data if is_fed else example_of(module)
    path = export_module(module, example, folder / "module.onnx", **options)
    arrays = arrays_of(example)
    images = write_image_configuration(module, {} if isinstance(arrays, Path) else arrays, folder)
    if images and not is_fed and data is not None:
        warnings.warn(
            f"images are preprocessed as the model's configuration has it, {images[1]}: name mean and std where it was trained otherwise",
            VolleyWarning, stacklevel=caller())
    return path, images[0] if images else None


class _Call:
    """How a module is called with arrays, and what it returns by name."""

    def __init__(self, module: Any, arrays: Arrays, outputs: Optional[Sequence[str]]) -> None:
        self.module = module
        self.device = next((tensor.device for tensor in [*module.parameters(), *module.buffers()]), None)
        self.is_positional = list(arrays) == [SAMPLES]
        parameters = _parameters(module)
        self.inputs = [next(iter(parameters), SAMPLES)] if self.is_positional else list(arrays)
        takes_all = any(each.kind is each.VAR_KEYWORD for each in inspect.signature(module.forward).parameters.values())
        unknown = [] if self.is_positional or takes_all else [name for name in arrays if name not in parameters]
        if unknown:
            raise InputError(f"the module takes no {', '.join(unknown)}; its arguments are {', '.join(parameters)}")
        self.fixed = {"use_cache": False} if "use_cache" in parameters else {}
        self.arrays = {self.inputs[0]: arrays[SAMPLES]} if self.is_positional else arrays
        self.keys: List[Any] = []
        self.outputs: List[str] = []
        try:
            result = self(*self._tensors({name: array[:_EXAMPLES] for name, array in self.arrays.items()}), raw=True)
        except InputError:
            raise
        except Exception as error:
            shapes = ", ".join(f"{name} {array.dtype} {list(array.shape)}" for name, array in self.arrays.items())
            raise InputError(f"the module does not take samples {shapes}: {_first_lines(error)}") from error
        self._name(result, outputs)

    def __call__(self, *values: Any, raw: bool = False) -> Any:
        arguments = {} if self.is_positional else dict(zip(self.inputs, values))
        result = self.module(*(values if self.is_positional else ()), **arguments, **self.fixed)
        return result if raw else tuple(_parts(result)[key] for key in self.keys)

    def _tensors(self, arrays: Arrays) -> List[Any]:
        torch = _torch()
        return [torch.from_numpy(np.ascontiguousarray(arrays[name])).to(self.device) for name in self.inputs]

    def _name(self, result: Any, outputs: Optional[Sequence[str]]) -> None:
        """What is returned, and what it is called."""
        torch = _torch()
        parts = {key: value for key, value in _parts(result).items() if torch.is_tensor(value)}
        if not parts:
            raise InputError(f"the module returns no arrays, but {type(result).__name__}")
        has_names = all(isinstance(key, str) for key in parts)
        if outputs is not None and has_names:
            missing = [name for name in outputs if name not in parts]
            if missing:
                raise InputError(f"the module returns no {', '.join(missing)}; there are {', '.join(parts)}")
            self.keys = self.outputs = list(outputs)
            return
        self.keys = list(parts)
        if outputs is not None:
            if len(outputs) != len(parts):
                raise InputError(f"the module returns {len(parts)} arrays, and {len(outputs)} names are given")
            self.outputs = list(outputs)
        elif has_names:
            self.outputs = list(parts)
        elif len(parts) == 1:
            self.outputs = ["logits" if next(iter(parts.values())).ndim == 2 else "output"]
        else:
            self.outputs = [f"output{number}" for number in range(len(parts))]

    def named(self, arrays: Arrays) -> Arrays:
        """Arrays under the names of the file's inputs."""
        return {self.inputs[0]: arrays[SAMPLES]} if self.is_positional else arrays

    def results(self, arrays: Arrays) -> Dict[str, NDArray[Any]]:
        """What the module gives for samples."""
        torch = _torch()
        with torch.no_grad():
            results = self(*self._tensors(self.named(arrays)))
        return {name: array_of(value) for name, value in zip(self.outputs, results)}

    def export(self, path: Path, exporter: str, opset: Optional[int]) -> None:
        """Writes the ONNX file."""
        torch = _torch()
        call = self
        example = tuple(self._tensors({name: _two(array) for name, array in self.arrays.items()}))

        class Exported(torch.nn.Module):  # type: ignore[misc, name-defined]
            """The module with positional arguments, which returns a tuple."""

            def __init__(self) -> None:
                super().__init__()
                self.module = call.module

            def forward(self, *values: Any) -> Any:
                return call(*values)

        # As it is where possible, so that its parts keep their names.
        is_plain = self.is_positional and self.keys == [None] and not self.fixed
        module = self.module if is_plain else Exported().eval()
        options: Dict[str, Any] = {"input_names": self.inputs, "output_names": self.outputs, "opset_version": opset}
        size = sum(tensor.numel() * tensor.element_size() for tensor in call.module.state_dict().values())
        if exporter == "dynamo":
            batch = torch.export.Dim.DYNAMIC
            options.update(dynamo=True, dynamic_shapes=({0: batch},) if is_plain else {"values": tuple({0: batch} for _ in example)}, verbose=False,
                           external_data=size > _LARGEST_FILE)
        else:
            options.update(dynamo=False, dynamic_axes={name: {0: "batch"} for name in self.inputs + self.outputs})
        with quiet(), torch.no_grad():
            torch.onnx.export(module, example, str(path), **options)


def _compare(path: Path, call: _Call, arrays: Arrays, reference: Dict[str, NDArray[Any]]) -> None:
    """Holds the file's ANN against the module."""
    count = len(next(iter(reference.values())))
    with WorkFolder() as work:
        write_npz(work / "in.npz", {name: array[:count] for name, array in call.named(arrays).items()})
        with warnings.catch_warnings():
            # The conversion says them again.
            warnings.simplefilter("ignore", VolleyWarning)
            run(["run", str(path), "--ann-only", f"--input={work / 'in.npz'}", f"--output={work / 'out.npz'}"], work=work)
        found = map_npz(work / "out.npz")
    for name, expected in reference.items():
        if name not in found or found[name].shape != expected.shape:
            raise VolleyError(f"the export's output '{name}' is {list(found[name].shape) if name in found else 'missing'}, "
                              f"the module's {list(expected.shape)}")
        extent = float(expected.max() - expected.min()) or float(np.abs(expected).max()) or 1.0
        difference = float(np.abs(found[name].astype(np.float64) - expected).max())
        if not difference <= LARGEST_DIFFERENCE * extent:
            raise VolleyError(f"the export's output '{name}' is off by {difference:.3g} on {count} samples, where the module's range is {extent:.3g}")


def _parts(result: Any) -> Dict[Any, Any]:
    """What a module returns, by name or by place; a single array under None."""
    if hasattr(result, "items"):
        return dict(result.items())
    return dict(enumerate(result)) if isinstance(result, (tuple, list)) else {None: result}


def _parameters(module: Any) -> List[str]:
    """The names of a module's arguments."""
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [name for name, each in inspect.signature(module.forward).parameters.items() if each.kind in named]


def _two(array: NDArray[Any]) -> NDArray[Any]:
    """Two samples, for an exporter takes a batch of one for a constant."""
    return np.concatenate([array[:1], array[-1:]])


def _first_lines(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return "\n".join(lines[:4]) or type(error).__name__


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise InputError("a model that is no path is a module of PyTorch, and PyTorch is not installed: pip install torch") from error
    return torch

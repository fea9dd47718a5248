"""Arrays as files: written once, read back without a copy."""

from __future__ import annotations

import io
import mmap
import zipfile
from pathlib import Path
from typing import Any, Dict, Mapping

import numpy as np
from numpy.typing import NDArray

from ._errors import VolleyError


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes arrays as `numpy.savez` does, uncompressed, whatever they are called."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            # The size is not known before: members may exceed 4 GiB.
            with archive.open(name + ".npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def map_npz(path: Path) -> Dict[str, NDArray[Any]]:
    """The arrays of an uncompressed `.npz` file, as read-only views of one memory mapping.

    The mapping outlives the file's name: the file may be removed at once, and its space is free when the last array is gone.
    """
    arrays: Dict[str, NDArray[Any]] = {}
    with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED or not member.filename.endswith(".npy"):
                raise VolleyError(f"{path}: '{member.filename}' is not an uncompressed array")
            # A local header has 30 bytes, a name and an extra field, whose lengths stand in it.
            header = member.header_offset
            lengths = [int.from_bytes(mapped[header + at:header + at + 2], "little") for at in (26, 28)]
            start = header + 30 + sum(lengths)
            arrays[member.filename[:-4]] = _view(mapped, start, member.file_size)
    return arrays


def _view(mapped: mmap.mmap, start: int, size: int) -> NDArray[Any]:
    """The array of an `.npy` file that lies inside a mapping."""
    head = io.BytesIO(mapped[start:start + min(size, 1 << 16)])
    version = np.lib.format.read_magic(head)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, kind = read(head)
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        return np.empty(shape, kind)
    flat = np.frombuffer(mapped, dtype=kind, count=count, offset=start + head.tell())
    return flat.reshape(shape, order="F" if fortran else "C")

"""Makes tiny array and data set files for the readers' tests.

Writes Tests/Fixtures/formats/:
    *.npy, *.npz, IDX files, CIFAR binaries    see the functions below
    expected.json    per file (and per member of an .npz): shape, NumPy dtype, fortran
                     order, sum, first and last values (in C order), or why it is invalid
    MANIFEST.json

Run:  python Tools/make_format_fixtures.py
Pinned versions: Tools/requirements.txt. Everything is deterministic.
"""

import gzip
import io
import struct
import zipfile

import numpy as np

from fixture_io import FIXTURES, fresh_folder, write_json, write_manifest

SEED = 7301
OUT = FIXTURES / "formats"
EDGE = 6  # how many values from either end are listed


def number(value):
    """A plain JSON number; bool counts as 0 or 1."""
    return float(value) if np.asarray(value).dtype.kind == "f" else int(value)


def describe(array, **more):
    flat = array.reshape(-1)  # C order, whatever the memory order
    summed = flat.astype(np.float64).sum() if array.dtype.kind == "f" else flat.astype(np.int64).sum()
    note = {
        "shape": list(array.shape),
        "dtype": array.dtype.str,
        "sum": number(summed),
        "first": [number(v) for v in flat[:EDGE]],
        "last": [number(v) for v in flat[-EDGE:]],
    }
    note.update(more)
    return note


def npy_bytes(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def npy_with_header(header, body=b"", version=(1, 0)):
    """An .npy with a hand-made header, for what NumPy would not write."""
    width = "<H" if version[0] == 1 else "<I"
    header = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack(width, len(header)) + header + body


def arrays():
    random = np.random.default_rng(SEED)
    return {
        "f4": random.normal(size=(3, 5)).astype("<f4"),
        "f8": random.normal(size=(2, 3, 2)).astype("<f8"),
        "f2": random.normal(size=(7,)).astype("<f2"),
        "i8": np.array([[-1, 0, 2**40], [7, -(2**50), 3]], "<i8"),
        "i4": np.arange(-6, 6, dtype="<i4").reshape(4, 3),
        "i2": np.array([-32768, -1, 0, 32767], "<i2"),
        "i1": np.array([[-128, 127], [-1, 5]], "i1"),
        "u1": np.arange(0, 250, 10, dtype="u1").reshape(5, 5),
        "u2": np.array([0, 1, 65535], "<u2"),
        "bool": np.array([[True, False, True], [False, False, True]]),
        "f4-fortran": np.asfortranarray(random.normal(size=(3, 4, 2)).astype("<f4")),
        "f4-bigendian": random.normal(size=(2, 6)).astype(">f4"),
        "i4-bigendian": np.array([1, -2, 70000], ">i4"),
        "f4-scalar": np.array(2.5, "<f4"),
        "f4-empty": np.zeros((0, 4), "<f4"),
        "f4-special": np.array([0.0, -0.0, 1e-40, 3.4e38, 65504], "<f4"),
    }


def make_npy(expected):
    for name, array in arrays().items():
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        (OUT / f"{name}.npy").write_bytes(npy_bytes(array))
        expected[f"{name}.npy"] = describe(array, fortran=fortran)
    wide = arrays()["f4"]
    for version in [(2, 0), (3, 0)]:
        name = f"f4-version{version[0]}.npy"
        (OUT / name).write_bytes(npy_bytes(wide, version))
        expected[name] = describe(wide, fortran=False)
    spaced = npy_with_header(  # the header's other legal spellings: quotes, order, spaces, no padding
        '{"shape":( 2 ,3, ),"fortran_order" : False,\'descr\':"<i4"}', np.arange(6, dtype="<i4").tobytes())
    (OUT / "i4-odd-header.npy").write_bytes(spaced)
    expected["i4-odd-header.npy"] = describe(np.load(io.BytesIO(spaced)), fortran=False)
    nan = np.array([1, np.nan, np.inf, -np.inf], "<f4")
    (OUT / "f4-nan-inf.npy").write_bytes(npy_bytes(nan))
    expected["f4-nan-inf.npy"] = {"shape": [4], "dtype": "<f4", "values": ["1", "nan", "inf", "-inf"]}

    whole = npy_bytes(wide)
    bad = {
        "bad-truncated.npy": (whole[:-7], "data end early"),
        "bad-magic.npy": (b"\x92" + whole[1:], "wrong magic"),
        "bad-short-header.npy": (whole[:30], "header ends early"),
        "bad-object.npy": (npy_with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"\x80\x04N."),
                           "object dtype, which must never be read"),
        "bad-structured.npy": (npy_bytes(np.zeros(2, [("a", "<f4"), ("b", "<i4")])), "structured dtype"),
        "bad-complex.npy": (npy_bytes(np.zeros(2, "<c8")), "complex dtype"),
        "bad-huge-shape.npy": (npy_with_header(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904), }"),
            "the element count overflows 64 bits"),
        "bad-negative-shape.npy": (npy_with_header(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3), }"), "negative dimension"),
    }
    for name, (data, reason) in bad.items():
        (OUT / name).write_bytes(data)
        expected[name] = {"invalid": reason}


class OneWay(io.RawIOBase):
    """A stream that can be written but neither sought nor told, like a pipe."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, piece):
        self.data += bytes(piece)
        return len(piece)


def streamed(members, force_zip64):
    """A zip archive written through a stream that cannot seek."""
    stream = OneWay()
    with zipfile.ZipFile(stream, "w") as archive:
        for position, (name, array) in enumerate(members.items()):
            entry = zipfile.ZipInfo(name + ".npy")  # the fixed date of 1980
            entry.compress_type = zipfile.ZIP_DEFLATED if position % 2 else zipfile.ZIP_STORED
            with archive.open(entry, "w", force_zip64=force_zip64) as member:
                member.write(npy_bytes(array))
    return bytes(stream.data)


def make_npz(expected):
    every = arrays()
    members = {"x": np.concatenate([every["u1"]] * 8), "y": np.arange(40, dtype="<i8"),
               "group/w": every["f4"], "fortran": every["f4-fortran"], "scalar": every["f4-scalar"]}
    described = {name: describe(array) for name, array in members.items()}
    np.savez(OUT / "stored.npz", **members)
    np.savez_compressed(OUT / "deflated.npz", **members)
    expected["stored.npz"] = {"members": described, "compression": "stored"}
    expected["deflated.npz"] = {"members": described, "compression": "deflate"}

    mixed = "stored and deflate in turn"
    (OUT / "streamed.npz").write_bytes(streamed(members, force_zip64=True))
    expected["streamed.npz"] = {
        "members": described, "compression": mixed,
        "note": "general-purpose bit 3: the local headers hold no sizes (0xFFFFFFFF and a zip64 extra "
                "field of zeros) and no CRC; a zip64 data descriptor follows the data"}
    (OUT / "streamed-32bit.npz").write_bytes(streamed(members, force_zip64=False))
    expected["streamed-32bit.npz"] = {
        "members": described, "compression": mixed,
        "note": "general-purpose bit 3: sizes and CRC are 0 in the local headers; a 32-bit data "
                "descriptor follows the data"}
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 64  # so that everything counts as large
    try:
        (OUT / "zip64.npz").write_bytes(streamed(members, force_zip64=True))
    finally:
        zipfile.ZIP64_LIMIT = limit
    expected["zip64.npz"] = {
        "members": described, "compression": mixed,
        "note": "as streamed.npz, and sizes and offsets of the central directory lie in zip64 extra "
                "fields; zip64 end-of-central-directory record and locator"}

    whole = (OUT / "deflated.npz").read_bytes()
    plain = (OUT / "stored.npz").read_bytes()
    wrong = bytearray(plain)
    wrong[plain.index(every["u1"].tobytes()) + 30] ^= 0xFF
    bad = {
        "bad-truncated.npz": (whole[:len(whole) // 2], "no end of central directory"),
        "bad-crc.npz": (bytes(wrong), "a byte of member x changed, its CRC left as it was"),
        "bad-text.npz": (b"not a zip archive\n", "no zip archive"),
    }
    for name, (data, reason) in bad.items():
        (OUT / name).write_bytes(data)
        expected[name] = {"invalid": reason}


def idx_bytes(array, code):
    big = array.astype(array.dtype.newbyteorder(">"))
    return struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + big.tobytes()


def make_idx(expected):
    random = np.random.default_rng(SEED + 1)
    images = random.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    labels = np.array([7, 0, 9], np.uint8)
    image_bytes, label_bytes = idx_bytes(images, 0x08), idx_bytes(labels, 0x08)
    packed = gzip.compress(image_bytes, mtime=0)
    for name, data, array in [
        ("images-idx3-ubyte", image_bytes, images),
        ("labels-idx1-ubyte", label_bytes, labels),
        ("images-idx3-ubyte.gz", packed, images),
        ("labels-idx1-ubyte.gz", gzip.compress(label_bytes, mtime=0), labels),
    ]:
        (OUT / name).write_bytes(data)
        expected[name] = describe(array)
    for name, data, reason in [
        ("bad-truncated-idx3-ubyte", image_bytes[:-5], "data end early"),
        ("bad-magic-idx3-ubyte", b"\1" + image_bytes[1:], "the first two bytes are not zero"),
        ("bad-truncated-idx3-ubyte.gz", packed[:-12], "the gzip stream ends early"),
    ]:
        (OUT / name).write_bytes(data)
        expected[name] = {"invalid": reason}


def make_cifar(expected):
    random = np.random.default_rng(SEED + 2)
    pixels = random.integers(0, 256, (3, 3, 32, 32), dtype=np.uint8)  # planes R, G, B
    labels, coarse, fine = [3, 0, 9], [19, 0, 4], [99, 1, 42]
    ten = b"".join(bytes([label]) + image.tobytes() for label, image in zip(labels, pixels))
    hundred = b"".join(bytes([c, f]) + image.tobytes() for c, f, image in zip(coarse, fine, pixels))
    (OUT / "cifar10.bin").write_bytes(ten)
    (OUT / "cifar100.bin").write_bytes(hundred)
    (OUT / "bad-truncated-cifar10.bin").write_bytes(ten[:-1])
    # Shapes are [records, channels, height, width], as the planes lie in the file.
    expected["cifar10.bin"] = describe(pixels, labels=labels, record_bytes=3073)
    expected["cifar100.bin"] = describe(pixels, coarse_labels=coarse, fine_labels=fine, record_bytes=3074)
    expected["bad-truncated-cifar10.bin"] = {"invalid": "the size is no multiple of 3073"}


def check(expected):
    """Reads the good .npy and .npz files back with NumPy."""
    for name, note in expected.items():
        if "shape" in note and name.endswith(".npy"):
            assert list(np.load(OUT / name).shape) == note["shape"], name
        if "members" in note:
            with np.load(OUT / name) as archive:
                assert sorted(archive.files) == sorted(note["members"]), name
                for member, described in note["members"].items():
                    assert describe(archive[member]) == described, (name, member)


def main():
    fresh_folder(OUT)
    expected = {}
    for make in (make_npy, make_npz, make_idx, make_cifar):
        make(expected)
    check(expected)
    write_json(OUT / "expected.json", expected)
    write_manifest(OUT, "make_format_fixtures.py", SEED, ["numpy"])
    print(f"{len(expected)} files")


if __name__ == "__main__":
    main()

"""Makes tiny JPEG and PNG files together with the pixels that Pillow reads from them.

Writes Tests/Fixtures/images/:
    *.jpg, *.png      see FILES in this script
    expected.npz      per decodable file, key = file name: uint8 [H,W,3], which is
                      np.asarray(Image.open(file).convert("RGB"));
                      for the 16-bit gray file also its samples, uint16 [H,W], under
                      the file name + "#raw" (Pillow's conversion clips them at 255)
    expected.json     per file: what it is, Pillow's mode, its size, or Pillow's refusal
    MANIFEST.json

EXIF orientation is not applied, since Image.open does not apply it.

Run:  python Tools/make_image_fixtures.py
Pinned versions: Tools/requirements.txt. Everything is deterministic.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, features

from fixture_io import FIXTURES, fresh_folder, write_json, write_manifest

SEED = 7101
OUT = FIXTURES / "images"
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def picture(width, height, seed=SEED):
    """A smooth colourful picture with a disc and a little noise, uint8 [H,W,3]."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 128 + 110 * np.sin(x / 6.0 + y / 11.0)
    green = 255 * y / max(height - 1, 1)
    blue = 128 + 100 * np.cos((x - y) / 7.0)
    rgb = np.stack([red, green, blue], 2)
    disc = (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.22) ** 2
    rgb[disc] = [250, 220, 30]
    rgb += random.normal(0, 4, rgb.shape)
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


def gray_picture(width, height):
    return np.asarray(Image.fromarray(picture(width, height)).convert("L"))


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def png(image, **options):
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def pack_row(row, depth):
    """Packs one row of samples [W,C] into bytes of the given bit depth."""
    flat = row.reshape(-1)
    if depth == 16:
        return flat.astype(">u2").tobytes()
    if depth == 8:
        return flat.astype(np.uint8).tobytes()
    bits = ((flat[:, None].astype(np.uint8) >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
    return np.packbits(bits.reshape(-1)).tobytes()


def raw_png(samples, depth, colour_type, interlaced=False, extra=()):
    """A PNG of samples [H,W,C], for the kinds that Pillow does not write. Filter 0 or 1."""
    height, width, _ = samples.shape
    step = max(1, depth * samples.shape[2] // 8)
    lines = b""
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    for x0, y0, dx, dy in passes:
        part = samples[y0::dy, x0::dx]
        if part.size == 0:
            continue
        for number, row in enumerate(part):
            line = pack_row(row, depth)
            if number % 2:  # the "Sub" filter on every second row
                shifted = bytes(step) + line[:-step] if len(line) > step else bytes(len(line))
                line = bytes((a - b) & 255 for a, b in zip(line, shifted))
                lines += b"\1" + line
            else:
                lines += b"\0" + line
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def scan_start(data):
    """Offset of the first entropy-coded byte of a JPEG."""
    marker = data.index(b"\xff\xda")
    return marker + 2 + struct.unpack(">H", data[marker + 2:marker + 4])[0]


def files():
    rgb = Image.fromarray(picture(45, 31))
    square = Image.fromarray(picture(32, 32, SEED + 1))
    gray = Image.fromarray(gray_picture(33, 27))
    plain = jpeg(square, quality=85, subsampling=2)
    orientation = Image.Exif()
    orientation[0x0112] = 6

    yield "rgb-444.jpg", "baseline, no chroma subsampling", jpeg(rgb, quality=92, subsampling=0)
    yield "rgb-422.jpg", "baseline, chroma halved horizontally", jpeg(rgb, quality=90, subsampling=1)
    yield "rgb-420.jpg", "baseline, chroma halved both ways, odd size", jpeg(rgb, quality=90, subsampling=2)
    yield "progressive.jpg", "progressive, 4:2:0", jpeg(rgb, quality=88, subsampling=2, progressive=True)
    yield "progressive-444.jpg", "progressive, 4:4:4", jpeg(rgb, quality=88, subsampling=0, progressive=True)
    yield "restart.jpg", "baseline 4:2:0 with a restart marker every 2 blocks", jpeg(
        square, quality=85, subsampling=2, restart_marker_blocks=2)
    yield "gray.jpg", "one component", jpeg(gray, quality=90)
    inks = np.dstack([255 - picture(45, 31), np.tile(np.arange(45, dtype=np.uint8) * 4, (31, 1))])
    yield "cmyk.jpg", "four components, Adobe marker, stored inverted", jpeg(
        Image.fromarray(inks, "CMYK"), quality=92)
    yield "adobe-rgb.jpg", "three components that are RGB, not YCbCr", jpeg(rgb, quality=92, keep_rgb=True)
    yield "one-pixel.jpg", "1x1", jpeg(Image.fromarray(picture(1, 1)), quality=95)
    yield "exif-orientation-6.jpg", "EXIF orientation 6, which is NOT applied", jpeg(
        Image.fromarray(picture(40, 24)), quality=90, subsampling=0, exif=orientation)

    yield "rgb.png", "8-bit RGB", png(rgb)
    yield "gray.png", "8-bit gray", png(gray)
    yield "palette.png", "8-bit palette, 32 colours", png(rgb.quantize(32))
    alpha = np.linspace(0, 255, 45 * 31).reshape(31, 45).astype(np.uint8)
    rgba = np.dstack([picture(45, 31), alpha])
    yield "rgba.png", "8-bit RGB with alpha; alpha is dropped, not blended", png(Image.fromarray(rgba))
    ga = np.dstack([gray_picture(45, 31), alpha])
    yield "gray-alpha.png", "8-bit gray with alpha; alpha is dropped", raw_png(ga, 8, 4)
    deep = gray_picture(33, 27).astype(np.uint16) * 256 + np.arange(33, dtype=np.uint16)[None, :] * 7
    deep[:9] //= 200
    yield "gray16.png", "16-bit gray; Pillow's convert clips at 255", png(Image.fromarray(deep))
    yield "bit1.png", "1-bit gray", png(gray.convert("1"))
    yield "palette-transparent.png", "palette with tRNS; transparency is dropped", png(
        rgb.quantize(16), transparency=bytes(range(0, 256, 16)))
    four = gray_picture(33, 27)[..., None]
    yield "gray2.png", "2-bit gray", raw_png(four >> 6, 2, 0)
    yield "gray4.png", "4-bit gray", raw_png(four >> 4, 4, 0)
    colours = bytes(np.random.default_rng(SEED).integers(0, 256, 48, dtype=np.uint8))
    yield "palette4.png", "4-bit palette", raw_png(four >> 4, 4, 3, extra=[(b"PLTE", colours)])
    deep_rgb = picture(45, 31).astype(np.uint16) * 256 + 77
    yield "rgb16.png", "16-bit RGB", raw_png(deep_rgb, 16, 2)
    yield "interlaced.png", "8-bit RGB, Adam7", raw_png(picture(45, 31), 8, 2, interlaced=True)
    yield "interlaced-bit1.png", "1-bit gray, Adam7", raw_png((four > 127).astype(np.uint8), 1, 0, interlaced=True)

    yield "truncated.jpg", "plain JPEG cut in the middle of its scan", plain[:(scan_start(plain) + len(plain)) // 2]
    middle = bytearray(plain)
    at = (scan_start(plain) + len(plain)) // 2
    middle[at:at + 24] = bytes((i * 37 + 11) % 255 for i in range(24))
    yield "corrupt.jpg", "24 bytes in the middle of the scan overwritten", bytes(middle)
    tables = bytearray(plain)
    at = plain.index(b"\xff\xc4") + 5
    tables[at:at + 16] = b"\xff" * 16
    yield "corrupt-tables.jpg", "Huffman code counts overwritten", bytes(tables)
    yield "not-an-image.jpg", "plain text", b"This is a line of text, not a picture.\n"
    yield "empty.jpg", "no bytes", b""
    whole = png(rgb)
    yield "truncated.png", "PNG cut in the middle", whole[:len(whole) // 2]
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0x55
    yield "corrupt.png", "one byte of IDAT changed, its CRC left as it was", bytes(broken)


def main():
    fresh_folder(OUT)
    pixels, notes = {}, {}
    for name, what, data in files():
        (OUT / name).write_bytes(data)
        note = {"what": what}
        try:
            with Image.open(OUT / name) as image:
                note["mode"] = image.mode
                if image.mode == "I;16":
                    pixels[name + "#raw"] = np.asarray(image)
                array = np.asarray(image.convert("RGB"))
            note["width"], note["height"] = array.shape[1], array.shape[0]
            note["decodes"] = True
            pixels[name] = array
        except Exception as error:  # whatever Pillow refuses with
            note["decodes"] = False
            note["refusal"] = type(error).__name__
        notes[name] = note
        print(f"{name:26} {len(data):5} bytes  {note.get('mode', '-'):7} {'ok' if note['decodes'] else note['refusal']}")
    np.savez(OUT / "expected.npz", **pixels)
    write_json(OUT / "expected.json", notes)
    write_manifest(OUT, "make_image_fixtures.py", SEED, ["pillow", "numpy"],
                   libjpeg_turbo=features.version("libjpeg_turbo"), zlib=features.version("zlib"))


if __name__ == "__main__":
    main()

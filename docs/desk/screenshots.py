"""Pictures of the browser desk for these pages: `make screenshots`, or `python docs/desk/screenshots.py [FOLDER]`.

Each part of the desk has a file `shots_PART.py` beside this one, with `prepare(folder)`, which makes what the pictures
need in a desk's folder unless it is there, and `SHOTS`: by name of the picture what leads a page to what is shown.
"""

from __future__ import annotations

import runpy
import struct
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.served import browser, served  # noqa: E402

SIZE = {"width": 1280, "height": 800}
STEP = 2  # of a colour channel
COLOURS = 256


def main(folder: Path) -> None:
    """Take every picture."""
    parts = [runpy.run_path(str(file)) for file in sorted(HERE.glob("shots_*.py"))]
    for part in parts:
        part["prepare"](folder)
    with served(folder) as address, browser() as chromium:
        for part in parts:
            for name, lead in part["SHOTS"].items():
                page = chromium.new_page(viewport=SIZE)
                page.set_default_timeout(60_000)
                lead(page, address)
                content = small(page.screenshot())
                (HERE / f"{name}.png").write_bytes(content)
                print(f"{name}.png: {len(content) / 1024:.0f} kB")
                page.close()


def small(png: bytes) -> bytes:
    """The picture with a palette of its most frequent colours: a page has few, and shades between them."""
    pixels = _pixels(png) // STEP * STEP
    height, width, _ = pixels.shape
    colours, index, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    kept = np.argsort(counts)[::-1][:COLOURS]
    palette = colours[kept].astype(int)
    near = np.argmin(((colours.astype(int)[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2), axis=1)
    rows = near[index.reshape(-1)].reshape(height, width).astype(np.uint8)
    white = np.where(palette >= 256 - STEP, 255, palette).astype(np.uint8)
    raw = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", white.tobytes()), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def _pixels(png: bytes) -> np.ndarray:
    """(height, width, 3) of an 8-bit PNG without a palette."""
    found, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += 12 + size
    width, height, _, kind = struct.unpack(">IIBB", found[0][1][:10])
    each = {2: 3, 6: 4}[kind]
    data = np.frombuffer(zlib.decompress(b"".join(d for k, d in found if k == b"IDAT")), np.uint8)
    lines = data.reshape(height, 1 + width * each)
    rows = np.zeros((height + 1, width, each), np.uint8)
    for i, (kind, line) in enumerate(zip(lines[:, 0], lines[:, 1:].reshape(height, width, each), strict=True), 1):
        rows[i] = _unfiltered(int(kind), line, rows[i - 1])
    return rows[1:, :, :3]


def _unfiltered(kind: int, line: np.ndarray, above: np.ndarray) -> np.ndarray:
    """A line of pixels from its differences (PNG, section 9)."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=0, dtype=np.uint8)
    if kind == 2:
        return line + above
    left, corner = np.zeros(line.shape[1], int), np.zeros(line.shape[1], int)
    found = np.empty_like(line)
    for i, (step, up) in enumerate(zip(line.astype(int), above.astype(int), strict=True)):
        if kind == 3:
            left = (step + (left + up) // 2) % 256
        else:
            guess = left + up - corner
            far = np.abs(np.stack([guess - left, guess - up, guess - corner]))
            left, corner = (step + np.choose(far.argmin(axis=0), [left, up, corner])) % 256, up
        found[i] = left
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))

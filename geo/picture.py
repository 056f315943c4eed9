"""Pictures of coloured cells without a browser: cells and their colours in, pixels and PNG bytes out.

Every pixel asks which cell its point lies in, so the picture shows exactly what the cells say. Longitude is shortened
by the cosine of the middle latitude; north is up.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from geo import cells
from geo.errors import GeoError

Pixels = NDArray[np.uint8]
PAPER = (255, 255, 255)
LINE = (38, 52, 61)


def draw(
    ids: cells.Cells, colours: Pixels, *, groups: NDArray[np.integer] | None = None, width_px: int = 900,
    margin: float = 0.02,
) -> Pixels:
    """uint8[height, width, 3] of cells uint64[n] with their colours uint8[n, 3]; where ``groups`` int[n] differ, or the
    cells end, a line is drawn. Raises GeoError for no cells or colours that do not fit."""
    if ids.size == 0 or colours.shape != (ids.size, 3):
        raise GeoError(f"colours of shape {colours.shape} do not fit {ids.size} cells")
    lats, lngs = cells.centres(ids)
    south, north, west, east = lats.min(), lats.max(), lngs.min(), lngs.max()
    reach = float(np.sqrt(cells.areas_m2(ids[:1])[0])) / 111_000
    up = max(north - south, reach) * (1 + 2 * margin) + 2 * reach
    shrink = float(np.cos(np.radians((south + north) / 2)))
    right = max(east - west, reach) * (1 + 2 * margin) + 2 * reach / shrink
    height_px = max(1, min(4 * width_px, round(width_px * up / (right * shrink))))
    rows = (south + north) / 2 + up * (0.5 - (np.arange(height_px) + 0.5) / height_px)
    columns = (west + east) / 2 + right * ((np.arange(width_px) + 0.5) / width_px - 0.5)
    grid_lats, grid_lngs = np.meshgrid(rows, columns, indexing="ij")
    found = cells.from_points(grid_lats.ravel(), grid_lngs.ravel(), int(cells.resolution(ids)))
    at = cells.positions(ids, found).reshape(height_px, width_px)
    table = np.vstack([colours, np.array([PAPER], np.uint8)])
    made = table[at]
    owner = at if groups is None else np.where(at >= 0, np.asarray(groups, np.int64)[np.maximum(at, 0)], -1)
    if groups is not None:
        made[_edges(owner)] = LINE
    return np.ascontiguousarray(made)


def png(pixels: Pixels) -> bytes:
    """Pixels uint8[height, width, 3] as a PNG file (RGB, 8 bits)."""
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def rgb(colours: list[str]) -> Pixels:
    """``#rrggbb`` texts as uint8[n, 3]."""
    return np.array([[int(one[k : k + 2], 16) for k in (1, 3, 5)] for one in colours], np.uint8).reshape(-1, 3)


def _edges(owner: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels whose right or lower neighbour belongs to another owner."""
    found = np.zeros(owner.shape, np.bool_)
    found[:, :-1] |= owner[:, :-1] != owner[:, 1:]
    found[:-1, :] |= owner[:-1, :] != owner[1:, :]
    return found

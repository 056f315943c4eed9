"""The binary form GZH1 in which cells and their columns travel to the hexagon layer.

    bytes 0-3   b"GZH1"
    bytes 4-7   uint32, little endian: length H of the header, padded with spaces so that (8 + H) % 8 == 0
    then        H bytes of JSON: {"n", "res", "columns": [{"name", "dtype", "offset"}], "meta"}
    then        the columns, little endian, each starting at a multiple of 8 counted from the end of the header

Column `cell` is the first: uint64 H3 ids, ascending, of one resolution. `layers/static/hexagons.js` reads the same.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"GZH1"
DTYPES = ("u1", "u2", "u4", "u8", "i4", "f4", "f8")
_RESOLUTION_SHIFT = np.uint64(52)


class PayloadError(ValueError):
    """Columns that cannot be written, or bytes that are not a GZH1 payload."""


@dataclasses.dataclass(frozen=True)
class Payload:
    """What `decode` read: `cells` uint64[n], `columns` name → array[n], the resolution and the free `meta`."""

    cells: npt.NDArray[np.uint64]
    columns: dict[str, npt.NDArray[Any]]
    resolution: int
    meta: dict[str, Any]


def encode(cells: npt.NDArray[np.uint64], columns: Mapping[str, npt.NDArray[Any]], *, meta: Mapping[str, Any]) -> bytes:
    """Bytes of `cells` (uint64[n], ascending, one resolution) and of `columns` aligned with them.

    Booleans travel as u1; any other dtype must be one of `DTYPES`: a caller chooses the width, nothing is narrowed
    silently. Raises PayloadError.
    """
    resolution = _checked_resolution(cells)
    arrays: list[tuple[str, npt.NDArray[Any]]] = [("cell", cells)]
    for name, column in columns.items():
        arrays.append((name, _checked_column(name, column, len(cells))))
    described, offset = [], 0
    for name, array in arrays:
        described.append({"name": name, "dtype": _code(array), "offset": offset})
        offset += _padded(array.nbytes)
    header = {"n": len(cells), "res": resolution, "columns": described, "meta": dict(meta)}
    text = json.dumps(header, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
    text += b" " * (-(8 + len(text)) % 8)
    parts = [MAGIC, struct.pack("<I", len(text)), text]
    for _, array in arrays:
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        parts.append(raw + b"\0" * (_padded(len(raw)) - len(raw)))
    return b"".join(parts)


def decode(data: bytes) -> Payload:
    """Read a payload back. Raises PayloadError for anything `encode` would not have written."""
    if len(data) < 8 or data[:4] != MAGIC:
        raise PayloadError(f"not a GZH1 payload: it starts with {data[:4]!r}")
    (length,) = struct.unpack_from("<I", data, 4)
    start = 8 + length
    if start > len(data) or start % 8:
        raise PayloadError(f"header of {length} bytes does not fit into {len(data)} bytes or is not padded to 8")
    try:
        header = json.loads(data[8:start])
        n, described = int(header["n"]), list(header["columns"])
        arrays = {str(one["name"]): _column_at(data, start, n, one) for one in described}
        meta = dict(header["meta"])
    except (ValueError, KeyError, TypeError) as fault:
        raise PayloadError(f"header of the payload cannot be read: {fault}") from fault
    if not described or described[0]["name"] != "cell":
        raise PayloadError("the first column must be 'cell'")
    cells = arrays.pop("cell")
    if cells.dtype != np.dtype("<u8") or _checked_resolution(cells.astype(np.uint64)) != header["res"]:
        raise PayloadError(f"cells are not uint64 of resolution {header['res']}")
    return Payload(cells.astype(np.uint64), arrays, int(header["res"]), meta)


def _checked_resolution(cells: npt.NDArray[np.uint64]) -> int:
    if cells.ndim != 1 or cells.dtype != np.uint64:
        raise PayloadError(f"cells: want uint64 in one dimension, got {cells.dtype} in {cells.ndim}")
    if len(cells) == 0:
        return 0
    if not bool(np.all(cells[:-1] < cells[1:])):
        raise PayloadError("cells must be ascending and unique")
    resolutions = (cells >> _RESOLUTION_SHIFT) & np.uint64(15)
    if int(resolutions.min()) != int(resolutions.max()):
        raise PayloadError(f"cells of resolutions {int(resolutions.min())} to {int(resolutions.max())}: want one")
    return int(resolutions[0])


def _checked_column(name: str, column: npt.NDArray[Any], n: int) -> npt.NDArray[Any]:
    if name == "cell":
        raise PayloadError("column 'cell' is the cells themselves")
    if column.shape != (n,):
        raise PayloadError(f"column {name!r} has shape {column.shape}, want ({n},)")
    array = column.astype(np.uint8) if column.dtype == np.bool_ else column
    if _code(array) not in DTYPES:
        raise PayloadError(f"column {name!r} is {column.dtype}; want one of {', '.join(DTYPES)}")
    return array


def _column_at(data: bytes, start: int, n: int, one: Mapping[str, Any]) -> npt.NDArray[Any]:
    code, offset = str(one["dtype"]), int(one["offset"])
    if code not in DTYPES or offset < 0 or offset % 8:
        raise PayloadError(f"column {one['name']!r}: dtype {code!r} or offset {offset} is not allowed")
    return np.frombuffer(data, dtype=np.dtype("<" + code), count=n, offset=start + offset)


def _code(array: npt.NDArray[Any]) -> str:
    return f"{array.dtype.kind}{array.dtype.itemsize}"


def _padded(size: int) -> int:
    return size + (-size % 8)

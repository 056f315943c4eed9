"""GZH1: what is encoded is decoded, and nothing else is accepted."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geo import cells as geo_cells
from layers import payload

CELLS = geo_cells.disk(int(geo_cells.from_points(np.array([30.0]), np.array([112.0]), 10)[0]), 3)


@given(st.data(), st.integers(0, len(CELLS)))
def test_columns_of_every_dtype_come_back(data: st.DataObject, n: int) -> None:
    columns = {
        code: data.draw(
            arrays.arrays(np.dtype("<" + code), n, elements={"allow_nan": False} if code[0] == "f" else None)
        )
        for code in payload.DTYPES
    }
    read = payload.decode(payload.encode(CELLS[:n], columns, meta={"名": "值", "n": n}))
    np.testing.assert_array_equal(read.cells, CELLS[:n])
    assert read.meta == {"名": "值", "n": n}
    assert read.resolution == (10 if n else 0)
    for code, column in columns.items():
        assert read.columns[code].dtype == np.dtype("<" + code)
        np.testing.assert_array_equal(read.columns[code], column)


def test_the_layout_is_the_documented_one() -> None:
    data = payload.encode(CELLS, {"grid": np.arange(len(CELLS), dtype=np.uint16)}, meta={})
    (length,) = struct.unpack_from("<I", data, 4)
    assert data[:4] == b"GZH1"
    assert (8 + length) % 8 == 0
    assert np.frombuffer(data, "<u8", len(CELLS), 8 + length).tolist() == CELLS.tolist()
    assert len(data) % 8 == 0


def test_booleans_travel_as_bytes() -> None:
    flags = np.arange(len(CELLS)) % 2 == 0
    read = payload.decode(payload.encode(CELLS, {"flag": flags}, meta={}))
    np.testing.assert_array_equal(read.columns["flag"], flags.astype(np.uint8))


@pytest.mark.parametrize(
    ("cells", "columns", "said"),
    [
        (CELLS[::-1].copy(), {}, "ascending"),
        (np.repeat(CELLS, 2), {}, "ascending"),
        (CELLS.astype(np.int64), {}, "uint64"),
        (np.sort(np.concatenate([CELLS, geo_cells.parents(CELLS[:1], 9)])), {}, "resolutions"),
        (CELLS, {"a": np.zeros(2, np.uint8)}, "shape"),
        (CELLS, {"a": np.zeros(len(CELLS), np.int64)}, "int64"),
        (CELLS, {"a": np.zeros(len(CELLS), object)}, "object"),
        (CELLS, {"cell": CELLS}, "the cells themselves"),
    ],
)
def test_what_cannot_be_written_is_named(cells: np.ndarray, columns: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(payload.PayloadError, match=said):
        payload.encode(cells, columns, meta={})


@given(st.binary(max_size=64))
def test_bytes_from_elsewhere_are_refused(data: bytes) -> None:
    with pytest.raises(payload.PayloadError):
        payload.decode(b"GZH1" + data)


@given(st.integers(0, 400))
def test_a_payload_cut_short_is_refused(keep: int) -> None:
    whole = payload.encode(CELLS, {"grid": np.zeros(len(CELLS), np.uint16)}, meta={})
    with pytest.raises(payload.PayloadError):
        payload.decode(whole[: min(keep, len(whole) - 16)])

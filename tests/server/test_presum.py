"""Stored cells summed on their way to SQL: the answer is that of the SQL alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells
from server.archive import aggregate, names, presum, sql, values

RES = 10
LATS, LNGS = np.random.default_rng(5).normal([[26], [111]], 0.01, (2, 60))
PLACES = np.sort(cells.from_points(LATS, LNGS, RES)).astype(np.int64)
WORDS = ["P01", "E01.02", "市容", "", None]
Pairs = dict[tuple[int | None, str | None], int]


def _pairs(table: pa.Table) -> Pairs:
    rows = table.to_pylist()
    made = {(row["cell"], row["category"]): row["n"] for row in rows}
    assert len(made) == len(rows), "a pair of cell and category comes twice"
    return made


def _sql(folder: Path, res: int) -> Pairs:
    """What the SQL says with nothing before it."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW facts AS SELECT * FROM read_parquet('{folder}/*.parquet')")
        return _pairs(connection.sql(sql.aggregate(res)).to_arrow_table())


def _write(folder: Path, files: list[dict[str, Any]], **options: Any) -> list[Path]:
    paths = [folder / f"{number}.parquet" for number in range(len(files))]
    for path, columns in zip(paths, files, strict=True):
        pq.write_table(pa.table(columns), path, **options)
    return paths


def _columns(rng: np.random.Generator, rows: int, *, order: str = "cell", block: int = 1, index: Any = None) -> Any:
    """Rows at a few places, in order of cell, in that of blocks only, or in none."""
    places = rng.choice(PLACES, rows)
    if order != "none":
        places.sort()
    if order == "block":
        for start in range(0, rows, block):
            rng.shuffle(places[start : start + block])
    category = pa.array(rng.choice(np.array(WORDS, object), rows), pa.string())
    if index is not None:
        category = category.dictionary_encode().cast(pa.dictionary(index, pa.string()))
    weights = rng.choice(np.array([1, 1, 1, -1, 0, 2, 2**31 - 1, -(2**31)], np.int32), rows)
    if rng.random() < 0.3:
        weights[:] = 1
    return {"weight": pa.array(weights), "cell": places, "more": rng.random(rows), "category": category}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    sizes=st.lists(st.integers(0, 400), min_size=1, max_size=4),
    order=st.sampled_from(["cell", "block", "none"]),
    index=st.sampled_from([None, pa.int8(), pa.int32()]),
    res=st.sampled_from([RES, RES + 2, 8, 5, 0]),
    block=st.sampled_from([7, 40]),
    part_rows=st.sampled_from([30, 150, presum.PART_ROWS]),
)
def test_the_answer_is_that_of_the_sql_alone(
    seed: int, sizes: list[int], order: str, index: Any, res: int, block: int, part_rows: int
) -> None:
    rng = np.random.default_rng(seed)
    files = [_columns(rng, rows, order=order, block=block, index=index) for rows in sizes]
    with tempfile.TemporaryDirectory() as folder:
        paths = _write(Path(folder), files, row_group_size=block)
        wanted = _sql(Path(folder), res)
        parts = presum.plan(paths, res=res, part_rows=part_rows)
        assert _pairs(aggregate.of_cells(paths, res=res)) == wanted
        if parts is not None:
            assert _pairs(presum.counted(parts, res=res, run=values.Engine())) == wanted
        assert parts is not None or not sum(sizes) or part_rows < sum(sizes)
    assert len(presum._fill.signatures) <= 1, "the loop was compiled again, while threads ran"


def test_rows_in_order_are_taken_in_parts_and_rows_in_none_are_left_to_sql(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    paths = _write(tmp_path, [_columns(rng, 400) for _ in range(3)], row_group_size=20)
    parts = presum.plan(paths, res=RES, part_rows=100)
    assert parts is not None and len(parts) == 12 and sum(len(part.groups) for part in parts) == 60
    assert all(group.low >= part.edge for part, after in zip(parts, parts[1:], strict=False) for group in after.groups)
    paths = _write(tmp_path, [_columns(rng, 400, order="none") for _ in range(3)], row_group_size=20)
    assert presum.plan(paths, res=RES, part_rows=100) is None


def test_a_sum_of_nothing_is_still_a_row(tmp_path: Path) -> None:
    weights = pa.array([1, -1, 0], pa.int32())
    paths = _write(tmp_path, [{"cell": [int(PLACES[0])] * 3, "category": ["a", "a", "b"], "weight": weights}])
    found = _pairs(aggregate.of_cells(paths, res=RES))
    assert found == {(int(PLACES[0]), "a"): 0, (int(PLACES[0]), "b"): 0}


COARSER = h3.str_to_int(h3.cell_to_parent(h3.int_to_str(int(PLACES[0])), 7))


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"weight": pa.array([1, 2**40, -1], pa.int64())}, {}),
        ({"weight": pa.array([1, 200, 1], pa.uint8())}, {}),
        ({"weight": pa.array([1.0, 2.0, 1.0])}, {}),
        ({"weight": pa.array([1, None, 1], pa.int32())}, {}),
        ({"cell": pa.array([int(PLACES[0]), None, int(PLACES[1])])}, {}),
        ({"cell": pa.array([COARSER, int(PLACES[0]), int(PLACES[1])])}, {}),
        ({"category": pa.array([7, 8, 8])}, {}),
        ({"category": pa.array(["a", None, "a"], pa.large_string())}, {}),
        ({}, {"write_statistics": False}),
    ],
)
def test_what_is_not_as_in_segments_is_left_to_sql(
    tmp_path: Path, change: dict[str, pa.Array], options: dict[str, Any]
) -> None:
    plain = {"cell": PLACES[:3], "category": ["1", "2", "1"], "weight": pa.array([1, 1, 1], pa.int32())}
    paths = _write(tmp_path, [plain | change, plain], **options)
    assert presum.plan(paths, res=RES) is None
    assert _pairs(aggregate.of_cells(paths, res=RES)) == _sql(tmp_path, RES)


def test_there_may_be_any_number_of_categories(tmp_path: Path) -> None:
    words = [f"k{number}" for number in range(5_000)]
    one = pa.array(np.ones(5_000), pa.int32())
    paths = _write(tmp_path, [{"cell": np.full(5_000, PLACES[0]), "category": words, "weight": one}])
    found = _pairs(aggregate.of_cells(paths, res=RES))
    assert found == {(int(PLACES[0]), word): 1 for word in words}


@pytest.mark.parametrize("where", ["weight", "cell", "category", "footer"])
def test_a_damaged_file_is_named_so(tmp_path: Path, where: str) -> None:
    (path,) = _write(tmp_path, [_columns(np.random.default_rng(1), 4_000)], compression="zstd")
    held, rows = bytearray(path.read_bytes()), pq.read_metadata(path).row_group(0)
    starts = {rows.column(at).path_in_schema: rows.column(at).data_page_offset for at in range(rows.num_columns)}
    start = starts.get(where, len(held) - 200)
    held[start : start + 150] = bytes(150)
    path.write_bytes(held)
    with pytest.raises(values.ArchiveError) as refused:
        aggregate.of_cells([path], res=RES)
    assert refused.value.code == "E_SEGMENT_DAMAGED"


def test_a_row_whose_category_is_not_there_is_refused() -> None:
    wild = pa.DictionaryArray.from_arrays(pa.array([0, 5], pa.int32()), pa.array(["a"]), safe=False)
    with pytest.raises(pa.ArrowInvalid, match="category 5 of 1"):
        names.Names().numbered(wild)


def test_counting_can_be_stopped_between_parts(tmp_path: Path) -> None:
    paths = _write(tmp_path, [_columns(np.random.default_rng(1), 400)], row_group_size=20)
    parts = presum.plan(paths, res=RES, part_rows=100)
    assert parts is not None and len(parts) == 4
    asked = iter([False, False, True])
    with pytest.raises(values.ArchiveError) as refused:
        presum.counted(parts, res=RES, run=values.Engine(), cancelled=lambda: next(asked))
    assert refused.value.code == "E_CANCELLED"

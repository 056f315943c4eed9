"""The archive answers what a loop over the same incidents answers, and notices every way of being wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells
from server.archive import aggregate, proof, query, rows, segments, sql, values

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RES = 10


def _table(n: int, *, seed: int = 1, first_id: int = 1, **columns: Any) -> pa.Table:
    """n random incidents of two years in a small city."""
    rng = np.random.default_rng(seed)
    lats, lngs = 31 + rng.normal(0, 0.02, n), 112 + rng.normal(0, 0.02, n)
    made: dict[str, Any] = {
        "id": np.arange(first_id, first_id + n),
        "time": pa.array(rng.integers(1_546_300_800, 1_609_459_200, n) * 1_000_000).cast(pa.timestamp("us", tz="UTC")),
        "lat": lats,
        "lng": lngs,
        "cell": cells.from_points(lats, lngs, RES).astype(np.int64),
        "region": pa.array(rng.integers(1, 4, n), pa.int32()),
        "category": rng.choice(["01.02", "03.01", "05.01"], n),
        "weight": pa.array(rng.choice([1, 1, 1, -1], n), pa.int32()),
        "source": ["file"] * n,
        "external_id": [f"e{i}" for i in range(first_id, first_id + n)],
        "revision": pa.array(np.zeros(n), pa.int32()),
        "status": ["open"] * n,
    }
    return pa.table({**made, **columns})


def _facts(directory: Path, *tables: pa.Table, live: pa.Table | None = None) -> values.Facts:
    written = [segments.write_segment(table, directory=directory, city="tiny") for table in tables]
    return values.Facts(directory, tuple(written), live)


def _live(table: pa.Table) -> pa.Table:
    return (
        table.append_column("replaces", pa.nulls(table.num_rows, pa.int64()))
        .append_column("received", pa.nulls(table.num_rows, values.SCHEMA.field("received").type))
        .select(values.SCHEMA.names)
        .cast(values.SCHEMA)
    )


def _sums(table: pa.Table, res: int, keep: np.ndarray | None = None) -> dict[int, int]:
    found: Counter[int] = Counter()
    for i, (cell, weight) in enumerate(zip(table["cell"].to_pylist(), table["weight"].to_pylist(), strict=True)):
        if keep is None or keep[i]:
            found[int(h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), res)))] += weight
    return dict(found)


def _told(counts: values.Counts) -> dict[int, int]:
    return dict(zip(counts.cells.tolist(), counts.n.tolist(), strict=True))


@pytest.mark.parametrize("res", [10, 9, 7, 4, 0])
def test_counts_at_any_coarser_resolution_are_those_of_the_parents(tmp_path: Path, res: int) -> None:
    sealed, live = _table(400), _table(100, seed=2, first_id=1_000)
    found = query.counts(_facts(tmp_path, sealed, live=_live(live)), res=res)
    assert _told(found) == _sums(pa.concat_tables([sealed, live]), res)
    assert (np.diff(found.cells.astype(np.int64)) > 0).all()
    assert found.rows.sum() == 500


@settings(max_examples=200, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 15), st.integers(0, 15))
def test_parents_by_bit_arithmetic_are_those_of_h3(lat: float, lng: float, fine: int, coarse: int) -> None:
    fine, coarse = max(fine, coarse), min(fine, coarse)
    cell = h3.str_to_int(h3.latlng_to_cell(lat, lng, fine))
    expression = sql.parent("cell", coarse).replace("cell", str(cell))
    assert eval(expression) == h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), coarse))  # noqa: S307


def test_a_selection_counts_what_its_conditions_say(tmp_path: Path) -> None:
    table = _table(600)
    facts = _facts(tmp_path, table.slice(0, 350), table.slice(350))
    clock = ZoneInfo("America/Chicago")
    times = [moment.astimezone(clock) for moment in table["time"].to_pylist()]
    start, end = 1_560_000_000_000_000, 1_600_000_000_000_000
    wanted = np.unique(table["cell"].to_numpy()[:200])
    keep = np.array([
        start <= (moment - EPOCH) // timedelta(microseconds=1) < end and moment.hour in (6, 22)
        and moment.weekday() in (5, 6) and category in ("01.02", "05.01") and region in (1, 3) and cell in wanted
        for moment, category, region, cell in zip(
            times, table["category"].to_pylist(), table["region"].to_pylist(), table["cell"].to_pylist(), strict=True)
    ])  # fmt: skip
    assert keep.any()
    select = values.Select(
        start_us=start, end_us=end, hours=(6, 22), weekdays=(5, 6), tz="America/Chicago", regions=(1, 3),
        categories=("01.02", "05.01"), cells=wanted.astype(np.uint64),
    )  # fmt: skip
    assert _told(query.counts(facts, res=9, select=select)) == _sums(table, 9, keep)


@pytest.mark.parametrize("tz", ["Asia/Shanghai", "America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_months_days_and_hours_are_those_of_the_zone(tmp_path: Path, tz: str) -> None:
    table = _table(500)
    facts = _facts(tmp_path, table)
    local = [moment.astimezone(ZoneInfo(tz)) for moment in table["time"].to_pylist()]
    weights = table["weight"].to_pylist()
    months: Counter[str] = Counter()
    hours = np.zeros((7, 24), np.int64)
    for moment, weight in zip(local, weights, strict=True):
        months[f"{moment:%Y-%m}"] += weight
        hours[moment.weekday(), moment.hour] += weight
    assert query.by_month(facts, tz=tz) == sorted(months.items())
    assert (query.hour_of_week(facts, tz=tz) == hours).all()
    assert sum(n for _, n in query.by_day(facts, tz=tz)) == sum(weights)


def test_histogram_and_steps_add_up_to_the_counts(tmp_path: Path) -> None:
    table = _table(500)
    facts = _facts(tmp_path, table)
    start, end, step = 1_546_300_800_000_000, 1_609_459_200_000_000, 30 * sql.US_PER_DAY
    bars = query.histogram(facts, start_us=start, end_us=end, step_us=step)
    steps = query.by_cell_and_step(facts, res=8, start_us=start, end_us=end, step_us=step)
    assert len(bars) == -((start - end) // step)
    assert bars.sum() == sum(table["weight"].to_pylist())
    assert (np.bincount(steps.step, weights=steps.n, minlength=len(bars)) == bars).all()
    everywhere = query.counts(facts, res=8)
    assert (np.bincount(np.searchsorted(everywhere.cells, steps.cells), weights=steps.n) == everywhere.n).all()


def test_an_empty_archive_gives_empty_answers(tmp_path: Path) -> None:
    facts = values.Facts(tmp_path, ())
    assert query.extent(facts) == values.Extent(0, 0, None, None)
    assert len(query.counts(facts, res=5).cells) == 0
    assert query.by_month(facts, tz="Asia/Shanghai") == []
    assert query.known(facts, _table(3)).num_rows == 0


def test_a_later_revision_replaces_the_earlier_one_everywhere(tmp_path: Path) -> None:
    first = _table(50, weight=pa.array([1] * 50, pa.int32()))
    again = _table(
        2, seed=9, first_id=100, external_id=["e3", "e4"], revision=pa.array([1, 1], pa.int32()),
        weight=pa.array([5, 7], pa.int32()), replaces=pa.array([3, 4], pa.int64()),
    )  # fmt: skip
    facts = _facts(tmp_path, first, again)
    assert query.extent(facts) == values.Extent(50, 48 + 12, *_span(pa.concat_tables([first, _bare(again)]), {3, 4}))
    early = values.Select(end_us=1_546_300_800_000_000 + 1)
    assert query.extent(facts, select=early).rows <= 50
    ids = query.incidents(facts, limit=1_000)["id"].to_pylist()
    assert 3 not in ids
    assert ids[-2:] == [100, 101]


def _bare(table: pa.Table) -> pa.Table:
    return table.drop_columns(["replaces"])


def _span(table: pa.Table, gone: set[int]) -> tuple[int, int]:
    times = [
        time for time, id_ in zip(table["time"].cast(pa.int64()).to_pylist(), table["id"].to_pylist(), strict=True)
        if id_ not in gone
    ]  # fmt: skip
    return min(times), max(times)


def test_known_keys_are_told_with_their_newest_revision(tmp_path: Path) -> None:
    facts = _facts(
        tmp_path,
        _table(20),
        _table(
            1,
            seed=3,
            first_id=50,
            external_id=["e5"],
            revision=pa.array([2], pa.int32()),
            replaces=pa.array([5], pa.int64()),
        ),
    )
    keys = pa.table({
        "source": ["file", "file", "file", "file", "feed"], "external_id": ["e5", "e5", "e6", "new", "e7"],
        "revision": pa.array([1, 2, 1, 0, 0], pa.int32()),
    })  # fmt: skip
    found = {row["position"]: row for row in query.known(facts, keys).to_pylist()}
    assert found[0] == {"position": 0, "id": 50, "revision": 2, "same": False, "older": True}
    assert found[1] == {"position": 1, "id": 50, "revision": 2, "same": True, "older": False}
    assert found[2] == {"position": 2, "id": 6, "revision": 0, "same": False, "older": False}
    assert set(found) == {0, 1, 2}


def test_a_segment_is_sorted_described_and_alone_in_its_directory(tmp_path: Path) -> None:
    table = _table(300)
    segment = segments.write_segment(table, directory=tmp_path, city="样 City!")
    assert [path.name for path in tmp_path.iterdir()] == [segment.file]
    stored = pq.read_table(tmp_path / segment.file)
    pairs = list(zip(stored["cell"].to_pylist(), stored["time"].to_pylist(), strict=True))
    assert pairs == sorted(pairs)
    assert segment.rows == 300
    assert segment.weight == sum(table["weight"].to_pylist())
    assert int(segment.cell_sum) == sum(table["cell"].to_pylist())
    assert proof.check(tmp_path, [segment]) == []


def test_large_input_becomes_several_segments_and_an_error_leaves_none(tmp_path: Path) -> None:
    table = _table(250)
    written = segments.write_segments(
        table.to_batches(max_chunksize=30), directory=tmp_path, city="c", rows_per_segment=100
    )
    assert [segment.rows for segment in written] == [100, 100, 50]
    assert query.extent(values.Facts(tmp_path, tuple(written))).rows == 250

    def broken() -> Any:
        yield from table.to_batches(max_chunksize=100)
        raise RuntimeError("the source failed")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(RuntimeError):
        segments.write_segments(broken(), directory=tmp_path, city="c", rows_per_segment=100)
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(values.ArchiveError) as refused:
        segments.write_segment(table.drop_columns(["cell"]), directory=tmp_path, city="c")
    assert refused.value.code == "E_ROWS"


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def test_a_missing_or_damaged_segment_is_an_error_not_a_lower_count(tmp_path: Path) -> None:
    facts = _facts(tmp_path, _table(100), _table(100, seed=2))
    _truncate(tmp_path / facts.segments[0].file)
    with pytest.raises(values.ArchiveError) as refused:
        query.counts(facts, res=8)
    assert refused.value.code == "E_SEGMENT_DAMAGED"
    (tmp_path / facts.segments[0].file).unlink()
    with pytest.raises(values.ArchiveError) as refused:
        query.counts(facts, res=8)
    assert (refused.value.code, refused.value.file) == ("E_SEGMENT_MISSING", facts.segments[0].file)


def test_a_directory_may_have_any_name(tmp_path: Path) -> None:
    facts = _facts(tmp_path / "it's [a*] 目录?", _table(10))
    assert query.extent(facts).rows == 10


def test_text_of_a_user_is_only_ever_a_value(tmp_path: Path) -> None:
    evil = "'; DROP VIEW facts; --"
    table = _table(10, category=[evil] * 10)
    facts = _facts(tmp_path, table)
    found = query.counts(facts, res=8, select=values.Select(categories=(evil,)))
    assert found.n.sum() == sum(table["weight"].to_pylist())
    assert query.categories(facts)[0][0] == evil


def test_a_query_stops_when_it_is_cancelled(tmp_path: Path) -> None:
    table = _table(200_000)
    facts = _facts(tmp_path, table)
    stop = threading.Event()
    stop.set()
    slow = pa.table(
        {"source": ["file"] * 3_000, "external_id": ["e1"] * 3_000, "revision": pa.array([0] * 3_000, pa.int32())}
    )
    many = pa.concat_tables([slow] * 200)
    doubled = values.Facts(
        tmp_path, facts.segments, _live(table.set_column(9, "external_id", pa.array(["e1"] * 200_000)))
    )
    with pytest.raises(values.ArchiveError) as refused:
        query.known(doubled, many, cancelled=stop.is_set)
    assert refused.value.code == "E_CANCELLED"


@pytest.mark.parametrize("res", [10, 8, 5])
def test_points_and_stored_cells_aggregate_alike(tmp_path: Path, res: int) -> None:
    table = _table(500, weight=pa.array([1] * 500, pa.int32()))
    sealed = segments.write_segment(table, directory=tmp_path / "cells", city="c")
    (tmp_path / "points").mkdir()
    nowhere = pa.table({"lat": [91.0, None, float("nan")], "lng": [0.0] * 3, "category": ["01.02"] * 3})
    points = table.select(["lat", "lng", "category"])
    pq.write_table(points.slice(0, 300), tmp_path / "points" / "a.parquet")
    pq.write_table(pa.concat_tables([points.slice(300), nowhere]), tmp_path / "points" / "b.parquet")
    made = []
    for kind in ("cells", "points"):
        file = aggregate.directory(tmp_path / kind, tmp_path / "out", res=RES).file
        made.append(pq.read_table(file).to_pylist())
    assert made[0] == made[1]
    wanted: Counter[tuple[int, str]] = Counter()
    for cell, category in zip(table["cell"].to_pylist(), table["category"].to_pylist(), strict=True):
        wanted[h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), res)), category] += 1
    coarse = aggregate.of_cells([tmp_path / "cells" / sealed.file], res=res).to_pylist()
    assert {(row["cell"], row["category"]): row["n"] for row in coarse} == dict(wanted)


def test_counting_points_can_be_stopped_and_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(values.ArchiveError) as refused:
        aggregate.directory(tmp_path, tmp_path, res=8)
    assert refused.value.code == "E_NO_FILES"
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    with pytest.raises(values.ArchiveError) as refused:
        aggregate.directory(tmp_path, tmp_path, res=8)
    assert refused.value.code == "E_COLUMNS"
    pq.write_table(_table(10).select(["lat", "lng", "category"]), tmp_path / "a.parquet")
    with pytest.raises(values.ArchiveError) as refused:
        aggregate.of_points([tmp_path / "a.parquet"], res=8, cancelled=lambda: True)
    assert refused.value.code == "E_CANCELLED"


def test_a_segment_of_the_layout_before_is_read_beside_new_ones_and_proved(tmp_path: Path) -> None:
    received = pa.array([1_700_000_000_000_000 + i for i in range(50)]).cast(values.SCHEMA.field("received").type)
    new = segments.write_segment(_table(50, received=received), directory=tmp_path, city="tiny")
    made = segments.write_segment(_table(50, seed=2, first_id=100), directory=tmp_path, city="tiny")
    path = tmp_path / made.file
    pq.write_table(pq.read_table(path).drop_columns(["received"]), path, use_dictionary=["cell"])
    old = segments.describe(path, name=made.file, city="tiny")
    assert (new.layout, made.layout, old.layout) == (2, 2, 1) and old.cell_sum == made.cell_sum
    assert proof.check(tmp_path, [new, old]) == []
    found = rows.latest(values.Facts(tmp_path, (new, old)), select=values.Select(), limit=1_000)
    told = dict(zip(found["id"].to_pylist(), found["received_us"].to_pylist(), strict=True))
    weights = [*_table(50)["weight"].to_pylist(), *_table(50, seed=2, first_id=100)["weight"].to_pylist()]
    kept = [number for number, weight in zip([*range(1, 51), *range(100, 150)], weights, strict=True) if weight > 0]
    assert told == {number: 1_700_000_000_000_000 + number - 1 if number < 100 else None for number in kept}
    only = rows.latest(values.Facts(tmp_path, (old,)), select=values.Select(), limit=1_000)
    assert only["received_us"].null_count == only.num_rows > 0
    assert query.counts(values.Facts(tmp_path, (old, new)), res=RES).rows.sum() == 100
    aggregated = aggregate.of_cells(sorted(tmp_path.glob("*.parquet")), res=RES)
    assert sum(aggregated["n"].to_pylist()) == sum(weights)


def test_every_loop_of_the_counting_threads_is_compiled_before_they_start() -> None:
    text = "from server.archive import aggregate, tally; aggregate._warm(10); print(len(tally._move.signatures))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", text], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1", "a table that grows while threads count would be compiled in one of them"

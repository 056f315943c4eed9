"""The privacy floor: no small number is told, and no difference of told numbers leads back to one."""

from __future__ import annotations

import datetime
import zoneinfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules import privacy
from server.usecases.context import Columns
from server.views import shown

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
counts = st.integers(min_value=0, max_value=10_000)


@pytest.mark.parametrize(("n", "told"), [(0, None), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (100, 100)])
def test_a_count_is_hidden_below_eight_and_rounded_to_fives_above(n: int, told: int | None) -> None:
    assert privacy.count(n) == told


@given(counts)
def test_a_told_count_is_a_multiple_of_five_within_two_of_the_truth(n: int) -> None:
    told = privacy.count(n)
    if told is None:
        assert n < privacy.FLOOR
    else:
        assert told % privacy.STEP == 0 and told >= privacy.FLOOR and abs(told - n) <= 2


@given(st.lists(counts, min_size=1, max_size=40))
def test_the_numbers_behind_what_is_told_never_all_lie_in_one_to_seven(values: list[int]) -> None:
    """The feasible interval of a cell: every count that would be told in the same way."""
    for n in values:
        told = privacy.count(n)
        same = [other for other in range(30) if privacy.count(other) == told] if n < 28 else [n]
        assert not set(same) <= set(range(1, 8))


def _cells(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.uint64) + np.uint64(0x881F1D4810FFFFF)


@given(st.lists(st.lists(counts, min_size=3, max_size=3), min_size=1, max_size=20))
def test_a_total_is_what_its_parts_tell_and_nothing_more(rows: list[list[int]]) -> None:
    """The differencing attack over categories: total − others must give back what the hidden part shows: nothing."""
    cells = _cells(len(rows))
    parts = []
    for category in range(3):
        n = np.array([row[category] for row in rows], dtype=np.uint32)
        parts.append(shown.floored(Columns(cells, {"value": n.astype(np.float32), "n": n}, {})))
    total = shown.summed(parts, meta={})
    found = dict(zip(total.cells.tolist(), total.columns["n"].tolist(), strict=True))
    for cell, row in zip(cells.tolist(), rows, strict=True):
        assert found.get(cell, 0) == sum(privacy.total(n) for n in row)


@given(st.lists(st.tuples(counts, st.floats(0.01, 100)), min_size=1, max_size=50))
def test_values_of_shown_cells_follow_from_the_rounded_counts_alone(rows: list[tuple[int, float]]) -> None:
    n = np.array([count for count, _ in rows], dtype=np.uint32)
    areas = np.array([area for _, area in rows])
    cells = _cells(len(rows))
    found = Columns(cells, {"value": (n / areas).astype(np.float32), "n": n}, {"n": int(n.sum()), "left_out": 3})
    told = shown.floored(found)
    kept = n >= privacy.FLOOR
    assert told.cells.tolist() == cells[kept].tolist()
    assert set(told.columns) == {"value", "n"}
    assert all(count % privacy.STEP == 0 and count >= privacy.FLOOR for count in told.columns["n"].tolist())
    np.testing.assert_allclose(told.columns["value"], told.columns["n"] / areas[kept], rtol=1e-5)
    assert told.meta["n"] == int(told.columns["n"].sum()) and "left_out" not in told.meta


@pytest.mark.parametrize(("cameras", "per_km2", "band"), [(0, 0, 0), (2, 50, 0), (3, 4, 1), (6, 8, 2), (18, 24, 3)])
def test_camera_density_is_told_in_bands_of_cells_with_three_cameras(cameras: float, per_km2: float, band: int) -> None:
    assert privacy.band(cameras, per_km2) == band


def _utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        (None, "2025-02-28T16:00:00+00:00", "2025-03-31T16:00:00+00:00"),
        ("2025-03-05T10:00:00+00:00", "2025-02-28T16:00:00+00:00", "2025-03-31T16:00:00+00:00"),
        ("2024-12-31T16:30:00+00:00", "2024-12-31T16:00:00+00:00", "2025-01-31T16:00:00+00:00"),
        ("2024-12-31T15:30:00+00:00", "2024-11-30T16:00:00+00:00", "2024-12-31T16:00:00+00:00"),
    ],
    ids=["last whole month", "any instant of a month", "new year in the city", "old year in the city"],
)
def test_a_viewer_gets_whole_calendar_months_of_the_city(asked: str | None, start: str, end: str) -> None:
    found = privacy.month(_utc(asked) if asked else None, _utc("2025-04-02T08:00:00+00:00"), zone=SHANGHAI)
    assert found == (_utc(start), _utc(end))


@pytest.mark.parametrize(("base", "seen"), [(10, 8), (9, 8), (8, 8), (7, 7)])
def test_viewers_see_one_resolution_no_finer_than_eight(base: int, seen: int) -> None:
    assert privacy.resolution(base) == seen

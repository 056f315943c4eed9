"""Ground on paper: true to shape, within the sheet, with a round scale bar and labels that do not cover each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers import paper

BOX = (114.30, 30.50, 114.32, 30.51)


def test_the_box_fits_and_lies_in_the_middle() -> None:
    on = paper.frame(BOX, width_mm=180, height_mm=120, margin=0.0)
    west, south, east, north = BOX
    left, top = on.point(north, west)
    right, bottom = on.point(south, east)
    assert left == pytest.approx(0, abs=0.02) and right == pytest.approx(180, abs=0.02)
    assert top == pytest.approx(120 - bottom, abs=0.02) and 0 < top < bottom < 120


def test_a_square_kilometre_is_square() -> None:
    on = paper.frame(BOX, width_mm=100, height_mm=100)
    high = 1 / 111.195
    wide = high / math.cos(math.radians(30.505))
    x0, y0 = on.point(30.505, 114.31)
    x1, y1 = on.point(30.505 + high, 114.31 + wide)
    assert x1 - x0 == pytest.approx(y0 - y1, rel=1e-3)


def test_the_scale_and_its_bar_agree() -> None:
    on = paper.frame(BOX, width_mm=180, height_mm=120)
    mm, metres = on.bar()
    assert metres / (mm / 1000) == pytest.approx(on.scale, rel=0.05)
    assert mm <= 45 and int(str(metres)[0]) in (1, 2, 5) and set(str(metres)[1:]) <= {"0"}


def test_shapes_are_cut_at_the_sheet_and_holes_stay() -> None:
    on = paper.frame(BOX, width_mm=100, height_mm=50)
    hole = shapely.box(114.309, 30.504, 114.311, 30.506).exterior
    d = on.path(shapely.Polygon(shapely.box(100, 20, 130, 40).exterior, [hole]))
    assert d.count("M") == d.count("Z") == 2
    numbers = [float(word) for word in d.replace("M", " ").replace("L", " ").replace("Z", " ").split()]
    assert min(numbers) >= -1.01 and max(numbers) <= 101.01
    assert on.path(shapely.box(10, 10, 11, 11)) == ""
    assert "Z" not in on.path(shapely.LineString([(114.30, 30.5), (114.32, 30.51)]))


PLACES = st.tuples(st.floats(30.5, 30.51), st.floats(114.30, 114.32), st.sampled_from(["1", "网格", "abc"]))


@given(st.lists(PLACES, max_size=30))
def test_labels_never_cover_each_other_and_stay_on_the_sheet(places: list[tuple[float, float, str]]) -> None:
    on = paper.frame(BOX, width_mm=180, height_mm=120)
    shown = paper.fitting(on, places, mm=4.0)
    assert len(shown) <= len(places)
    for n, one in enumerate(shown):
        assert 0 <= one["x"] <= 180 and 0 <= one["y"] <= 120
        for other in shown[n + 1 :]:
            assert abs(one["y"] - other["y"]) >= 3.99 or abs(one["x"] - other["x"]) > 0
    if places:
        x, _ = on.point(places[0][0], places[0][1])
        assert len(shown) >= 1 or not 8 < x < 172


def test_neighbouring_grids_differ_in_colour() -> None:
    labels = np.array([0, 1, 2], dtype=np.int32)
    near = np.full((3, 6), -1, dtype=np.int32)
    near[0, 0], near[1, 0], near[1, 1], near[2, 0] = 1, 0, 2, 1
    first, second, third = paper.colours(labels, near)
    assert first != second != third

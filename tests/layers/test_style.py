"""Colours and classes: neighbours differ, classes count everything once, palettes stay apart for everyone."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import cells as geo_cells
from layers import style

WORLD = geo_cells.disk(int(geo_cells.from_points(np.array([26.6]), np.array([111.6]), 10)[0]), 9)
NEAR = geo_cells.neighbours(WORLD)

# Linear-RGB matrices for complete deficiency: Machado, Oliveira and Fernandes (2009), severity 1.0.
SIGHTS = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
# Ottosson's OKLab (2020): linear RGB to cone responses, and their cube roots to L, a, b.
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
]


def oklab(colour: str, sight: str) -> np.ndarray:
    """L, a, b of a colour as someone sees it; distances are about 0.02 for a just noticeable difference."""
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1)
    return np.array(TO_LAB) @ np.cbrt(np.array(TO_CONES) @ seen)


@pytest.mark.parametrize("sight", SIGHTS)
def test_group_colours_stay_apart(sight: str) -> None:
    seen = [oklab(colour, sight) for colour in style.GROUPS]
    assert min(math.dist(one, other) for one, other in itertools.combinations(seen, 2)) > 0.09


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("ramp", [*style.RAMPS.values()], ids=[*style.RAMPS])
def test_ramps_grow_evenly_darker_and_their_steps_stay_apart(ramp: tuple[str, ...], sight: str) -> None:
    seen = [oklab(colour, sight) for colour in ramp]
    falls = [one[0] - other[0] for one, other in itertools.pairwise(seen)]
    assert min(falls) > 0.03
    assert max(falls) < 4 * min(falls)


@pytest.mark.parametrize("sight", SIGHTS)
def test_below_and_above_the_band_are_told_apart(sight: str) -> None:
    seen = [oklab(colour, sight) for colour in style.DEVIATION]
    assert min(math.dist(one, other) for one, other in itertools.combinations(seen, 2)) > 0.05
    assert seen[0][0] < seen[1][0] < seen[2][0] < seen[3][0] > seen[4][0] > seen[5][0] > seen[6][0]


@given(st.lists(st.integers(0, 14), min_size=len(WORLD), max_size=len(WORLD)))
def test_neighbouring_groups_never_share_a_colour_even_in_pieces(labels: list[int]) -> None:
    array = np.array(labels, np.int32)
    colours = [style.group_colour(index) for index in style.group_colours(array, NEAR)]
    for position, others in enumerate(NEAR):
        for other in others[others >= 0]:
            if array[position] != array[other]:
                assert colours[array[position]] != colours[array[other]]


def test_connected_groups_need_no_more_than_the_palette() -> None:
    lats, lngs = geo_cells.centres(WORLD)
    seeds = np.random.default_rng(4).choice(len(WORLD), 40, replace=False)
    labels = np.argmin((lats[:, None] - lats[seeds]) ** 2 + (lngs[:, None] - lngs[seeds]) ** 2, axis=1)
    indices = style.group_colours(labels, NEAR)
    assert max(indices) < len(style.GROUPS)
    assert indices == style.group_colours(labels, NEAR)


def test_earlier_colours_stay_where_they_can() -> None:
    labels = np.zeros(len(WORLD), np.int32)
    labels[41:] = 1
    labels[121:] = 2
    before = style.group_colours(labels, NEAR)
    labels[201:] = 3
    after = style.group_colours(labels, NEAR, start=before)
    assert after[:3] == before
    assert style.group_colours(labels, NEAR, start=[0, 0, 0, 0]).count(0) < 4


def test_cells_without_a_group_are_nobodys_neighbour() -> None:
    assert style.group_colours(np.full(len(WORLD), -1), NEAR) == []


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([1, 1, 1, 2, 3, 9], [(1, 2, 3), (2, 9, 2), (9, 9, 1)]),
        ([0, 0, 0], []),
        ([5], [(5, 5, 1)]),
        ([0.0, float("nan"), 4, 4, 4], [(4, 4, 3)]),
        ([1, 2, 3, 4, 5, 6], [(1, 3, 2), (3, 5, 2), (5, 6, 2)]),
    ],
)
def test_quantile_classes_of_small_worlds(values: list[float], classes: list[tuple[float, float, int]]) -> None:
    scale = style.quantile(values, ramp="heat", count=3)
    assert [(step.lower, step.upper, step.count) for step in scale.steps] == classes


@given(st.lists(st.floats(0, 1e6) | st.integers(0, 40).map(float), max_size=60), st.integers(2, 7))
def test_each_positive_value_is_in_exactly_one_class(values: list[float], count: int) -> None:
    scale = style.quantile(values, ramp="coverage", count=count)
    positive = sum(1 for value in values if value > 0)
    assert len(scale.steps) <= count + 1
    assert sum(step.count for step in scale.steps) == positive
    index = scale.index(values)
    assert [int(one) >= 0 for one in index] == [value > 0 for value in values]
    assert len({step.colour for step in scale.steps}) == len(scale.steps)


def test_one_camera_per_cell_is_one_class_though_cells_differ_in_area() -> None:
    areas = np.linspace(0.0144, 0.0146, 50)
    per_km2 = np.concatenate([n / areas for n in (1, 1, 1, 2, 3, 5, 8)])
    scale = style.quantile(per_km2, ramp="coverage", count=6)
    assert [(step.lower, step.upper, step.count) for step in scale.steps] == [
        (68.0, 100.0, 150), (100.0, 200.0, 50), (200.0, 300.0, 50), (300.0, 500.0, 50), (500.0, 560.0, 50),
    ]  # fmt: skip


@given(st.lists(st.floats(1e-4, 1e6), min_size=1, max_size=60), st.integers(2, 7))
def test_limits_have_two_digits_and_no_class_of_several_values_has_equal_ends(values: list[float], count: int) -> None:
    scale = style.quantile(values, ramp="gaps", count=count)
    if not scale.whole:
        assert all(float(f"{end:.2g}") == end for step in scale.steps for end in (step.lower, step.upper) if end)
        assert len(scale.steps) == 1 or all(step.lower != step.upper for step in scale.steps)


def test_heavy_ties_leave_classes_for_the_rest() -> None:
    values = [1] * 900 + [2] * 40 + [3] * 30 + [4] * 20 + list(range(5, 40))
    scale = style.quantile(values, ramp="heat", count=6)
    assert len(scale.steps) == 6
    assert scale.steps[0].count == 900
    assert scale.whole


def test_fixed_breaks_close_the_last_class() -> None:
    scale = style.fixed([0, 1, 2, 3, 4], [1, 2, 4], ramp="coverage")
    assert [step.count for step in scale.steps] == [1, 3]


@pytest.mark.parametrize("breaks", [[1], [1, 1], [2, 1]])
def test_breaks_must_rise(breaks: list[float]) -> None:
    with pytest.raises(style.StyleError):
        style.fixed([1.0], breaks, ramp="heat")


def test_deviation_puts_the_band_in_a_class_of_its_own() -> None:
    scale = style.deviation([-1, -0.5, -0.2, -0.1, 0, 0, 0.1, 0.2, 0.5, 3, float("nan")])
    assert [step.count for step in scale.steps] == [1, 1, 2, 2, 1, 1, 2]
    assert scale.steps[3].colour == style.DEVIATION[3]

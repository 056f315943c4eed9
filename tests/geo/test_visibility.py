"""What a camera sees, on worlds whose answer is known by geometry, and against slow exact shadows."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import geodesy, visibility
from geo.errors import CoordinateError, GeometryError

LAT, LNG = 25.9, 112.3
NORTH_M, EAST_M = (float(v[0]) for v in geodesy.metres_per_degree(np.array([LAT])))


def world(*shapes: shapely.Geometry) -> gpd.GeoSeries:
    """Shapes in metres about the camera, as buildings in degrees."""
    return gpd.GeoSeries(
        [shapely.transform(shape, lambda p: p / (EAST_M, NORTH_M) + (LNG, LAT)) for shape in shapes], crs=4326
    )


def in_metres(seen: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(seen, lambda p: (p - (LNG, LAT)) * (EAST_M, NORTH_M))


def look(*shapes, heading=0.0, angle=360.0, reach=100.0, at=(0.0, 0.0), height=None, heights=None):
    blocks = visibility.walls(world(*shapes), heights_m=heights)
    seen = visibility.visible(
        [LAT + at[1] / NORTH_M],
        [LNG + at[0] / EAST_M],
        heading_deg=heading,
        angle_deg=angle,
        range_m=reach,
        buildings=blocks,
        height_m=height,
    )
    assert seen.crs.to_epsg() == 4326
    return in_metres(seen.iloc[0])


def sees(seen, x, y) -> bool:
    return bool(shapely.contains_xy(seen, x, y))


CIRCLE = np.pi * 100.0**2


def test_open_ground_is_a_full_circle_or_a_sector() -> None:
    assert look().area == pytest.approx(CIRCLE, rel=3e-4)
    assert look(heading=90, angle=90).area == pytest.approx(CIRCLE / 4, rel=3e-4)
    east = look(heading=90, angle=60)
    assert sees(east, 50, 0) and not sees(east, 0, 50) and not sees(east, -50, 0)


def test_a_lone_wall_hides_the_trapezium_behind_it() -> None:
    seen = look(shapely.box(-10, 20, 10, 21), heading=0, angle=90)
    hidden_half_angle = np.arctan2(10, 20)
    front = 20 * 10  # triangle up to the front face
    expected = CIRCLE / 4 - (hidden_half_angle * 100**2 - front)
    assert seen.area == pytest.approx(expected, rel=1e-3)
    assert sees(seen, 0, 19) and not sees(seen, 0, 20.5) and not sees(seen, 0, 60) and not sees(seen, 25, 55)
    assert sees(seen, 40, 50)


def test_a_courtyard_is_seen_to_its_walls_and_not_beyond() -> None:
    yard = shapely.Polygon(
        shapely.box(-50, -40, 50, 40).exterior.coords, [shapely.box(-20, -15, 20, 15).exterior.coords]
    )
    assert look(yard).area == pytest.approx(40 * 30, rel=1e-6)


def test_a_canyon_street_is_seen_along_its_length() -> None:
    seen = look(shapely.box(5, -200, 30, 200), shapely.box(-30, -200, -5, 200), reach=100)
    assert seen.area == pytest.approx(2 * (100**2 * np.arcsin(0.05) + 5 * np.sqrt(100**2 - 25)), rel=1e-3)


def test_inside_a_building_nothing_is_seen_and_on_its_roof_the_street_is() -> None:
    block = shapely.box(-10, -10, 10, 10)
    assert look(block).is_empty
    roof = look(block, height=20.0, heights=[10.0])
    assert not sees(roof, 0, 5) and not sees(roof, 0, 19) and sees(roof, 0, 21)


def test_on_a_wall_the_outside_is_seen_and_at_a_corner_three_quarters() -> None:
    assert look(shapely.box(0, -30, 40, 30)).area == pytest.approx(CIRCLE / 2, rel=1e-3)
    assert look(shapely.box(0, 0, 40, 40)).area == pytest.approx(CIRCLE * 3 / 4, rel=1e-3)
    niche = shapely.Polygon([(0, 0), (0, 30), (-30, 30), (-30, -30), (30, -30), (30, 0)])  # solid but for one quarter
    assert look(niche, reach=20).area == pytest.approx(np.pi * 20**2 / 4, rel=1e-3)


def test_through_a_gap_the_range_ends_the_view() -> None:
    seen = look(shapely.box(-90, 10, -1, 12), shapely.box(1, 10, 90, 12), heading=0, angle=40, reach=80)
    assert sees(seen, 0, 79) and not sees(seen, 0, 81) and not sees(seen, 20, 60)
    assert seen.area < np.radians(40) / 2 * 80**2


def test_two_cameras_back_to_back_see_disjoint_halves() -> None:
    seen = visibility.visible(
        [LAT, LAT], [LNG, LNG], heading_deg=[0, 180], angle_deg=180, range_m=100, buildings=world()
    )
    north, south = (in_metres(s) for s in seen)
    assert shapely.intersection(north, south).area < 1e-6
    assert north.area + south.area == pytest.approx(CIRCLE, rel=3e-4)


def test_a_low_building_hides_a_finite_strip() -> None:
    seen = look(shapely.box(-5, 20, 5, 30), heading=0, angle=20, reach=100, height=6.0, heights=[3.0])
    assert sees(seen, 0, 19) and not sees(seen, 0, 25) and not sees(seen, 0, 59) and sees(seen, 0, 61)


def test_a_camera_pulled_to_the_wall_that_carries_it() -> None:
    blocks = visibility.walls(world(shapely.box(-1.5, -20, 30, 20)))
    lats, lngs, moved = visibility.to_wall([LAT], [LNG], buildings=blocks, within_m=3.0)
    assert moved.all() and (lngs[0] - LNG) * EAST_M == pytest.approx(-1.5, abs=1e-6) and lats[0] == pytest.approx(LAT)
    stays = visibility.to_wall([LAT], [LNG], buildings=blocks, within_m=1.0)
    assert not stays[2].any() and stays[1][0] == LNG
    seen = visibility.visible(lats, lngs, heading_deg=0, angle_deg=360, range_m=50, buildings=blocks)
    assert in_metres(seen.iloc[0]).area == pytest.approx(np.pi * 50**2 / 2, rel=1e-2)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"angle_deg": 0}, "angle_deg"), ({"range_m": -1}, "range_m"), ({"heading_deg": np.nan}, "heading_deg")],
)
def test_values_out_of_range_are_refused(change, message) -> None:
    camera = {"heading_deg": 0.0, "angle_deg": 90.0, "range_m": 50.0, **change}
    with pytest.raises(CoordinateError, match=message):
        visibility.visible([LAT], [LNG], buildings=world(), **camera)


def test_buildings_that_are_lines_are_refused() -> None:
    with pytest.raises(GeometryError, match="LineString"):
        visibility.walls(gpd.GeoSeries([shapely.LineString([(0, 0), (1, 1)])], crs=4326))


def shadows(blocks: list[shapely.Geometry], heading: float, angle: float, reach: float) -> shapely.Geometry:
    """The slow, obvious way: the sector less every building and the quadrilateral shadow of every wall."""
    turn = np.radians(90 - heading + np.linspace(-angle / 2, angle / 2, 721))
    rim = np.column_stack([np.cos(turn), np.sin(turn)]) * reach
    seen = shapely.Polygon(rim if angle >= 360 else [(0, 0), *rim])
    hidden = list(blocks)
    for block in blocks:
        corners = np.array(block.exterior.coords)
        for a, b in zip(corners[:-1], corners[1:], strict=True):
            hidden.append(shapely.make_valid(shapely.Polygon([a, b, b * 1e4, a * 1e4])))
    return shapely.difference(shapely.make_valid(seen), shapely.union_all(hidden))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), angle=st.sampled_from([40.0, 95.0, 180.0, 300.0, 360.0]))
def test_agrees_with_exact_shadows_on_random_towns(seed: int, angle: float) -> None:
    rng = np.random.default_rng(seed)
    blocks = []
    for _ in range(25):
        x, y, turn = *rng.uniform(-90, 90, 2), rng.uniform(0, np.pi)
        block = shapely.transform(
            shapely.box(-rng.uniform(3, 9), -rng.uniform(3, 9), rng.uniform(3, 9), rng.uniform(3, 9)),
            lambda p, x=x, y=y, turn=turn: (
                p @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + (x, y)
            ),
        )
        if shapely.distance(block, shapely.Point(0, 0)) > 1:
            blocks.append(block)
    heading = float(rng.uniform(0, 360))
    exact = shadows(blocks, heading, angle, 80.0)
    ours = look(*blocks, heading=heading, angle=angle, reach=80.0)
    assert abs(ours.area - exact.area) <= 0.003 * max(exact.area, 50.0)
    assert shapely.symmetric_difference(shapely.make_valid(ours), exact).area <= 0.01 * max(exact.area, 50.0)

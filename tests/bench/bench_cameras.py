"""What cameras see: ours beside VisiLibity and shapely behind buildings, beside overlay and rasterio without them.

The town: rotated rectangles on a 30 m lattice, none touching; cameras on open ground, 30 % of them domes. Peers that
are too slow for all cameras run on the first ones; every figure is milliseconds a camera, ours on all. Accuracy is
against exact geometry: the disc or sector less every building and the shadow of every wall.
"""

from __future__ import annotations

import importlib.util
import json as jsonlib
import resource
import time
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo import boundary, cameras, cells, geodesy, raster, visibility

PEERS = ["VisiLibity==1.0.10", "rasterio==1.4.4"]
LAT, LNG, PITCH_M = 25.9, 112.3, 30.0


def town(buildings: int, number: int, *, seed: int = 1) -> tuple[gpd.GeoSeries, dict[str, np.ndarray], float, float]:
    """Buildings in WGS-84, cameras as arrays, and metres per degree north and east at the town."""
    rng = np.random.default_rng(seed)
    north, east = (float(v[0]) for v in geodesy.metres_per_degree(np.array([LAT])))
    side = int(np.ceil(np.sqrt(buildings)))
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:buildings] * PITCH_M
    half = rng.uniform(4, 9, (buildings, 2))
    turn = rng.uniform(0, np.pi, buildings)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half[:, None]
    spin = np.stack([np.stack([np.cos(turn), np.sin(turn)], 1), np.stack([-np.sin(turn), np.cos(turn)], 1)], 1)
    outline = corners @ spin + at[:, None]
    shapes = gpd.GeoSeries(shapely.polygons(outline / (east, north) + (LNG, LAT)), crs=4326)
    sites = (rng.integers(1, side - 1, (number, 2)) + 0.5) * PITCH_M + rng.uniform(-2, 2, (number, 2))
    looks = {
        "lats": LAT + sites[:, 1] / north,
        "lngs": LNG + sites[:, 0] / east,
        "heading_deg": rng.uniform(0, 360, number),
        "angle_deg": np.where(rng.random(number) < 0.3, 360.0, 90.0),
        "range_m": rng.uniform(60, 120, number),
    }
    return shapes, looks, north, east


def _near(shapes: np.ndarray, tree: shapely.STRtree, looks: dict[str, np.ndarray], i: int, scale: np.ndarray) -> tuple:
    here = np.array([looks["lngs"][i], looks["lats"][i]])
    reach = looks["range_m"][i]
    found = tree.query(shapely.box(*(here - reach / scale), *(here + reach / scale)))
    return here, [shapely.transform(s, lambda p: (p - here) * scale) for s in shapes[found]], reach


def _open(looks: dict[str, np.ndarray], i: int, reach: float) -> shapely.Geometry:
    angle, heading = looks["angle_deg"][i], looks["heading_deg"][i]
    turn = np.radians(90 - heading + np.linspace(-angle / 2, angle / 2, 721))
    rim = np.column_stack([np.cos(turn), np.sin(turn)]) * reach
    return shapely.Polygon(rim if angle >= 360 else [(0, 0), *rim])


def by_shadows(blocks: list, field: shapely.Geometry) -> shapely.Geometry:
    """Exact: the field less the buildings and the shadow of every wall."""
    hidden = list(blocks)
    for block in blocks:
        ring = shapely.get_coordinates(block)
        hidden += list(shapely.polygons(np.stack([ring[:-1], ring[1:], ring[1:] * 1e3, ring[:-1] * 1e3], axis=1)))
    return shapely.difference(field, shapely.union_all(shapely.make_valid(np.array(hidden, dtype=object))))


def by_rays(blocks: list, looks: dict[str, np.ndarray], i: int, reach: float) -> shapely.Geometry:
    """One ray a quarter degree, cut at the first wall."""
    angle, heading = looks["angle_deg"][i], looks["heading_deg"][i]
    turn = np.radians(90 - heading + np.arange(-angle / 2, angle / 2 + 0.125, 0.25))
    ends = np.column_stack([np.cos(turn), np.sin(turn)]) * reach
    rays = shapely.linestrings(np.stack([np.zeros_like(ends), ends], axis=1))
    walls = shapely.union_all(shapely.boundary(np.array(blocks, dtype=object)))
    cut = shapely.distance(shapely.Point(0, 0), shapely.intersection(rays, walls))
    rim = np.column_stack([np.cos(turn), np.sin(turn)]) * np.where(np.isnan(cut), reach, cut)[:, None]
    return shapely.Polygon(rim if angle >= 360 else [(0, 0), *rim])


def by_visilibity(blocks: list, field: shapely.Geometry, reach: float) -> tuple[shapely.Geometry, float]:
    """VisiLibity's polygon inside a box that holds every building whole, cut to the field; and its own seconds."""
    import visilibity

    low, high = -reach - 30.0, reach + 30.0
    box = [visilibity.Point(x, y) for x, y in ((low, low), (high, low), (high, high), (low, high))]
    holes = [
        visilibity.Polygon(
            [
                visilibity.Point(x, y)
                for x, y in shapely.get_coordinates(shapely.orient_polygons(b, exterior_cw=True))[:-1]
            ]
        )
        for b in blocks
    ]
    started = time.process_time()
    environment = visilibity.Environment([visilibity.Polygon(box), *holes])
    seen = visilibity.Visibility_Polygon(visilibity.Point(0.0, 0.0), environment, 1e-7)
    seconds = time.process_time() - started
    ring = [(seen[k].x(), seen[k].y()) for k in range(seen.n())]
    return shapely.intersection(shapely.make_valid(shapely.Polygon(ring)), field), seconds


def behind_buildings(*, buildings: int, number: int, sample: int = 200) -> dict[str, Any]:
    shapes, looks, north, east = town(buildings, number)
    scale = np.array([east, north])
    few, warm, _, _ = town(100, 10)
    visibility.visible(buildings=few, **warm)  # compiles, or loads what was compiled
    started = time.process_time()
    blocks = visibility.walls(shapes)
    prepared = time.process_time() - started
    started = time.process_time()
    seen = visibility.visible(buildings=blocks, **looks)
    ours = (time.process_time() - started) / number
    raw, tree = np.asarray(shapes.values, dtype=object), shapely.STRtree(shapes.values)
    spent = {"shapely shadows": 0.0, "shapely rays": 0.0, "VisiLibity": 0.0}
    visilibity = importlib.util.find_spec("visilibity") is not None
    errors: dict[str, list[float]] = {"ours": [], "shapely rays": [], "VisiLibity": []}
    for i in range(min(sample, number)):
        here, near, reach = _near(raw, tree, looks, i, scale)
        field = _open(looks, i, reach)
        started = time.process_time()
        exact = by_shadows(near, field)
        spent["shapely shadows"] += time.process_time() - started
        started = time.process_time()
        rays = by_rays(near, looks, i, reach)
        spent["shapely rays"] += time.process_time() - started
        other = exact
        if visilibity:
            other, seconds = by_visilibity(near, field, reach)
            spent["VisiLibity"] += seconds
        mine = shapely.transform(seen.iloc[i], lambda p, here=here: (p - here) * scale)
        for name, got in (("ours", mine), ("shapely rays", rays), ("VisiLibity", other)):
            errors[name].append(abs(got.area - exact.area) / exact.area)
    if not visilibity:  # it has no wheel and does not compile everywhere
        del spent["VisiLibity"], errors["VisiLibity"]
    peers = {name: total / min(sample, number) * 1e3 for name, total in spent.items()}
    return {
        "work": "visible behind buildings",
        "buildings": buildings,
        "cameras": number,
        "prepare_s": round(prepared, 3),
        "ours_ms": round(ours * 1e3, 4),
        **{f"{name}_ms": round(ms, 3) for name, ms in peers.items()},
        **{f"times faster than {name}": round(ms / ours / 1e3, 1) for name, ms in peers.items()},
        **{f"mean area error {name}": round(float(np.mean(e)), 6) for name, e in errors.items()},
        "worst area error ours": round(float(np.max(errors["ours"])), 6),
        "memory_mb": _memory(),
    }


def without_buildings(*, number: int) -> dict[str, Any]:
    """The seen share of res-11 cells by plain sectors: patches beside STRtree and clipping."""
    side = 0.22 * np.sqrt(number / 10_000)
    ids = boundary.fill(shapely.box(LNG, LAT, LNG + side * 1.07, LAT + side), 11)
    rng = np.random.default_rng(3)
    views = cameras.sectors(
        LAT + rng.random(number) * side,
        LNG + rng.random(number) * side * 1.07,
        rng.uniform(0, 360, number),
        np.where(rng.random(number) < 0.3, 360.0, 90.0),
        rng.uniform(60, 120, number),
    )
    hexes, areas = boundary.polygons(ids), cells.areas_m2(ids)
    flat = np.asarray(views.values, dtype=object)
    raster.per_cell(raster.count(flat[:3], raster.lattice(tuple(shapely.total_bounds(flat[:3])), patch_m=3)), ids)
    started = time.process_time()
    counted = raster.count(flat, raster.lattice(tuple(shapely.total_bounds(flat)), patch_m=3.0))
    ours = raster.per_cell(counted, ids, at_least=(1, 2, 3))[:, 0] / areas
    mine = time.process_time() - started
    started = time.process_time()
    exact = cameras.seen_share(ids, views)
    theirs = time.process_time() - started
    burned, other = by_rasterio(hexes, flat) if importlib.util.find_spec("rasterio") else (None, exact)
    return {
        "work": "seen share, no buildings",
        "cells": len(ids),
        "cameras": number,
        "ours_s": round(mine, 3),
        "shapely STRtree + clip_s": round(theirs, 3),
        "times faster": round(theirs / mine, 2),
        "mean error": round(float(np.abs(ours - exact).mean()), 5),
        "rasterio_s": None if burned is None else round(burned, 3),
        "times faster than rasterio": None if burned is None else round(burned / mine, 2),
        "mean error rasterio": None if burned is None else round(float(np.abs(other - exact).mean()), 5),
        "memory_mb": _memory(),
    }


def by_rasterio(hexes: np.ndarray, views: np.ndarray) -> tuple[float, np.ndarray]:
    """Seconds and seen shares by burning views and cells into the same 3 m patches."""
    from rasterio import features, transform

    west, south, east, north = shapely.total_bounds(hexes)
    step_lat, step_lng = (3.0 / float(metres[0]) for metres in geodesy.metres_per_degree(np.array([LAT])))
    shape = (int((north - south) / step_lat) + 1, int((east - west) / step_lng) + 1)
    grid = transform.from_origin(west, north, step_lng, step_lat)
    started = time.process_time()
    seen = features.rasterize(views, out_shape=shape, transform=grid, dtype="uint8")
    label = features.rasterize(zip(hexes, range(1, len(hexes) + 1), strict=True), out_shape=shape, transform=grid,
                               dtype="int32")  # fmt: skip
    whole = np.bincount(label.ravel(), minlength=len(hexes) + 1)[1:]
    part = np.bincount(label[seen > 0], minlength=len(hexes) + 1)[1:]
    return time.process_time() - started, part / np.maximum(whole, 1)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(*, json: bool) -> None:
    rows = [behind_buildings(buildings=b, number=n) for b, n in ((2_000, 100), (20_000, 1_000), (200_000, 10_000))]
    rows += [without_buildings(number=n) for n in (100, 1_000, 10_000)]
    for row in rows:
        print(jsonlib.dumps(row) if json else "  ".join(f"{k}={v}" for k, v in row.items()))

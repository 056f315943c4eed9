"""Geometry → paper: a stretch of ground laid out in millimetres, as the path texts of an SVG drawing.

The plane is longitude shortened by the cosine of the middle latitude, true to shape over a city. y grows downwards.
What is drawn, and in what order, is the template's; here are only places on the sheet.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from layers import style

METRES_PER_DEGREE = 111_195.0
_NICE = (1, 2, 5)
_ROAD_MM = {"motorway": 1.1, "trunk": 1.0, "primary": 0.8, "secondary": 0.6, "tertiary": 0.45}
_FINEST_MM = 0.05


@dataclasses.dataclass(frozen=True)
class Frame:
    """A sheet of `width_mm` by `height_mm` on which the box (west, south, east, north) is centred and fits."""

    width_mm: float
    height_mm: float
    west: float
    north: float
    mm_per_lng: float
    mm_per_lat: float

    def point(self, lat: float, lng: float) -> tuple[float, float]:
        """x and y in millimetres from the upper left corner."""
        return round((lng - self.west) * self.mm_per_lng, 2), round((self.north - lat) * self.mm_per_lat, 2)

    def path(self, shape: shapely.Geometry) -> str:
        """The `d` of an SVG path: polygons with holes closed, lines open; clipped to the sheet; empty where nothing is
        left."""
        inside = shapely.clip_by_rect(shape, *self.box(1.0))
        whole = shapely.transform(inside, self._plane)
        return "".join(_part(part) for part in shapely.get_parts(shapely.simplify(whole, _FINEST_MM)))

    def box(self, over_mm: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north of the whole sheet and `over_mm` around it."""
        west, north = self.west - over_mm / self.mm_per_lng, self.north + over_mm / self.mm_per_lat
        return (
            west, north - (self.height_mm + 2 * over_mm) / self.mm_per_lat,
            west + (self.width_mm + 2 * over_mm) / self.mm_per_lng, north,
        )  # fmt: skip

    @property
    def scale(self) -> int:
        """The denominator of the scale, to two significant digits."""
        exact = METRES_PER_DEGREE / (self.mm_per_lat / 1000)
        digits = 10 ** (math.floor(math.log10(exact)) - 1)
        return int(round(exact / digits) * digits)

    def bar(self) -> tuple[float, int]:
        """A scale bar of a round number of metres, at most a quarter of the sheet: its length in mm, and metres."""
        most = self.width_mm / 4 / (self.mm_per_lat / METRES_PER_DEGREE)
        power = 10 ** math.floor(math.log10(most))
        metres = max(factor * power for factor in _NICE if factor * power <= most)
        return round(metres * self.mm_per_lat / METRES_PER_DEGREE, 2), int(metres)

    def _plane(self, points: np.ndarray) -> np.ndarray:
        return np.column_stack(
            ((points[:, 0] - self.west) * self.mm_per_lng, (self.north - points[:, 1]) * self.mm_per_lat)
        )


def frame(
    box: tuple[float, float, float, float], *, width_mm: float, height_mm: float, margin: float = 0.06
) -> Frame:
    """The frame that shows `box` (west, south, east, north) as large as it goes, with a share of `margin` around."""
    west, south, east, north = box
    short = math.cos(math.radians((south + north) / 2))
    wide = max(east - west, 1e-6) * (1 + 2 * margin) * short
    high = max(north - south, 1e-6) * (1 + 2 * margin)
    mm_per_lat = min(width_mm / wide, height_mm / high)
    mm_per_lng = mm_per_lat * short
    return Frame(
        width_mm, height_mm, (west + east) / 2 - width_mm / mm_per_lng / 2,
        (south + north) / 2 + height_mm / mm_per_lat / 2, mm_per_lng, mm_per_lat,
    )  # fmt: skip


def ground(on: Frame, features: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Roads, water, rails and buildings (GeoJSON features with `kind` and `class`) as `{kind, d, mm, area}`."""
    found = []
    for feature in features:
        shape = shapely.geometry.shape(feature["geometry"])
        d = on.path(shape)
        if d:
            about = feature["properties"]
            area = shape.geom_type.endswith("Polygon")
            found.append({"kind": about["kind"], "d": d, "mm": _ROAD_MM.get(about["class"], 0.3), "area": area})
    return found


def colours(labels: np.ndarray, near: np.ndarray) -> list[str]:
    """A colour by label so that neighbouring grids differ; `labels` int32[n], `near` int32[n, 6] positions or -1."""
    return [style.group_colour(index) for index in style.group_colours(labels, near)]


def fitting(on: Frame, places: Sequence[tuple[float, float, str]], *, mm: float) -> list[dict[str, Any]]:
    """Labels (lat, lng, text, the most important first) of letters `mm` high that do not cover each other."""
    kept: list[tuple[float, float, float, float]] = []
    found = []
    for lat, lng, text in places:
        x, y = on.point(lat, lng)
        half = mm * sum(1.0 if ord(sign) > 0x2E7F else 0.55 for sign in text) / 2
        box = (x - half, y - mm / 2, x + half, y + mm / 2)
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= on.width_mm and box[3] <= on.height_mm
        if inside and not any(_meet(box, other) for other in kept):
            kept.append(box)
            found.append({"x": x, "y": y, "text": text})
    return found


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _part(part: shapely.Geometry) -> str:
    if part.is_empty:
        return ""
    if part.geom_type == "Polygon":
        return "".join(f"{_line(ring)}Z" for ring in (part.exterior, *part.interiors))
    return _line(part) if part.geom_type in ("LineString", "LinearRing") else ""


def _line(line: shapely.Geometry) -> str:
    points = shapely.get_coordinates(line).tolist()
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)

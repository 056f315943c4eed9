"""Datums: WGS-84 and CGCS2000 (the same within a metre), GCJ-02 and BD-09.

GCJ-02 shifts points of the Chinese mainland by 100-700 m with a published open formula (Krasovsky 1940 ellipsoid plus
a sum of sines); BD-09 adds a second shift. Real shifts differ from the formula by under 1 m. Outside the mainland
polygon nothing shifts: there all datums are taken as equal. The inverse has no formula and is found by fixed-point
rounds. Degrees in, degrees out.
"""

from __future__ import annotations

import base64
import functools
import zlib

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import _mainland, errors, geodesy

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")

Floats = NDArray[np.float64]

_KRASOVSKY_A_M = 6_378_245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 12


def to_wgs84(lats: ArrayLike, lngs: ArrayLike, *, datum: str) -> tuple[Floats, Floats]:
    """Points of ``datum`` in WGS-84. Raises ``DatumError`` for an unknown datum, ``CoordinateError`` off the globe."""
    lat, lng = _checked(lats, lngs, datum)
    if datum in ("wgs84", "cgcs2000"):
        return lat, lng
    near = _near(lat, lng)
    there = _solved(lat[near], lng[near], datum)
    return _placed(lat, lng, near, there, mainland(*there))


def from_wgs84(lats: ArrayLike, lngs: ArrayLike, *, datum: str) -> tuple[Floats, Floats]:
    """WGS-84 points in ``datum``. Raises ``DatumError`` for an unknown datum, ``CoordinateError`` off the globe."""
    lat, lng = _checked(lats, lngs, datum)
    if datum in ("wgs84", "cgcs2000"):
        return lat, lng
    home = mainland(lat, lng)
    there = _shifted(lat[home], lng[home], datum)
    return _placed(lat, lng, home, there, np.ones(there[0].size, bool))


def mainland(lats: ArrayLike, lngs: ArrayLike) -> NDArray[np.bool_]:
    """Whether each WGS-84 point lies on the Chinese mainland or within 2 km of its coast."""
    lat, lng = np.asarray(lats, np.float64), np.asarray(lngs, np.float64)
    inside = _near(lat, lng)
    inside[inside] = shapely.contains_xy(_outline(), lng[inside], lat[inside])
    return inside


def _near(lat: Floats, lng: Floats) -> NDArray[np.bool_]:
    """Whether each point is within 3 km of the outline's bounds: more than any shift."""
    west, south, east, north = _outline().bounds
    in_lng = (lng >= west - 0.03) & (lng <= east + 0.03)
    return np.asarray(in_lng & (lat >= south - 0.03) & (lat <= north + 0.03), np.bool_)


def _placed(
    lat: Floats, lng: Floats, at: NDArray[np.bool_], there: tuple[Floats, Floats], moved: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Copies of the points in which those selected by ``at`` stand ``there`` wherever ``moved`` says so."""
    out_lat, out_lng = lat.copy(), lng.copy()
    out_lat[at] = np.where(moved, there[0], lat[at])
    out_lng[at] = np.where(moved, there[1], lng[at])
    return out_lat, out_lng


@functools.cache
def _outline() -> shapely.MultiPolygon:
    raw = zlib.decompress(base64.b85decode(_mainland.PACKED))
    n_rings = int(np.frombuffer(raw, "<i4", 1)[0])
    sizes = np.frombuffer(raw, "<i4", n_rings, 4).astype(np.int64)
    first = np.frombuffer(raw, "<i4", 2 * n_rings, 4 + 4 * n_rings).reshape(-1, 2).astype(np.int64)
    moves = int((sizes - 1).sum())
    steps = np.frombuffer(raw, "<i2", 2 * moves, 4 + 12 * n_rings).reshape(2, -1).T.astype(np.int64)
    rings = []
    at = 0
    for start, size in zip(first, sizes.tolist()):
        points = np.vstack((start, start + np.cumsum(steps[at : at + size - 1], axis=0)))
        rings.append(shapely.Polygon(points * _mainland.STEP_DEG))
        at += size - 1
    outline = shapely.union_all(rings)
    shapely.prepare(outline)
    return outline


def _checked(lats: ArrayLike, lngs: ArrayLike, datum: str) -> tuple[Floats, Floats]:
    if datum not in DATUMS:
        raise errors.DatumError(f"datum {datum!r} is unknown; it must be one of {', '.join(DATUMS)}", values=datum)
    return geodesy.check_points(lats, lngs)


def _shifted(lat: Floats, lng: Floats, datum: str) -> tuple[Floats, Floats]:
    """The formula alone, without asking where the point lies."""
    lat, lng = _gcj02(lat, lng)
    return (lat, lng) if datum == "gcj02" else _bd09(lat, lng)


def _solved(lat: Floats, lng: Floats, datum: str) -> tuple[Floats, Floats]:
    """The point that the formula shifts to ``lat, lng``. Each round shrinks the error about a thousandfold."""
    guess = lat, lng
    for _ in range(_ROUNDS):
        there = _shifted(*guess, datum)
        miss = lat - there[0], lng - there[1]
        guess = guess[0] + miss[0], guess[1] + miss[1]
        if max(np.abs(miss[0]).max(initial=0.0), np.abs(miss[1]).max(initial=0.0)) < 1e-13:
            break
    return guess


def _gcj02(lat: Floats, lng: Floats) -> tuple[Floats, Floats]:
    x, y = lng - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    a = np.radians(lat)
    w = 1.0 - _KRASOVSKY_E2 * np.sin(a) ** 2
    meridian_m = _KRASOVSKY_A_M * (1.0 - _KRASOVSKY_E2) / (w * np.sqrt(w))
    parallel_m = _KRASOVSKY_A_M / np.sqrt(w) * np.cos(a)
    return lat + np.degrees(north / meridian_m), lng + np.degrees(east / parallel_m)


def _bd09(lat: Floats, lng: Floats) -> tuple[Floats, Floats]:
    far = np.hypot(lng, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    turn = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * _BD_TURN)
    return far * np.sin(turn) + 0.006, far * np.cos(turn) + 0.0065

"""The map payload of a plan: GZH1 beside folium's GeoJson page and GeoPandas' GeoJSON, at three sizes.

Every side carries the same thing: each cell with the label of its grid. Bytes are counted plain and after gzip (level
6, what a server sends); the payload is decoded again and must equal what went in.
"""

from __future__ import annotations

import gzip
import json as jsonlib
import math
import resource
import time
from collections.abc import Callable
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely

from geo import cells
from layers import payload

PEERS: list[str] = []
SIZES = (57, 105, 182)  # rings round a cell: about 10 000, 33 000 and 100 000 cells


def town(rings: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells round a point of southern China, and labels of about 180 cells each."""
    ids = cells.disk(int(cells.from_points(np.array([26.6]), np.array([111.6]), 10)[0]), rings)
    lats, lngs = cells.centres(ids)
    side = 180**0.5 * 0.0011
    return ids, ((np.floor(lats / side) * 977 + np.floor(lngs / side)).astype(np.int64) % 50_000).astype(np.uint16)


def frame(ids: np.ndarray, labels: np.ndarray) -> gpd.GeoDataFrame:
    lats, lngs, counts = cells.boundaries(ids)
    rings = [np.column_stack([x[:k], y[:k]]) for x, y, k in zip(lngs, lats, counts, strict=True)]
    shapes = [shapely.Polygon(ring) for ring in rings]
    return gpd.GeoDataFrame({"cell": cells.to_hex(ids), "grid": labels.astype(int)}, geometry=shapes, crs=4326)


def timed(make: Callable[[], bytes]) -> tuple[bytes, float]:
    started = time.perf_counter()
    made = make()
    return made, time.perf_counter() - started


def folium_page(table: gpd.GeoDataFrame) -> bytes:
    page = folium.Map(tiles=None)
    folium.GeoJson(table).add_to(page)
    return str(page.get_root().render()).encode()


def measure(rings: int) -> dict[str, Any]:
    ids, labels = town(rings)
    table = frame(ids, labels)
    ours, ours_s = timed(lambda: payload.encode(ids, {"grid": labels}, meta={}))
    read = payload.decode(ours)
    exact = bool(np.array_equal(read.cells, ids) and np.array_equal(read.columns["grid"], labels))
    plain, plain_s = timed(lambda: table.to_json().encode())
    page, page_s = timed(lambda: folium_page(table))
    squeezed, gzip_s = timed(lambda: gzip.compress(ours, 6))
    others = {name: len(gzip.compress(data, 6)) for name, data in (("to_json", plain), ("folium", page))}
    packed = {"ours": len(squeezed), **others}
    return {
        "work": "map payload",
        "cells": len(ids),
        "exact": exact,
        "ours_ms": round(ours_s * 1e3, 2),
        "ours_gzip_ms": round(gzip_s * 1e3, 1),
        "to_json_s": round(plain_s, 2),
        "folium_s": round(page_s, 2),
        "ours_kb": len(ours) // 1000,
        "to_json_kb": len(plain) // 1000,
        "folium_kb": len(page) // 1000,
        **{f"{name}_gzip_kb": size // 1000 for name, size in packed.items()},
        "gzip bytes, folium over ours": round(packed["folium"] / packed["ours"], 1),
        "time, folium over ours": round(page_s / (ours_s + gzip_s)),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def growth(rows: list[dict[str, Any]], field: str) -> float:
    """The exponent of a figure between the smallest and the largest size."""
    first, last = rows[0], rows[-1]
    return round(math.log(last[field] / first[field]) / math.log(last["cells"] / first["cells"]), 2)


def main(*, json: bool) -> None:
    rows = [measure(rings) for rings in SIZES]
    rows.append({"work": "growth exponent", **{f: growth(rows, f) for f in ("ours_ms", "to_json_s", "folium_s")}})
    for row in rows:
        print(jsonlib.dumps(row) if json else "  ".join(f"{k}={v}" for k, v in row.items()))

"""A made-up city of a wanted number of cells, founded, filled and drawn through the use cases: for measuring.

Square, at resolution 10, with communities of about 250 cells, soft and hard barriers, reports, cameras and centres.
Everything follows from a fixed seed.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from server.rules import permissions
from server.usecases import context
from server.usecases.city import founding
from server.usecases.context import Context
from server.usecases.drafting import drawing
from server.usecases.importing import imports
from server.usecases.planning import plans, publishing

CODE = "bench"
SOUTH, WEST = 30.0, 112.0
BAND = (300.0, 500.0)
CELL_KM2 = 0.0150475
CELLS_OF_COMMUNITY = 250


def build(home: Path, wanted: int) -> Context:
    """The city in ``home`` with a plan in force; answers its context."""
    home.mkdir(parents=True, exist_ok=True)
    ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST)
    side_km = math.sqrt(wanted * CELL_KM2)
    height = side_km / 110.9
    width = side_km / (111.32 * math.cos(math.radians(SOUTH)))
    folder = home / "files"
    folder.mkdir()
    _write(folder, height, width, wanted)
    founding.new_city(
        ctx, CODE, name="量测市", boundary_file=folder / "boundary.geojson",
        region_files=[founding.RegionFile("community", folder / "communities.geojson", code="code", name="name",
                                          datum="wgs84")],
        resolution=10, tz="Asia/Shanghai", datum="wgs84",
    )  # fmt: skip
    for kind in ("households", "barriers", "centres", "cameras", "incidents"):
        imports.run(ctx, CODE, next(folder.glob(f"{kind}.*")), imports.Asked(kind=kind, fields={}, datum="wgs84"))
    made = drawing.draw(ctx, CODE, band=BAND, seed=1, seconds=5 + wanted / 20_000)
    publishing.publish(ctx, CODE, made["plan"], if_match=plans.get(ctx, CODE, made["plan"])["tag"])
    return ctx


def _write(folder: Path, height: float, width: float, wanted: int) -> None:
    rng = np.random.default_rng(5)
    side = max(2, round(math.sqrt(wanted / CELLS_OF_COMMUNITY)))
    _features(folder / "boundary.geojson", [({}, _box(SOUTH, WEST, height, width))])
    _features(folder / "communities.geojson", [
        ({"code": f"{i:03}{j:03}", "name": f"社区{i}-{j}"},
         _box(SOUTH + j * height / side, WEST + i * width / side, height / side, width / side))
        for i in range(side) for j in range(side)
    ])  # fmt: skip
    n = wanted // 2
    lats, lngs = SOUTH + rng.random(n) * height, WEST + rng.random(n) * width
    homes = rng.integers(6, 18, n)
    _rows(folder / "households.csv", ("id", "households", "lat", "lng"), zip(range(n), homes, lats, lngs, strict=True))
    rivers = [SOUTH + height * (k + 0.37) / 4 for k in range(4)]
    _features(folder / "barriers.geojson", [
        ({"kind": "river", "name": f"河{k}"},
         {"type": "LineString", "coordinates": [[WEST - 0.01, at], [WEST + width + 0.01, at]]})
        for k, at in enumerate(rivers)
    ])  # fmt: skip
    _rows(folder / "centres.csv", ("id", "name", "tier", "region", "lat", "lng"), (
        (f"{i}-{j}", f"中心{i}-{j}", "community", f"{i:03}{j:03}", SOUTH + (j + 0.5) * height / side,
         WEST + (i + 0.5) * width / side)
        for i in range(side) for j in range(side)
    ))  # fmt: skip
    some = rng.choice(n, min(n, max(50, wanted // 50)), replace=False)
    _rows(folder / "cameras.csv", ("id", "code", "name", "lat", "lng", "kind", "range", "status"), (
        (f"k{k}", f"K{k}", f"摄像机{k}", lats[k], lngs[k], "dome", 80, "online") for k in some.tolist()
    ))  # fmt: skip
    some = rng.choice(n, min(n, max(200, wanted // 5)), replace=False)
    _rows(folder / "incidents.csv", ("id", "time", "category", "lat", "lng", "status"), (
        (f"i{k}", f"2025-0{1 + k % 9}-{1 + k % 28:02} 1{k % 10}:00:00", "noise", lats[k], lngs[k], "closed")
        for k in some.tolist()
    ))  # fmt: skip


def _box(south: float, west: float, height: float, width: float) -> dict[str, Any]:
    north, east = south + height, west + width
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 9), round(y, 9)] for x, y in ring]]}


def _features(path: Path, rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    features = [{"type": "Feature", "properties": own, "geometry": shape} for own, shape in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _rows(path: Path, head: tuple[str, ...], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)

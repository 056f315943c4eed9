"""A tiny world for the server's tests: two cities of four square kilometres each, founded, filled, drawn and staffed.

``tiny`` (two towns of two communities) and ``other`` (no regions; only households and plans) lie far apart. Every
number follows from a fixed seed. Names hold text that a careless page would run. Accounts: one of every role for
``tiny`` (named as the role), ``outsider`` (planner of ``other``), ``townsman`` (operator of the western town) and
``root`` (administrator of everything).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import flask
import flask.testing
import numpy as np

from server.rules import permissions
from server.usecases import users
from server.usecases.city import founding
from server.usecases.context import Context
from server.usecases.drafting import drawing
from server.usecases.importing import imports
from server.usecases.planning import plans, publishing, staffing

PASSWORD = "correct horse battery"
HOST = "localhost"
SIZE_DEG = 0.02
SOUTH_WEST = {"tiny": (30.50, 114.30), "other": (31.50, 116.30)}
EVIL = "{{7*7}}</script><img src=x onerror=alert(1)>${1}"
CATEGORIES = ("illegal_stall", "exposed_refuse", "noise")
KINDS = ("households", "barriers", "roads", "places", "centres", "workers", "cameras", "incidents", "nets")
INCIDENTS = 900
CAMERAS = 24


def build(ctx: Context, folder: Path) -> None:
    """Build both cities in ``ctx`` from files written to ``folder``, put a plan in force, and make the accounts."""
    for code in SOUTH_WEST:
        (folder / code).mkdir(parents=True, exist_ok=True)
        found(ctx, code, folder / code)
    for role in permissions.ROLES:
        users.add(ctx, role, PASSWORD, role=role, city="tiny")
    users.add(ctx, "outsider", PASSWORD, role="planner", city="other")
    users.add(ctx, "townsman", PASSWORD, role="operator", city="tiny", region="T1")
    users.add(ctx, "root", PASSWORD, role="admin")


def found(ctx: Context, code: str, folder: Path) -> None:
    """One city: boundary, regions, imports, a drawn plan in force with people, and a draft."""
    towns = founding.RegionFile("town", folder / "towns.geojson", code="code", name="name", datum="wgs84")
    quarters = founding.RegionFile("community", folder / "communities.geojson", code="code", name="name", datum="wgs84")
    write(folder, *SOUTH_WEST[code])
    founding.new_city(
        ctx, code, name=f"{code} {EVIL}", boundary_file=folder / "boundary.geojson",
        region_files=[towns, quarters] if code == "tiny" else (),
        resolution=9, tz="Asia/Shanghai", datum="wgs84",
    )  # fmt: skip
    for kind in KINDS if code == "tiny" else KINDS[:1]:
        path = next(folder.glob(f"{kind}.*"))
        imports.run(ctx, code, path, imports.Asked(kind=kind, fields={}, datum="wgs84"))
    for seed in (1, 2):
        drawn = drawing.draw(ctx, code, band=(150.0, 300.0), seed=seed, seconds=2.0)
        staffing.staff(ctx, code, drawn["plan"])
        if seed == 1:
            tag = plans.get(ctx, code, drawn["plan"])["tag"]
            publishing.publish(ctx, code, drawn["plan"], if_match=tag)


def write(folder: Path, south: float, west: float) -> None:
    """The files of a city whose south-western corner is given."""
    rng = np.random.default_rng(7)
    half = SIZE_DEG / 2
    _features(folder / "boundary.geojson", [({}, _box(south, west, SIZE_DEG, SIZE_DEG))])
    _features(folder / "towns.geojson", [
        ({"code": f"T{i + 1}", "name": f"镇{i + 1} {EVIL}"}, _box(south, west + i * half, SIZE_DEG, half))
        for i in range(2)
    ])  # fmt: skip
    quarters = [(i, j) for i in range(2) for j in range(2)]
    _features(folder / "communities.geojson", [
        ({"code": f"C{i + 1}{j + 1}", "name": f"社区{i + 1}"}, _box(south + j * half, west + i * half, half, half))
        for i, j in quarters
    ])  # fmt: skip
    lats, lngs = south + rng.random(400) * SIZE_DEG, west + rng.random(400) * SIZE_DEG
    _rows(folder / "households.csv", [
        {"id": f"h{n}", "households": 2 + n % 4, "lat": lat, "lng": lng} for n, (lat, lng) in enumerate(zip(lats, lngs))
    ])  # fmt: skip
    middle = south + half * 1.001
    line = {"type": "LineString", "coordinates": [[west - 0.01, middle], [west + SIZE_DEG + 0.01, middle]]}
    _features(folder / "barriers.geojson", [({"kind": "river", "name": f"河 {EVIL}"}, line)])
    _features(folder / "roads.geojson", [({"id": "r1", "class": "primary", "name": f"路 {EVIL}"}, line)])
    _rows(folder / "places.csv", [
        {"id": f"p{n}", "name": f"学校{n} {EVIL}", "kind": "school", "lat": lats[n], "lng": lngs[n]} for n in range(6)
    ])  # fmt: skip
    centres = [("city", "", half, half), ("town", "T1", half, half / 2), ("community", "C11", half / 2, half / 2)]
    _rows(folder / "centres.csv", [
        {"id": f"z{n}", "name": f"中心 {EVIL}", "tier": tier, "region": region, "lat": south + up, "lng": west + right}
        for n, (tier, region, up, right) in enumerate(centres)
    ])  # fmt: skip
    _rows(folder / "workers.csv", [
        {
            "id": f"w{n}", "name": f"网格员{n} {EVIL}", "post": "grid", "skills": "fire", "capacity": 1,
            "lat": lats[n], "lng": lngs[n],
        }
        for n in range(12)
    ])  # fmt: skip
    _rows(folder / "cameras.csv", [
        {
            "id": f"k{n}", "code": f"K{n:04}", "name": f"摄像机{n} {EVIL}", "lat": lats[n + 50], "lng": lngs[n + 50],
            "kind": ("fixed", "dome")[n % 2], "heading": 30 * n % 360, "angle": 60, "range": 80, "height": 4,
            "status": "offline" if n % 6 == 5 else "online",
        }
        for n in range(CAMERAS)
    ])  # fmt: skip
    _rows(folder / "incidents.csv", _incidents(rng, south, west))
    _rows(folder / "nets.csv", [
        {"code": f"N{n}", "name": f"片区{n} {EVIL}", "社区编码": f"C{n}1", "主管部门": f"城管局 {EVIL}"} for n in (1, 2)
    ])  # fmt: skip


def browser(app: flask.Flask) -> flask.testing.FlaskClient:
    """A browser on this machine, on one of the service's own pages."""
    client = app.test_client()
    client.environ_base.update(HTTP_HOST=HOST, HTTP_SEC_FETCH_SITE="same-origin", REMOTE_ADDR="127.0.0.1")
    return client


def signed_in(app: flask.Flask, name: str) -> flask.testing.FlaskClient:
    """A browser in which ``name`` has signed in."""
    client = browser(app)
    answer = client.post("/api/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return client


def _incidents(rng: np.random.Generator, south: float, west: float) -> list[dict[str, Any]]:
    """Half of them in one spot, the rest anywhere, over the first quarter of 2025."""
    rows = []
    for n in range(INCIDENTS):
        spread, centre = (0.001, 0.25) if n % 2 else (SIZE_DEG * 0.98, 0.0)
        at = rng.random(2) * spread + centre * SIZE_DEG
        day = int(rng.integers(0, 90))
        time = np.datetime64("2025-01-01T00:00:00") + np.timedelta64(day * 86400 + int(rng.integers(0, 86400)), "s")
        rows.append({
            "id": f"i{n}", "time": str(time).replace("T", " "), "category": CATEGORIES[n % 3],
            "lat": south + at[0], "lng": west + at[1], "status": "closed",
        })  # fmt: skip
    return rows


def _box(south: float, west: float, height: float, width: float) -> dict[str, Any]:
    north, east = south + height, west + width
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 9), round(y, 9)] for x, y in ring]]}


def _features(path: Path, rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    features = [{"type": "Feature", "properties": properties, "geometry": shape} for properties, shape in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _rows(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

"""Patrol areas are a department's net: counted like any area though they overlap, leave gaps and cross communities."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask
import numpy as np
import pytest

from geo import cells
from layers import payload
from server.rules import permissions
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.importing import imports
from server.usecases.incidents import alerts, areas, counting, levels
from tests.server import tiny
from tests.server.conftest import Place
from tests.server.test_cli import answer, call

SOUTH, WEST = tiny.SOUTH_WEST["tiny"]
LEVEL = "net:派出所"
BOXES = {
    "P1": (SOUTH, WEST, 0.012, 0.012),  # crosses the communities and holds the spot
    "P2": (SOUTH + 0.003, WEST + 0.003, 0.004, 0.004),  # wholly inside P1
    "P3": (SOUTH - 0.01, WEST + 0.015, 0.03, 0.01),  # half of it outside the city
}


def bring(ctx: Context, folder: Path) -> dict[str, Any]:
    features = [
        {"type": "Feature", "properties": {"code": code, "name": f"巡区{code}"}, "geometry": tiny._box(*box)}
        for code, box in BOXES.items()
    ]
    path = folder / "patrol.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return imports.run(ctx, "tiny", path, imports.Asked(kind="nets", fields={}, datum="wgs84", department="派出所"))


def inside(box: tuple[float, float, float, float], ids: np.ndarray) -> np.ndarray:
    """Which cells have their centre in a box."""
    south, west, height, width = box
    lats, lngs = cells.centres(ids)
    return (lats > south) & (lats < south + height) & (lngs > west) & (lngs < west + width)


def test_every_patrol_area_has_the_reports_of_its_cells_and_the_whole_counts_each_once(
    city: Place, tmp_path: Path
) -> None:
    ctx = city.open()
    assert bring(ctx, tmp_path)["accepted"] == len(BOXES)
    heat = counting.heat(ctx, "tiny")
    n = heat.columns["n"].astype(int)
    own = inside((SOUTH, WEST, tiny.SIZE_DEG, tiny.SIZE_DEG), heat.cells)  # cells of the border belong to no area
    held = {code: own & inside(box, heat.cells) for code, box in BOXES.items()}
    found = areas.figures(ctx, "tiny", level=LEVEL)
    by_code = {one["code"]: one for one in found["items"]}
    assert {code: one["n"] for code, one in by_code.items()} == {code: n[cells_].sum() for code, cells_ in held.items()}
    assert found["n"] == n[held["P1"] | held["P3"]].sum() and found["n"] + found["left_out"] == tiny.INCIDENTS
    assert found["shared"] == by_code["P2"]["n"] > 0 and found["net"]["department"] == "派出所"
    assert not any(one["partial"] for one in by_code.values()), "what lies outside the city was never stored"
    assert by_code["P1"]["households"] > by_code["P2"]["households"] > 0
    assert by_code["P1"]["per_km2"] == pytest.approx(by_code["P1"]["n"] / by_code["P1"]["area_km2"], abs=1e-3)
    shown = areas.cells_of(ctx, "tiny", level=LEVEL)
    number = [one["code"] for one in found["items"]].index("P2")
    assert set(shown.columns["area"][inside(BOXES["P2"], shown.cells)].tolist()) == {number}, "the smaller one is shown"
    ctx.db.close()


def test_an_area_tells_the_grids_it_touches_and_the_areas_it_overlaps(city: Place, tmp_path: Path) -> None:
    ctx = city.open()
    bring(ctx, tmp_path)
    found = areas.touching(ctx, "tiny", level=LEVEL, area="P2")
    assert found["overlaps"] == [{"id": "P1", "code": "P1", "name": "巡区P1", "cells": found["cells"]}]
    whole = next(one for one in areas.figures(ctx, "tiny", level=LEVEL)["items"] if one["id"] == "P2")
    assert sum(one["cells"] for one in found["grids"]) == found["cells"] and found["n_grids"] == len(found["grids"])
    assert sum(one["households"] for one in found["grids"]) == pytest.approx(whole["households"], abs=0.5)
    assert all(0 < one["cells"] <= one["size"] for one in found["grids"])
    assert areas.touching(ctx, "tiny", level=LEVEL, area="P3")["overlaps"] == []
    shown = areas.cells_of(ctx, "tiny", level=LEVEL).meta["net_areas"]
    assert [one.partition(".")[2] for one in shown] == ["P1", "P2", "P3"]
    quarter = areas.figures(ctx, "tiny", level="community")["items"][0]
    assert areas.touching(ctx, "tiny", level="community", area=quarter["id"])["overlaps"] == []
    with pytest.raises(errors.NotFound, match="no area 'P9'"):
        areas.touching(ctx, "tiny", level=LEVEL, area="P9")
    ctx.db.close()


def test_windows_and_alerts_of_patrol_areas_are_those_of_any_area(city: Place, tmp_path: Path) -> None:
    ctx = city.open()
    bring(ctx, tmp_path)
    told = answer(city, "areas", "--city", "tiny", "--level", LEVEL, "--from", "2025-02-01", "--to", "2025-03-01")
    assert told["before"] and {one["verdict"] for one in told["items"]} <= {"up", "down", "same", "few"}
    assert all(one["before"] is not None for one in told["items"])
    lines = call(city, "areas", "--city", "tiny", "--level", LEVEL)
    assert "巡区P1" in lines.stdout and "in several" in lines.stderr
    alerts.set_policy(ctx, "tiny", {"period_days": 5, "least": 4})
    found = alerts.of_day(ctx, "tiny", level=LEVEL)
    assert found["enough"] and len(found["items"]) == len(BOXES) and found["net"]["department"] == "派出所"
    by_code = {one["code"]: one["last"] for one in found["items"]}
    assert found["n"] == by_code["P1"] + by_code["P3"]
    assert call(city, "areas", "--city", "tiny", "--level", "net:无").exit_code != 0
    with pytest.raises(errors.Invalid, match="net:DEPARTMENT"):
        areas.figures(ctx, "tiny", level="parish")
    ctx.db.close()


def test_patrol_areas_are_for_those_who_see_exact_figures_and_end_at_the_territory(
    city: Place, app: flask.Flask, tmp_path: Path
) -> None:
    ctx = city.open()
    bring(ctx, tmp_path)
    viewer, townsman, planner = (tiny.signed_in(app, name) for name in ("viewer", "townsman", "planner"))
    for path in ("areas/figures", "alerts"):
        assert viewer.get(f"/api/cities/tiny/{path}", query_string={"level": LEVEL}).status_code == 403
    with pytest.raises(permissions.Denied):
        alerts.of_day(ctx.acting(permissions.Actor("v", "viewer", "tiny")), "tiny", level=LEVEL)
    asked = {"level": LEVEL}
    own, whole = (
        {one["code"]: one for one in who.get("/api/cities/tiny/areas/figures", query_string=asked).get_json()["items"]}
        for who in (townsman, planner)
    )
    assert set(own) == {"P1", "P2"} and own["P1"]["partial"] and own["P1"]["n"] < whole["P1"]["n"]
    assert own["P2"] == whole["P2"]
    columns = payload.decode(townsman.get("/api/cities/tiny/areas", query_string=asked).data)
    everything = payload.decode(planner.get("/api/cities/tiny/areas", query_string=asked).data)
    assert 0 < columns.cells.size < everything.cells.size
    ctx.db.close()


@pytest.mark.parametrize("level", ["net:", "net:\n", "NET:派出所", "net:" + "长" * 201])
def test_what_is_no_level_is_refused(steady: flask.Flask, level: str) -> None:
    planner = tiny.signed_in(steady, "planner")
    assert planner.get("/api/cities/tiny/areas/figures", query_string={"level": level}).status_code == 422
    assert levels.NET == "net:"

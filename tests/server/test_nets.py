"""Department layers: they come in as files, are held against the basic grids, refined, found again, and taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import numpy as np
import pytest

from geo import cells
from server.store import database
from server.usecases import errors
from server.usecases.city import territory, whose
from server.usecases.context import Context
from server.usecases.importing import imports
from server.usecases.planning import nets, plans
from tests.server import tiny
from tests.server.conftest import Place


@pytest.fixture
def ctx(city: Place) -> Iterator[Context]:
    opened = city.open()
    yield opened
    opened.db.close()


def world(ctx: Context) -> tuple[Any, np.ndarray, dict[int, dict[str, Any]]]:
    with database.reading(ctx.db) as connection:
        plan = plans.load(ctx, connection, "tiny", "current")
    grids = {one["label"]: one for one in plans.grids(ctx, "tiny", "current")["grids"]}
    return plan.place.base.cells, plan.labels, grids


def csv(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    path.write_text("\n".join(["cell,code,部门", *(",".join(row) for row in rows)]), "utf-8")
    return path


def bring(ctx: Context, path: Path, **more: Any) -> dict[str, Any]:
    return imports.run(ctx, "tiny", path, imports.Asked(kind="nets", fields={}, datum="wgs84", **more))


def test_a_net_of_whole_grids_rests_and_one_that_cuts_is_told(ctx: Context, tmp_path: Path) -> None:
    ids, labels, grids = world(ctx)
    hexes = np.array(cells.to_hex(ids))
    first = min(grids)
    whole = [(cell, f"XF{int(label) % 2}", "消防") for cell, label in zip(hexes, labels, strict=True)]
    half = hexes[labels == first][: (labels == first).sum() // 2]
    cut = [(cell, "SJ1", "市监") for cell in half] + [(half[0], "SJ2", "市监")]
    report = bring(ctx, csv(tmp_path / "nets.csv", [*whole, *cut]))
    assert report["accepted"] == report["rows"] == len(whole) + len(cut)
    again = bring(ctx, tmp_path / "nets.csv")
    assert (again["accepted"], again["duplicate"]) == (0, again["rows"])
    by_name = {one["department"]: one for one in nets.list_(ctx, "tiny")["items"]}
    assert (by_name["消防"]["grids"], by_name["市监"]["grids"]) == (2, 2)
    rests = nets.report(ctx, "tiny", int(by_name["消防"]["id"]))
    assert rests["rests"] and rests["cuts"] == [] and rests["gap"]["cells"] == 0 and rests["moved_households"] == 0
    cuts = nets.report(ctx, "tiny", int(by_name["市监"]["id"]))
    assert not cuts["rests"] and cuts["overlap_cells"] == 1 and cuts["gap"]["cells"] == ids.size - half.size
    assert [(one["grid"]["code"], one["basic"]["code"], one["inside"]) for one in cuts["cuts"]] == [
        ("SJ1", grids[first]["code"], half.size), ("SJ2", grids[first]["code"], 1),
    ]  # fmt: skip
    assert [(one["a"]["code"], one["b"]["code"], one["cells"]) for one in cuts["overlaps"]] == [("SJ1", "SJ2", 1)]


def test_the_refinement_makes_every_net_a_union(ctx: Context, tmp_path: Path) -> None:
    ids, labels, grids = world(ctx)
    hexes, rng = np.array(cells.to_hex(ids)), np.random.default_rng(3)
    rows = [(cell, f"N{int(rng.integers(0, 3))}", "水务") for cell in hexes[rng.random(ids.size) < 0.7]]
    for one in nets.list_(ctx, "tiny")["items"]:
        nets.remove(ctx, "tiny", int(one["id"]))
    bring(ctx, csv(tmp_path / "n.csv", rows))
    told, columns = nets.refine(ctx, "tiny"), nets.refined_cells(ctx, "tiny")
    part = columns.columns["part"]
    assert told["parts"] == np.unique(part).size and told["whole"] + told["n_split"] == len(grids)
    own = {cell: code for cell, code, _ in rows}
    claims = np.array([own.get(cell, "") for cell in cells.to_hex(columns.cells)])
    basic = labels[cells.positions(ids, columns.cells)]
    for number in np.unique(part):
        assert len(set(claims[part == number])) == 1 and np.unique(basic[part == number]).size == 1
    parts = [one for split in told["split"] for one in split["parts"]]
    assert all(one["cells"] == int((part == one["part"]).sum()) for one in parts)


def test_a_community_stands_for_a_grid_without_an_outline_and_who_answers_is_told(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    for one in nets.list_(ctx, "tiny")["items"]:
        nets.remove(ctx, "tiny", int(one["id"]))
    path.write_text("code,name,社区编码\nH1,环保一片,C11\nH2,环保二片,C99\n", "utf-8")
    report = bring(ctx, path, department="环保局")
    assert (report["accepted"], report["rejected"]) == (1, 1)
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
    inside = next(number for number, one in place.regions.items() if one.code == "C11")
    cell = cells.to_hex(place.base.cells[place.base.region == inside][:1])[0]
    told = whose.ask(ctx, "tiny", cell=cell)["departments"]
    assert [(one["department"], one["code"], one["name"]) for one in told] == [("环保局", "H1", "环保一片")]
    net = int(nets.list_(ctx, "tiny")["items"][0]["id"])
    assert [one["properties"]["code"] for one in nets.shapes(ctx, "tiny", net)["features"]] == ["H1"]
    nets.remove(ctx, "tiny", net)
    assert nets.list_(ctx, "tiny")["items"] == [] and whose.ask(ctx, "tiny", cell=cell)["departments"] == []
    with pytest.raises(errors.NotFound):
        nets.report(ctx, "tiny", net)


def test_the_service_tells_planners_and_shows_others_only_outlines(
    app: flask.Flask, ctx: Context, tmp_path: Path
) -> None:
    path = tmp_path / "n.geojson"
    lat, lng = tiny.SOUTH_WEST["tiny"]
    ring = [[lng, lat], [lng + 0.013, lat], [lng + 0.013, lat + 0.02], [lng, lat + 0.02], [lng, lat]]
    feature = {"type": "Feature", "properties": {"code": "W1", "name": tiny.EVIL, "主管部门": "水务局"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    assert bring(ctx, path)["accepted"] == 1
    planner, viewer = tiny.signed_in(app, "planner"), tiny.signed_in(app, "viewer")
    at = "/api/cities/tiny/nets"
    item = next(one for one in planner.get(at).get_json()["items"] if one["department"] == "水务局")
    assert planner.get(f"{at}/{item['id']}").get_json()["n_cuts"] > 0
    assert planner.get("/api/cities/tiny/refinement").get_json()["nets"][-1] == "水务局"
    assert planner.get("/api/cities/tiny/refinement/cells").data[:4] == b"GZH1"
    assert viewer.get(f"{at}/{item['id']}/outlines").get_json()["features"][0]["properties"]["name"] == tiny.EVIL
    assert [viewer.get(f"{at}/{item['id']}").status_code, viewer.delete(f"{at}/{item['id']}").status_code] == [403, 403]
    assert planner.delete(f"{at}/{item['id']}").status_code == 204
    assert planner.get(f"{at}/{item['id']}").status_code == 404

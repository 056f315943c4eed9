"""A plan taken away in any format comes back with every cell, code and attribute; the same again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask.testing
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from geo import boundary, cells, outlines
from server.cli import cli
from server.store import bases, database, plans
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing as drawing_cases
from server.usecases.importing import imports
from server.usecases.outputs import exports
from server.usecases.planning import drafts, publishing
from server.usecases.planning import plans as plan_cases
from tests.server.conftest import Place

KEPT = ("code", "name", "kind", "households", "cells", "area_km2", "deviation", "worker", "centre", "region")
NAMES = st.text(
    st.sampled_from("网格一二三=+-@'\"<>&{}$,;，；abcé𠮷 \\/|"), min_size=1, max_size=12
).map(str.strip).filter(lambda text: text.casefold() not in {"", "无", "-", "--", "—", "na"})


def snapshot(ctx: Context, ref: str = "current") -> tuple[dict[int, str], dict[str, Any], list[float]]:
    """The code of every cell, what is told of every grid by code, and the band."""
    with database.reading(ctx.db) as connection:
        plan = plan_cases.load(ctx, connection, "tiny", ref)
        rows = plan_cases.shown_grids(ctx, connection, plan.place, plan.id)
    code = {row["label"]: row["code"] for row in rows}
    shown = plan.labels >= 0
    of_cell = zip(plan.place.base.cells[shown].tolist(), plan.labels[shown].tolist(), strict=True)
    told = {row["code"]: {name: row[name] for name in KEPT} for row in rows}
    return {cell: code[label] for cell, label in of_cell}, told, [plan.row["band_low"], plan.row["band_high"]]


def put(ctx: Context, labels: np.ndarray, *, names: list[str], band: tuple[float, float], people: bool) -> None:
    """Put a plan with these labels (-1: no grid) in force, as drawing and staffing would have left it."""
    with database.writing(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
        dedicated = np.isin(labels, labels[labels % 2 == 1])
        ground = drawing_cases.make_ground(ctx, connection, place, band=band, exempt=dedicated, unit=labels)
        facts = {
            at: {"code": f"G{at}-{names[at][:3].strip()}", "name": names[at], "kind": ("basic", "dedicated")[at % 2]}
            for at in np.unique(labels[labels >= 0]).tolist()
        }
        made = drafts.save(
            ctx, connection, place, ground, labels, band=band, seed=None, name="", given=facts,
            violations=[], measured=drafts.measures_of(ground, labels),
        )  # fmt: skip
        if people:
            found = connection.exec_driver_sql("SELECT id FROM workers WHERE city = 'tiny' ORDER BY id")
            ids = [row[0] for row in found]
            centre = connection.exec_driver_sql("SELECT min(id) FROM centres WHERE city = 'tiny'").scalar()
            plans.staff(connection, made["plan"], [(at, ids[at % len(ids)], centre) for at in facts])
        publishing.put_in_force(ctx, connection, plan_cases.load(ctx, connection, "tiny", made["plan"]))


def back(ctx: Context, path: Path) -> dict[str, Any]:
    return imports.run(ctx, "tiny", path, imports.Asked(kind="grids", fields={}, datum="wgs84"))


@pytest.fixture
def ctx(city: Place) -> Iterator[Context]:
    opened = city.open()
    yield opened
    opened.db.close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("format", exports.FORMATS)
@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_cell_code_and_attribute_comes_back(
    format: str, data: st.DataObject, ctx: Context, tmp_path: Path
) -> None:
    with database.reading(ctx.db) as connection:
        n = bases.get(connection, territory.city(ctx, connection, "tiny").base_id).cells.size  # type: ignore[arg-type]
    k = data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    labels = rng.integers(-1, k, n).astype(np.int32)  # ragged on purpose: pieces, holes, single cells
    labels[0] = 0
    names = [data.draw(NAMES) for _ in range(k)]
    put(ctx, labels, names=names, band=(150.0, 301.0), people=data.draw(st.booleans()))
    before = snapshot(ctx)
    path = tmp_path / exports.plan(ctx, "tiny", "current", format=format).name
    path.write_bytes(exports.plan(ctx, "tiny", "current", format=format).body)
    again = back(ctx, path)
    assert (again["accepted"], again["rejected"]) == (0, 0), "the same grids change nothing"
    put(ctx, np.zeros(n, dtype=np.int32), names=["别的"], band=(1.0, 2.0), people=False)
    assert snapshot(ctx) != before
    report = back(ctx, path)
    assert report["accepted"] == report["rows"] and report["unknown_people"] == []
    assert snapshot(ctx) == before


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 12), res=st.integers(7, 11))
def test_filling_the_outlines_of_any_partition_gives_its_cells(seed: int, k: int, res: int) -> None:
    rng = np.random.default_rng(seed)
    lat, lng = rng.uniform(-80, 80), rng.uniform(-170, 170)
    middle = cells.from_points([lat], [lng], res)
    ids = cells.disk(int(middle[0]), 6)
    labels = rng.integers(-1, k, ids.size).astype(np.int32)
    for label, shape in outlines.outlines(ids, labels).items():
        assert np.array_equal(boundary.fill(shape, res), ids[labels == label])


def test_a_cell_elsewhere_is_refused_and_two_claims_are_told(ctx: Context, tmp_path: Path) -> None:
    with database.reading(ctx.db) as connection:
        own = territory.world(ctx, connection, "tiny").base.cells
    one, other = cells.to_hex(own[:2])
    path = tmp_path / "p.csv"
    rows = [f"{one},A,甲", f"{other},A,甲", f"{one},B,乙", "8928308280fffff,A,甲", "rubbish,A,甲"]
    path.write_text("\n".join(["cell,grid,name", *rows]), "utf-8")
    report = back(ctx, path)
    assert (report["accepted"], report["rejected"], report["overlapping_cells"]) == (3, 2, 1)
    assert report["uncovered_cells"] == own.size - 2 and report["without_cells"] == ["B"]
    assert [fault["code"] for fault in report["faults"]] == ["E_CELL"]


def test_a_text_that_a_shapefile_would_cut_is_refused(ctx: Context) -> None:
    with database.reading(ctx.db) as connection:
        n = territory.world(ctx, connection, "tiny").base.cells.size
    put(ctx, np.zeros(n, dtype=np.int32), names=["长" * 90], band=(1.0, 2.0), people=False)
    with pytest.raises(exports.errors.Conflict, match="GeoPackage"):
        exports.plan(ctx, "tiny", "current", format="shapefile")
    assert exports.plan(ctx, "tiny", "current", format="gpkg").body


@pytest.mark.parametrize("format", exports.FORMATS)
def test_the_command_and_the_service_write_the_same_grids(
    format: str, city: Place, planner: flask.testing.FlaskClient, tmp_path: Path
) -> None:
    answer = planner.get(f"/api/cities/tiny/plans/current/export?format={format}")
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    path = tmp_path / "plan.bin"
    words = ["plan", "export", "--city", "tiny", "--format", format, "--out", str(path), "--home", str(city.home)]
    done = CliRunner().invoke(cli, words, env={"DATABASE_URL": city.url, "GEZHI_DATABASE_URL": city.url})
    assert done.exit_code == 0, done.output
    if format in ("csv", "kml", "geojson"):
        assert path.read_bytes() == answer.get_data()
    back_again = city.open()
    path.rename(tmp_path / f"plan.{exports.planfiles.ENDING[format]}")
    report = back(back_again, tmp_path / f"plan.{exports.planfiles.ENDING[format]}")
    back_again.db.close()
    assert (report["accepted"], report["rejected"]) == (0, 0) and report["duplicate"] == report["rows"]

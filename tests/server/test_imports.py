"""Imports: sums always add up, the same file twice changes nothing, corrections subtract, what is refused is told."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.store import bases, database
from server.usecases import errors, verify
from server.usecases.cameras import coverage
from server.usecases.city import cities, founding, things
from server.usecases.context import Context
from server.usecases.importing import imports
from server.usecases.incidents import counting, facts
from server.usecases.planning import plans
from tests.server import tiny
from tests.server.conftest import Place

SOUTH, WEST = tiny.SOUTH_WEST["tiny"]
HEAD = ["id", "time", "category", "lat", "lng", "count"]


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


def write(path: Path, rows: list[list[Any]], head: list[str] = HEAD) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def run(ctx: Context, kind: str, path: Path, **asked: Any) -> dict[str, Any]:
    return imports.run(ctx, "tiny", path, imports.Asked(kind=kind, fields={}, datum="wgs84", **asked))


def incident(number: int, *, up: float = 0.01, right: float = 0.01, count: int | str = 1, month: int = 6) -> list[Any]:
    return [f"n{number}", f"2025-{month:02}-01 12:00:00", "noise", SOUTH + up, WEST + right, count]


def adds_up(report: dict[str, Any]) -> bool:
    return bool(report["rows"] == report["accepted"] + report["rejected"] + report["duplicate"])


def counted(ctx: Context) -> int:
    return int(cities.get(ctx, "tiny")["incidents"]["n"])


def test_rows_are_accepted_rejected_or_duplicate(ctx: Context, tmp_path: Path) -> None:
    rows = [incident(1), incident(2), incident(1), incident(3, up=5.0), ["n4", "no time", "noise", SOUTH, WEST, 1]]
    report = run(ctx, "incidents", write(tmp_path / "a.csv", rows))
    assert (report["accepted"], report["rejected"], report["duplicate"]) == (2, 2, 1)
    assert adds_up(report)
    faults = {fault["code"]: fault["first_rows"] for fault in report["faults"] if fault["rejects"]}
    assert faults["E_EXTENT"] == [4]
    assert [5] in faults.values()


def test_refused_rows_are_paged_with_all_their_reasons(ctx: Context, tmp_path: Path) -> None:
    rows = [["n1", "no time", "noise", "", "", 1], ["n2", "no time", "noise", "", "", 1]]
    report = run(ctx, "incidents", write(tmp_path / "a.csv", [incident(3), *rows]))
    number = int(report["import"])
    whole = imports.rejected(ctx, "tiny", number)
    assert [fault["row"] for fault in whole["items"]] == [2, 2, 3, 3]
    paged, cursor = [], None
    for _ in range(4):
        page = imports.rejected(ctx, "tiny", number, limit=1, cursor=cursor)
        paged += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole["items"]


def test_the_same_file_twice_changes_nothing(ctx: Context, tmp_path: Path) -> None:
    for kind in ("incidents", "cameras", "households"):
        path = tmp_path / f"{kind}.csv"
        if kind == "incidents":
            write(path, [incident(n) for n in range(20)])
        elif kind == "cameras":
            write(path, [[SOUTH + 0.01, WEST + 0.01], [SOUTH + 0.011, WEST + 0.01]], ["lat", "lng"])
        else:
            write(path, [[7, SOUTH + 0.01, WEST + 0.01]], ["households", "lat", "lng"])
        first = run(ctx, kind, path)
        before = (counted(ctx), cities.get(ctx, "tiny")["counts"], households(ctx).tolist())
        again = run(ctx, kind, path)
        assert (again["accepted"], again["rejected"]) == (0, 0)
        assert again["duplicate"] == first["accepted"] == again["rows"]
        assert (counted(ctx), cities.get(ctx, "tiny")["counts"], households(ctx).tolist()) == before


def households(ctx: Context) -> Any:
    with database.reading(ctx.db) as connection:
        base = connection.exec_driver_sql("SELECT base_id FROM cities WHERE code = 'tiny'").scalar()
        return bases.column(connection, int(base or 0), "households")


def test_a_correction_is_subtracted_and_explained(ctx: Context, tmp_path: Path) -> None:
    before = counted(ctx)
    rows = [incident(1), incident(2), incident(1, count=-1)]
    report = run(ctx, "incidents", write(tmp_path / "a.csv", rows))
    assert report["accepted"] == 3
    assert report["counted"] == 1
    assert report["corrections"] == 1
    assert "subtracted" in report["corrections_note"]
    assert counted(ctx) == before + 1
    assert run(ctx, "incidents", tmp_path / "a.csv")["duplicate"] == 3


def test_only_incidents_outside_the_city_are_refused(ctx: Context, tmp_path: Path) -> None:
    far = [[SOUTH + 1.0, WEST + 1.0], [SOUTH + 0.01, WEST + 0.01], [SOUTH + 0.012, WEST + 0.012]]
    report = run(ctx, "cameras", write(tmp_path / "far.csv", far, ["lat", "lng"]))
    assert (report["accepted"], report["rejected"], report["outside"]) == (3, 0, 1)
    listed = things.cameras(ctx, "tiny")["items"]
    assert all(abs(item["lat"] - SOUTH) < 0.1 for item in listed)


def test_swapped_coordinates_are_recognised(ctx: Context, tmp_path: Path) -> None:
    rows = [incident(n) for n in range(9)]
    rows.append([*rows[0][:3], rows[0][4], rows[0][3], 1])
    report = run(ctx, "incidents", write(tmp_path / "a.csv", [*rows[:9]]))
    assert report["rejected"] == 0
    swapped = [[f"s{n}", *row[1:3], row[4], row[3], 1] for n, row in enumerate(rows[:9])]
    with pytest.raises(errors.Refused) as refused:
        run(ctx, "incidents", write(tmp_path / "b.csv", swapped))
    assert refused.value.code == "E_EXTENT"


def test_a_dry_run_shows_the_mapping_and_stores_nothing(ctx: Context, tmp_path: Path) -> None:
    before = (counted(ctx), len(imports.history(ctx, "tiny")["items"]))
    report = run(ctx, "incidents", write(tmp_path / "a.csv", [incident(1)]), dry_run=True)
    assert report["dry_run"]
    assert {mapped["ours"]: mapped["theirs"] for mapped in report["mapping"]}["weight"] == "count"
    assert (counted(ctx), len(imports.history(ctx, "tiny")["items"])) == before


def test_a_dry_run_foresees_what_would_be_taken(ctx: Context, tmp_path: Path) -> None:
    rows = [incident(1), incident(2), incident(1), incident(3, up=5.0), ["n4", "no time", "noise", SOUTH, WEST, 1]]
    place = ["p", "name", "school", SOUTH + 0.01, WEST + 0.01]
    head = ["id", "name", "kind", "lat", "lng"]
    run(ctx, "places", write(tmp_path / "p.csv", [place], head))
    places = [place, ["q", "name", "school", SOUTH + 1, WEST + 1]]
    for kind, path, counts in (
        ("incidents", write(tmp_path / "a.csv", rows), (2, 2, 1)),
        ("places", write(tmp_path / "q.csv", places, head), (1, 0, 1)),
    ):
        told, report = (run(ctx, kind, path, dry_run=dry) for dry in (True, False))
        assert told["foreseen"] and adds_up(told)
        assert (told["accepted"], told["rejected"], told["duplicate"]) == counts
        same = {name: value for name, value in report.items() if name not in ("import", "dry_run")}
        assert {name: told[name] for name in same} == same


def test_a_dry_run_says_where_the_city_was_not_asked(ctx: Context, tmp_path: Path) -> None:
    rows = [["A", "甲", "C11"], ["A", "乙", "C11"]]
    path = write(tmp_path / "g.csv", rows, ["code", "name", "community"])
    told, report = (run(ctx, "grids", path, dry_run=dry) for dry in (True, False))
    assert not told["foreseen"] and told["accepted"] == 2 > report["accepted"] == 1


def test_a_corrected_row_replaces_the_one_before(ctx: Context, tmp_path: Path) -> None:
    head = ["id", "name", "kind", "lat", "lng"]
    one = ["p", "old name", "school", SOUTH + 0.01, WEST + 0.01]
    run(ctx, "places", write(tmp_path / "a.csv", [one], head))
    n = cities.get(ctx, "tiny")["counts"]["places"]
    report = run(ctx, "places", write(tmp_path / "b.csv", [["p", "new name", *one[2:]]], head))
    assert (report["accepted"], report["duplicate"]) == (1, 0)
    assert cities.get(ctx, "tiny")["counts"]["places"] == n
    names = [item["name"] for item in things.places(ctx, "tiny")["items"]]
    assert "new name" in names
    assert "old name" not in names


def test_a_revision_replaces_an_incident(ctx: Context, tmp_path: Path) -> None:
    before = counted(ctx)
    head = [*HEAD, "revision"]
    run(ctx, "incidents", write(tmp_path / "a.csv", [[*incident(1), 0]], head))
    moved = [*incident(1, up=0.015), 1]
    report = run(ctx, "incidents", write(tmp_path / "b.csv", [moved], head))
    assert report["accepted"] == 1
    assert counted(ctx) == before + 1
    stale = run(ctx, "incidents", write(tmp_path / "c.csv", [[*incident(1, up=0.001), 0]], head))
    assert stale["duplicate"] == 1
    assert verify.run(ctx)["ok"]


def test_households_are_kept_to_the_last_one(ctx: Context, tmp_path: Path) -> None:
    before = float(households(ctx).sum())
    square = [[WEST, SOUTH], [WEST + 0.02, SOUTH], [WEST + 0.02, SOUTH + 0.02], [WEST, SOUTH + 0.02], [WEST, SOUTH]]
    feature = {
        "type": "Feature", "properties": {"id": "area", "households": 1234.5},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }  # fmt: skip
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    run(ctx, "households", path)
    after = households(ctx)
    assert float(after.sum()) == pytest.approx(before + 1234.5, abs=1e-6)
    figures = plans.grids(ctx, "tiny", "current")["grids"]
    assert sum(grid["households"] for grid in figures) == pytest.approx(float(after.sum()), abs=0.1 * len(figures))


def test_every_refused_row_is_numbered_and_explained(ctx: Context, tmp_path: Path) -> None:
    rows = [incident(n, up=9.0 if n % 3 == 0 else 0.01) for n in range(30)]
    report = run(ctx, "incidents", write(tmp_path / "a.csv", rows))
    told = imports.rejected(ctx, "tiny", int(report["import"]))["items"]
    assert [row["row"] for row in told] == list(range(1, 31, 3))
    assert all(row["reason"] for row in told)
    assert not any(str(SOUTH + 9.0)[:6] in json.dumps(row) for row in told), "never the value itself"


def test_an_import_that_fails_late_leaves_nothing(ctx: Context, tmp_path: Path) -> None:
    before = (counted(ctx), sorted(path.name for path in ctx.archive.iterdir()))

    def refuse(connection: sqlalchemy.Connection, result: dict[str, Any]) -> None:
        raise errors.Cancelled("cancelled", "enough")

    path = write(tmp_path / "a.csv", [incident(1)])
    with pytest.raises(errors.Cancelled):
        run(dataclasses.replace(ctx, seal=refuse), "incidents", path)
    assert (counted(ctx), sorted(path.name for path in ctx.archive.iterdir())) == before
    assert verify.run(ctx)["ok"]


def test_a_file_that_a_crash_left_behind_is_found_and_swept(ctx: Context) -> None:
    written = next(ctx.archive.glob("*.parquet"))
    stray = written.with_name("incidents-tiny-0123456789abcdef.parquet")
    stray.write_bytes(written.read_bytes())
    assert any(stray.name in finding for check in verify.run(ctx)["checks"] for finding in check["findings"])
    assert facts.sweep(ctx) == [stray.name]
    assert verify.run(ctx)["ok"]


def test_regions_make_a_new_base_and_plans_keep_theirs(ctx: Context, tmp_path: Path) -> None:
    plan = plans.get(ctx, "tiny", "current")
    half = tiny.SIZE_DEG / 2
    features = [
        ({"code": f"N{i}", "name": f"新区{i}"}, tiny._box(SOUTH, WEST + i * half, tiny.SIZE_DEG, half))
        for i in range(2)
    ]
    tiny._features(tmp_path / "new.geojson", features)
    report = run(ctx, "regions", tmp_path / "new.geojson", level="community")
    assert report["accepted"] == 2
    codes = [found["properties"]["code"] for found in cities.tree(ctx, "tiny", level="community")["features"]]
    assert sorted(codes) == ["N0", "N1"]
    assert plans.get(ctx, "tiny", plan["id"])["hash"] == plan["hash"]
    assert run(ctx, "regions", tmp_path / "new.geojson", level="community")["duplicate"] == 2
    assert verify.run(ctx)["ok"]


def test_existing_grids_keep_their_codes_and_their_faults(ctx: Context, tmp_path: Path) -> None:
    half = tiny.SIZE_DEG / 2
    third = tiny.SIZE_DEG * 0.6
    features = [
        ({"code": "甲-01", "name": "西", "kind": "综合网格"}, tiny._box(SOUTH, WEST, tiny.SIZE_DEG, third)),
        ({"code": "乙-02", "name": "东", "kind": "专属网格"}, tiny._box(SOUTH, WEST + half, half, half)),
    ]
    tiny._features(tmp_path / "grids.geojson", features)
    report = run(ctx, "grids", tmp_path / "grids.geojson")
    assert report["overlapping_cells"] > 0
    assert report["uncovered_cells"] > 0
    found = plans.get(ctx, "tiny", "current")
    assert found["status"] == "in_force"
    assert {"OVERLAP", "GAP", "CROSSES_REGION"} <= {violation["code"] for violation in found["violations"]}
    grids = plans.grids(ctx, "tiny", "current")["grids"]
    assert [(grid["code"], grid["kind"]) for grid in grids] == [("甲-01", "basic"), ("乙-02", "dedicated")]
    assert plans.cells_of(ctx, "tiny", "current").meta["uncovered"] == report["uncovered_cells"]
    whole = plans.cells_of(ctx, "tiny", "current", gaps=True).columns["grid"]
    assert int((whole < 0).sum()) == report["uncovered_cells"] and whole.dtype == np.int32
    assert run(ctx, "grids", tmp_path / "grids.geojson")["duplicate"] == 2
    assert verify.run(ctx)["ok"]


def test_grids_from_a_table_share_their_community(ctx: Context, tmp_path: Path) -> None:
    rows = [[f"{community}-{n}", f"{community} {n}", community] for community in ("C11", "C12") for n in (1, 2)]
    report = run(ctx, "grids", write(tmp_path / "g.csv", rows, ["code", "name", "community"]))
    assert report["shared_communities"] == ["C11", "C12"]
    grids = plans.grids(ctx, "tiny", "current")["grids"]
    assert [grid["code"] for grid in grids] == ["C11-1", "C11-2", "C12-1", "C12-2"]
    assert all(grid["region"]["code"] == grid["code"][:3] and grid["pieces"] == 1 for grid in grids)
    assert verify.run(ctx)["ok"]


def test_a_file_of_unknown_datum_is_refused_with_advice(ctx: Context, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [incident(1)])
    with pytest.raises(errors.Refused, match="datum"):
        imports.run(ctx, "tiny", path, imports.Asked(kind="incidents", fields={}))
    with pytest.raises(errors.Refused, match="datum"):
        tiny.write(tmp_path, SOUTH, WEST)
        founding.new_city(ctx, "again", name="x", boundary_file=tmp_path / "boundary.geojson")


def test_a_border_incident_is_counted_in_its_own_cell(ctx: Context, tmp_path: Path) -> None:
    """Incidents of the city whose cell's centre lies outside it are counted all the same."""
    before = counting.heat(ctx, "tiny")
    edge = 1e-6
    rows = [incident(n, up=edge, right=0.001 * n + edge) for n in range(1, 18)]
    report = run(ctx, "incidents", write(tmp_path / "a.csv", rows))
    assert report["accepted"] == 17
    after = counting.heat(ctx, "tiny")
    assert after.meta["n"] == before.meta["n"] + 17 == int(after.columns["n"].sum())
    assert coverage.gaps(ctx, "tiny").cells.size <= after.cells.size


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 6), st.sampled_from([0.01, 0.019, 3.0]), st.sampled_from([1, -1, 2, ""]),
            st.sampled_from([1, 6, 13]),
        ),
        min_size=1, max_size=25,
    )
)  # fmt: skip
def test_sums_add_up_whatever_the_file_holds(built: Any, tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    ctx = built("sqlite").open()
    path = tmp_path_factory.mktemp("h") / "a.csv"
    write(path, [incident(1000 + n, up=up, count=count, month=month) for n, up, count, month in rows])
    try:
        report = imports.run(ctx, "other", path, imports.Asked("incidents", {}, datum="wgs84", dry_run=True))
    except errors.Refused:
        return
    assert adds_up(report)
    assert np.isfinite(report["rows"])

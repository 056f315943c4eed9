"""The register of cameras as it is imported: one camera told twice is one, direction codes need their list, tilt."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.store import database, imported
from server.usecases.cameras import camera_view
from server.usecases.context import Context
from server.usecases.importing import imports
from tests.server import conftest
from tests.server.bad import reading

LAT, LNG = 30.5102, 114.3102
METRE = 1 / 111_195
NAMES = ("id", "code", "name", "lat", "lng", "kind", "heading", "angle", "range", "height", "tilt", "status", "用途")
CODE = "43978100001320000077"


@pytest.fixture
def ctx(city: conftest.Place) -> Iterator[Context]:
    """The tiny city as it is."""
    made = city.open()
    yield made
    made.db.close()


def _bring(ctx: Context, path: Path, *rows: dict[str, Any], **said: Any) -> dict[str, Any]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({"lat": LAT + row.get("up", 0) * METRE, "lng": LNG, **row} for row in rows)
    return imports.run(ctx, "tiny", path, imports.Asked("cameras", {}, datum="wgs84", **said))


def _stored(ctx: Context) -> dict[str, dict[str, Any]]:
    with database.reading(ctx.db) as connection:
        return {row["source_id"]: row for row in imported.rows(connection, "cameras", "tiny")}


def _counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["rows"], report["accepted"], report["duplicate"]


def test_one_code_at_one_site_is_one_camera_that_learns_what_it_lacked(ctx: Context, tmp_path: Path) -> None:
    before = len(_stored(ctx))
    first = {"id": "a", "code": CODE, "name": "东门", "kind": "fixed", "range": 40}
    again = {"id": "b", "code": CODE, "up": 20, "name": "别名", "heading": 90, "angle": 80, "status": "online",
             "range": 55, "用途": "安全"}  # fmt: skip
    report = _bring(ctx, tmp_path / "c.csv", first, again)
    assert _counts(report) == (2, 1, 1)
    (told,) = [one for one in report["faults"] if one["code"] == "camera.merged"]
    assert (told["count"], told["rejects"]) == (1, False)
    row = _stored(ctx)["a"]
    assert len(_stored(ctx)) == before + 1
    assert (row["name"], row["range_m"]) == ("东门", 40.0), "what it said stays"
    assert (row["heading_deg"], row["angle_deg"], row["status"], row["purpose"]) == (90.0, 80.0, "online", "安全")
    assert row["defaulted"] == []


def test_the_same_file_again_changes_nothing(ctx: Context, tmp_path: Path) -> None:
    rows = ({"id": "a", "code": CODE}, {"id": "b", "code": CODE, "heading": 10})
    _bring(ctx, tmp_path / "c.csv", *rows)
    kept = _stored(ctx)
    report = _bring(ctx, tmp_path / "c.csv", *rows)
    assert _counts(report) == (2, 0, 2)
    assert _stored(ctx) == kept


def test_a_later_file_meets_the_camera_that_is_there(ctx: Context, tmp_path: Path) -> None:
    _bring(ctx, tmp_path / "one.csv", {"id": "a", "kind": "dome"})
    report = _bring(ctx, tmp_path / "two.csv", {"id": "b", "kind": "dome", "code": CODE, "status": "offline"})
    assert _counts(report) == (1, 0, 1)
    assert (_stored(ctx)["a"]["code"], _stored(ctx)["a"]["status"]) == (CODE, "offline")


@pytest.mark.parametrize(
    "other",
    [
        {"code": "43978100001320000078"},  # another code at the same place
        {"code": CODE, "up": 500},  # the same code far away: a mistake for the ledger, not one camera
        {"code": "", "name": "another"},  # lists place every camera of a building at its address
        {"code": "", "heading": 180},  # the same place, but it looks elsewhere
        {"code": "", "up": 5},  # near, but not there
    ],
)
def test_two_cameras_stay_two(ctx: Context, tmp_path: Path, other: dict[str, Any]) -> None:
    base = {"kind": "fixed", "heading": 0, "name": "one"}
    report = _bring(ctx, tmp_path / "c.csv", {"id": "a", "code": CODE, **base}, {"id": "b", **base, **other})
    assert _counts(report) == (2, 2, 0)


def test_direction_codes_are_read_by_the_declared_list_and_never_guessed(ctx: Context, tmp_path: Path) -> None:
    rows = [{"id": f"d{n}", "kind": "fixed", "heading": n, "up": 50 * n} for n in range(1, 7)]
    report = _bring(ctx, tmp_path / "plain.csv", *rows)
    assert [one["count"] for one in report["faults"] if one["code"] == "heading.codes"] == [6]
    assert all(_stored(ctx)[f"d{n}"]["heading_deg"] is None for n in range(1, 7))
    declared = {"1": 90.0, "2": 270.0, "3": 180.0, "4": 0.0, "5": 135.0}
    report = _bring(ctx, tmp_path / "coded.csv", *rows, directions=declared)
    found = _stored(ctx)
    assert [found[f"d{n}"]["heading_deg"] for n in range(1, 7)] == [90.0, 270.0, 180.0, 0.0, 135.0, None]
    assert [one["count"] for one in report["faults"] if one["code"] == "heading.undeclared"] == [1]
    assert "heading" in found["d6"]["defaulted"] and "heading" not in found["d1"]["defaulted"]


def test_a_tilted_camera_does_not_see_its_own_foot(ctx: Context, tmp_path: Path) -> None:
    level = {"id": "level", "kind": "fixed", "heading": 0, "angle": 60, "range": 50, "height": 6, "up": -400}
    _bring(ctx, tmp_path / "c.csv", level, {**level, "id": "tilted", "tilt": 45, "up": -800})
    area = {one["properties"]["id"]: one["properties"]["area_m2"] for one in camera_view.views(ctx, "tiny")["features"]}
    found = {name: area[str(row["id"])] for name, row in _stored(ctx).items() if name in ("level", "tilted")}
    assert found["level"] == pytest.approx(3.1416 / 6 * 50**2, rel=0.01)
    near, far = 6 / 1.96, 6 * 1.96  # 45° ± the 18° of half a field of 60° · 9/16
    assert found["tilted"] == pytest.approx(3.1416 / 6 * (far**2 - near**2), rel=0.02)


def test_codes_are_told_apart_by_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("lat,lng,direction\n" + "".join(f"31,112,{n}\n" for n in (1, 2, 3, 1, 2)), encoding="utf-8")
    _, rows, faults = reading.read("cameras", path)
    assert [row["heading"] for row in rows] == [None] * 5
    assert {(fault["code"], fault["rejects"]) for fault in faults} == {("heading.codes", False)}

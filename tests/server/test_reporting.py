"""Live incidents: counted at once, done once, corrected by revision, sealed without losing anything."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask
import flask.testing
import pytest

from layers import payload
from server import serve
from server.config import Config
from server.rules import permissions
from server.store import database
from server.usecases import errors, verify
from server.usecases.context import Context
from server.usecases.importing import imports
from server.usecases.incidents import archives, counting, facts, reporting, shared
from tests.server import tiny
from tests.server.conftest import Place

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
LAT, LNG = 30.509, 114.309
URL = "/api/cities/tiny/incidents"
ONE = {"time": "2026-03-01T08:00:00Z", "lat": LAT, "lng": LNG, "category": "noise", "status": "open"}


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


def _one(**more: Any) -> reporting.Report:
    given: dict[str, Any] = {"time": AT, "lat": LAT, "lng": LNG, "category": "noise", **more}
    return reporting.Report(**given)


def _n(ctx: Context) -> int:
    return int(counting.heat(ctx, "tiny").meta["n"])


def _sound(ctx: Context) -> None:
    assert archives.check(ctx)["findings"] == []
    told = verify.run(ctx)
    assert told["ok"], [check for check in told["checks"] if check["findings"]]


def test_a_report_is_on_the_map_at_once(planner: flask.testing.FlaskClient) -> None:
    def shown() -> tuple[int, str]:
        answer = planner.get("/api/cities/tiny/heat")
        return int(payload.decode(answer.data).columns["n"].sum()), answer.headers["ETag"]

    before = shown()
    done = planner.post(URL, json=ONE)
    assert done.status_code == 201
    told = done.get_json()
    assert (told["accepted"], told["duplicate"], told["items"][0]["outcome"]) == (1, 0, "accepted")
    after = shown()
    assert after[0] == before[0] + 1 and after[1] != before[1]


def test_a_batch_is_taken_whole_or_not_at_all(planner: flask.testing.FlaskClient, ctx: Context) -> None:
    before = _n(ctx)
    good = [{**ONE, "id": f"a{number}"} for number in range(5)]
    done = planner.post(URL, json={"source": "hotline", "incidents": good})
    assert done.status_code == 201 and done.get_json()["accepted"] == 5
    bad = [*({**ONE, "id": f"b{number}"} for number in range(3)), {**ONE, "lat": 31.9}]
    refused = planner.post(URL, json={"source": "hotline", "incidents": bad})
    assert refused.status_code == 422
    assert [one["row"] for one in refused.get_json()["error"]["detail"][1:]] == [3]
    assert _n(ctx) == before + 5


@pytest.mark.parametrize(
    "more",
    [
        {"category": "13800138000"}, {"status": "call 13912345678 now"}, {"id": "11010519491231002X"},
        {"category": "someone@example.org"}, {"status": "京A12345"},
    ],
)  # fmt: skip
def test_personal_data_is_refused_before_anything_is_stored(
    planner: flask.testing.FlaskClient, ctx: Context, more: dict[str, str]
) -> None:
    before = _n(ctx)
    refused = planner.post(URL, json={**ONE, **more})
    assert refused.status_code == 422 and next(iter(more.values())) not in refused.get_data(as_text=True)
    assert planner.post(URL, json={**ONE, "phone": "1"}).status_code == 422, "no such field"
    assert _n(ctx) == before


def test_the_same_report_again_is_a_duplicate_and_a_higher_revision_corrects_it(ctx: Context) -> None:
    before = _n(ctx)
    first = reporting.report(ctx, "tiny", [_one(id="x1")], source="feed")
    again = reporting.report(ctx, "tiny", [_one(id="x1")], source="feed")
    assert (first["accepted"], again["duplicate"], _n(ctx)) == (1, 1, before + 1)
    moved = reporting.report(ctx, "tiny", [_one(id="x1", revision=2, lat=LAT + 0.002)], source="feed")
    assert moved["items"][0]["outcome"] == "corrected" and _n(ctx) == before + 1
    late = reporting.report(ctx, "tiny", [_one(id="x1", revision=1)], source="feed")
    assert late["duplicate"] == 1 and _n(ctx) == before + 1
    other = reporting.report(ctx, "tiny", [_one(id="x1")], source="other-feed")
    assert other["accepted"] == 1 and _n(ctx) == before + 2
    _sound(ctx)


def test_a_feed_that_sends_its_day_again_out_of_order_changes_nothing(ctx: Context) -> None:
    """F09: full overlap, out of order, with corrections, in one batch and across the sealing."""
    day = [_one(id=f"d{number}", time=AT + timedelta(minutes=number)) for number in range(40)]
    fixed = [_one(id=f"d{number}", revision=1, time=AT + timedelta(minutes=number)) for number in (3, 7, 9)]
    before = _n(ctx)
    reporting.report(ctx, "tiny", [*fixed, *reversed(day)], source="feed")
    assert _n(ctx) == before + 40
    for _ in range(2):
        told = reporting.report(ctx, "tiny", [*day, *fixed], source="feed")
        assert (told["accepted"], told["duplicate"]) == (0, 43) and _n(ctx) == before + 40
        assert reporting.seal(ctx) in (43, 0)
    reporting.report(ctx, "tiny", [_one(id="d3", revision=2), _one(id="d3", revision=3)], source="feed")
    assert _n(ctx) == before + 40
    _sound(ctx)


def test_sealing_moves_rows_and_changes_no_count(ctx: Context) -> None:
    reporting.report(ctx, "tiny", [_one(id=f"s{number}") for number in range(30)], source="feed")
    before = counting.heat(ctx, "tiny")
    with database.reading(ctx.db) as connection:
        held = facts.of_city(ctx, connection, "tiny")
    assert held.live is not None and held.live.num_rows == 30
    assert reporting.seal(ctx, due=True) == 0, "neither many nor old"
    assert reporting.seal(ctx, "tiny") == 30
    with database.reading(ctx.db) as connection:
        sealed = facts.of_city(ctx, connection, "tiny")
    assert sealed.live is None and len(sealed.segments) == len(held.segments) + 1
    ctx.cache.__init__()  # type: ignore[misc]
    after = counting.heat(ctx, "tiny")
    assert after.cells.tolist() == before.cells.tolist() and after.meta["n"] == before.meta["n"]
    _sound(ctx)


def test_many_or_old_reports_are_sealed_by_the_next(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "SEAL_ROWS", 10)
    for number in range(4):
        reporting.report(ctx, "tiny", [_one(id=f"m{number}-{i}") for i in range(3)], source="feed")
    assert archives.check(ctx)["live"] == 0 and archives.check(ctx, "tiny")["segments"] == 2
    reporting.report(ctx, "tiny", [_one()])
    assert archives.check(ctx)["live"] == 1
    late = ctx.now() + reporting.SEAL_AGE * 2
    assert reporting.seal(Context(ctx.db, ctx.home, ctx.actor, now=lambda: late), due=True) == 1
    _sound(ctx)


def test_a_repeated_request_is_done_once(app: flask.Flask, ctx: Context) -> None:
    planner, admin = tiny.signed_in(app, "planner"), tiny.signed_in(app, "admin")
    before = _n(ctx)
    answers = [planner.post(URL, json=ONE, headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.data for answer in answers}) == 1 and _n(ctx) == before + 1
    other = planner.post(URL, json={**ONE, "lat": LAT + 0.001}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422 and other.get_json()["error"]["code"] == "idempotency_key"
    assert admin.post(URL, json=ONE, headers={"Idempotency-Key": "k1"}).status_code == 201, "keys are the user's own"
    assert _n(ctx) == before + 2


def test_many_at_once_with_one_key_are_one(ctx: Context) -> None:
    """F08: fifty identical requests at the same time."""
    before, told, failed = _n(ctx), [], []

    def ask() -> None:
        try:
            told.append(reporting.report(ctx, "tiny", [_one()], key="same"))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and len(told) == 50
    assert len({one["items"][0]["id"] for one in told}) == 1
    assert _n(ctx) == before + 1


def test_reports_and_imports_share_one_numbering(ctx: Context, tmp_path: Path) -> None:
    reporting.report(ctx, "tiny", [_one(id="u1")], source="file")
    file = tmp_path / "more.csv"
    rows = [f"u{number},2026-03-01T16:00,noise,{LAT},{LNG}" for number in (1, 2)]
    file.write_text("\n".join(["id,time,category,lat,lng", *rows]) + "\n")
    asked = imports.Asked(kind="incidents", fields={}, datum="wgs84")
    done = imports.run(ctx, "tiny", file, asked)
    assert (done["accepted"], done["duplicate"]) == (1, 1)
    reporting.report(ctx, "tiny", [_one(id="u2", revision=1)], source="file")
    reporting.seal(ctx)
    _sound(ctx)


def test_a_townsman_reports_in_the_own_town_only(app: flask.Flask) -> None:
    townsman = tiny.signed_in(app, "townsman")
    assert townsman.post(URL, json={**ONE, "lng": 114.302}).status_code == 201
    assert townsman.post(URL, json={**ONE, "lng": 114.318}).status_code == 422
    assert tiny.signed_in(app, "viewer").post(URL, json=ONE).status_code == 403
    assert tiny.signed_in(app, "worker").post(URL, json=ONE).status_code == 201


def test_another_directory_than_the_databases_own_is_named(city: Place, tmp_path: Path) -> None:
    ctx = city.open()
    shared.check(ctx)
    elsewhere = Context(ctx.db, tmp_path / "elsewhere", permissions.HOST)
    with pytest.raises(errors.Conflict, match="share one data directory"):
        shared.check(elsewhere)
    with pytest.raises(errors.Conflict):
        reporting.report(elsewhere, "tiny", [_one()])
    with pytest.raises(serve.Refused, match="share one data directory"):
        serve.run(Config(home=tmp_path / "elsewhere", database_url=city.url, port=0))

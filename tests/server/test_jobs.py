"""Jobs: leased once, fenced, cancelled, given up when they kill their runner; a finished job has its result."""

from __future__ import annotations

import dataclasses
import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy

from geo import stop
from server import jobs, runner
from server.rules import permissions
from server.usecases import errors, verify
from server.usecases.context import Context
from server.usecases.drafting import drawing
from server.usecases.importing import imports
from server.usecases.planning import plans
from tests.server.conftest import Place

PLANNER = permissions.Actor("planner", "planner", "tiny")
DRAW = {"band": [150.0, 300.0], "seed": 3, "seconds": 1.0}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ctx(city: Place, clock: Clock) -> Context:
    return dataclasses.replace(city.open(PLANNER), now=clock)


def test_a_job_is_done_and_says_what_came_of_it(ctx: Context) -> None:
    job = jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    assert (job["status"], job["progress"]) == ("queued", 0.0)
    assert runner.run_one(ctx)
    found = jobs.get(ctx, job["id"])
    assert (found["status"], found["progress"]) == ("done", 1.0)
    assert plans.get(ctx, "tiny", found["result"]["plan"])["created_by"] == "planner"
    assert not runner.run_one(ctx)
    assert verify.run(ctx)["ok"]


def test_a_running_job_says_how_long_it_has_worked_and_what_is_left_of_its_time(ctx: Context, clock: Clock) -> None:
    def times(job: str) -> tuple[float | None, float | None]:
        found = jobs.get(ctx, job)
        return found["run_s"], found["left_s"]

    job = jobs.enqueue(ctx, "draw", city="tiny", payload={**DRAW, "seconds": 60.0})["id"]
    clock.at += timedelta(seconds=100)
    assert times(job) == (None, None), "time in the queue is no work"
    lease = jobs.take(ctx)
    assert lease is not None
    assert times(job) == (0.0, 60.0)
    clock.at += timedelta(seconds=25)
    jobs.report(ctx, lease, 0.3, "drawing")
    assert times(job) == (25.0, 35.0)
    clock.at += timedelta(seconds=40)
    assert times(job) == (65.0, 0.0)
    jobs.finish(ctx, lease, status="failed")
    assert times(job) == (None, None)
    other = jobs.enqueue(ctx, "sweep", city="tiny", payload=DRAW)["id"]
    jobs.take(ctx)
    assert times(other) == (0.0, None)


@pytest.mark.parametrize(("seconds", "shares"), [(80.0, [0.3, 0.5, 0.6]), (None, [0.4, 0.5, 0.52])])
def test_progress_is_the_share_of_the_time_allowed(seconds: float | None, shares: list[float]) -> None:
    told: list[float] = []
    rule = drawing.beat(lambda share, _: told.append(share), 0.2, 0.6, seconds=seconds)
    for at in (20.0, 60.0, 60.5, 80.0):  # told once a second at the most
        rule(stop.Progress(at, 0, 0))
    assert told == pytest.approx(shares)


def test_one_job_is_leased_once(ctx: Context) -> None:
    jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    taken: list[jobs.Lease | None] = []
    threads = [threading.Thread(target=lambda: taken.append(jobs.take(ctx))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in taken) == 1


def test_jobs_are_taken_in_the_order_they_came(ctx: Context, clock: Clock) -> None:
    wanted = []
    for _ in range(3):
        wanted.append(jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)["id"])
        clock.at += timedelta(seconds=1)
    taken = [lease.id for lease in iter(lambda: jobs.take(ctx), None) if lease is not None]
    assert taken == wanted


def test_a_lost_lease_shuts_the_first_runner_out(ctx: Context, clock: Clock) -> None:
    job = jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    first = jobs.take(ctx)
    assert first is not None
    clock.at += timedelta(seconds=jobs.LEASE_S + 1)
    second = jobs.take(ctx)
    assert second is not None
    assert second.fence == first.fence + 1
    with pytest.raises(jobs.Lost):
        jobs.report(ctx, first, 0.5, "late")
    with pytest.raises(jobs.Lost):
        jobs.finish(ctx, first, status="done", result={"from": "the first"})
    jobs.finish(ctx, second, status="done", result={"from": "the second"})
    assert jobs.get(ctx, job["id"])["result"] == {"from": "the second"}


def test_what_a_lost_runner_did_is_taken_back(ctx: Context, clock: Clock) -> None:
    """The rows of a job and its end are one transaction, so work that lost its lease leaves nothing."""
    jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    before = len(plans.list_(ctx, "tiny")["items"])
    first = jobs.take(ctx)
    assert first is not None
    clock.at += timedelta(seconds=jobs.LEASE_S + 1)
    assert jobs.take(ctx) is not None

    def seal(connection: sqlalchemy.Connection, result: dict[str, object]) -> None:
        jobs.finish_in(connection, first, status="done", at=ctx.stamp(), result={})

    with pytest.raises(jobs.Lost):
        drawing.draw(dataclasses.replace(ctx, seal=seal), "tiny", band=(150.0, 300.0), seconds=1.0)
    assert len(plans.list_(ctx, "tiny")["items"]) == before


def test_reporting_keeps_the_lease(ctx: Context, clock: Clock) -> None:
    jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    lease = jobs.take(ctx)
    assert lease is not None
    for step in range(5):
        clock.at += timedelta(seconds=jobs.LEASE_S - 1)
        jobs.report(ctx, lease, step / 5, "still at it")
        assert jobs.take(ctx) is None


def test_a_job_that_kills_its_runner_is_given_up(ctx: Context, clock: Clock) -> None:
    job = jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    for _ in range(jobs.ATTEMPTS):
        assert jobs.take(ctx) is not None
        clock.at += timedelta(seconds=jobs.LEASE_S + 1)
    assert jobs.take(ctx) is None
    found = jobs.get(ctx, job["id"])
    assert found["status"] == "failed"
    assert found["error"]["code"] == "E_RUNNER"
    assert verify.run(ctx)["ok"]


def test_a_waiting_job_is_cancelled_at_once(ctx: Context) -> None:
    job = jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    assert jobs.cancel(ctx, job["id"])["status"] == "cancelled"
    assert jobs.take(ctx) is None


def test_a_running_job_stops_at_its_next_report(ctx: Context) -> None:
    job = jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    lease = jobs.take(ctx)
    assert lease is not None
    assert jobs.cancel(ctx, job["id"])["status"] == "running"
    with pytest.raises(errors.Cancelled):
        jobs.report(ctx, lease, 0.5, "half")


def test_a_fault_of_the_request_is_told_under_its_code(ctx: Context) -> None:
    job = jobs.enqueue(ctx, "staff", city="tiny", payload={"plan": "none"})
    runner.run_one(ctx)
    found = jobs.get(ctx, job["id"])
    assert (found["status"], found["error"]["code"]) == ("failed", "not_found")


def test_the_actor_is_asked_again_when_the_job_runs(ctx: Context) -> None:
    viewer = ctx.acting(permissions.Actor("viewer", "viewer", "tiny"))
    job = jobs.enqueue(viewer, "draw", city="tiny", payload=DRAW)
    runner.run_one(ctx)
    assert jobs.get(ctx, job["id"])["error"]["code"] == "forbidden"


def test_a_job_of_another_city_is_not_there(ctx: Context) -> None:
    job = jobs.enqueue(ctx, "draw", city="tiny", payload=DRAW)
    with pytest.raises(errors.NotFound):
        jobs.get(ctx.acting(permissions.Actor("outsider", "planner", "other")), job["id"])


def test_an_upload_is_imported_and_its_file_removed(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("id,name,kind,lat,lng\nq,桥头,school,30.51,114.31\n", encoding="utf-8")
    with path.open("rb") as stream:
        spooled = imports.spool(ctx, "tiny", stream, name="places.csv")
    payload = spooled | {"kind": "places", "fields": {}, "datum": "wgs84"}
    job = jobs.enqueue(ctx, "import", city="tiny", payload=payload)
    assert verify.run(ctx)["ok"], "a spooled file of a waiting job belongs there"
    runner.run_one(ctx)
    assert jobs.get(ctx, job["id"])["result"]["accepted"] == 1
    assert list(ctx.spool.glob("*.bin")) == []


def test_a_bad_upload_fails_with_its_reason_and_leaves_no_file(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"\x00\x01\x02\xff" * 100)
    with path.open("rb") as stream:
        spooled = imports.spool(ctx, "tiny", stream, name="bad.geojson")
    job = jobs.enqueue(ctx, "import", city="tiny", payload=spooled | {"kind": "places", "fields": {}})
    runner.run_one(ctx)
    found = jobs.get(ctx, job["id"])
    assert found["status"] == "failed"
    assert found["error"]["code"].startswith("E_")
    assert str(ctx.home) not in str(found["error"])
    assert list(ctx.spool.glob("*.bin")) == []
    assert verify.run(ctx)["ok"]


@pytest.mark.parametrize("lost", [False, True])
def test_an_upload_that_is_cancelled_before_it_is_read_leaves_no_file(ctx: Context, clock: Clock, lost: bool) -> None:
    spooled = imports.spool(ctx, "tiny", io.BytesIO(b"name,lat,lng\n"), name="p.csv")
    job = jobs.enqueue(ctx, "import", city="tiny", payload=spooled | {"kind": "places", "fields": {}})
    if lost:
        jobs.take(ctx)
    jobs.cancel(ctx, job["id"])
    clock.at += timedelta(seconds=jobs.LEASE_S + 1)
    assert jobs.take(ctx) is None
    assert jobs.get(ctx, job["id"])["status"] == "cancelled"
    assert list(ctx.spool.glob("*.bin")) == []


def test_a_runner_ends_when_asked_or_orphaned(ctx: Context) -> None:
    stop = threading.Event()
    stop.set()
    runner.run(ctx, stop=stop, orphaned=lambda: False)
    runner.run(ctx, stop=threading.Event(), orphaned=lambda: True)


def test_a_repeated_request_is_done_once(ctx: Context) -> None:
    def ask(seed: int = 3) -> str:
        return str(jobs.enqueue(ctx, "draw", city="tiny", payload={**DRAW, "seed": seed}, key="k1")["id"])

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(ask())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    with pytest.raises(errors.Invalid, match="another request"):
        ask(seed=4)
    other = ctx.acting(permissions.Actor("admin", "admin", "tiny"))
    assert jobs.enqueue(other, "draw", city="tiny", payload=DRAW, key="k1")["id"] != found[0]


def test_a_repeated_upload_keeps_one_file(ctx: Context) -> None:
    made = []
    for _ in range(3):
        spooled = imports.spool(ctx, "tiny", io.BytesIO(b"name,lat,lng\n"), name="p.csv")
        payload = spooled | {"kind": "places", "fields": {}}
        made.append(jobs.enqueue(ctx, "import", city="tiny", payload=payload, key="upload")["id"])
    assert len(set(made)) == 1
    assert len(list(ctx.spool.glob("*.bin"))) == 1
    assert verify.run(ctx)["ok"]

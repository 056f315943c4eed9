"""The runner: one process that works the queue of ``server.jobs``, started with the server by default.

It holds a job's lease with every report of progress and with a heartbeat in between; when another runner has taken the
job over, what this one did is not written down. A job that fails says why under its own code; nothing is retried except
a job whose runner died.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from geo.errors import GeoError
from server import config, jobs
from server import log as log_setup
from server.rules import permissions
from server.usecases import context, errors
from server.usecases.cameras import camera_sites
from server.usecases.context import Context
from server.usecases.drafting import adjusting, drawing, sweeping, wishes
from server.usecases.importing import imports
from server.usecases.incidents import facts, reporting
from server.usecases.planning import staffing
from server.usecases.workbench import proposing

IDLE_S = 0.5
BEAT_S = 10.0
Work = Callable[[Context, jobs.Lease, Callable[[float, str], None], threading.Event], dict[str, Any]]

log = structlog.get_logger("gezhi.runner")


def main() -> None:
    """Work the queue with the settings of the environment until a signal comes or the starting process ends."""
    settings = config.Config()
    log_setup.set_up(settings.log_level)
    ctx = context.open_(settings.home, settings.address)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    facts.sweep(ctx)
    reporting.seal(ctx, due=True)
    parent = os.getppid()
    run(ctx, stop=stop, orphaned=lambda: os.getppid() != parent)


def run(ctx: Context, *, stop: threading.Event, orphaned: Callable[[], bool]) -> None:
    """Work jobs one after the other until ``stop`` is set or the process that wants them is gone."""
    while not stop.is_set() and not orphaned():
        if not run_one(ctx):
            stop.wait(IDLE_S)


def run_one(ctx: Context) -> bool:
    """Work one job if there is one; whether there was."""
    lease = jobs.take(ctx)
    if lease is None:
        return False
    log.info("job started", job=lease.id, kind=lease.kind, attempt=lease.fence)
    pulse = _Pulse(ctx, lease)
    own = dataclasses.replace(ctx, actor=lease.actor, seal=pulse.seal)
    try:
        with pulse:
            result = _WORK[lease.kind](own, lease, pulse.report, pulse.cancelled)
        if not pulse.sealed:
            jobs.finish(ctx, lease, status="done", result=result)
        log.info("job done", job=lease.id)
    except jobs.Lost:
        log.warning("job lost to another runner", job=lease.id)
    except Exception as error:
        _end(ctx, lease, error)
    return True


class _Pulse:
    """The signs of life of a job: progress, the lease while it computes in silence, and its end with its rows."""

    def __init__(self, ctx: Context, lease: jobs.Lease) -> None:
        self.cancelled = threading.Event()
        self.sealed = False
        self._ctx, self._lease = ctx, lease
        self._over = threading.Event()
        self._at = (0.0, "")
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def __enter__(self) -> _Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def report(self, share: float, message: str) -> None:
        """Progress of the job; raises Cancelled or Lost."""
        if not self.sealed:
            self._at = (share, message)
            jobs.report(self._ctx, self._lease, share, message)

    def seal(self, connection: Connection, result: dict[str, Any]) -> None:
        """End the job as done in the transaction that stores its rows; raises Lost, which takes the rows back."""
        told = {**result, "violations": len(result["violations"])} if "violations" in result else result
        jobs.finish_in(connection, self._lease, status="done", at=self._ctx.stamp(), result=told)
        self.sealed = True

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S) and not self.sealed:
            try:
                jobs.report(self._ctx, self._lease, *self._at)
            except OperationalError as error:
                log.warning("lease not renewed", job=self._lease.id, reason=str(error)[:200])
            except (errors.Cancelled, jobs.Lost):
                self.cancelled.set()
                return


def _draw(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    low, high = lease.payload["band"]
    return drawing.draw(
        ctx, _city(lease), band=(low, high), seed=lease.payload["seed"], seconds=lease.payload.get("seconds"),
        wished=wishes.of(lease.payload), exact=lease.payload.get("exact", False), progress=progress,
        cancelled=cancelled.is_set,
    )


def _sweep(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    low, high = lease.payload["band"]
    return sweeping.sweep(
        ctx, _city(lease), band=(low, high), seed=lease.payload["seed"], seconds=lease.payload["seconds"],
        wished=wishes.of(lease.payload), progress=progress, cancelled=cancelled.is_set,
    )


def _rebalance(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    asked = lease.payload
    return adjusting.rebalance(
        ctx, _city(lease), asked["plan"], seed=asked["seed"], seconds=asked["seconds"], only=asked["only"] or None,
        locked=asked["locked"] or None, progress=progress, cancelled=cancelled.is_set,
    )


def _propose(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    asked = lease.payload
    return proposing.propose(
        ctx, _city(lease), asked["plan"], only=asked["only"], seed=asked["seed"], seconds=asked["seconds"],
        progress=progress, cancelled=cancelled.is_set,
    )


def _staff(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    return staffing.staff(ctx, _city(lease), lease.payload["plan"], progress=progress)


def _import(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    return imports.from_job(ctx, _city(lease), lease.payload, progress=progress)


def _sites(
    ctx: Context, lease: jobs.Lease, progress: Callable[[float, str], None], cancelled: threading.Event
) -> dict[str, Any]:
    return camera_sites.next_sites(ctx, _city(lease), camera_sites.from_job(lease.payload), progress=progress)


_WORK: dict[str, Work] = {
    "draw": _draw, "sweep": _sweep, "rebalance": _rebalance, "propose": _propose, "staff": _staff,
    "import": _import, "sites": _sites,
}  # fmt: skip


def _city(lease: jobs.Lease) -> str:
    assert lease.city is not None, f"job {lease.id} names no city"
    return lease.city


def _end(ctx: Context, lease: jobs.Lease, error: Exception) -> None:
    status, code, message, detail = "failed", "internal", "Something went wrong on our side.", []
    match error:
        case errors.Cancelled():
            status, code, message = "cancelled", error.code, error.message
        case errors.UseCaseError():
            code, message, detail = error.code, error.message, error.detail
        case permissions.Denied():
            code, message = "forbidden", "Your role does not allow this."
        case GeoError():
            code, message = "invalid", str(error)
        case _:
            log.error("job failed unexpectedly", job=lease.id, exc_info=error)
    told = {"code": code, "message": message, "detail": detail}
    try:
        jobs.finish(ctx, lease, status=status, error=told)
    except jobs.Lost:
        log.warning("job lost to another runner", job=lease.id)
    else:
        log.info("job ended", job=lease.id, status=status, code=code)


if __name__ == "__main__":
    main()

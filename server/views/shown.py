"""What of a use case's answer is told to whom: the privacy floor for those who see no exact figures, and small shapes.

Planners and operators get figures as they are. Everyone else gets whole calendar months, one resolution, counts of at
least eight rounded to fives, camera density in bands, and no figure about single households or single cameras.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from server import errors, jobs
from server.rules import categories, permissions, privacy
from server.usecases.city import cities
from server.usecases.context import Columns, Context
from server.usecases.incidents import counting
from server.usecases.outputs import exports
from server.usecases.planning import plans
from server.views import answers, legends
from server.wire import requests

Actor = permissions.Actor | None


def heat(ctx: Context, city: str, query: requests.Heat, count: Callable[..., Columns]) -> Columns:
    """Incidents per cell as the actor may see them, with their legend."""
    if permissions.exact(ctx.actor):
        found = count(
            ctx, city, start=query.from_, end=query.to, category=query.category, res=query.res, per=query.per,
            smooth=query.smooth, clock=clock(query),
        )  # fmt: skip
        return legends.heat(found, per=query.per, breaks=requests.breaks(query.classes))
    for name in ("smooth", "hours", "weekdays"):
        if getattr(query, name):
            raise errors.Fault("invalid", {"field": name, "reason": "not with this role"})
    place = cities.get(ctx, city)
    start, end = _month(query.from_, place)
    groups = groups_of(place["incidents"]["categories"])
    if query.category is not None:
        groups = [code for code in groups if code == query.category]
    told = [
        floored(
            count(
                ctx, city, start=start, end=end, category=code, res=privacy.resolution(place["resolution"]),
                per=query.per, smooth=0,
            )
        )
        for code in groups
    ]  # fmt: skip
    window = [instant.isoformat().replace("+00:00", "Z") for instant in (start, end)]
    meta = {"window": window, "source": "incidents", "floor": privacy.FLOOR}
    return legends.heat(summed(told, meta=meta), per=query.per, breaks=requests.breaks(query.classes))


def clock(query: requests.Clock) -> counting.Clock:
    """The hours and weekdays asked for, in order and once."""
    chosen = [
        tuple(sorted({int(one) for one in text.split(",")})) if text is not None else None
        for text in (query.hours, query.weekdays)
    ]
    return counting.Clock(*chosen)


def floored(found: Columns) -> Columns:
    """Only cells at or above the floor, counts rounded, values those of the rounded counts."""
    factor = np.array(privacy.factors(found.columns["n"].tolist()), dtype=np.float64)
    seen = factor > 0
    n = np.rint(found.columns["n"][seen] * factor[seen]).astype(np.uint32)
    value = (found.columns["value"][seen] * factor[seen]).astype(np.float32)
    return Columns(found.cells[seen], {"value": value, "n": n}, {"n": int(n.sum()), "floor": privacy.FLOOR})


def summed(told: Sequence[Columns], *, meta: dict[str, Any]) -> Columns:
    """The sum of what is told of each category: a total of its own could be subtracted from."""
    cells = np.unique(np.concatenate([one.cells for one in told] or [np.zeros(0, dtype=np.uint64)]))
    n, value = np.zeros(cells.size, dtype=np.uint32), np.zeros(cells.size, dtype=np.float32)
    for one in told:
        at = np.searchsorted(cells, one.cells)
        n[at] += one.columns["n"]
        value[at] += one.columns["value"]
    return Columns(cells, {"value": value, "n": n}, {**meta, "n": int(n.sum())})


def coverage(ctx: Context, city: str, query: requests.Resolution, density: Callable[..., Columns]) -> Columns:
    """Camera density or seen share as the actor may see it, with its legend: exact, or bands of coarse cells."""
    if permissions.exact(ctx.actor):
        if query.show == "density":
            return legends.coverage(density(ctx, city, res=query.res))
        k = int(query.show[-1])
        return legends.seen(density(ctx, city, res=query.res, k=k), k=k)
    place = cities.get(ctx, city)
    found = density(ctx, city, res=privacy.resolution(place["resolution"]))
    pairs = zip(found.columns["n"].tolist(), found.columns["value"].tolist(), strict=True)
    bands = np.array([privacy.band(n, per_km2) for n, per_km2 in pairs], dtype=np.float32)
    seen = bands > 0
    meta = {"n": int(seen.sum()), "source": "cameras", "floor": privacy.CAMERA_FLOOR}
    return legends.bands(Columns(found.cells[seen], {"value": bands[seen]}, meta))


def gaps(ctx: Context, city: str, query: requests.Gaps, count: Callable[..., Columns]) -> Columns:
    """Coverage gaps with their legend; only those who see exact figures may ask."""
    return legends.gaps(count(ctx, city, start=query.from_, end=query.to, category=query.category, res=query.res))


def city(actor: Actor, told: dict[str, Any]) -> dict[str, Any]:
    """One city; its incidents without numbers, which could be subtracted from the map's, and to the month."""
    if permissions.exact(actor):
        return told
    incidents = told["incidents"]
    named = {code: categories.words(code) for code in groups_of(incidents["categories"])}
    groups = [{"code": code, "zh": zh, "en": en, "n": None} for code, (zh, en) in named.items()]
    first, last = (_month_of(incidents[end]) for end in ("first", "last"))
    return {**told, "incidents": {**incidents, "n": None, "first": first, "last": last, "categories": groups}}


def grid(actor: Actor, told: dict[str, Any]) -> dict[str, Any]:
    """One grid; without people, cameras and months, which would be a second geography of the same incidents."""
    return told if permissions.exact(actor) else {**told, "months": [], "cameras": [], "worker": None}


def here(actor: Actor, told: dict[str, Any]) -> dict[str, Any]:
    """What lies here: without the worker, and the households of a cell above the floor."""
    if permissions.exact(actor):
        return told
    households = told["households"]
    rounded = privacy.count(round(households)) if households is not None else None
    return {**told, "worker": None, "households": rounded}


def started(job: dict[str, Any]) -> dict[str, Any]:
    """A job that has been queued."""
    return {"job": {"id": job["id"]}}


def of_plan(ctx: Context, kind: str, city: str, plan: str, asked: requests.Asked) -> dict[str, Any]:
    """A job of a plan that is queued now, with what was asked. Raises NotFound where there is no such plan."""
    payload = {"plan": plans.get(ctx, city, plan)["id"], **asked.model_dump(mode="json")}
    return started(jobs.enqueue(ctx, kind, city=city, payload=payload, key=answers.key()))


def job(row: dict[str, Any]) -> dict[str, Any]:
    """A job as it stands."""
    names = ("id", "kind", "status", "progress", "message", "run_s", "left_s", "result", "error")
    return {name: row[name] for name in names}


def attachment(file: exports.File) -> answers.Reply:
    """A file to be saved, never shown by the browser itself."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return answers.Reply(file.body, media=file.media, headers=headers)


def _month(asked: datetime.datetime | None, place: dict[str, Any]) -> tuple[datetime.datetime, datetime.datetime]:
    newest = place["incidents"]["last"]
    last = datetime.datetime.fromisoformat(newest) if newest else datetime.datetime.now(datetime.UTC)
    return privacy.month(asked, last, zone=zoneinfo.ZoneInfo(place["tz"]))


def groups_of(told: list[dict[str, Any]]) -> list[str]:
    """The groups that categories belong to: what stands before the dot."""
    return sorted({one["code"].partition(".")[0] for one in told} - {""})


def _month_of(at: str | None) -> str | None:
    return f"{at[:7]}-01T00:00:00Z" if at else None

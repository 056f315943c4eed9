"""Three colours for areas, computed once a day from their own reports: red, yellow or blue, with the reason in words.

The policy is data (``Policy``), kept by city; without one the default counts. What enters: how many reports each period
had, and which of the older ones are still open. What never enters: who lives or works there. An alert is of an area
and never of a worker. Those who see no exact figures get colours of communities and above, without figures.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import alerts
from geo.errors import TableError
from server.archive import query, values
from server.rules import permissions
from server.store import audit, database, settings
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.incidents import counting, facts, levels

Floats = NDArray[np.float64]
OPEN: Final = ("handling", "open", "in_progress", "assigned", "处理中", "办理中", "待处置", "处置中")
"""Words of status of what is not done; empty and unknown words say nothing and count neither way."""
DONE: Final = ("closed", "done", "resolved", "completed", "finished", "已结案", "已办结", "已处置", "办结")
COLOURS: Final = ("blue", "yellow", "red")
MOST_CASES: Final = 2_000_000


@dataclass(frozen=True)
class Policy:
    """``period_days`` long periods; a report older than ``due_days`` that is still open is overdue."""

    period_days: int = 7
    due_days: int = 15
    rule: alerts.Rule = dataclasses.field(default_factory=alerts.Rule)

    def __post_init__(self) -> None:
        if not (1 <= self.period_days <= 92 and 1 <= self.due_days <= 365):
            raise TableError("a period is 1 to 92 days long and reports are due within 1 to 365 days")

    def told(self) -> dict[str, Any]:
        """The policy as one flat table of numbers and the name of the test."""
        return {"period_days": self.period_days, "due_days": self.due_days, **dataclasses.asdict(self.rule)}


def policy(ctx: Context, connection: Connection, city: str) -> Policy:
    """The city's policy, or the default."""
    kept = settings.get(connection, _name(city))
    return _made(kept) if isinstance(kept, dict) else Policy()


def set_policy(ctx: Context, city: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Change parts of the city's policy and tell the whole. Raises Invalid, Denied."""
    permissions.check(ctx.actor, "alert.rule")
    with database.writing(ctx.db) as connection:
        told = policy(ctx, connection, city).told()
        unknown = sorted(set(changes) - set(told))
        if unknown:
            raise errors.Invalid(unknown[0], f"The rule has no {unknown[0]!r}; it has {', '.join(told)}.")
        try:
            made = _made({**told, **changes})
        except TableError as error:
            raise errors.Invalid("rule", str(error)) from None
        settings.put(connection, _name(city), made.told(), at=ctx.stamp())
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="alert.rule", city=city, detail={"rule": made.told()}
        )
    return made.told()


def of_day(
    ctx: Context, city: str, *, level: str = "grid", category: str | None = None, day: date | None = None
) -> dict[str, Any]:
    """The alerts of a day (by default the last one with reports): ``{day, level, rule, n, items: [{…, colour, reason:
    {zh, en}, last, mean, sum, overdue}]}``, red before yellow before blue. Kept until data, rule or day change.

    Raises Denied for grids and for areas of a net, which may be smaller than a community, without the right to exact
    figures; those without it are told no figures either.
    """
    exact = permissions.exact(ctx.actor)
    if not exact:
        if level == "grid" or level.startswith(levels.NET):
            permissions.check(ctx.actor, "exact.read")
        day, category = None, category.partition(".")[0] if category else None
    with database.reading(ctx.db) as connection:
        parts = levels.of_level(ctx, connection, city, level)
        known = facts.of_city(ctx, connection, city)
        chosen = policy(ctx, connection, city)
        own = ctx.actor.region_id if ctx.actor is not None else None
        key = ("alerts", city, parts.version, level, category, day, chosen, own)
        found: dict[str, Any] = ctx.cache.get(key, lambda: _computed(parts, known, chosen, category, day))
    return found if exact else _public(found)


def _computed(
    parts: levels.Parts, known: values.Facts, chosen: Policy, category: str | None, day: date | None
) -> dict[str, Any]:
    zone = ZoneInfo(parts.place.city.tz)
    last = _last_day(known, zone)
    on = last if day is None or last is None else min(day, last)
    told: dict[str, Any] = {"level": parts.level, "net": parts.net, "day": on.isoformat() if on else None}
    told |= {"rule": chosen.told(), "default": Policy().told()}
    edges = _edges(on, chosen, zone) if on is not None else []
    first = query.extent(known).first_us if edges else None
    if first is None or datetime.fromtimestamp(first / 1e6, UTC) > edges[0] + timedelta(days=1):
        return {**told, "n": 0, "enough": False, "items": []}
    names = counting.named(known, category)
    counts, n = _counts(parts, known, edges, names)
    due, overdue = _cases(parts, known, edges, names, chosen)
    made = alerts.colours(counts, rule=chosen.rule, due=due, overdue=overdue)
    items = [
        {
            **{name: row[name] for name in ("kind", "id", "code", "name", "inside", "lat", "lng", "bbox")},
            "index": i, "colour": COLOURS[made.colour[i]], "cause": alerts.REASONS[made.reason[i]],
            "last": int(made.last[i]), "mean": round(float(made.mean[i]), 2), "sum": round(float(made.sum[i]), 2),
            "due": int(due[i]), "overdue": int(overdue[i]), "reason": _sentence(made, i, chosen, due, overdue),
        }
        for i, row in enumerate(parts.rows)
    ]  # fmt: skip
    items.sort(key=lambda one: (-COLOURS.index(one["colour"]), -one["sum"], one["code"]))
    return {**told, "n": n, "enough": True, "items": items}


def _public(found: dict[str, Any]) -> dict[str, Any]:
    """Colours and causes without any figure, in no order that tells one."""
    kept = ("kind", "id", "code", "name", "inside", "lat", "lng", "bbox", "index", "colour", "cause")
    items = [
        {**{name: one[name] for name in kept}, "reason": dict(_PLAIN[one["cause"]])} for one in found["items"]
    ]
    items.sort(key=lambda one: (-COLOURS.index(one["colour"]), one["code"]))
    return {**found, "n": None, "items": items}


def _counts(
    parts: levels.Parts, known: values.Facts, edges: list[datetime], names: tuple[str, ...] | None
) -> tuple[Floats, int]:
    """Reports float64[areas, periods], where corrections cannot make a count negative; and how many the last period
    had in any area, each counted once."""
    edges_us = [us for at in edges if (us := counting.microseconds(at)) is not None]
    found = query.by_cell_and_span(
        known, res=parts.place.base.resolution, edges_us=edges_us, select=values.Select(categories=names)
    )
    of_step = [(found.cells[found.step == step], found.n[found.step == step]) for step in range(len(edges) - 1)]
    columns = [parts.summed(ids, n) for ids, n in of_step]
    last = parts.spread(*of_step[-1])[parts.of >= 0]
    return np.maximum(np.column_stack(columns), 0.0), int(last.sum())


def _cases(
    parts: levels.Parts, known: values.Facts, edges: list[datetime], names: tuple[str, ...] | None, chosen: Policy
) -> tuple[Floats, Floats]:
    """Of the reports within the history that are past their due time: how many have a known status, and are open."""
    before = edges[-1] - timedelta(days=chosen.due_days)
    select = values.Select(
        start_us=counting.microseconds(edges[0]), end_us=counting.microseconds(before), categories=names
    )
    rows = query.incidents(known, select=select, limit=MOST_CASES)
    status = rows["status"].to_numpy(zero_copy_only=False).astype(object)
    ids = rows["cell"].to_numpy(zero_copy_only=False).astype(np.uint64)
    left, done = np.isin(status, OPEN), np.isin(status, DONE)
    ones = np.ones(ids.size)
    known_status = left | done
    return parts.summed(ids[known_status], ones[known_status]), parts.summed(ids[left], ones[left])


def _last_day(known: values.Facts, zone: ZoneInfo) -> date | None:
    last = query.extent(known).last_us
    return None if last is None else datetime.fromtimestamp(last / 1e6, UTC).astimezone(zone).date()


def _edges(on: date, chosen: Policy, zone: ZoneInfo) -> list[datetime]:
    """Ascending edges of the periods, the last one ending with the day ``on``."""
    periods = chosen.rule.baseline + chosen.rule.watched
    days = [on + timedelta(days=1 - chosen.period_days * back) for back in range(periods, -1, -1)]
    return [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days]


_PLAIN: Final[dict[str, dict[str, str]]] = {
    "usual": {"zh": "与本区域以往相比属正常波动", "en": "within the area's own usual variation"},
    "rising": {"zh": "上报明显多于本区域以往", "en": "clearly more reports than the area's own past"},
    "overdue": {"zh": "逾期未办结的比例偏高", "en": "a high share of cases is overdue"},
    "few": {"zh": "上报太少，不作判断", "en": "too few reports to say"},
}


def _sentence(found: alerts.Alerts, i: int, chosen: Policy, due: Floats, overdue: Floats) -> dict[str, str]:
    rule, days = chosen.rule, chosen.period_days
    last, mean, reached = int(found.last[i]), float(found.mean[i]), float(found.sum[i])
    cause = alerts.REASONS[found.reason[i]]
    past_zh = f"最近 {days} 天上报 {last} 件，此前 {rule.baseline} 期平均 {mean:.1f} 件"
    past_en = f"{last} reports in the last {days} days; {mean:.1f} on average in the {rule.baseline} periods before"
    if cause == "rising":
        line = rule.lines[int(found.colour[i]) - alerts.YELLOW]
        if rule.test == "ewma":
            return {
                "zh": f"{past_zh}；加权平均偏高 {reached:.1f} 个标准差，越过 {line:g} 的界线",
                "en": f"{past_en}; the weighted average is {reached:.1f} deviations high, beyond the line of {line:g}",
            }
        return {
            "zh": f"{past_zh}；连续偏多累计 {reached:.1f}，越过 {line:g} 的界线",
            "en": f"{past_en}; the excess has added up to {reached:.1f}, beyond the line of {line:g}",
        }
    if cause == "overdue":
        share = found.overdue[i]
        return {
            "zh": f"满 {chosen.due_days} 天的 {int(due[i])} 件中有 {int(overdue[i])} 件未办结（{share:.0%}）",
            "en": f"{int(overdue[i])} of {int(due[i])} cases older than {chosen.due_days} days are open ({share:.0%})",
        }
    tail = _PLAIN[cause]
    return {"zh": f"{past_zh}；{tail['zh']}", "en": f"{past_en}; {tail['en']}"}


def _name(city: str) -> str:
    return f"alerts.{city}"


def _made(told: dict[str, Any]) -> Policy:
    """The policy of a table; what it leaves out is as in the default."""
    given = {name: type(usual)(told.get(name, usual)) for name, usual in Policy().told().items()}
    return Policy(given.pop("period_days"), given.pop("due_days"), alerts.Rule(**given))

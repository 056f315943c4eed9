"""What of incidents over time is told to whom: days and hours as they are, or whole months above the privacy floor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from server import errors
from server.rules import permissions, privacy
from server.usecases.city import cities
from server.usecases.context import Columns, Context
from server.usecases.incidents import counting
from server.usecases.incidents import timeline as usecase
from server.views import incident_map, shown
from server.wire import requests
from server.wire import trends as wire


def timeline(
    ctx: Context, city: str, query: wire.Timeline, read: Callable[..., dict[str, Any]],
    months: Callable[..., Iterable[usecase.Month]],
) -> dict[str, Any]:
    """Days and hours; for those who see no exact figures the sums of what the map tells of each month, so that no
    difference of the two leads to a cell below the floor."""
    if permissions.exact(ctx.actor):
        area = usecase.Area(query.region, query.grid)
        return read(ctx, city, start=query.from_, end=query.to, category=query.category, area=area)
    if query.region is not None or query.grid is not None:
        field = "region" if query.region is not None else "grid"
        raise errors.Fault("invalid", {"field": field, "reason": "not with this role"})
    place = cities.get(ctx, city)
    groups = [code for code in shown.groups_of(place["incidents"]["categories"]) if query.category in (None, code)]
    told: Counter[str] = Counter()
    res = privacy.resolution(place["resolution"])
    for one in months(ctx, city, groups=groups, res=res, start=query.from_, end=query.to):
        told[one.month] += sum(privacy.total(int(n)) for n in one.n)
    days = [{"day": f"{month}-01", "n": n} for month, n in sorted(told.items()) if n]
    return {
        "n": sum(told.values()), "window": [None, None], "step": "month", "days": days, "hours": None,
        "floor": privacy.FLOOR,
    }  # fmt: skip


def readers(ctx: Context, city: str, query: wire.IncidentMap) -> Context:
    """Who a file is for: the actor, or everyone, for whom there are no hot spots and no internal mark."""
    if not query.public:
        return ctx
    if query.spots:
        raise errors.Fault("invalid", {"field": "spots", "reason": "not in a public file"})
    if query.classification == incident_map.INTERNAL:
        reason = "a public file carries its map approval number (审图号)"
        raise errors.Fault("invalid", {"field": "classification", "reason": reason})
    return ctx.acting(permissions.Actor("public", "viewer", city, ctx.actor.region_id if ctx.actor else None))


def heat_of_file(ctx: Context, city: str, query: wire.IncidentMap) -> Columns:
    """The heat of a file as its readers may see it, with its legend."""
    asked = {name: getattr(query, name) for name in ("to", "category", "res", "per", "smooth", "hours", "weekdays")}
    return shown.heat(ctx, city, requests.Heat.model_validate({"from": query.from_, **asked}), counting.heat)

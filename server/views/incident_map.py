"""The view of incidents as one HTML file that opens with no network: heat, hot spots and the borders of regions.

For those who see exact figures, so it is marked as an internal sheet unless another mark is given.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from layers import base, ground, incidents, page, regions
from layers import hotspots as spot_layers
from server import language
from server.usecases import handing_out
from server.usecases.city import cities
from server.usecases.city import ground as ground_usecase
from server.usecases.context import Columns, Context

INTERNAL = "内部资料"
_SOURCE = {"zh": "事件台账", "en": "reports as imported"}
_ZOOM = 14
_WHOLE = (-180.0, -90.0, 180.0, 90.0)


def make(
    ctx: Context, city: str, *, heat: Columns, spots: Columns | None, lang: str = "zh",
    classification: str = INTERNAL,
) -> str:
    """The HTML text. ``heat`` and ``spots`` carry their legends (``server.views.legends``)."""
    place = cities.get(ctx, city)
    made: list[base.DataLayer] = [_ground(ctx, city)]
    for level in place["levels"]:
        tree = cities.tree(ctx, city, level=level)
        rows = [{"name": one["properties"]["name"], **one["properties"]["middle"]} for one in tree["features"]]
        made += [regions.borders(tree, level=level), regions.labels(rows, level=level)]
    shown = spots is not None
    legend_object = _local(heat.meta["legend"], place["tz"])
    data = incidents.encode(heat.cells, heat.columns["value"], heat.columns["n"], legend_object=legend_object)
    made.append(incidents.heat(data, show=not shown))
    if spots is not None:
        by_size, by_class = (_local(spots.meta[name], place["tz"]) for name in ("legend", "class_legend"))
        made += spot_layers.layers(spots.cells, spots.columns, by_size=by_size, by_class=by_class)
    settings: dict[str, Any] = {"bbox": place["bbox"], "city": city, "date": ctx.stamp()[:10]}
    footer = language.say(lang, "incidents.note")
    text = page.export(
        place["name"], made, lang=lang, footer=footer, classification=classification, settings=settings
    )
    handing_out.note(
        ctx, city, view="heat" if spots is None else "hotspots", format="html", classification=classification,
        cells=int(heat.cells.size), window=heat.meta["window"],
    )
    return text


def _local(legend: dict[str, Any], tz: str) -> dict[str, Any]:
    """The legend with its window as days on the city's clock, the last one included: a file knows no zone."""
    told = {**legend, "source": dict(_SOURCE)}
    if legend["window"] is None:
        return told
    start, end = (datetime.fromisoformat(at) for at in legend["window"])
    days = (start, max(start, end - timedelta(microseconds=1)))
    return {**told, "window": [at.astimezone(ZoneInfo(tz)).date().isoformat() for at in days]}


def _ground(ctx: Context, city: str) -> base.DataLayer:
    kinds = ("water", "rail", "road")
    return ground.ground({
        kind: ground_usecase.get(ctx, city, kind=kind, bbox=_WHOLE, zoom=_ZOOM) for kind in kinds
    })  # fmt: skip

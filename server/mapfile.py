"""One HTML file with a city's map: the layers of the page with their data inside, for ``map --out FILE.html``.

An internal sheet holds everything the actor may see. A public one keeps the privacy floor: no workers, cameras or gaps,
incidents of one whole month in coarse cells, rounded, small counts left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geo import cells
from layers import base, cameras, centres, features, grids, ground, incidents, page, regions, workers
from server import language
from server.rules import permissions
from server.usecases import handing_out
from server.usecases.cameras import coverage
from server.usecases.city import cities, things
from server.usecases.city import ground as ground_cases
from server.usecases.context import Columns, Context, Progress, silent
from server.usecases.errors import NotFound
from server.usecases.incidents import counting
from server.usecases.planning import plans, staffing
from server.views import shown
from server.wire import requests

FOOTERS = {
    "zh": "事件为上报数量，受巡查与上报影响，不代表个人风险；本图只表达地方，不表达个人。",
    "en": "Incidents are counts of reports; they depend on patrol and reporting and are no risk of persons. "
          "This map is about places, not people.",
}  # fmt: skip
_GROUND_ZOOM = 14
_WHOLE = (-180.0, -90.0, 180.0, 90.0)


def make(
    ctx: Context, city: str, *, ref: str = plans.CURRENT, lang: str = "zh", public: bool = False,
    classification: str, progress: Progress = silent,
) -> str:
    """The HTML text of a city's map with a plan (the one in force, else the newest draft, else none)."""
    if public:
        ctx = ctx.acting(permissions.Actor("public", "viewer", city))
    place = cities.get(ctx, city)
    progress(0.1, "grids")
    made, settings = _plan_layers(ctx, city, ref)
    progress(0.4, "regions")
    layers = [_ground(ctx, city), *made, *_region_layers(ctx, city, place["levels"], show=not made)]
    progress(0.6, "centres")
    layers += _centre_layers(ctx, city)
    layers.append(features.Features(
        "places", kind="places", name={"zh": "重点场所", "en": "Key places"}, data=_all(things.places, ctx, city),
        show=False,
    ))  # fmt: skip
    progress(0.7, "incidents")
    layers += _public_heat(ctx, city, place) if public else _exact_layers(ctx, city)
    progress(0.9, "page")
    settings = {"bbox": place["bbox"], "city": city, "date": ctx.stamp()[:10], **settings}
    text = page.export(
        place["name"], layers, lang=lang, footer=FOOTERS[lang], classification=classification, settings=settings
    )
    handing_out.note(ctx, city, view="city", format="html", classification=classification)
    return text


def _plan_layers(ctx: Context, city: str, ref: str) -> tuple[list[base.DataLayer], dict[str, Any]]:
    try:
        found = plans.grids(ctx, city, ref)
    except NotFound:
        if ref != plans.CURRENT:
            raise
        return [], {}
    labelled = plans.cells_of(ctx, city, ref)
    data = grids.encode(
        labelled.cells, labelled.columns["grid"].astype(np.int32), neighbours=cells.neighbours(labelled.cells),
        meta={"plan": found["plan"]["id"], "version": found["plan"]["version"]},
    )
    rows, (low, high) = found["grids"], found["band"]
    layers: list[base.DataLayer] = [
        grids.fill(data, grids=rows), grids.deviation(rows, band=(low, high)), grids.borders(rows), grids.labels(rows),
    ]  # fmt: skip
    version, status = found["plan"]["version"], found["plan"]["status"]
    settings = {
        "plan": {lang: f"v{version} · {words}" for lang, words in _words(f"plan.status.{status}").items()},
        "faults": {code: _words(f"fault.{code}") for code in sorted({code for row in rows for code in row["faults"]})},
        "band": [low, high],
        "search": grids.search_rows(rows),
    }
    return layers, settings


def _words(key: str) -> dict[str, str]:
    return {lang: language.say(lang, key) for lang in language.LANGUAGES}


def _ground(ctx: Context, city: str) -> base.DataLayer:
    made = {
        kind: ground_cases.get(ctx, city, kind=kind, bbox=_WHOLE, zoom=_GROUND_ZOOM)
        for kind in ("water", "rail", "road")
    }
    return ground.ground(made)


def _region_layers(ctx: Context, city: str, levels: list[str], *, show: bool) -> list[base.DataLayer]:
    """Borders of regions; beside a plan they start hidden, since its own borders follow them along the cells."""
    layers: list[base.DataLayer] = []
    for level in levels:
        tree = cities.tree(ctx, city, level=level)
        layers.append(regions.borders(tree, level=level, show=show))
        rows = [
            {"name": found["properties"]["name"], **found["properties"]["middle"]} for found in tree["features"]
        ]
        layers.append(regions.labels(rows, level=level, show=level != "community"))
    return layers


def _centre_layers(ctx: Context, city: str) -> list[base.DataLayer]:
    found = things.centres(ctx, city)
    layers: list[base.DataLayer] = [centres.symbols(found["items"])]
    for tier in sorted({row["tier"] for row in found["items"]}, key=staffing.TIERS.index, reverse=True):
        areas = staffing.service_areas(ctx, city, tier=tier)
        if areas.cells.size:
            data = centres.encode_areas(
                areas.cells, areas.columns["centre"].astype(np.int32), neighbours=cells.neighbours(areas.cells),
                centres=areas.meta["centres"],
            )
            layers.append(centres.areas(data, tier=tier))
    return layers


def _exact_layers(ctx: Context, city: str) -> list[base.DataLayer]:
    sites = _all(things.cameras, ctx, city)
    density, gaps = coverage.density(ctx, city), coverage.gaps(ctx, city)
    covered, out_of_sight = density.columns, gaps.columns
    seen = cameras.coverage_legend(covered["value"], n=len(sites))
    unseen = cameras.gaps_legend(out_of_sight["value"], n=gaps.meta["n"], window=_window(gaps))
    return [
        _heat(counting.heat(ctx, city)),
        workers.symbols(_all(things.workers, ctx, city)),
        cameras.sites(sites),
        cameras.coverage(cameras.encode_coverage(
            density.cells, covered["value"], covered["covered"], legend_object=seen
        )),
        cameras.gaps(cameras.encode_gaps(
            gaps.cells, out_of_sight["value"], out_of_sight["n"], out_of_sight["covered"], legend_object=unseen
        )),
    ]  # fmt: skip


def _public_heat(ctx: Context, city: str, place: dict[str, Any]) -> list[base.DataLayer]:
    """The newest whole month as the page tells it to viewers: a sum of its own could be subtracted from that."""
    if place["incidents"]["last"] is None:
        return []
    found = shown.heat(ctx, city, requests.Heat(), counting.heat)
    values, n = found.columns["value"], found.columns["n"]
    return [incidents.heat(incidents.encode(found.cells, values, n, legend_object=found.meta["legend"]))]


def _heat(found: Columns) -> base.DataLayer:
    values, n = found.columns["value"], found.columns["n"]
    made = incidents.heat_legend(values, per="raw", n=found.meta["n"], window=_window(found))
    return incidents.heat(incidents.encode(found.cells, values, n, legend_object=made))


def _window(found: Columns) -> list[str] | None:
    window: list[str] = found.meta["window"]
    return window if window[0] and window[1] else None


def _all(listed: Callable[..., dict[str, Any]], ctx: Context, city: str) -> list[dict[str, Any]]:
    """Every item of a list that comes in pages."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        found = listed(ctx, city, limit=things.PAGE, cursor=cursor)
        items += found["items"]
        cursor = found["next"]
        if cursor is None:
            return items

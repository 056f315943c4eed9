"""Sheets to print: a page of its own for grids (A4), a region's wall map, and the card that becomes a picture.

The drawing is SVG made here, so that paper is sharp and nothing is loaded from anywhere.
"""

from __future__ import annotations

import datetime
import math
import zoneinfo
from typing import Any, Final

import flask

from layers import paper
from server.rules import permissions, privacy
from server.usecases.context import Columns, Context
from server.usecases.incidents import counting
from server.usecases.outputs import sheets as usecase
from server.usecases.planning import plans
from server.views import answers, routes, shown
from server.wire import outputs, requests

blueprint = flask.Blueprint("sheets", __name__)
PAPER_MM: Final = {"a4": (297, 210), "a3": (420, 297), "a2": (594, 420), "a1": (841, 594), "a0": (1189, 841)}
"""Width and height of a sheet lying across."""
SHEET_MM: Final = (186.0, 128.0)
CARD_MM: Final = (180.0, 150.0)
INTERNAL: Final = "内部资料"
_MARGIN_MM, _HEAD_MM, _SIDE = 12.0, 30.0, 0.26
_NAMED_AT_MOST = 16


@routes.serve(
    blueprint,
    routes.Route(
        "/city/<city>/sheets", "GET", "grid.read", "Sheets of grids, a wall map, or a card, to print",
        answer="text/html", query=outputs.Sheets, listed=False,
    ),
)  # fmt: skip
def sheets_page(ctx: Context, city: str, query: outputs.Sheets) -> flask.Response:
    made = {"grid": _grids, "wall": _wall, "card": _card}[query.kind](ctx, city, query)
    response = flask.make_response(flask.render_template(f"sheets_{query.kind}.html", asked=query, **made))
    response.headers["Vary"] = answers.VARY
    return response


def _grids(ctx: Context, city: str, query: outputs.Sheets) -> dict[str, Any]:
    labels = [int(label) for label in query.grids.split(",")] if query.grids else None
    found = usecase.grid_sheets(ctx, city, query.plan, labels=labels, region=query.region)
    return {
        **_head(ctx, found, query), "band": found["band"], "sheets": [_laid_out(sheet) for sheet in found["sheets"]],
    }  # fmt: skip


def _laid_out(sheet: dict[str, Any]) -> dict[str, Any]:
    on = paper.frame(sheet["box"], width_mm=SHEET_MM[0], height_mm=SHEET_MM[1], margin=0.0)
    grid = sheet["grid"]
    centre = next((one for one in grid["chain"] if one["lat"] is not None), None)
    spots = [{**place, "n": n, "at": on.point(place["lat"], place["lng"])} for n, place in enumerate(grid["places"], 1)]
    return {
        "grid": grid, "reasons": sheet["reasons"], "frame": on, "bar": on.bar(),
        "ground": paper.ground(on, sheet["ground"]), "own": on.path(sheet["shape"]),
        "others": [on.path(shape) for shape in sheet["others"]],
        "borders": [{"level": one["level"], "d": on.path(one["shape"])} for one in sheet["borders"]],
        "names": paper.fitting(
            on, [(one["lat"], one["lng"], one["name"]) for one in sheet["names"]], mm=3.0
        ),
        "places": spots, "centre": on.point(centre["lat"], centre["lng"]) if centre else None,
        "reports": sum(month["n"] or 0 for month in grid["months"]),
    }  # fmt: skip


def _wall(ctx: Context, city: str, query: outputs.Sheets) -> dict[str, Any]:
    found = usecase.wall(ctx, city, query.plan, region=query.region)
    wide, high = PAPER_MM[query.size]
    on = paper.frame(
        found["box"], width_mm=round((wide - 2 * _MARGIN_MM) * (1 - _SIDE), 1),
        height_mm=high - 2 * _MARGIN_MM - _HEAD_MM, margin=0.0,
    )
    colour = paper.colours(found["labels"], found["near"])
    grids = [
        {**row, "d": on.path(row["shape"]), "colour": colour[row["label"]], "number": n}
        for n, row in enumerate(found["grids"], 1)
    ]
    room = math.sqrt(on.width_mm * on.height_mm / len(grids))
    letters = max(on.width_mm / 110, min(on.width_mm / 55, 0.16 * room))
    biggest = sorted(grids, key=lambda row: -row["area_km2"])
    named = len(grids) <= _NAMED_AT_MOST
    names = paper.fitting(on, [
        (row["lat"], row["lng"], f"{row['number']} {row['name']}" if named else str(row["number"])) for row in biggest
    ], mm=letters)  # fmt: skip
    return {
        **_head(ctx, found, query), "region": found["region"], "frame": on, "bar": on.bar(), "grids": grids,
        "others": [on.path(shape) for shape in found["others"]], "ground": paper.ground(on, found["ground"]),
        "borders": [{"level": one["level"], "d": on.path(one["shape"])} for one in found["borders"]],
        "labels": names, "letters": round(letters, 2), "band": found["band"],
        "households": sum(row["households"] for row in grids), "area": sum(row["area_km2"] for row in grids),
    }  # fmt: skip


def _card(ctx: Context, city: str, query: outputs.Sheets) -> dict[str, Any]:
    """Only what everyone may know, whoever asks: reports of one month in coarse cells, rounded, no small counts."""
    everyone = ctx.acting(permissions.Actor("public", "viewer", city, ctx.actor.region_id if ctx.actor else None))
    found = usecase.wall(everyone, city, query.plan, region=query.region)
    on = paper.frame(found["box"], width_mm=CARD_MM[0], height_mm=CARD_MM[1], margin=0.0)
    heat: Columns = shown.heat(everyone, city, requests.Heat(), counting.heat)
    steps = heat.meta["legend"]["classes"]
    seen = [
        {"d": d, "n": int(value), "colour": [step["colour"] for step in steps if value >= step["from"]][-1]}
        for shape, value in zip(usecase.hexagons(heat.cells), heat.columns["value"].tolist(), strict=True)
        if (d := on.path(shape))
    ]
    shown_levels = found["city"]["levels"] if found["region"] else found["city"]["levels"][:1]
    zone = zoneinfo.ZoneInfo(found["city"]["tz"])
    begin = datetime.datetime.fromisoformat(heat.meta["window"][0]).astimezone(zone)
    return {
        **_head(ctx, found, query), "region": found["region"], "frame": on, "bar": on.bar(), "cells": seen,
        "legend": heat.meta["legend"], "month": begin.strftime("%Y-%m"), "total": sum(cell["n"] for cell in seen),
        "borders": [
            {"level": one["level"], "d": on.path(one["shape"])} for one in found["borders"]
            if one["level"] in shown_levels
        ],
        "number": len(found["grids"]), "step": privacy.STEP,
    }  # fmt: skip


def _head(ctx: Context, found: dict[str, Any], query: outputs.Sheets) -> dict[str, Any]:
    zone = zoneinfo.ZoneInfo(found["city"]["tz"])
    return {
        "city": found["city"], "plan": found["plan"], "mark": query.mark.strip(), "internal": INTERNAL,
        "day": ctx.now().astimezone(zone).strftime("%Y-%m-%d"), "exact": permissions.exact(ctx.actor),
        "plan_is_current": query.plan == plans.CURRENT,
    }  # fmt: skip

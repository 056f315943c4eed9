"""What can be seen of a city as a file: ``heat`` and ``map``."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pydantic

from server import terminal
from server.cli import common
from server.rules import permissions
from server.usecases import context, handing_out
from server.usecases.city import cities
from server.usecases.incidents import counting
from server.usecases.outputs import exports
from server.usecases.planning import plans

INTERNAL = "内部资料"


@click.command("heat")
@common.city
@click.option("--from", "start", metavar="TIME", help="Begin of the window, on the city's clock unless a zone is said.")
@click.option("--to", "end", metavar="TIME", help="End of the window, itself excluded.")
@click.option("--category", help="A category or a group of them.")
@click.option("--res", type=int, default=None, help="H3 resolution (default: the city's own).")
@click.option("--per", type=click.Choice(("raw", "area", "household")), default="raw", show_default=True)
@click.option("--smooth", type=int, default=0, show_default=True, metavar="RINGS", help="Share counts out over rings.")
@common.clock
@click.option(
    "--classes", default="quantile", show_default=True, metavar="quantile|N,N",
    help="Classes of the legend for the whole city: quantile, or fixed limits.",
)
@click.option("--public", is_flag=True, help="Keep the privacy floor: for readers outside the office.")
@common.out
@common.as_json
@common.opened
def heat(
    ctx: context.Context, city: str, start: str | None, end: str | None, out: Path, as_json: bool, public: bool,
    **asked: Any,
) -> None:
    """Reports per cell, as csv, geojson, parquet or html (by the name of the file); with --json the legend."""
    from server.views import incident_map, shown
    from server.wire import requests

    zone = ZoneInfo(cities.get(ctx, city)["tz"])
    given = {**asked, "from": common.time(start, zone), "to": common.time(end, zone)}
    try:
        query = requests.Heat.model_validate({name: value for name, value in given.items() if value is not None})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        hint = "--" + ".".join(str(part) for part in first["loc"]) if first["loc"] else None
        raise click.BadParameter(first["msg"], param_hint=hint) from None
    own = ctx.acting(permissions.Actor(ctx.by, "viewer", city)) if public else ctx
    found = shown.heat(own, city, query, counting.heat)
    if out.suffix == ".html":
        common.save(out, incident_map.make(own, city, heat=found, spots=None).encode())
    else:
        made = exports.columns(found, format=out.suffix.lstrip("."), name="heat")
        handing_out.note(
            own, city, view="heat", format=out.suffix.lstrip("."), cells=int(found.cells.size),
            window=found.meta["window"],
        )  # fmt: skip
        common.save(out, made.body)
    told = {"cells": int(found.cells.size), **found.meta}
    if as_json:
        terminal.write_json(told)
    else:
        click.echo(f"{found.meta['n']:,} incidents in {found.cells.size:,} cells", err=True)


@click.command("map")
@common.city
@click.option("--plan", "ref", default=plans.CURRENT, metavar="ID", help="Plan (default: in force, else newest draft).")
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@click.option("--public", is_flag=True, help="Keep the privacy floor: for readers outside the office.")
@click.option(
    "--classification", default=INTERNAL, show_default=True, help="内部资料 or the map approval number."
)
@common.out
@common.opened
def map_(
    ctx: context.Context, city: str, ref: str, lang: str, public: bool, classification: str, out: Path
) -> None:
    """One HTML file that opens with no network."""
    from server import mapfile

    with terminal.progress() as progress:
        text = mapfile.make(
            ctx, city, ref=ref, lang=lang, public=public, classification=classification, progress=progress
        )
    common.save(out, text.encode())

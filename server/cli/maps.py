"""What can be seen of a city as a file: ``heat`` and ``map``."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from server import terminal
from server.cli import common
from server.usecases import cities, context, exports, incidents, plans

INTERNAL = "内部资料"


@click.command("heat")
@common.city
@click.option("--from", "start", metavar="TIME", help="Begin of the window, on the city's clock unless a zone is said.")
@click.option("--to", "end", metavar="TIME", help="End of the window, itself excluded.")
@click.option("--category", help="A category or a group of them.")
@click.option("--res", type=int, default=None, help="H3 resolution (default: the city's own).")
@click.option("--per", type=click.Choice(("raw", "area", "household")), default="raw", show_default=True)
@click.option("--smooth", type=int, default=0, show_default=True, metavar="RINGS", help="Share counts out over rings.")
@common.out
@common.opened
def heat(
    ctx: context.Context, city: str, start: str | None, end: str | None, category: str | None, res: int | None,
    per: incidents.Per, smooth: int, out: Path,
) -> None:
    """Incidents per cell, as csv, geojson or parquet (by the name of the file)."""
    zone = ZoneInfo(cities.get(ctx, city)["tz"])
    found = incidents.heat(
        ctx, city, start=common.time(start, zone), end=common.time(end, zone), category=category, res=res, per=per,
        smooth=smooth,
    )
    common.save(out, exports.columns(found, format=out.suffix.lstrip("."), name="heat").body)
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

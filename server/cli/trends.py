"""What gathers: ``hotspots`` as a file and a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from server.cli import common
from server.usecases import context, handing_out
from server.usecases.city import cities
from server.usecases.incidents import counting
from server.usecases.incidents import hotspots as usecase
from server.usecases.outputs import exports


@click.command("hotspots")
@common.city
@click.option("--from", "start", metavar="TIME", help="Begin of the window, on the city's clock unless a zone is said.")
@click.option("--to", "end", metavar="TIME", help="End of the window, itself excluded.")
@click.option("--category", help="A category or a group of them.")
@click.option("--res", type=int, default=None, help="H3 resolution (default: the city's own).")
@click.option("--per", type=click.Choice(("area", "household")), default="area", show_default=True)
@common.clock
@common.out
@common.as_json
@common.opened
def hotspots(
    ctx: context.Context, city: str, start: str | None, end: str | None, category: str | None, res: int | None,
    per: usecase.Per, hours: str | None, weekdays: str | None, out: Path, as_json: bool,
) -> None:
    """Cells with more or fewer incidents than chance, as csv, geojson, parquet or html (by the name of the file); the
    table of spots."""
    from server.views import incident_map, legends

    zone = ZoneInfo(cities.get(ctx, city)["tz"])
    asked: dict[str, Any] = {
        "start": common.time(start, zone), "end": common.time(end, zone), "category": category, "res": res,
        "clock": counting.Clock(common.numbers(hours, 23, "--hours"), common.numbers(weekdays, 6, "--weekdays")),
    }  # fmt: skip
    found = usecase.find(ctx, city, per=per, **asked)
    if out.suffix == ".html":
        heat = legends.heat(counting.heat(ctx, city, **asked), per="raw")
        common.save(out, incident_map.make(ctx, city, heat=heat, spots=legends.hotspots(found)).encode())
    else:
        made = exports.columns(found, format=out.suffix.lstrip("."), name="hotspots")
        handing_out.note(
            ctx, city, view="hotspots", format=out.suffix.lstrip("."), cells=int(found.cells.size),
            window=found.meta["window"],
        )  # fmt: skip
        common.save(out, made.body)
    click.echo(
        f"{found.meta['n']:,} reports, {found.cells.size:,} of {found.meta['cells']:,} cells with a finding; expected "
        f"share of false ones at most {found.meta['q']:.0%}; base: {per}",
        err=True,
    )
    common.answer(found.meta["spots"], as_json, _tell)


def _tell(spots: list[dict[str, Any]]) -> None:
    for one in spots:
        place = f"{one['lat']:.5f},{one['lng']:.5f}"
        click.echo(f"{one['n']:>7,}  z {one['z']:>6.1f}  rate {one['rate']:>9,.1f}  {one['class'] or '-':<18}  {place}")

"""What changes: ``areas`` with their figures, ``alerts`` of a day, and the ``month`` in sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from server.cli import common
from server.usecases import context
from server.usecases.city import cities
from server.usecases.incidents import alerts as alert_cases
from server.usecases.incidents import areas, monthly

_level = click.option(
    "--level", default="grid", show_default=True, metavar="LEVEL",
    help="grid, community, town, county, or net:DEPARTMENT for the areas of a department's net (patrol areas).",
)  # fmt: skip
_COLOURS = {"red": "红 red", "yellow": "黄 yellow", "blue": "蓝 blue"}


@click.command("areas")
@common.city
@_level
@click.option("--from", "start", metavar="TIME", help="Begin of the window, on the city's clock unless a zone is said.")
@click.option("--to", "end", metavar="TIME", help="End of the window, itself excluded.")
@click.option("--category", help="A category or a group of them.")
@click.option("--against", type=click.Choice(("previous", "year")), default="previous", show_default=True,
              help="Compare the window with the one before, or with the same days a year ago.")  # fmt: skip
@common.as_json
@common.opened
def areas_told(
    ctx: context.Context, city: str, level: str, start: str | None, end: str | None, category: str | None,
    against: areas.Against, as_json: bool,
) -> None:
    """Reports of every area: how many, how dense, and whether they changed; the most first."""
    zone = ZoneInfo(cities.get(ctx, city)["tz"])
    found = areas.figures(
        ctx, city, level=level, start=common.time(start, zone), end=common.time(end, zone), category=category,
        against=against,
    )
    common.answer(found, as_json, _tell_areas)


def _tell_areas(found: dict[str, Any]) -> None:
    for one in sorted(found["items"], key=lambda one: -one["n"]):
        density = "-" if one["per_km2"] is None else f"{one['per_km2']:,.1f}"
        compared = "" if one["verdict"] is None else f"{one['before']:>8,} before  {one['verdict']:<5}"
        click.echo(f"{one['n']:>8,}  {density:>10} per km2  {compared}  {one['code']} {one['name']}")
    empty = sum(one["n"] == 0 for one in found["items"])
    click.echo(f"{found['n']:,} reports in {len(found['items']):,} areas, {empty:,} of them without any; "
               f"{found['left_out']:,} in no area, {found['shared']:,} in several", err=True)  # fmt: skip


@click.command("alerts")
@common.city
@_level
@click.option("--day", type=click.DateTime(("%Y-%m-%d",)), help="Day (default: the last one with reports).")
@click.option("--category", help="A category or a group of them.")
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change the rule, for example least=10 or test=ewma."
)
@common.as_json
@common.opened
def alerts(
    ctx: context.Context, city: str, level: str, day: Any, category: str | None, changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Red and yellow areas with the reason; with --set the rule is changed first."""
    if changes:
        alert_cases.set_policy(ctx, city, {
            name: text if name == "test" else _number(text) for name, text in common.pairs(changes).items()
        })  # fmt: skip
    found = alert_cases.of_day(ctx, city, level=level, day=day.date() if day else None, category=category)
    common.answer(found, as_json, _tell)


def _tell(found: dict[str, Any]) -> None:
    raised = [one for one in found["items"] if one["colour"] != "blue"]
    for one in raised:
        click.echo(f"{_COLOURS[one['colour']]:<9}  {one['name'] or one['code']}  {one['reason']['zh']}")
    calm = len(found["items"]) - len(raised)
    click.echo(f"{found['day'] or '-'}: {len(raised)} raised, {calm} blue", err=True)
    if not found["enough"]:
        click.echo("There is not enough history for the rule.", err=True)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no number", param_hint="--set") from None


@click.command("month")
@common.city
@click.option("--month", metavar="YYYY-MM", help="The month (default: the last whole one).")
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@click.option("--classification", default="内部资料", show_default=True, help="内部资料 or the map approval number.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="FILE.html or FILE.docx, with maps."
)
@common.as_json
@common.opened
def month(
    ctx: context.Context, city: str, month: str | None, lang: str, classification: str, out: Path | None, as_json: bool
) -> None:
    """The month in sentences: what changed and what did not."""
    if out is None:
        common.answer(monthly.write(ctx, city, month=month).told, as_json, lambda told: _read(told, lang))
        return
    from server.views import month_file

    if out.suffix not in (".html", ".docx"):
        raise click.BadParameter(f"{out.name}: html or docx", param_hint="--out")
    made = month_file.make(
        ctx, city, month=month, format=out.suffix[1:], lang=lang, classification=classification
    )
    common.save(out, made.body)


def _read(told: dict[str, Any], lang: str) -> None:
    click.echo(told["title"][lang])
    for part in told["sections"]:
        click.echo(f"\n{part['title'][lang]}")
        for line in part["sentences"]:
            click.echo(f"  {line[lang]}")
    click.echo(f"\n{told['note'][lang]}")

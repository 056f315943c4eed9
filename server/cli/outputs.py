"""What leaves the house: ``plan report`` (Word, Excel), ``plan why``, and ``where`` (这里归谁管)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.cli import common, plans
from server.usecases import context
from server.usecases.city import whose
from server.usecases.outputs import documents
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import explaining

language = click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)


@plans.plan.command("report")
@click.argument("kind", type=click.Choice(documents.KINDS))
@common.any_city
@common.plan
@click.option("--against", default=None, metavar="ID", help="Plan to compare with (default: the one before).")
@language
@click.option("--mark", default="内部资料", show_default=True, help="Stands in the head of every page.")
@common.out
@common.opened
def plan_report(
    ctx: context.Context, kind: str, city: str | None, ref: str | None, against: str | None, lang: str, mark: str,
    out: Path,
) -> None:
    """Adjustment proposal (Word), before and after, grid ledger or handover by building (Excel)."""
    made = documents.make(
        ctx, common.only_city(ctx, city, ref), ref or plan_usecases.CURRENT, kind=kind, against=against, lang=lang,
        mark=mark,
    )
    common.save(out, made.body)


@plans.plan.command("why")
@click.argument("code", required=False)
@common.any_city
@common.plan
@language
@common.as_json
@common.opened
def plan_why(
    ctx: context.Context, code: str | None, city: str | None, ref: str | None, lang: str, as_json: bool
) -> None:
    """Why a grid (by its code), or every grid out of band or oddly shaped, is as it is."""
    named, ref = common.only_city(ctx, city, ref), ref or plan_usecases.CURRENT
    if code is None:
        found = explaining.odd(ctx, named, ref)
    else:
        rows = [row for row in plan_usecases.grids(ctx, named, ref)["grids"] if row["code"] == code]
        if not rows:
            raise click.BadParameter(f"the plan has no grid {code!r}", param_hint="CODE")
        found = [explaining.grid(ctx, named, ref, rows[0]["label"])]
    common.answer(found, as_json, lambda told: _tell_why(told, lang))


def _tell_why(told: list[dict[str, Any]], lang: str) -> None:
    for grid in told:
        click.echo(f"{grid['code']}  {grid['name']}")
        for reason in grid["reasons"]:
            click.echo(f"    {reason[lang]}")


@click.command("where")
@click.argument("text")
@common.any_city
@common.as_json
@common.opened
def where(ctx: context.Context, text: str, city: str | None, as_json: bool) -> None:
    """Whose a place is (这里归谁管): an address, a place, a grid code, a cell id, or LAT,LNG."""
    found = whose.ask(ctx, common.only_city(ctx, city, None), text=text)
    common.answer(found, as_json, _tell_whose)


def _tell_whose(told: dict[str, Any]) -> None:
    for match in told["matches"][:1]:
        click.echo(f"{match['label']}  {match['sub']}")
    here = told["here"]
    if here is not None:
        grid = here["grid"]
        click.echo(f"cell        {here['cell']}  {here['lat']:.5f},{here['lng']:.5f}")
        click.echo(f"grid        {grid['code']}  {grid['name']}" if grid else "grid        -")
        for region in here["regions"]:
            click.echo(f"{region['level']:<12}{region['code']}  {region['name']}")
    for post in told["posts"]:
        click.echo(f"{post['role']:<12}{post['name']}  {post['post']}".rstrip())
    for one in told["departments"]:
        click.echo(f"department  {one['department']}  {one['code']}  {one['name']}")
    for grid in told["along"]:
        click.echo(f"along       {grid['code']}  {grid['name']}")

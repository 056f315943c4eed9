"""Staffing and keeping plans: ``staff`` and ``plan …``. Drawing them is in ``drawing``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server import checkfile, terminal
from server.cli import common, drawing_told
from server.usecases import context
from server.usecases.drafting import checkup, measuring
from server.usecases.outputs import exports
from server.usecases.planning import plans, publishing, staffing
from server.usecases.workbench import comparing, merging


@click.command("staff")
@common.city
@click.option("--plan", "ref", default=plans.CURRENT, metavar="ID", help="Plan (default: in force, else newest).")
@common.as_json
@common.opened
def staff(ctx: context.Context, city: str, ref: str, as_json: bool) -> None:
    """Give every grid its worker and its centre."""
    with terminal.progress() as progress:
        made = staffing.staff(ctx, city, ref, progress=progress)
    common.answer(made, as_json, terminal.tell_staff)


@click.group("plan")
def plan() -> None:
    """Plans: list, show, publish, export."""


@plan.command("list")
@common.any_city
@common.as_json
@common.opened
def plan_list(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """Plans of a city, newest first."""
    code = common.only_city(ctx, city, None)
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        found = plans.list_(ctx, code, limit=500, cursor=cursor)
        items += found["items"]
        cursor = found["next"]
        if cursor is None:
            break
    common.answer(items, as_json, terminal.tell_plans)


@plan.command("show")
@common.any_city
@common.plan
@common.as_json
@common.opened
def plan_show(ctx: context.Context, city: str | None, ref: str | None, as_json: bool) -> None:
    """One plan with its measures and violations."""
    found = plans.get(ctx, common.only_city(ctx, city, ref), ref or plans.CURRENT)
    common.answer({**found, "plan": found["id"], "seconds": None}, as_json, lambda told: terminal.tell_plans([told]))


@plan.command("publish")
@common.any_city
@common.plan
@click.option("--over", is_flag=True, help="Also over a plan that came into force since the draft was begun.")
@common.as_json
@common.opened
def plan_publish(ctx: context.Context, city: str | None, ref: str | None, over: bool, as_json: bool) -> None:
    """Put a draft in force (default: the newest)."""
    code = common.only_city(ctx, city, ref)
    chosen = plans.get(ctx, code, ref or plans.NEWEST)
    found = publishing.publish(ctx, code, chosen["id"], if_match=chosen["tag"], over=over)
    common.answer(found, as_json, lambda told: terminal.tell_plans([told]))


@plan.command("merge")
@click.argument("one")
@click.argument("other", default=plans.CURRENT)
@common.any_city
@click.option("--prefer", type=click.Choice(("ours", "theirs")), help="Whose change counts where both changed it.")
@common.as_json
@common.opened
def plan_merge(
    ctx: context.Context, one: str, other: str, city: str | None, prefer: merging.Prefer | None, as_json: bool
) -> None:
    """Merge a plan (default: the one in force) into a draft, cell by cell, as a new draft."""
    found = merging.merge(ctx, common.only_city(ctx, city, one), one, other, prefer=prefer)
    common.answer(found, as_json, lambda told: terminal.tell_plans([told]))


@plan.command("roll-back")
@common.any_city
@click.option("--reason", default="", help="Why the publication is taken back.")
@common.as_json
@common.opened
def plan_roll_back(ctx: context.Context, city: str | None, reason: str, as_json: bool) -> None:
    """Take back the last publication: the plan before it comes into force again as a new version."""
    code = common.only_city(ctx, city, None)
    tag = plans.tag_of(ctx, code, plans.CURRENT)
    found = publishing.roll_back(ctx, code, if_match=tag, reason=reason)
    common.answer(found, as_json, lambda told: terminal.tell_plans([told]))


@plan.command("export")
@common.any_city
@common.plan
@click.option("--format", "kind", type=click.Choice(exports.FORMATS), default="geojson", show_default=True)
@common.out
@common.opened
def plan_export(ctx: context.Context, city: str | None, ref: str | None, kind: str, out: Path) -> None:
    """Write a plan as a file."""
    made = exports.plan(ctx, common.only_city(ctx, city, ref), ref or plans.CURRENT, format=kind)
    common.save(out, made.body)


@plan.command("compare")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@common.any_city
@common.as_json
@common.opened
def plan_compare(ctx: context.Context, one: str, other: str, city: str | None, as_json: bool) -> None:
    """Two plans side by side: measures, and who hands over what to whom."""
    found = comparing.compare(ctx, common.only_city(ctx, city, one), one, other)
    common.answer(found, as_json, terminal.tell_compared)


@plan.command("measure")
@common.any_city
@common.plan
@click.option("--level", type=click.Choice(("city", "communities", "grids")), default="communities", show_default=True)
@common.as_json
@common.opened
def plan_measure(ctx: context.Context, city: str | None, ref: str | None, level: str, as_json: bool) -> None:
    """Households, deviation, roundness, diameter and walking round of a plan."""
    found = measuring.of_plan(ctx, common.only_city(ctx, city, ref), ref or plans.CURRENT)
    common.answer(found, as_json, lambda told: drawing_told.measured(told, level))


@plan.command("check")
@common.any_city
@common.plan
@click.option("--out", type=common.NEW_FILE, default=None, metavar="FILE.html", help="Write it to print, with a plan.")
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True, help="Language of the file.")
@common.as_json
@common.opened
def plan_check(
    ctx: context.Context, city: str | None, ref: str | None, out: Path | None, lang: str, as_json: bool
) -> None:
    """Examine a plan before anybody redraws it (网格体检)."""
    code, chosen = common.only_city(ctx, city, ref), ref or plans.CURRENT
    if out is None:
        found = checkup.examine(ctx, code, chosen)
    else:
        text, found = checkfile.make(ctx, code, chosen, lang=lang)
        common.save(out, text.encode())
    common.answer(found, as_json, terminal.tell_checkup)

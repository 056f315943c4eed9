"""Drawing, staffing and keeping plans: ``draw``, ``staff`` and ``plan …``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server import terminal
from server.cli import common
from server.usecases import adjusting, checkup, comparing, context, drawing, exports, plans, staffing


@click.command("draw")
@common.city
@click.option("--band", default="300:500", show_default=True, metavar="LOW:HIGH", help="Households of a grid.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal plans.")
@click.option("--seconds", type=float, default=None, help="Stop after this time (default: when done).")
@common.as_json
@common.opened
def draw(ctx: context.Context, city: str, band: str, seed: int, seconds: float | None, as_json: bool) -> None:
    """Draw a draft plan of grids."""
    with terminal.progress() as progress:
        made = drawing.draw(ctx, city, band=common.band(band), seed=seed, seconds=seconds, progress=progress)
    common.answer(made, as_json, terminal.tell_plan)


@click.command("rebalance")
@common.city
@click.option("--plan", "ref", default=plans.CURRENT, metavar="ID", help="Plan (default: in force, else newest).")
@click.option("--band", default=None, metavar="LOW:HIGH", help="Households of a grid (default: the plan's own band).")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal plans.")
@click.option("--seconds", type=float, default=None, help="Stop after this time (default: when done).")
@common.as_json
@common.opened
def rebalance(
    ctx: context.Context, city: str, ref: str, band: str | None, seed: int, seconds: float | None, as_json: bool
) -> None:
    """Draw a draft from a plan that moves as few households as can be."""
    limits = common.band(band) if band is not None else None
    with terminal.progress() as progress:
        made = adjusting.rebalance(ctx, city, ref, band=limits, seed=seed, seconds=seconds, progress=progress)
    common.answer(made, as_json, terminal.tell_adjusted)


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
@common.as_json
@common.opened
def plan_publish(ctx: context.Context, city: str | None, ref: str | None, as_json: bool) -> None:
    """Put a draft in force (default: the newest)."""
    code = common.only_city(ctx, city, ref)
    chosen = plans.get(ctx, code, ref or plans.NEWEST)
    found = plans.publish(ctx, code, chosen["id"], if_match=chosen["tag"])
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


@plan.command("check")
@common.any_city
@common.plan
@common.as_json
@common.opened
def plan_check(ctx: context.Context, city: str | None, ref: str | None, as_json: bool) -> None:
    """Examine a plan before anybody redraws it (网格体检)."""
    found = checkup.examine(ctx, common.only_city(ctx, city, ref), ref or plans.CURRENT)
    common.answer(found, as_json, terminal.tell_checkup)

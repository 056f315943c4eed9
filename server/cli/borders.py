"""Community borders: ``borders show``, ``open``, ``move``, ``publish``, ``roll-back``, ``carry``."""

from __future__ import annotations

from typing import Any

import click

from server import terminal
from server.cli import common
from server.usecases import context, errors
from server.usecases.borders import carrying, opening
from server.usecases.planning import plans, publishing
from server.usecases.workbench import changes, editing


@click.group("borders")
def borders() -> None:
    """Community borders as a plan of their own: drafts, publishing, and the grids within new borders."""


@borders.command("show")
@common.any_city
@common.as_json
@common.opened
def borders_show(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """Versions and drafts of the borders, and whether the grids in force follow them."""
    common.answer(opening.state(ctx, common.only_city(ctx, city, None)), as_json, _tell)


@borders.command("open")
@common.any_city
@click.option("--name", default="", help="What the draft is for.")
@click.option("--across-towns", "across", is_flag=True, help="Cells may go to communities of other towns.")
@common.as_json
@common.opened
def borders_open(ctx: context.Context, city: str | None, name: str, across: bool, as_json: bool) -> None:
    """Begin a draft from the communities of today."""
    _answer(opening.open_(ctx, common.only_city(ctx, city, None), name=name, across=across), as_json)


@borders.command("move")
@click.argument("draft")
@click.option("--to", "code", required=True, metavar="CODE", help="Code of the community that takes the cells.")
@click.option("--cells", required=True, metavar="HEX,HEX", help="Ids of the cells.")
@common.any_city
@common.as_json
@common.opened
def borders_move(
    ctx: context.Context, draft: str, code: str, cells: str, city: str | None, as_json: bool
) -> None:
    """Give cells to a community of DRAFT: one step of its log, undone in the page as any other."""
    named = common.only_city(ctx, city, draft)
    label = next((row["label"] for row in plans.grids(ctx, named, draft)["grids"] if row["code"] == code), None)
    if label is None:
        raise errors.NotFound("not_found", f"The draft has no community {code!r}.")
    change = changes.Change(op="assign", cells=tuple(cells.split(",")), to=label)
    made = editing.apply(ctx, named, draft, change, if_match=plans.tag_of(ctx, named, draft))
    common.answer(made, as_json, _tell_change)


@borders.command("publish")
@click.argument("draft")
@common.any_city
@click.option("--from", "effective", metavar="TIME", help="When it comes into effect, ISO 8601 (default: now).")
@click.option("--over", is_flag=True, help="Also over borders that came into force since the draft was begun.")
@common.as_json
@common.opened
def borders_publish(
    ctx: context.Context, draft: str, city: str | None, effective: str | None, over: bool, as_json: bool
) -> None:
    """Put DRAFT in force: a new base of the city, and a draft of the grids within the new borders."""
    named = common.only_city(ctx, city, draft)
    chosen = plans.get(ctx, named, draft)
    if chosen["kind"] != "communities":
        raise errors.Conflict("other_kind", "This is a plan of grids; publish it with plan publish.")
    publishing.publish(ctx, named, draft, if_match=chosen["tag"], over=over, effective_from=effective)
    common.answer(opening.state(ctx, named), as_json, _tell)


@borders.command("roll-back")
@common.any_city
@click.option("--reason", default="", help="Why the publication is taken back.")
@common.as_json
@common.opened
def borders_roll_back(ctx: context.Context, city: str | None, reason: str, as_json: bool) -> None:
    """Take back the borders in force: the base before them is the city's again."""
    named = common.only_city(ctx, city, None)
    in_force = opening.state(ctx, named)["in_force"]
    if in_force is None:
        raise errors.Conflict("nothing_to_roll_back", "No borders were published here.")
    publishing.roll_back(ctx, named, in_force, if_match=plans.tag_of(ctx, named, in_force), reason=reason)
    common.answer(opening.state(ctx, named), as_json, _tell)


@borders.command("carry")
@click.argument("plan")
@common.any_city
@common.as_json
@common.opened
def borders_carry(ctx: context.Context, plan: str, city: str | None, as_json: bool) -> None:
    """Make of a PLAN of older borders (of grids or of communities) a draft within those of today."""
    _answer(carrying.carry(ctx, common.only_city(ctx, city, plan), plan), as_json)


def _answer(found: dict[str, Any], as_json: bool) -> None:
    common.answer(found, as_json, lambda told: terminal.tell_plans([told]))


def _tell(found: dict[str, Any]) -> None:
    click.echo(f"base {found['base']}: {found['communities']} communities")
    terminal.tell_plans(found["items"])
    grids = found["grids"]
    if grids["behind"]:
        click.echo("the grids in force were drawn within older borders")
    if (made := grids["successor"]) is not None:
        click.echo(
            f"their successor is draft v{made['version']} {made['id']}: {len(made['cut'])} grids cut, "
            f"{len(made['made'])} made, {made['moved_cells']} cells moved, {made['faults']} faults"
        )


def _tell_change(found: dict[str, Any]) -> None:
    before = {row["label"]: row for row in found["before"]}
    for row in found["after"]:
        was = before.get(row["label"], {"households": 0.0, "cells": 0})
        click.echo(
            f"{row['code']}  {was['households']:g} -> {row['households']:g} households, "
            f"{was['cells']} -> {row['cells']} cells, {row['pieces']} pieces"
        )
    if found["cut"] is not None:
        click.echo(f"grids cut: {found['cut']['before']} -> {found['cut']['after']}")

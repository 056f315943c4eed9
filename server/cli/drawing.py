"""Drawing from the command line: ``draw`` in all its ways, ``rebalance``, and the formulas of ``workload``."""

from __future__ import annotations

from pathlib import Path

import click

from server import terminal
from server.cli import common, drawing_told
from server.usecases import context
from server.usecases.drafting import adjusting, drawing, sweeping, wishes, workload
from server.usecases.planning import plans

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("draw")
@common.city
@click.option("--band", default="300:500", show_default=True, metavar="LOW:HIGH", help="Households of a grid.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal plans.")
@click.option("--seconds", type=float, default=None, help="Stop after this time (default: when done).")
@click.option(
    "--grids", "given", multiple=True, metavar="[CODE=]N",
    help="Number of grids of the city, or of a county, town or community by its code; may be given again.",
)
@click.option("--workload", "formula", default="households", show_default=True, metavar="NAME", help="What is evened.")
@click.option("--units", type=_FILE, default=None, metavar="FILE", help="Polygons that each stay whole.")
@click.option("--layer", default=None, metavar="NAME", help="Layer of that file, where it has several.")
@common.crs
@common.datum
@click.option("--whole", type=click.Choice(wishes.WHOLE), multiple=True, help="Things that are not to be cut.")
@click.option("--dedicated", multiple=True, metavar="USE", help="Sites of such buildings become dedicated grids.")
@click.option("--keep", is_flag=True, help="Grids locked or dedicated in the plan in force stay as they are.")
@click.option("--exact", is_flag=True, help="The least worst deviation, with proof; for small communities.")
@click.option("--sweep", is_flag=True, help="Store nothing: how many grids at which worst deviation, moving how many.")
@common.as_json
@common.opened
def draw(
    ctx: context.Context, city: str, band: str, seed: int, seconds: float | None, given: tuple[str, ...], formula: str,
    units: Path | None, layer: str | None, crs: str | None, datum: str | None, whole: tuple[str, ...],
    dedicated: tuple[str, ...], keep: bool, exact: bool, sweep: bool, as_json: bool,
) -> None:
    """Draw a draft plan of grids."""
    if exact and sweep:
        raise click.UsageError("--exact draws a plan and --sweep compares many: give one of them.")
    wished = wishes.Wishes(
        workload=formula, counts=_counts(given), whole=whole, dedicated=dedicated, keep=keep,
        units=wishes.read_units(ctx, units, crs=crs, datum=datum, layer=layer) if units is not None else (),
    )
    limits = common.band(band)
    with terminal.progress() as progress:
        if sweep:
            found = sweeping.sweep(
                ctx, city, band=limits, seed=seed, seconds=seconds, wished=wished, progress=progress
            )
        else:
            found = drawing.draw(
                ctx, city, band=limits, seed=seed, seconds=seconds, wished=wished, exact=exact, progress=progress
            )
    common.answer(found, as_json, drawing_told.sweep if sweep else drawing_told.drawn)


@click.command("rebalance")
@common.city
@click.option("--plan", "ref", default=plans.CURRENT, metavar="ID", help="Plan (default: in force, else newest).")
@click.option("--band", default=None, metavar="LOW:HIGH", help="Households of a grid (default: the plan's own band).")
@click.option("--households", type=_FILE, default=None, metavar="FILE", help="New households to weigh by.")
@click.option("--field", "fields", multiple=True, metavar="OURS=THEIRS", help="Which column of the file is which.")
@common.crs
@common.datum
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal plans.")
@click.option("--seconds", type=float, default=None, help="Stop after this time (default: when done).")
@common.as_json
@common.opened
def rebalance(
    ctx: context.Context, city: str, ref: str, band: str | None, households: Path | None, fields: tuple[str, ...],
    crs: str | None, datum: str | None, seed: int, seconds: float | None, as_json: bool,
) -> None:
    """Draw a draft from a plan that moves as few households as can be."""
    limits = common.band(band) if band is not None else None
    file = adjusting.Households(households, common.pairs(fields), crs, datum) if households is not None else None
    with terminal.progress() as progress:
        made = adjusting.rebalance(
            ctx, city, ref, band=limits, seed=seed, seconds=seconds, households=file, progress=progress
        )
    common.answer(made, as_json, drawing_told.adjusted)


@click.group("workload")
def formulas() -> None:
    """Formulas of what a grid is evened by (see ``draw --workload``)."""


@formulas.command("list")
@common.any_city
@common.as_json
@common.opened
def formulas_list(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """The formulas of a city with their weights."""
    common.answer(workload.list_(ctx, common.only_city(ctx, city, None)), as_json, drawing_told.formulas)


@formulas.command("set")
@click.argument("name")
@click.argument("weights", nargs=-1, metavar="WHAT=WEIGHT…")
@common.any_city
@common.opened
def formulas_set(ctx: context.Context, name: str, weights: tuple[str, ...], city: str | None) -> None:
    """Set a formula, or without weights take it away.

    WHAT is households, incidents (a year), area_km2, place.KIND, or compound.NAME: how much a household counts there
    (compound.* for all that have a name, compound.- where buildings belong to none).
    """
    try:
        table = {what: float(weight) for what, weight in common.pairs(weights).items()}
    except ValueError:
        raise click.BadParameter("a weight is a number, for example incidents=0.5") from None
    workload.put(ctx, common.only_city(ctx, city, None), name, table)


def _counts(given: tuple[str, ...]) -> dict[str, int]:
    """``CODE=N`` texts as a table; a number alone is the city's."""
    found = {}
    for text in given:
        code, equals, number = text.rpartition("=")
        if not number.isascii() or not number.isdigit() or (equals and not code) or int(number) < 1:
            raise click.BadParameter(f"{text!r} is not N or CODE=N with N of 1 or more", param_hint="--grids")
        found[code or wishes.CITY] = int(number)
    return found

"""多网合一: ``nets list``, ``check``, ``refine``, ``adopt``, ``remove``. A net comes in with ``import nets FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.cli import common
from server.usecases import context
from server.usecases.outputs import exports
from server.usecases.planning import nets as usecase
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import netting


@click.group("nets")
def nets() -> None:
    """Department layers over the basic grids (多网合一): list, check, refine, adopt, remove."""


@nets.command("list")
@common.any_city
@common.as_json
@common.opened
def nets_list(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """The departments that have a net, with how many grids."""
    found = usecase.list_(ctx, common.only_city(ctx, city, None))["items"]
    common.answer(found, as_json, _tell_nets)


@nets.command("check")
@click.argument("net", type=int)
@common.any_city
@common.plan
@common.as_json
@common.opened
def nets_check(ctx: context.Context, net: int, city: str | None, ref: str | None, as_json: bool) -> None:
    """NET against the basic grids: overlaps, gaps, basic grids that it cuts, and what would mend it."""
    found = usecase.report(ctx, common.only_city(ctx, city, ref), net, ref or plan_usecases.CURRENT)
    common.answer(found, as_json, _tell_report)


@nets.command("refine")
@common.any_city
@common.plan
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE",
              help="Write the part of every cell (csv, geojson or parquet).")  # fmt: skip
@common.as_json
@common.opened
def nets_refine(ctx: context.Context, city: str | None, ref: str | None, out: Path | None, as_json: bool) -> None:
    """The coarsest division of which the basic grids and every department's grids are unions."""
    named, plan = common.only_city(ctx, city, ref), ref or plan_usecases.CURRENT
    found = usecase.refine(ctx, named, plan)
    if out is not None:
        columns = usecase.refined_cells(ctx, named, plan)
        common.save(out, exports.columns(columns, format=out.suffix.lstrip("."), name="refinement").body)
    common.answer(found, as_json, _tell_refined)


@nets.command("adopt")
@common.any_city
@common.plan
@click.option("--name", default="", help="What the draft is called.")
@common.as_json
@common.opened
def nets_adopt(ctx: context.Context, city: str | None, ref: str | None, name: str, as_json: bool) -> None:
    """Take the common refinement over as a draft of grids: cut grids are divided, codes of the largest parts stay."""
    made = netting.adopt(ctx, common.only_city(ctx, city, ref), ref or plan_usecases.CURRENT, name=name)
    common.answer(made, as_json, lambda told: click.echo(f"{told['id']}  v{told['version']}  {told['grids']} grids"))


@nets.command("remove")
@click.argument("net", type=int)
@common.any_city
@common.opened
def nets_remove(ctx: context.Context, net: int, city: str | None) -> None:
    """Take NET away."""
    usecase.remove(ctx, common.only_city(ctx, city, None), net)
    click.echo(f"net {net} is gone", err=True)


def _tell_nets(told: list[dict[str, Any]]) -> None:
    for row in told:
        click.echo(f"{row['id']:<5}{row['grids']:>5} grids {row['cells']:>8} cells  {row['department']}")


def _tell_report(told: dict[str, Any]) -> None:
    click.echo(f"{told['net']['department']}: {len(told['grids'])} grids over v{told['plan']['version']}, "
               f"{'rests on the basic grids' if told['rests'] else 'does not rest on the basic grids'}")  # fmt: skip
    click.echo(f"overlap {told['overlap_cells']:,} cells, gap {told['gap']['cells']:,} cells with "
               f"{told['gap']['households']:,.0f} households, {told['n_cuts']} cuts")  # fmt: skip
    for one in told["overlaps"]:
        click.echo(f"  overlap  {one['a']['code']} {one['b']['code']}  {one['cells']} cells")
    for cut in told["cuts"]:
        word = "take whole" if cut["take"] else "leave out"
        click.echo(f"  cut      {cut['grid']['code']} holds {cut['inside']} of {cut['size']} cells of "
                   f"{cut['basic']['code']} {cut['basic']['name']} ({cut['households']:,.0f} of {cut['whole']:,.0f} "
                   f"households): {word}")  # fmt: skip
    if told["n_cuts"]:
        click.echo(f"on basic grids: {told['moved_households']:,.0f} households would change their grid of this net")


def _tell_refined(told: dict[str, Any]) -> None:
    click.echo(f"{', '.join(told['nets']) or 'no nets'}: {told['parts']:,} parts; {told['whole']:,} basic grids stay "
               f"whole, {told['n_split']:,} are cut")  # fmt: skip
    for one in told["split"]:
        sizes = ", ".join(f"{part['households']:,.0f}" for part in one["parts"])
        click.echo(f"  {one['code']} {one['name']}: {len(one['parts'])} parts of {sizes} households")

"""How drawings, rebalancings and sweeps are written to a terminal."""

from __future__ import annotations

from typing import Any

import click

from server import terminal


def drawn(made: dict[str, Any]) -> None:
    """A drawn plan with what was proved of it."""
    terminal.tell_plan(made)
    if made["units"]:
        click.echo(f"  {made['units']:,} polygons stay whole, {made['units_without_cells']:,} too small for a cell")
    bounds = made["bounds"]
    grids, fewest = sum(row["grids"] for row in bounds), sum(row["fewest"] for row in bounds)
    gaps = [row for row in bounds if row["gap"] > 0][:5]
    more = "; largest gaps of worst deviation:" if gaps else ""
    click.echo(f"  proved by totals: at least {fewest} grids ({grids} were drawn){more}")
    for row in gaps:
        click.echo(f"    {row['code']} {row['name']}: {row['worst']:.1%}, no plan below {row['bound']:.1%}")
    if "gap" in made:
        click.echo(f"  exact: no grid can be evener by more than {made['gap']:.2%} of the band's middle")


def adjusted(made: dict[str, Any]) -> None:
    """A rebalanced plan with its handover list."""
    terminal.tell_plan(made)
    least, flow = made["least_households"], made["flow_households"]
    click.echo(
        f"  moved: {made['moved_households']:g} households in {made['moved_cells']:,} cells; at least {least:g} must, "
        f"{flow:g} if the number of grids stayed"
    )
    if made["lost_households"]:
        click.echo(f"  {made['lost_households']:g} households of the file lie outside the city")
    click.echo(f"  handover list: {len(made['handover'])} rows")
    for row in made["handover"][:20]:
        people = f" ({row['from_worker'] or '–'} → {row['to_worker'] or '–'})"
        amount = f"{row['households']:g} households, {row['cells']} cells"
        click.echo(f"    {row['from'] or '–'} → {row['to']}{people}: {amount}")


def sweep(found: dict[str, Any]) -> None:
    """The points of a sweep as two tables."""
    click.echo("   grids = workers   worst    mean   out of band")
    for row in found["grids"]:
        shares = f"{row['worst_deviation']:>7.1%} {row['mean_deviation']:>7.1%}"
        click.echo(f"   {row['grids']:>15} {shares} {row['out_of_band']:>13}")
    if found["moves"]:
        click.echo("   plan in force, band about its middle   moved   worst   out of band")
    for row in found["moves"]:
        moved = f"{row['moved_households']:>7,.0f} {row['worst_deviation']:>7.1%}"
        click.echo(f"   ±{row['band']:<35.0%} {moved} {row['out_of_band']:>13}")


def formulas(found: dict[str, dict[str, float]]) -> None:
    """Formulas, a line each."""
    for name, weights in found.items():
        click.echo(f"{name:<16} {'  '.join(f'{what}={weight:g}' for what, weight in weights.items())}")


def measured(found: dict[str, Any], level: str) -> None:
    """The measures of a plan as a table, the city last."""
    click.echo(f"{'':<28} households  deviation  roundness  diameter     round")
    for row in (found[level] if level != "city" else []) + [{**found["city"], "name": "city", "code": ""}]:
        figures = f"{row['households']:>10,.0f} {row['deviation']:>10.1%} {row['roundness']:>10.3f}"
        lengths = f"{row['diameter_m']:>7,.0f} m {row['round_m']:>7,.0f} m"
        click.echo(f"{(row['code'] + ' ' + row['name']).strip()[:28]:<28} {figures} {lengths}")

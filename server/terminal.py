"""What the command line says and how: progress and faults on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import rich.console
import rich.progress

from server import language
from server.rules import permissions
from server.usecases.context import Progress, silent


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar on standard error while a command works; nothing where nobody watches."""
    console = rich.console.Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (
        rich.progress.TextColumn("{task.description}"), rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(), rich.progress.TimeElapsedColumn(),
    )  # fmt: skip
    with rich.progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share, message: bar.update(task, completed=share, description=message)


def write_json(value: Any) -> None:
    """One JSON value on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
    sys.stdout.write("\n")


def tell_error(error: BaseException) -> None:
    """An expected fault as a sentence with its details."""
    if isinstance(error, permissions.Denied):
        click.echo(f"Error: the role does not allow {error.action}.", err=True)
        return
    click.echo(f"Error: {error}", err=True)
    for line in (getattr(error, "detail", None) or [])[:20]:
        click.echo(f"  {line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)}", err=True)


_MANY = {"city": "cities", "county": "counties", "town": "towns", "community": "communities"}


def tell_city(made: dict[str, Any]) -> None:
    """A new city in a few lines."""
    counts = ", ".join(f"{n} {level if n == 1 else _MANY[level]}" for level, n in made["regions"].items())
    size = f"{made['cells']:,} cells of resolution {made['resolution']}, {made['area_km2']:.1f} km²"
    click.echo(f"{made['name']}: {size}, {counts}")
    for region in made["without_cells"]:
        click.echo(f"  {region['level']} {region['code']} {region['name']}: too narrow, has no cell")
    for level in made["crossing"]:
        if level["cells"]:
            click.echo(f"  {level['cells']} cells lie in another upper region than their {level['level']}")
    for note in made["notes"]:
        click.echo(f"  {note}")


def tell_import(report: dict[str, Any]) -> None:
    """The report of an import in a few lines."""
    done = "would be read" if report["dry_run"] else "read"
    most = "" if report.get("foreseen", True) else "up to "
    click.echo(
        f"{report['file']}: {report['rows']:,} rows {done}: {most}{report['accepted']:,} accepted, "
        f"{report['rejected']:,} rejected, {report['duplicate']:,} repeats of a row of this file or already there"
    )
    for mapped in report["mapping"]:
        click.echo(f"  {mapped['ours']} ← {mapped['theirs']} ({mapped['how']})")
    for personal in report["personal"]:
        click.echo(f"  not read, personal data: {personal.get('column')}")
    for fault in report["faults"]:
        rows = ", ".join(str(row) for row in fault["first_rows"][:5])
        kind = "rejected" if fault["rejects"] else "left empty" if fault["field"] else "noted"
        found = language.fault(fault["code"], fault["code"])["zh"]
        click.echo(f"  {fault['count']:,} × {fault['field']} {kind}: {found} / {fault['reason']} (rows {rows}…)")
    for note in [*report["notes"], report.get("corrections_note"), report.get("alike_note")]:
        if note:
            click.echo(f"  {note}")


def tell_plan(made: dict[str, Any]) -> None:
    """A drawn plan in a few lines."""
    click.echo(f"Plan {made['plan']} (version {made['version']}): {made['grids']} grids in {made['seconds']} s")
    for name, value in made["measures"].items():
        if name in _MEASURES:
            click.echo(f"  {_MEASURES[name][0]:<38} {_figure(name, value):>10}")
    told = [_violation(violation) for violation in made["violations"]]
    if told:
        click.echo(f"  {len(told)} violations:")
    _echo_some([f"    {line}" for line in told])


# What a measure is called, and how its figure is written.
_MEASURES = {
    "grids": ("grids", "{:,.0f}"),
    "dedicated": ("dedicated grids (no band)", "{:,.0f}"),
    "in_band": ("grids in the band", "{:.1%}"),
    "whole": ("grids in one piece", "{:.1%}"),
    "worst_deviation": ("worst deviation from the band's middle", "{:.1%}"),
    "mean_deviation": ("mean deviation", "{:.1%}"),
    "outside": ("households out of band", "{:,.0f}"),
    "cut_edges": ("cells' sides on borders of grids", "{:,.0f}"),
    "crossings": ("cost of roads crossed", "{:,.0f}"),
}


def _figure(name: str, value: Any) -> str:
    return "–" if value is None else _MEASURES[name][1].format(value)


def _violation(violation: dict[str, Any]) -> str:
    region = violation["region"]
    where = f"{region['code']} {region['name']}: " if region else ""
    return f"{violation['code']} {where}{violation['reason']}{' (proved)' if violation['proved'] else ''}"


def _echo_some(lines: list[str], most: int = 20) -> None:
    """The first lines, and how many more there are."""
    for line in lines[:most]:
        click.echo(line)
    if len(lines) > most:
        click.echo(f"    … and {len(lines) - most:,} more; --json lists all")


def tell_staff(made: dict[str, Any]) -> None:
    """A staffing in a few lines."""
    click.echo(f"{made['filled']} of {made['grids']} grids have a worker, {made['total_km']:.1f} km in all")
    if made["unfilled"]:
        click.echo(f"  without: {', '.join(made['unfilled'][:20])}")
    for lack in made["missing"][:20]:
        click.echo(f"  no {lack['tier']} centre: {lack['region']['code']} {lack['region']['name']}")


def tell_plans(items: list[dict[str, Any]]) -> None:
    """Plans, a line each."""
    for item in items:
        low, high = item["band"]
        click.echo(
            f"v{item['version']:<4} {item['status']:<11} {item['grids']:>6} grids  {low:g}:{high:g}  "
            f"{item['created_at'][:19]}  {item['id']}"
        )


def tell_checks(found: dict[str, Any]) -> None:
    """The invariants, a line each, with what is wrong."""
    for check in found["checks"]:
        n = len(check["findings"])
        click.echo(f"{check['id']:<4} {check['name']:<14} {check['checked']:>8}  {'ok' if not n else f'{n} findings'}")
        for finding in check["findings"]:
            click.echo(f"     {finding}")


def tell_users(items: list[dict[str, Any]]) -> None:
    """Accounts, a line each."""
    for item in items:
        state = "disabled" if item["disabled_at"] else "active"
        click.echo(f"{item['name']:<20} {item['role']:<9} {state:<9} {item['city'] or 'every city'}")


def tell_compared(found: dict[str, Any]) -> None:
    """Two plans side by side."""
    for name, values in found["measures"].items():
        if name in _MEASURES:
            one, other = values.values() if isinstance(values, dict) else values
            click.echo(f"  {_MEASURES[name][0]:<38} {_figure(name, one):>10} {_figure(name, other):>10}")
    click.echo(f"  {found['moved_households']:,.0f} households in {found['moved_cells']:,} cells change their grid")
    _echo_some([f"    {_handed(move)}" for move in found["moves"]], most=8)


def _handed(move: dict[str, Any]) -> str:
    amount = f"{move['households']:,.0f} households, {move['cells']:,} cells"
    return f"{move['from'] or '–'} → {move['to'] or '–'}: {amount}"


def tell_checkup(found: dict[str, Any]) -> None:
    """The findings of a plan's examination: the summary, then a sentence each."""
    click.echo(f"{found['summary']['zh']}\n{found['summary']['en']}")
    _echo_some([f"  {one['code']:<18} {one['zh']} / {one['en']}" for one in found["findings"]])

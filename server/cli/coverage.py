"""Camera coverage: ``coverage`` writes it per cell; ``coverage figures|gaps|surplus|corridors|sites|cordon|outages|
ledger`` answer the planner's questions."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click

from server import terminal
from server.cli import common, coverage_told
from server.rules import coverage as rules
from server.usecases import context
from server.usecases.cameras import (
    camera_effect,
    camera_gaps,
    camera_ledger,
    camera_proposals,
    camera_sites,
    cordons,
    coverage_figures,
    outages,
)
from server.usecases.cameras import coverage as coverage_usecase
from server.usecases.outputs import exports

limit = click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many.")


class Coverage(click.Group):
    """A group that is also a command: without a subcommand it writes the coverage of every cell."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = ["cells", *args]
        return super().parse_args(ctx, args)


@click.group("coverage", cls=Coverage)
def coverage() -> None:
    """Cameras: density and seen ground per cell; figures, gaps, next sites, cordons, outages, the register.

    Without a subcommand: coverage --city CODE [--k K] [--res R] [--no-buildings] --out FILE [--json]
    """


@coverage.command("cells")
@common.city
@click.option("--k", type=click.IntRange(1, 3), default=1, show_default=True, help="Seen by at least K cameras.")
@click.option("--res", type=int, default=None, help="H3 resolution (default: the city's own).")
@click.option("--no-buildings", is_flag=True, help="Plain sectors, as if nothing stood in the way.")
@common.out
@common.as_json
@common.opened
def cells_(
    ctx: context.Context, city: str, k: int, res: int | None, no_buildings: bool, out: Path, as_json: bool
) -> None:
    """Cameras per km² and seen share of every cell, as csv, geojson or parquet (by the name of the file)."""
    found = coverage_usecase.density(ctx, city, res=res, k=k, buildings=not no_buildings)
    common.save(out, exports.columns(found, format=out.suffix.lstrip("."), name="coverage").body)
    told = {**found.meta, "cells": int(found.cells.size), "file": str(out)}
    common.answer(
        told, as_json, lambda made: click.echo(f"{made['n']:,} cameras in {made['cells']:,} cells", err=True)
    )


@coverage.command("figures")
@common.city
@click.option("--level", type=click.Choice(coverage_figures.LEVELS), default="city", show_default=True)
@click.option("--home-m", type=click.FloatRange(10, 5_000), default=rules.NEAR.home_m, show_default=True,
              help="A household is near a working camera within so many metres.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Keep today's figures in the history.")
@common.as_json
@common.opened
def figures(ctx: context.Context, city: str, level: str, home_m: float, keep: bool, as_json: bool) -> None:
    """The planner's figures beside their targets, by grid, community, town or for the city."""
    if keep:
        coverage_figures.keep(ctx, city)
    common.answer(coverage_figures.figures(ctx, city, level=level, home_m=home_m), as_json, coverage_told.figures)


@coverage.command("gaps")
@common.city
@click.option("--weights", default="0.5:0.3:0.2", show_default=True, metavar="I:P:H", help="Incidents, places, homes.")
@limit
@common.as_json
@common.opened
def gaps(ctx: context.Context, city: str, weights: str, limit: int, as_json: bool) -> None:
    """Cells where the most need is out of sight."""
    common.answer(camera_gaps.ranked(ctx, city, weights=_weights(weights), limit=limit), as_json, coverage_told.gaps)


@coverage.command("surplus")
@common.city
@limit
@common.as_json
@common.opened
def surplus(ctx: context.Context, city: str, limit: int, as_json: bool) -> None:
    """Where there is more watching than needed, and private ground in view."""
    common.answer(camera_gaps.surplus(ctx, city, limit=limit), as_json, coverage_told.surplus)


@coverage.command("corridors")
@common.city
@limit
@common.as_json
@common.opened
def corridors(ctx: context.Context, city: str, limit: int, as_json: bool) -> None:
    """Main roads and railways by the share of their length in view."""

    def tell(found: dict[str, Any]) -> None:
        for one in found["items"]:
            click.echo(f"{one['class']:<10} {one['km']:>8.2f} km  {one['seen']:>6.1%}  {one['name']}")

    common.answer(camera_gaps.corridors(ctx, city, limit=limit), as_json, tell)


@coverage.command("sites")
@common.city
@click.option("--number", type=int, default=None, help="How many cameras (default 10, or as the budget allows).")
@click.option("--budget", type=float, default=None, help="In units of a fixed camera.")
@click.option("--from", "sources", type=click.Choice(camera_sites.SOURCES), multiple=True, help="Candidates.")
@click.option("--poles", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV with lat and lng.")
@click.option("--region", metavar="CODE", help="Only in this region.")
@click.option("--forbidden", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="GEOJSON",
              help="Areas that no view may enter.")  # fmt: skip
@click.option("--compounds", is_flag=True, help="Allow views into compounds.")
@click.option("--weights", default="0.5:0.3:0.2", show_default=True, metavar="I:P:H", help="Incidents, places, homes.")
@common.as_json
@common.opened
def sites(
    ctx: context.Context, city: str, number: int | None, budget: float | None, sources: tuple[str, ...],
    poles: Path | None, region: str | None, forbidden: Path | None, compounds: bool, weights: str, as_json: bool,
) -> None:
    """Where the next cameras help most, with the proven bound."""
    asked = camera_sites.Asked(
        number=number if number is not None or budget is not None else 10, budget=budget,
        sources=sources or ("junctions",), poles=_poles(poles) if poles else (), region=region,
        forbidden=_rings(forbidden) if forbidden else (), compounds=compounds, weights=_weights(weights),
    )  # fmt: skip
    with terminal.progress() as progress:
        found = camera_sites.next_sites(ctx, city, asked, progress=progress)
    common.answer(found, as_json, coverage_told.sites)


@coverage.command("cordon")
@common.city
@click.option("--region", metavar="CODE", help="Boundary of this region (default: the city).")
@click.option("--ring", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="GEOJSON",
              help="A drawn polygon instead.")  # fmt: skip
@click.option("--inwards", type=click.FloatRange(0, 100_000), multiple=True, metavar="M", help="So far inside; nested.")
@click.option("--walked", is_flag=True, help="Footpaths count too.")
@common.as_json
@common.opened
def cordon(
    ctx: context.Context, city: str, region: str | None, ring: Path | None, inwards: tuple[float, ...], walked: bool,
    as_json: bool,
) -> None:
    """Whether every road across a boundary is in view."""
    drawn = list(_rings(ring)[0]) if ring else None
    found = cordons.closure(ctx, city, region=region, ring=drawn, inwards_m=inwards or (0.0,), walked=walked)
    common.answer(found, as_json, coverage_told.cordons)


@coverage.command("proposals")
@common.city
@limit
@common.as_json
@common.opened
def proposals(ctx: context.Context, city: str, limit: int, as_json: bool) -> None:
    """The cameras that are proposed, and the figures before and after them."""
    told = {**camera_proposals.list_(ctx, city), "effect": camera_effect.effect(ctx, city, limit=limit)}
    common.answer(told, as_json, coverage_told.proposals)


@coverage.command("outages")
@common.city
@click.option("--camera", type=int, default=None, metavar="ID", help="What the failure of one camera costs.")
@limit
@common.as_json
@common.opened
def outages_(ctx: context.Context, city: str, camera: int | None, limit: int, as_json: bool) -> None:
    """Cameras that are offline or idle, and those whose failure costs the most."""
    if camera is not None:
        found = outages.loss(ctx, city, camera)
        common.answer(found, as_json, lambda told: terminal.write_json(told))
        return
    common.answer(outages.outages(ctx, city, limit=limit), as_json, coverage_told.outages)


@coverage.command("ledger")
@common.city
@limit
@common.as_json
@common.opened
def ledger(ctx: context.Context, city: str, limit: int, as_json: bool) -> None:
    """The register examined: duplicates, places, codes, entries that say too little."""
    common.answer(camera_ledger.examine(ctx, city, limit=limit), as_json, coverage_told.ledger)


def _weights(text: str) -> rules.Weights:
    try:
        incidents, places, households = (float(part) for part in text.split(":"))
        return rules.Weights(incidents, places, households)
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--weights") from None


def _poles(path: Path) -> tuple[tuple[float, float], ...]:
    """Places of a CSV with the columns lat and lng."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = tuple((float(row["lat"]), float(row["lng"])) for row in csv.DictReader(file))
    except (KeyError, ValueError, TypeError) as error:
        raise click.BadParameter(f"{path} needs the columns lat and lng: {error}", param_hint="--poles") from None
    if not found:
        raise click.BadParameter(f"{path} holds no place", param_hint="--poles")
    return found


def _rings(path: Path) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The outer rings of the polygons of a GeoJSON file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        shapes = [one["geometry"] for one in data["features"]] if "features" in data else [data.get("geometry", data)]
        polygons = [
            rings for shape in shapes
            for rings in ([shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"])
        ]  # fmt: skip
        found = tuple(tuple((float(x), float(y)) for x, y, *_ in rings[0]) for rings in polygons)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise click.BadParameter(f"{path} holds no GeoJSON polygons: {error}", param_hint="GEOJSON") from None
    if not found:
        raise click.BadParameter(f"{path} holds no polygon", param_hint="GEOJSON")
    return found

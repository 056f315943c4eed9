"""The archive of incident facts: ``archive check``, ``archive seal``, ``aggregate`` and ``import-open311``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from server import terminal
from server.archive import aggregate as counting
from server.cli import common
from server.usecases import context
from server.usecases.city import cities
from server.usecases.incidents import archives, open311_fetch, reporting


@click.group("archive")
def archive() -> None:
    """The archive of incident facts."""


@archive.command("check")
@common.any_city
@common.as_json
@common.opened
def check(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """Prove that manifest, files, rows and sums agree; exit code 1 and every damage by name when they do not."""
    with terminal.progress() as progress:
        found = archives.check(ctx, city, progress=progress)
    common.answer(found, as_json, _tell_check)
    if not found["ok"]:
        raise click.exceptions.Exit(1)


@archive.command("seal")
@common.any_city
@common.as_json
@common.opened
def seal(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """Write live incidents into a segment now (it happens by itself when many or old ones wait)."""
    sealed = reporting.seal(ctx, city)
    common.answer({"sealed": sealed}, as_json, lambda told: click.echo(f"{told['sealed']:,} incidents sealed"))


@click.command("aggregate")
@click.option(
    "--engine", type=click.Choice(counting.ENGINES), default="duckdb", show_default=True, help="What runs the SQL."
)
@click.option(
    "--input", "source", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="Directory of Parquet files: cell, category, weight (as segments have them), or lat, lng, category.",
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Directory for the counts: cell, category, n.",
)
@click.option("--res", type=click.IntRange(0, 15), default=10, show_default=True, help="H3 resolution of the counts.")
@common.as_json
def aggregate(engine: str, source: Path, out: Path, res: int, as_json: bool) -> None:
    """Count incidents per cell and category in very large files; the same SQL and results on both engines."""
    began = time.monotonic()
    made = counting.directory(source, out, res=res, by=engine)
    told = {
        "engine": engine, "file": str(made.file), "cells": made.cells, "rows": made.rows, "n": made.n,
        "seconds": round(time.monotonic() - began, 3),
    }  # fmt: skip
    common.answer(told, as_json, _tell_aggregate)


@click.command("import-open311")
@click.argument("url")
@common.city
@click.option("--from", "start", metavar="TIME", help="Begin of the window (default: 90 days before its end).")
@click.option("--to", "end", metavar="TIME", help="End of the window (default: now).")
@click.option("--token", metavar="TOKEN",
              help="Bearer token for an endpoint that wants one (better in GEZHI_OPEN311_TOKEN).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show the mapping and the first faults; store nothing.")
@common.as_json
@common.opened
def import_open311(
    ctx: context.Context, url: str, city: str, start: str | None, end: str | None, token: str | None, dry_run: bool,
    as_json: bool,
) -> None:
    """Import service requests from the Open311 GeoReport v2 endpoint at URL; what is personal is dropped on the way."""
    zone = ZoneInfo(cities.get(ctx, city)["tz"])
    with terminal.progress() as progress:
        report = open311_fetch.run(
            ctx, city, url, start=common.time(start, zone), end=common.time(end, zone), dry_run=dry_run,
            token=token or common.settings(ctx.home).open311_token or None, progress=progress,
        )
    common.answer(report, as_json, terminal.tell_import)


def _tell_check(found: dict[str, Any]) -> None:
    for one in found["findings"]:
        click.echo(f"{one['file']}  {one['code']}: {one['message']}")
    word = "ok" if found["ok"] else "not sound"
    click.echo(
        f"{found['segments']:,} segments, {found['rows']:,} rows, {found['bytes']:,} bytes, {found['live']:,} live: "
        f"{word}"
    )


def _tell_aggregate(told: dict[str, Any]) -> None:
    click.echo(
        f"{told['file']}: {told['n']:,} incidents in {told['cells']:,} cells, {told['rows']:,} rows "
        f"({told['engine']}, {told['seconds']:.1f} s)"
    )

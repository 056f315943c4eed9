"""The command line: one command per use case, results on standard output, progress and faults on standard error.

Commands run on the host act as administrator. Exit codes: 0 done (rejected rows are a result), 1 refused or not sound,
2 the command was not understood, 130 stopped by the user. ``--json`` writes one JSON value.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pydantic

from geo.errors import GeoError
from server import config as settings
from server import log, mapfile, runner, serve, terminal
from server.archive.values import ArchiveError
from server.rules import permissions
from server.store.database import DatabaseError
from server.usecases import (
    cities,
    context,
    coverage,
    demo,
    drawing,
    errors,
    exports,
    founding,
    imports,
    incidents,
    plans,
    staffing,
    users,
    verify,
)

EXPECTED = (errors.UseCaseError, DatabaseError, GeoError, ArchiveError, serve.Refused, permissions.Denied)
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


class Commands(click.Group):
    """A group whose command is ``serve`` when none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


def main() -> None:
    """Run the command line and exit."""
    try:
        cli.main(prog_name="python3 -m server", standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(error.exit_code)
    except EXPECTED as error:
        terminal.tell_error(error)
        sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Gezhi 格治: grid management of a city. Without a command it serves the map."""


def _home(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--home", type=click.Path(file_okay=False, path_type=Path), envvar="GEZHI_HOME", default=None,
        help="Data directory (GEZHI_HOME; default ./var).",
    )(command)


def _context(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its ``ctx`` (the opened data directory, as administrator) instead of ``--home``."""

    @_home
    @functools.wraps(command)
    def run(home: Path | None, **given: Any) -> Any:
        own = _config(home)
        ctx = context.open_(own.home, own.address, actor=permissions.HOST)
        try:
            return command(ctx=ctx, **given)
        finally:
            ctx.db.close()

    return run


_city = click.option("--city", required=True, metavar="CODE", help="Code of the city.")
_json = click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
_crs = click.option("--crs", metavar="EPSG:N", help="Coordinate system of the file.")
_datum = click.option("--datum", type=click.Choice(DATUMS), help="Datum of the coordinates.")
_out = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE", help="File to write."
)


@cli.command("serve")
@_home
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port to listen on (default 8000).")
@click.option("--insecure-http", is_flag=True, help="Allow plain HTTP on an address that others can reach.")
def serve_command(home: Path | None, host: str | None, port: int | None, insecure_http: bool) -> None:
    """Serve the map; loads the demonstration city on first use."""
    given: dict[str, Any] = {"host": host, "port": port, "insecure_http": insecure_http or None}
    own = _config(home, **given)
    log.set_up("warning")
    ctx = context.open_(own.home, own.address, actor=permissions.HOST)
    try:
        serve.refuse_unsafe(own, accounts=users.exist(ctx))
        with terminal.progress() as progress:
            demo.ensure(ctx, progress=progress)
    finally:
        ctx.db.close()
    serve.run(own)


@cli.command("new-city")
@click.argument("code")
@click.option("--name", required=True, help="Name of the city.")
@click.option("--boundary", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Its outline.")
@click.option(
    "--regions", multiple=True, metavar="LEVEL=FILE[,code=FIELD][,name=FIELD]",
    help="Regions of a level (county, town, community); may be repeated.",
)
@click.option("--res", type=int, default=10, show_default=True, help="H3 resolution of the city's cells.")
@click.option("--tz", default="Asia/Shanghai", show_default=True, metavar="ZONE", help="Time zone.")
@_crs
@_datum
@_json
@_context
def new_city(
    ctx: context.Context, code: str, name: str, boundary: Path, regions: tuple[str, ...], res: int, tz: str,
    crs: str | None, datum: str | None, as_json: bool,
) -> None:
    """Make a city from its outline and its regions."""
    files = [region_file(text) for text in regions]
    with terminal.progress() as progress:
        made = founding.new_city(
            ctx, code, name=name, boundary_file=boundary, region_files=files, resolution=res, tz=tz, crs=crs,
            datum=datum, progress=progress,
        )
    _answer(made, as_json, terminal.tell_city)


def region_file(text: str) -> founding.RegionFile:
    """``LEVEL=FILE[,code=FIELD][,name=FIELD]`` as a value; the file's own name may hold commas."""
    level, equals, rest = text.partition("=")
    if not equals or not rest:
        raise click.BadParameter(f"{text!r} is not LEVEL=FILE[,code=FIELD][,name=FIELD]", param_hint="--regions")
    columns: dict[str, str] = {}
    while True:
        head, comma, tail = rest.rpartition(",")
        ours, given, theirs = tail.partition("=")
        if not comma or not given or ours not in ("code", "name"):
            break
        columns[ours], rest = theirs, head
    return founding.RegionFile(level, Path(rest), code=columns.get("code"), name=columns.get("name"))


@cli.command("import")
@click.argument("kind", type=click.Choice(imports.KINDS))
@click.argument("file", type=click.Path(path_type=Path))
@_city
@click.option("--field", "fields", multiple=True, metavar="ours=theirs", help="Our field from their column.")
@_crs
@_datum
@click.option("--tz", metavar="ZONE", help="Zone of times that do not say theirs (default: the city's).")
@click.option("--time-format", metavar="F", help="How times are written, as strptime directives.")
@click.option(
    "--level", type=click.Choice(("county", "town", "community")), default="community", show_default=True,
    help="Level of the file, for regions only.",
)
@click.option("--dry-run", is_flag=True, help="Show the mapping and the first faults; store nothing.")
@_json
@_context
def import_(
    ctx: context.Context, kind: str, file: Path, city: str, fields: tuple[str, ...], crs: str | None,
    datum: str | None, tz: str | None, time_format: str | None, level: str, dry_run: bool, as_json: bool,
) -> None:
    """Import FILE as KIND; refused rows are numbered and explained."""
    asked = imports.Asked(
        kind=kind, fields=_pairs(fields), crs=crs, datum=datum, tz=tz, time_format=time_format, dry_run=dry_run,
        level=level,
    )
    with terminal.progress() as progress:
        report = imports.run(ctx, city, file, asked, progress=progress)
    _answer(report, as_json, terminal.tell_import)


@cli.command("draw")
@_city
@click.option("--band", default="300:500", show_default=True, metavar="LOW:HIGH", help="Households of a grid.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal plans.")
@click.option("--seconds", type=float, default=None, help="Stop after this time (default: when done).")
@_json
@_context
def draw(ctx: context.Context, city: str, band: str, seed: int, seconds: float | None, as_json: bool) -> None:
    """Draw a draft plan of grids."""
    with terminal.progress() as progress:
        made = drawing.draw(ctx, city, band=_band(band), seed=seed, seconds=seconds, progress=progress)
    _answer(made, as_json, terminal.tell_plan)


@cli.command("staff")
@_city
@click.option("--plan", "ref", default=plans.CURRENT, metavar="ID", help="Plan (default: in force, else newest).")
@_json
@_context
def staff(ctx: context.Context, city: str, ref: str, as_json: bool) -> None:
    """Give every grid its worker and its centre."""
    with terminal.progress() as progress:
        made = staffing.staff(ctx, city, ref, progress=progress)
    _answer(made, as_json, terminal.tell_staff)


@cli.group("plan")
def plan() -> None:
    """Plans: list, show, publish, export."""


_any_city = click.option("--city", default=None, metavar="CODE", help="Code of the city (default: the only one).")
_plan = click.option("--plan", "ref", default=None, metavar="ID", help="Plan (default: in force, else newest draft).")


@plan.command("list")
@_any_city
@_json
@_context
def plan_list(ctx: context.Context, city: str | None, as_json: bool) -> None:
    """Plans of a city, newest first."""
    code = _only_city(ctx, city, None)
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        found = plans.list_(ctx, code, limit=500, cursor=cursor)
        items += found["items"]
        cursor = found["next"]
        if cursor is None:
            break
    _answer(items, as_json, terminal.tell_plans)


@plan.command("show")
@_any_city
@_plan
@_json
@_context
def plan_show(ctx: context.Context, city: str | None, ref: str | None, as_json: bool) -> None:
    """One plan with its measures and violations."""
    found = plans.get(ctx, _only_city(ctx, city, ref), ref or plans.CURRENT)
    _answer({**found, "plan": found["id"], "seconds": None}, as_json, lambda told: terminal.tell_plans([told]))


@plan.command("publish")
@_any_city
@_plan
@_json
@_context
def plan_publish(ctx: context.Context, city: str | None, ref: str | None, as_json: bool) -> None:
    """Put a draft in force (default: the newest)."""
    code = _only_city(ctx, city, ref)
    chosen = plans.get(ctx, code, ref or plans.NEWEST)
    found = plans.publish(ctx, code, chosen["id"], if_match=chosen["tag"])
    _answer(found, as_json, lambda told: terminal.tell_plans([told]))


@plan.command("export")
@_any_city
@_plan
@click.option("--format", "kind", type=click.Choice(exports.FORMATS), default="geojson", show_default=True)
@_out
@_context
def plan_export(ctx: context.Context, city: str | None, ref: str | None, kind: str, out: Path) -> None:
    """Write a plan as a file."""
    made = exports.plan(ctx, _only_city(ctx, city, ref), ref or plans.CURRENT, format=kind)
    _save(out, made.body)


@cli.command("heat")
@_city
@click.option("--from", "start", metavar="TIME", help="Begin of the window, on the city's clock unless a zone is said.")
@click.option("--to", "end", metavar="TIME", help="End of the window, itself excluded.")
@click.option("--category", help="A category or a group of them.")
@click.option("--res", type=int, default=None, help="H3 resolution (default: the city's own).")
@click.option("--per", type=click.Choice(("raw", "area", "household")), default="raw", show_default=True)
@click.option("--smooth", type=int, default=0, show_default=True, metavar="RINGS", help="Share counts out over rings.")
@_out
@_context
def heat(
    ctx: context.Context, city: str, start: str | None, end: str | None, category: str | None, res: int | None,
    per: incidents.Per, smooth: int, out: Path,
) -> None:
    """Incidents per cell, as csv, geojson or parquet (by the name of the file)."""
    zone = ZoneInfo(cities.get(ctx, city)["tz"])
    found = incidents.heat(
        ctx, city, start=_time(start, zone), end=_time(end, zone), category=category, res=res, per=per, smooth=smooth
    )
    _save(out, exports.columns(found, format=out.suffix.lstrip("."), name="heat").body)
    click.echo(f"{found.meta['n']:,} incidents in {found.cells.size:,} cells", err=True)


@cli.command("coverage")
@_city
@click.option("--res", type=int, default=None, help="H3 resolution (default: the city's own).")
@_out
@_context
def coverage_(ctx: context.Context, city: str, res: int | None, out: Path) -> None:
    """Cameras per km² and seen share of every cell, as csv, geojson or parquet (by the name of the file)."""
    found = coverage.density(ctx, city, res=res)
    _save(out, exports.columns(found, format=out.suffix.lstrip("."), name="coverage").body)
    click.echo(f"{found.meta['n']:,} cameras in {found.cells.size:,} cells", err=True)


@cli.command("map")
@_city
@click.option("--plan", "ref", default=plans.CURRENT, metavar="ID", help="Plan (default: in force, else newest draft).")
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@click.option("--public", is_flag=True, help="Keep the privacy floor: for readers outside the office.")
@click.option(
    "--classification", default=mapfile.INTERNAL, show_default=True, help="内部资料 or the map approval number."
)
@_out
@_context
def map_(
    ctx: context.Context, city: str, ref: str, lang: str, public: bool, classification: str, out: Path
) -> None:
    """One HTML file that opens with no network."""
    with terminal.progress() as progress:
        text = mapfile.make(
            ctx, city, ref=ref, lang=lang, public=public, classification=classification, progress=progress
        )
    _save(out, text.encode())


@cli.group("user")
def user() -> None:
    """Accounts: add, list, disable."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(permissions.ROLES), required=True)
@click.option("--city", default=None, metavar="CODE", help="Only this city.")
@click.option("--region", default=None, metavar="CODE", help="Only this region of the city.")
@_json
@_context
def user_add(
    ctx: context.Context, name: str, role: str, city: str | None, region: str | None, as_json: bool
) -> None:
    """Make an account; the password is asked for, or read as one line from standard input."""
    made = users.add(ctx, name, _password(), role=role, city=city, region=region)
    _answer(made, as_json, lambda told: click.echo(f"{told['name']} may sign in as {told['role']}."))


@user.command("list")
@_json
@_context
def user_list(ctx: context.Context, as_json: bool) -> None:
    """All accounts."""
    _answer(users.list_(ctx), as_json, terminal.tell_users)


@user.command("disable")
@click.argument("name")
@_context
def user_disable(ctx: context.Context, name: str) -> None:
    """Close an account and end its sessions."""
    users.disable(ctx, name)
    click.echo(f"{name} can no longer sign in.")


@cli.command("verify")
@_json
@_context
def verify_(ctx: context.Context, as_json: bool) -> None:
    """Check what must always be true of the stored data; exit code 1 when something is not."""
    with terminal.progress() as progress:
        found = verify.run(ctx, progress=progress)
    _answer(found, as_json, terminal.tell_checks)
    if not found["ok"]:
        raise click.exceptions.Exit(1)


@cli.command("runner")
@_home
def runner_(home: Path | None) -> None:
    """Work the queue of long jobs (the server starts one by itself)."""
    os.environ.update(_config(home).environment())
    runner.main()


def _config(home: Path | None, **given: Any) -> settings.Config:
    """The settings of the environment with what the command line says instead."""
    said = {name: value for name, value in {"home": home, **given}.items() if value is not None}
    try:
        return settings.Config(**said)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise click.BadParameter(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def _answer(value: Any, as_json: bool, tell: Callable[[Any], None]) -> None:
    (terminal.write_json if as_json else tell)(value)


def _only_city(ctx: context.Context, city: str | None, ref: str | None) -> str:
    """The city named, that of the plan named, or the only one there is."""
    if city is not None:
        return city
    known = [found["code"] for found in cities.list_(ctx)["cities"]]
    if ref is not None:
        known = [code for code in known if plans.has(ctx, code, ref)]
    if len(known) != 1:
        raise click.UsageError(f"Say which city with --city: {', '.join(known) or 'there is none yet'}.")
    return str(known[0])


def _pairs(fields: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in fields:
        ours, equals, theirs = text.partition("=")
        if not equals or not ours or not theirs:
            raise click.BadParameter(f"{text!r} is not ours=theirs", param_hint="--field")
        pairs[ours] = theirs
    return pairs


def _band(text: str) -> tuple[float, float]:
    low, colon, high = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return float(low), float(high)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not LOW:HIGH, for example 300:500", param_hint="--band") from None


def _time(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time; for example 2025-03-01 or 2025-03-01T08:00") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _save(path: Path, body: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from None
    click.echo(f"{path}: {len(body):,} bytes", err=True)

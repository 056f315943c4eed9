"""What the commands share: the data directory, common options, answers, and reading what was typed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pydantic

from server import config, terminal
from server.rules import permissions
from server.usecases import context

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


def home(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--home``."""
    return click.option(
        "--home", type=click.Path(file_okay=False, path_type=Path), envvar="GEZHI_HOME", default=None,
        help="Data directory (GEZHI_HOME; default ./var).",
    )(command)


def opened(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its ``ctx`` (the opened data directory, as administrator) instead of ``--home``. A directory or
    a database that is not there is refused: a mistyped name must not answer as an empty city."""
    return _with_context(command, make=False)


def founding(command: Callable[..., Any]) -> Callable[..., Any]:
    """``opened`` for a command that may be the first of a service: it makes the directory and the database."""
    return _with_context(command, make=True)


def _with_context(command: Callable[..., Any], *, make: bool) -> Callable[..., Any]:
    @home
    @functools.wraps(command)
    def run(home: Path | None, **given: Any) -> Any:
        own = settings(home)
        ctx = context.open_(own.home, own.address, actor=permissions.HOST, make=make)
        try:
            return command(ctx=ctx, **given)
        finally:
            ctx.db.close()

    return run


city = click.option("--city", required=True, metavar="CODE", help="Code of the city.")
any_city = click.option("--city", default=None, metavar="CODE", help="Code of the city (default: the only one).")
plan = click.option("--plan", "ref", default=None, metavar="ID", help="Plan (default: in force, else newest draft).")
as_json = click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
crs = click.option("--crs", metavar="EPSG:N", help="Coordinate system of the file.")
datum = click.option("--datum", type=click.Choice(DATUMS), help="Datum of the coordinates.")
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
out = click.option(
    "--out", type=NEW_FILE, required=True, metavar="FILE", help="File to write."
)


def clock(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--hours`` and ``--weekdays``."""
    hours = click.option("--hours", metavar="H,H", help="Only these hours of the day, 0 to 23, on the city's clock.")
    days = click.option("--weekdays", metavar="D,D", help="Only these days, 0 Monday to 6 Sunday; 5,6 is the weekend.")
    return hours(days(command))


def numbers(text: str | None, most: int, hint: str) -> tuple[int, ...] | None:
    """``N,N`` as whole numbers from 0 to ``most``, in order and once."""
    if text is None:
        return None
    if not all(one.isascii() and one.isdigit() and int(one) <= most for one in text.split(",")):
        raise click.BadParameter(f"{text!r} is not numbers from 0 to {most} with commas", param_hint=hint)
    return tuple(sorted({int(one) for one in text.split(",")}))


def settings(home: Path | None, **given: Any) -> config.Config:
    """The settings of the environment with what the command line says instead."""
    said = {name: value for name, value in {"home": home, **given}.items() if value is not None}
    try:
        return config.Config(**said)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise click.BadParameter(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def answer(value: Any, as_json: bool, tell: Callable[[Any], None]) -> None:
    """Write a result: as JSON, or as ``tell`` puts it."""
    (terminal.write_json if as_json else tell)(value)


def only_city(ctx: context.Context, named: str | None, ref: str | None) -> str:
    """The city named, that of the plan named, or the only one there is."""
    if named is not None:
        return named
    from server.usecases.city import cities  # loads much that most commands do without
    from server.usecases.planning import plans

    known = [found["code"] for found in cities.list_(ctx)["cities"]]
    if ref not in (None, plans.CURRENT, plans.NEWEST):
        known = [code for code in known if plans.has(ctx, code, ref)]
    if len(known) != 1:
        raise click.UsageError(f"Say which city with --city: {', '.join(known) or 'there is none yet'}.")
    return str(known[0])


def pairs(fields: tuple[str, ...]) -> dict[str, str]:
    """``ours=theirs`` texts as a table."""
    found = {}
    for text in fields:
        ours, equals, theirs = text.partition("=")
        if not equals or not ours or not theirs:
            raise click.BadParameter(f"{text!r} is not ours=theirs", param_hint="--field")
        found[ours] = theirs
    return found


def band(text: str) -> tuple[float, float]:
    """``LOW:HIGH`` as two numbers."""
    low, colon, high = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return float(low), float(high)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not LOW:HIGH, for example 300:500", param_hint="--band") from None


def time(text: str | None, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 time in UTC, on the clock of ``zone`` where the text does not say its own."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time; for example 2025-03-01 or 2025-03-01T08:00") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def save(path: Path, body: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from None
    click.echo(f"{path}: {len(body):,} bytes", err=True)

"""Bringing a city in: ``new-city`` and ``import``."""

from __future__ import annotations

from pathlib import Path

import click

from server import terminal
from server.cli import common
from server.usecases import context
from server.usecases.city import founding
from server.usecases.importing import imports


@click.command("new-city")
@click.argument("code")
@click.option("--name", required=True, help="Name of the city.")
@click.option("--boundary", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Its outline.")
@click.option(
    "--regions", multiple=True, metavar="LEVEL=FILE[,code=FIELD][,name=FIELD]",
    help="Regions of a level (county, town, community); may be repeated.",
)
@click.option("--res", type=int, default=10, show_default=True, help="H3 resolution of the city's cells.")
@click.option("--tz", default="Asia/Shanghai", show_default=True, metavar="ZONE", help="Time zone.")
@common.crs
@common.datum
@common.as_json
@common.founding
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
    common.answer(made, as_json, terminal.tell_city)


def region_file(text: str) -> founding.RegionFile:
    """``LEVEL=FILE[,code=FIELD][,name=FIELD]`` as a value; the file's own name may hold commas."""
    level, equals, rest = text.partition("=")
    if not level or not equals or not rest:
        raise click.BadParameter(f"{text!r} is not LEVEL=FILE[,code=FIELD][,name=FIELD]", param_hint="--regions")
    columns: dict[str, str] = {}
    while True:
        head, comma, tail = rest.rpartition(",")
        ours, given, theirs = tail.partition("=")
        if not comma or not given or ours not in ("code", "name"):
            break
        columns[ours], rest = theirs, head
    return founding.RegionFile(level, Path(rest), code=columns.get("code"), name=columns.get("name"))


@click.command("import")
@click.argument("kind", type=click.Choice(imports.KINDS))
@click.argument("file", type=click.Path(path_type=Path))
@common.city
@click.option("--field", "fields", multiple=True, metavar="ours=theirs", help="Our field from their column.")
@common.crs
@common.datum
@click.option("--tz", metavar="ZONE", help="Zone of times that do not say theirs (default: the city's).")
@click.option("--time-format", metavar="F", help="How times are written, as strptime directives.")
@click.option(
    "--level", type=click.Choice(("county", "town", "community")), default="community", show_default=True,
    help="Level of the file, for regions only.",
)
@click.option("--layer", metavar="NAME", help="Layer of a GeoPackage or KML that holds several.")
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook that holds several.")
@click.option("--encoding", metavar="NAME", help="Encoding of a text file, when detection is not wanted.")
@click.option("--delimiter", metavar="SIGN", help="What separates the columns of a text file.")
@click.option("--direction", "directions", multiple=True, metavar="CODE=DEG",
              help="A direction code that the register of cameras uses; give the whole list.")  # fmt: skip
@click.option("--department", default="", metavar="NAME", help="Whose nets these are, where the rows do not say.")
@click.option("--dry-run", is_flag=True, help="Show the mapping and the first faults; store nothing.")
@common.as_json
@common.opened
def import_(
    ctx: context.Context, kind: str, file: Path, city: str, fields: tuple[str, ...], crs: str | None,
    datum: str | None, tz: str | None, time_format: str | None, level: str, layer: str | None, sheet: str | None,
    encoding: str | None, delimiter: str | None, directions: tuple[str, ...], department: str,
    dry_run: bool, as_json: bool,
) -> None:
    """Import FILE as KIND; refused rows are numbered and explained."""
    asked = imports.Asked(
        kind=kind, fields=common.pairs(fields), crs=crs, datum=datum, tz=tz, time_format=time_format, dry_run=dry_run,
        level=level, layer=layer, sheet=sheet, encoding=encoding, delimiter=delimiter, directions=_degrees(directions),
        department=department,
    )
    with terminal.progress() as progress:
        report = imports.run(ctx, city, file, asked, progress=progress)
    common.answer(report, as_json, terminal.tell_import)


def _degrees(pairs: tuple[str, ...]) -> dict[str, float] | None:
    """The declared list of direction codes, or None where none was given."""
    try:
        return {code: float(degrees) for code, degrees in common.pairs(pairs).items()} or None
    except ValueError as error:
        raise click.BadParameter(f"degrees from north are numbers: {error}", param_hint="--direction") from None

"""The demonstration city: loaded on first use through the same use cases as any city, as its manifest says.

A start that was interrupted goes on where it stopped, since importing a file twice changes nothing. A data directory
that already holds somebody's own city gets no demonstration.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from server.rules import permissions
from server.store import cities, database, settings
from server.usecases.city import beginning, founding
from server.usecases.context import Context, Progress, silent
from server.usecases.importing import imports
from server.usecases.planning import staffing

FOLDER = Path(__file__).resolve().parents[3] / "seed_data" / "city"


def ensure(ctx: Context, *, progress: Progress = silent, folder: Path = FOLDER) -> str | None:
    """Load the demonstration city where there is none yet; answers its code, or None where it is not wanted.

    Nothing is read but one row when it is already there.
    """
    done = beginning.demonstration(ctx)
    if done is not None:
        return done
    if not beginning.wanted(ctx):
        return None
    with database.reading(ctx.db) as connection:
        known = [city.code for city in cities.every(connection)]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    code = str(manifest["code"])
    own = ctx.acting(permissions.HOST)
    if code not in known:
        _found(own, manifest, folder, progress)
    _fill(own, manifest, folder, progress)
    staffing.staff(own, code, progress=_part(progress, 0.97, 1.0, "staffing"))
    with database.writing(ctx.db) as connection:
        settings.put(connection, beginning.DONE, code, at=ctx.stamp())
    progress(1.0, manifest["name"])
    return code


def _found(ctx: Context, manifest: dict[str, Any], folder: Path, progress: Progress) -> None:
    files = [
        founding.RegionFile(
            level=given["level"], path=folder / given["file"], code=given.get("code"), name=given.get("name"),
            datum=given.get("datum"),
        )
        for given in manifest["regions"]
    ]
    boundary = manifest["boundary"]
    founding.new_city(
        ctx, manifest["code"], name=manifest["name"], boundary_file=folder / boundary["file"], region_files=files,
        resolution=manifest["resolution"], tz=manifest["tz"], datum=boundary.get("datum"), demo=True,
        progress=_part(progress, 0.0, 0.2, manifest["name"]),
    )


def _fill(ctx: Context, manifest: dict[str, Any], folder: Path, progress: Progress) -> None:
    given = manifest["imports"]
    for number, one in enumerate(given):
        low, high = (0.2 + 0.77 * (number + step) / len(given) for step in (0, 1))
        asked = imports.Asked(
            kind=one["kind"], fields=one.get("fields", {}), datum=one.get("datum"), tz=one.get("tz"),
            time_format=one.get("time_format"),
        )
        part = _part(progress, low, high, one["kind"])
        imports.run(ctx, manifest["code"], folder / one["file"], asked, progress=part)


def _part(progress: Progress, low: float, high: float, name: str) -> Progress:
    return lambda share, message: progress(low + (high - low) * share, name)

"""Which column of a file is which of our fields: what the user said, else what common names say.

A guess is always shown in the report. A column is used once; a given mapping beats every guess.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.intake import kinds, values

#: Names of projected easting and northing, asked first when the coordinates are in metres or feet.
EASTING = ("x", "xcoord", "xft", "easting", "pointx", "东坐标", "横坐标", "x坐标", "lng", "lon")
NORTHING = ("y", "ycoord", "yft", "northing", "pointy", "北坐标", "纵坐标", "y坐标", "lat")
#: Columns that hold a geometry as text.
SHAPES = ("geometry", "wkt", "geom", "thegeom", "shape", "几何", "空间坐标")


@dataclass(frozen=True)
class Mapping:
    """columns: our field → the file's column. mapped: the same with how it was found. ignored: columns not read."""

    columns: dict[str, str]
    mapped: tuple[values.Mapped, ...]
    ignored: tuple[str, ...]


def normal(name: str) -> str:
    """A column name without case, spaces and punctuation, in compatibility form: ``Date-Occur `` → ``dateoccur``."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(ch for ch in folded if ch.isalnum())


def decide(
    kind: kinds.Kind,
    columns: Sequence[str],
    *,
    given: dict[str, str],
    located: bool,
    projected: bool,
    refused: Iterable[str] = (),
) -> Mapping:
    """Map the fields of ``kind`` to ``columns``.

    located: rows carry a geometry of their own, so lat and lng are read only when given. projected: coordinates are
    not degrees. refused: columns that may not be read. Raises IntakeError E_FIELD for an unknown field, a column that
    is not there, or a required field that no column answers to.
    """
    banned = set(refused)
    found: dict[str, tuple[str, str]] = {}
    for ours, theirs in given.items():
        if kind.field(ours) is None and ours != "geometry":
            names = ", ".join(field.name for field in kind.fields)
            raise values.IntakeError("E_FIELD", f"{kind.name} have no field '{ours}'; they have: {names}")
        column = _column(ours, theirs, columns)
        if column not in banned:
            found[ours] = (column, "given")
    used = {column for column, _ in found.values()}
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(normal(column), column)
    for field in kind.fields:
        if field.name in found or (field.type in ("lat", "lng") and located):
            continue
        for name in _names(field, projected=projected):
            column = by_name.get(name, "")
            if column and column not in used and column not in banned:
                found[field.name] = (column, "guessed")
                used.add(column)
                break
    shaped = not located and kind.place != "point" and "geometry" not in found
    if shaped:
        text = next((by_name[name] for name in SHAPES if name in by_name), None)
        if text is not None and text not in banned:
            found["geometry"] = (text, "guessed")
            used.add(text)
    _require(kind, found, columns, located=located)
    mapped = tuple(values.Mapped(ours, theirs, how) for ours, (theirs, how) in found.items())
    ignored = tuple(column for column in columns if column not in used and column not in banned)
    return Mapping({ours: theirs for ours, (theirs, _) in found.items()}, mapped, ignored)


def _names(field: kinds.Field, *, projected: bool) -> tuple[str, ...]:
    if projected and field.type == "lat":
        return NORTHING
    if projected and field.type == "lng":
        return EASTING
    return field.names


def _column(ours: str, theirs: str, columns: Sequence[str]) -> str:
    if theirs in columns:
        return theirs
    alike = [column for column in columns if normal(column) == normal(theirs)]
    if len(alike) == 1:
        return alike[0]
    listed = ", ".join(columns[:40])
    raise values.IntakeError(
        "E_FIELD",
        f"the file has no column '{theirs}'; it has: {listed}",
        detail={"missing": [ours], "columns": list(columns[:200])},
    )


def _require(kind: kinds.Kind, found: dict[str, tuple[str, str]], columns: Sequence[str], *, located: bool) -> None:
    placed = located or "geometry" in found or ("lat" in found and "lng" in found)
    missing = [
        field.name
        for field in kind.fields
        if field.required and field.name not in found and field.type not in ("lat", "lng")
    ]
    if kind.place == "point" and not placed:
        missing += [name for name in ("lat", "lng") if name not in found]
    elif kind.place in ("shape", "either") and not placed:
        missing.append("geometry")
    if missing:
        listed = ", ".join(columns[:40])
        wanted = ", ".join(missing) + (" (or lat and lng)" if kind.place == "either" and not placed else "")
        raise values.IntakeError(
            "E_FIELD",
            f"no column found for {wanted}; say which with --field ours=theirs. The file has: {listed}",
            detail={"missing": missing, "columns": list(columns[:200])},
        )

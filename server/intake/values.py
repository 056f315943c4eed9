"""The values intake speaks: what is asked (Options, Limits), what is answered (Parsed, Report) and what can go wrong.

Everything here is plain, frozen and fits into JSON, because it crosses the border to the child process.
Units: bytes, seconds, degrees in WGS-84; rows are numbered from 1, the header not counted.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

MIB = 1 << 20
GIB = 1 << 30
#: Files the child leaves in its directory.
ROWS_FILE, FAULTS_FILE, REPORT_FILE, ERROR_FILE = "rows.parquet", "faults.parquet", "report.json", "error.json"


class IntakeError(Exception):
    """A file that did not come in. ``code`` is stable, ``message`` is for people, ``detail`` are plain values.

    ``outcome`` is *rejected* (the file is at fault), *failed* (reading broke down or a limit of the machine was
    reached) or *cancelled*.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        detail: dict[str, Any] | None = None,
        outcome: Literal["rejected", "failed", "cancelled"] = "rejected",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail or {}
        self.outcome = outcome


@dataclass(frozen=True)
class Options:
    """What the person who imports says about the file.

    fields      our field name → column of the file
    crs         coordinate system of the coordinates, as pyproj understands it (``EPSG:4547``, ``ESRI:102696``)
    datum       wgs84, cgcs2000, gcj02 or bd09; given for the import or, by default, for the city
    tz          zone of times without one (IANA name); the city's zone by default
    time_format strptime directives, or one of iso, dmy, mdy, ymd, epoch_s, epoch_ms, excel
    encoding    of text files, when detection is not wanted
    sheet, layer, delimiter  which part of the file, how it is cut
    mainland    the city lies in mainland China, where a declared CRS cannot be trusted to tell the datum
    extent      west, south, east, north of the city in degrees; used to recognise swapped or projected coordinates
    now         ISO 8601 instant; times more than five minutes later are rejected
    directions  direction codes of a register → degrees clockwise from north; with it only these codes are read
    name        the name the file was given with, only for its ending
    """

    fields: dict[str, str] = field(default_factory=dict)
    crs: str | None = None
    datum: str | None = None
    tz: str | None = None
    time_format: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    layer: str | None = None
    delimiter: str | None = None
    mainland: bool = True
    extent: tuple[float, float, float, float] | None = None
    now: str | None = None
    name: str | None = None
    directions: dict[str, float] | None = None


@dataclass(frozen=True)
class Limits:
    """Budgets of one import. Reaching one rejects the file with the figure; it never takes the server down."""

    file_bytes: int = 200 * MIB
    text_bytes: int = 500 * MIB
    ratio: int = 200
    members: int = 64
    rows: int = 500_000
    columns: int = 1_000
    properties: int = 256
    field_chars: int = 100_000
    feature_bytes: int = 32 * MIB
    vertices_per_feature: int = 100_000
    vertices: int = 5_000_000
    memory_bytes: int = GIB
    cpu_s: int = 60
    wall_s: float = 60.0
    write_bytes: int = 500 * MIB
    open_files: int = 64
    batch_rows: int = 65_536

    @staticmethod
    def upload() -> Limits:
        """Figures for a file that came over the network."""
        return Limits()

    @staticmethod
    def host() -> Limits:
        """Figures for an administrator's command on the host: large files in flat memory, no wall limit."""
        return Limits(
            file_bytes=200 * GIB,
            text_bytes=800 * GIB,
            ratio=2_000,
            rows=4_000_000_000,
            vertices_per_feature=2_000_000,
            vertices=2_000_000_000,
            feature_bytes=256 * MIB,
            memory_bytes=4 * GIB,
            cpu_s=24 * 3600,
            wall_s=float("inf"),
            write_bytes=800 * GIB,
            open_files=256,
        )


@dataclass(frozen=True)
class FaultGroup:
    """Faults of one kind in one field: how many, the first rows, one example. ``rejects``: the row did not come in;
    otherwise the field was left empty and the row came in."""

    code: str
    field: str
    rejects: bool
    count: int
    first_rows: tuple[int, ...]
    reason: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Mapped:
    """One of our fields and the file's column it is read from; ``how`` is *given* or *guessed*."""

    ours: str
    theirs: str
    how: str


@dataclass(frozen=True)
class Report:
    """What was read and how it was understood. rows = accepted + rejected, always."""

    kind: str
    format: str
    bytes: int
    sha256: str
    rows: int
    accepted: int
    rejected: int
    faults: tuple[FaultGroup, ...]
    mapping: tuple[Mapped, ...]
    ignored: tuple[str, ...]
    personal: tuple[dict[str, str], ...]
    encoding: str | None
    delimiter: str | None
    layer: str | None
    crs: str | None
    datum: str | None
    time: dict[str, Any] | None
    bbox: tuple[float, float, float, float] | None
    notes: tuple[str, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(plain: dict[str, Any]) -> Report:
        """The inverse of ``as_json``; raises TypeError or KeyError when the shape is not a report's."""
        values = dict(plain)
        values["faults"] = tuple(
            FaultGroup(**{**g, "first_rows": tuple(g["first_rows"]), "values": tuple(g["values"])})
            for g in plain["faults"]
        )
        values["mapping"] = tuple(Mapped(**m) for m in plain["mapping"])
        values["personal"] = tuple(dict(p) for p in plain["personal"])
        values["ignored"] = tuple(plain["ignored"])
        values["notes"] = tuple(plain["notes"])
        values["bbox"] = None if plain["bbox"] is None else tuple(plain["bbox"])
        return Report(**values)


@dataclass(frozen=True)
class Parsed:
    """Files of one reading. ``rows``: Parquet of accepted rows under our column names; ``faults``: Parquet of every
    fault (row, code, field, value, reason, rejects)."""

    rows: Path
    faults: Path
    report: Report

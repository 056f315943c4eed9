"""Reading an untrusted file through intake's child process, as a table of plain rows with its report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from geo import datum as datums
from server import intake
from server.intake import values
from server.usecases import errors
from server.usecases.context import Context


@dataclass(frozen=True)
class Read:
    """``rows`` accepted rows under our column names; ``faults`` a row per fault (row, field, code, reason, rejects)."""

    rows: pa.Table
    faults: pa.Table
    report: values.Report

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        made: pd.DataFrame = self.rows.to_pandas()
        return made


def plain(
    *, fields: dict[str, str] | None = None, crs: str | None = None, datum: str | None = None, tz: str | None = None,
    time_format: str | None = None,
) -> values.Options:
    """What the importing person said about a file, without a city's own values."""
    return values.Options(fields=fields or {}, crs=crs, datum=datum, tz=tz, time_format=time_format, mainland=False)


def read(
    ctx: Context, kind: str, path: Path, options: values.Options, *, limits: values.Limits | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Read:
    """Read ``path`` in the child process. Raises Refused for a file at fault, Cancelled when reading was stopped."""
    if not path.is_file():
        raise errors.Refused("E_MISSING", f"There is no file {path.name!r}.")
    with tempfile.TemporaryDirectory(dir=ctx.spool) as folder:
        try:
            parsed = intake.read(
                kind, path, options=options, limits=limits or values.Limits.host(), out_dir=Path(folder),
                progress=progress,
            )
        except values.IntakeError as error:
            if error.outcome == "cancelled":
                raise errors.Cancelled("cancelled", error.message) from None
            raise errors.Refused(error.code, error.message, detail=[error.detail] if error.detail else []) from None
        return Read(pq.read_table(parsed.rows), pq.read_table(parsed.faults), parsed.report)


def is_mainland(bounds: tuple[float, float, float, float]) -> bool:
    """Whether the middle of a box (west, south, east, north) lies on the Chinese mainland, where datums differ."""
    west, south, east, north = bounds
    return bool(datums.mainland([(south + north) / 2], [(west + east) / 2])[0])


def refuse_unknown_datum(parsed: Read, *, crs: str | None, datum: str | None) -> None:
    """Raise Refused for a mainland file whose datum nobody said: guessing wrong shifts a city by 100 to 700 m."""
    box = parsed.report.bbox
    if datum is None and not _tells_datum(crs) and box is not None and is_mainland(box):
        raise errors.Refused(
            "E_DATUM", "The file lies on the Chinese mainland and does not say its datum; "
            "give --datum wgs84, cgcs2000, gcj02 (Amap, Tencent) or bd09 (Baidu).",
        )


def _tells_datum(crs: str | None) -> bool:
    """Whether a declared system is one of the CGCS2000 family, which no shifted data is published in."""
    return crs is not None and "CGCS2000" in pyproj.CRS.from_user_input(crs).name.upper().replace(" ", "")

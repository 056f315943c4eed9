"""XLSX workbooks: one sheet, the first filled row names the columns, values as stored.

Formulas are not values: what a spreadsheet programme computed last is not taken, and the cell reads as its formula.
Macros, encryption and more than one filled sheet without a choice refuse the file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml import DEFUSEDXML

from server.intake import delimited, sources, values, zips

_RATIO = 300
_HEAD_ROWS = 100
_ERRORS = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,
    OSError,
    zipfile.BadZipFile,
    InvalidFileException,
    AssertionError,
)


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a workbook. Raises IntakeError E_SHEET, E_TYPE, E_ARCHIVE…, E_HEADER, E_BUDGET, E_TRUNCATED."""
    if not DEFUSEDXML:
        raise values.IntakeError("E_SANDBOX", "defusedxml is not installed; workbooks are not read", outcome="failed")
    inside = zips.members(path, limits, ratio=_RATIO, nested=True)
    if any(
        "vbaproject" in member.name.lower()
        or member.name.lower().endswith((".bin", ".exe", ".vbs"))
        and "printersettings" not in member.name.lower()
        for member in inside
    ):
        raise values.IntakeError("E_TYPE", "the workbook holds macros or embedded programs; save it as plain .xlsx")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        try:
            sheet = _choose(book, options.sheet)
            spool = sources.Spool(work, limits, located=False)
            _read(sheet, spool, limits)
            return sources.Source(
                format="xlsx", columns=tuple(spool.columns), located=False, batches=spool.batches, layer=sheet.title
            )
        finally:
            book.close()
    except values.IntakeError:
        raise
    except DefusedXmlException as error:
        raise values.IntakeError("E_XML", "the workbook declares a document type or entities") from error
    except _ERRORS as error:
        raise values.IntakeError("E_TRUNCATED", "the workbook is damaged or not an .xlsx file") from error


def _choose(book: Any, wanted: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if wanted is not None:
        if wanted not in sheets:
            raise values.IntakeError(
                "E_SHEET",
                f"the workbook has no sheet '{wanted}'; it has: {', '.join(sheets)}",
                detail={"sheets": list(sheets)},
            )
        return sheets[wanted]
    filled = {title: sheet for title, sheet in sheets.items() if sheet.sheet_state == "visible" and _filled(sheet)}
    if len(filled) != 1:
        raise values.IntakeError(
            "E_SHEET",
            f"the workbook has {len(filled)} filled sheets; say which with --sheet: " + ", ".join(sheets),
            detail={"sheets": list(sheets)},
        )
    return next(iter(filled.values()))


def _rows(sheet: Any) -> Iterator[list[Any]]:
    sheet.reset_dimensions()
    yield from sheet.iter_rows()


def _filled(sheet: Any) -> bool:
    for number, row in enumerate(_rows(sheet)):
        if any(cell.value is not None for cell in row):
            return True
        if number > _HEAD_ROWS:
            return False
    return False


def _read(sheet: Any, spool: sources.Spool, limits: values.Limits) -> None:
    rows = _rows(sheet)
    header: list[str] = []
    for row in rows:
        if any(cell.value is not None for cell in row):
            header = delimited.unique([_text(cell) or "" for cell in row])
            break
    while header and header[-1].startswith("column ") and header[-1] == f"column {len(header)}":
        header.pop()
    if not header:
        raise values.IntakeError("E_HEADER", "the sheet has no row of column names")
    if len(header) > limits.columns:
        raise values.IntakeError("E_BUDGET", f"the sheet has more than {limits.columns} columns")
    spool.columns.update(dict.fromkeys(header))
    for row in rows:
        cells = [_text(cell) for cell in row]
        if not any(cells):
            continue
        if any(cells[len(header) :]):
            spool.reject("row.columns", f"has a value beyond the {len(header)} named columns")
            continue
        spool.add(dict(zip(header, cells)), None)
    spool.flush()


def _text(cell: Any) -> str | None:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return f"\x01{value}" if isinstance(value, str) else "\x01=formula"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, clock_time | timedelta):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)

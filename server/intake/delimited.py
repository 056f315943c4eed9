"""CSV and TSV: comma, semicolon or tab, RFC 4180 quoting, every record accounted for.

pyarrow parses; a scan of the quotes before it finds what a lenient parser would swallow: a quote that is never closed
refuses the file and names its row, a closed quote followed by more text breaks its row. Blank lines are no rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from server.intake import quotes, sources, text, values

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_BLOCK = 8 * values.MIB
_GUARDED = r"^'([=+\-@\t\r＝＋－＠'])"


@dataclass(frozen=True)
class _Table:
    """A UTF-8 table on disk: its rows begin at byte ``start``; ``misplaced`` are rows with a quote out of place."""

    path: Path
    start: int
    header: tuple[str, ...]
    delimiter: str
    misplaced: dict[int, str]
    limits: values.Limits


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a delimited text file. Raises IntakeError E_ENCODING, E_DELIMITER, E_HEADER, E_QUOTE, E_BUDGET, E_TYPE."""
    plain = work / "table.csv"
    encoding = text.to_utf8(path, plain, encoding=options.encoding, limits=limits)
    header, delimiter, start = _header(plain, options.delimiter, limits)
    misplaced = quotes.misplaced(plain, start, delimiter)

    def batches(wanted: Sequence[str]) -> Iterator[sources.Batch]:
        return _batches(_Table(plain, start, tuple(header), delimiter, misplaced, limits), wanted)

    return sources.Source(
        format="csv",
        columns=tuple(header),
        located=False,
        batches=batches,
        encoding=encoding,
        delimiter=_DELIMITERS[delimiter],
    )


def _header(plain: Path, given: str | None, limits: values.Limits) -> tuple[list[str], str, int]:
    """(column names, delimiter, byte at which the rows begin)."""
    with plain.open("rb") as file:
        head = file.read(4 * values.MIB)
    if b"\x00" in head:
        raise values.IntakeError("E_TYPE", "the file holds zero bytes; it is not a text table")
    line, start = _first_record(head)
    if not line.strip():
        raise values.IntakeError("E_HEADER", "the table does not begin with a line of column names")
    delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(given or "", given)
    if delimiter is None:
        bare = _outside_quotes(line)
        counts = {mark: bare.count(mark) for mark in _DELIMITERS}
        most = max(counts.values())
        tied = [mark for mark, n in counts.items() if n == most]
        if len(tied) > 1 and most:
            raise values.IntakeError(
                "E_DELIMITER", "columns may be cut at more than one mark; say which with --delimiter"
            )
        delimiter = tied[0]
    if delimiter not in _DELIMITERS:
        raise values.IntakeError("E_DELIMITER", "columns are cut by comma, semicolon or tab")
    names = _split(line, delimiter)
    if len(names) > limits.columns:
        raise values.IntakeError("E_BUDGET", f"the table has {len(names)} columns; {limits.columns} are allowed")
    return unique(names), delimiter, start


def _first_record(head: bytes) -> tuple[str, int]:
    """The header line and the byte after its line end."""
    quoted, at = False, 0
    while at < len(head) and head[at] in (10, 13):
        at += 1
    begin = at
    for at in range(begin, len(head)):
        byte = head[at]
        if byte == 34:
            quoted = not quoted
        elif byte in (10, 13) and not quoted:
            line_end = 2 if head[at : at + 2] == b"\r\n" else 1
            return head[begin:at].decode("utf-8"), at + line_end
    if quoted or len(head) >= 4 * values.MIB:
        raise values.IntakeError("E_HEADER", "the line of column names does not end; is a quote missing in it?")
    return head[begin:].decode("utf-8"), len(head)


def _outside_quotes(line: str) -> str:
    return "".join(part for i, part in enumerate(line.split('"')) if i % 2 == 0)


def _split(line: str, delimiter: str) -> list[str]:
    names, quoted, current = [], False, ""
    for ch in line:
        if ch == '"':
            quoted = not quoted
        elif ch == delimiter and not quoted:
            names.append(current)
            current = ""
        else:
            current += ch
    return [*names, current]


def unique(names: Sequence[str]) -> list[str]:
    """Column names without surrounding space; blank ones are numbered, repeated ones get their number appended."""
    made: list[str] = []
    taken: set[str] = set()
    for index, raw in enumerate(names, start=1):
        name = raw.strip() or f"column {index}"
        candidate, again = name, 2
        while candidate in taken:
            candidate, again = f"{name} ({again})", again + 1
        taken.add(candidate)
        made.append(candidate)
    return made


def _batches(table: _Table, wanted: Sequence[str]) -> Iterator[sources.Batch]:
    invalid: list[sources.Broken] = []

    def skip(row: pcsv.InvalidRow) -> str:
        reason = f"has {row.actual_columns} columns, the header has {row.expected_columns}"
        invalid.append(sources.Broken(row.number, "row.columns", reason))
        return "skip"

    names = list(wanted) or [table.header[0]]
    size = max(table.path.stat().st_size - table.start, 1)
    row = told = 0
    with table.path.open("rb") as file:
        file.seek(table.start)
        if size <= 1 and not file.peek(1):
            return
        for batch in _reader(file, table, names, skip):
            numbers = _numbers(batch.num_rows, row, [broken.row for broken in invalid if broken.row > row])
            row = int(numbers[-1]) if len(numbers) else row
            if row > table.limits.rows:
                raise values.IntakeError("E_BUDGET", f"the file has more than {table.limits.rows} rows")
            columns = {name: _unguarded(batch.column(name)) for name in names}
            fresh = invalid[told:]
            told = len(invalid)
            yield _without_misplaced(numbers, columns, fresh, table.misplaced, min(1.0, file.tell() / size))
    if len(invalid) > told:
        none = {name: pa.array([], pa.string()) for name in names}
        yield sources.Batch(np.zeros(0, np.int64), none, None, invalid[told:], 1.0)


def _unguarded(column: pa.Array) -> pa.Array:
    """Texts without the apostrophe that keeps a spreadsheet from taking them for a formula (our exports write one)."""
    guarded = pc.any(pc.starts_with(column, "'")).as_py()
    return pc.replace_substring_regex(column, _GUARDED, r"\1") if guarded else column


def _reader(
    file: BinaryIO, table: _Table, names: list[str], skip: Callable[[pcsv.InvalidRow], str]
) -> pa.RecordBatchReader:
    try:
        return pcsv.open_csv(
            file,
            read_options=pcsv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=list(table.header)),
            parse_options=pcsv.ParseOptions(
                delimiter=table.delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=pcsv.ConvertOptions(
                include_columns=names,
                strings_can_be_null=False,
                check_utf8=False,
                column_types={name: pa.string() for name in names},
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pa.RecordBatchReader.from_batches(pa.schema([(name, pa.string()) for name in names]), [])
        raise values.IntakeError("E_TYPE", "the text cannot be read as a table") from error


def _numbers(n: int, row: int, invalid: list[int]) -> np.ndarray:
    """The next ``n`` row numbers after ``row`` that are not invalid."""
    candidates = np.arange(row + 1, row + 1 + n + len(invalid), dtype=np.int64)
    if invalid:
        candidates = candidates[~np.isin(candidates, np.array(invalid, np.int64))]
    return candidates[:n]


def _without_misplaced(
    numbers: np.ndarray,
    columns: dict[str, pa.Array],
    broken: list[sources.Broken],
    misplaced: dict[int, str],
    done: float,
) -> sources.Batch:
    if misplaced:
        hit = np.isin(numbers, np.fromiter(misplaced, np.int64, len(misplaced)))
        broken = broken + [sources.Broken(int(row), "row.quote", misplaced[int(row)]) for row in numbers[hit]]
        keep = pa.array(~hit)
        columns = {name: column.filter(keep) for name, column in columns.items()}
        numbers = numbers[~hit]
    return sources.Batch(numbers, columns, None, broken, done)

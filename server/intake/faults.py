"""Every fault of every row: written in full to a file, counted and grouped for the report.

A *rejecting* fault keeps its row out; the other kind only left one field empty. Memory stays flat: faults leave in
batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from server.intake import values

SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("code", pa.string()),
        ("field", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("rejects", pa.bool_()),
    ]
)
_SHOWN_ROWS = 10
_SHOWN_VALUES = 5
_VALUE_CHARS = 120
_FLUSH_ROWS = 50_000


class Faults:
    """An open fault file. ``add`` may be called for any number of rows; ``groups`` answers at the end."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._groups: dict[tuple[str, str, bool], tuple[list[int], list[str], str]] = {}
        self._counts: dict[tuple[str, str, bool], int] = {}

    def __enter__(self) -> Faults:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flush()
        self._writer.close()

    def add(
        self,
        code: str,
        field: str,
        rows: np.ndarray | Sequence[int],
        *,
        reason: str,
        found: Sequence[str | None] | None = None,
        rejects: bool = True,
    ) -> None:
        """Note one kind of fault for ``rows`` (numbers of the file). ``found``: the values, aligned with rows."""
        n = len(rows)
        if n == 0:
            return
        numbers = np.asarray(rows, dtype=np.int64)
        shown = [_shown(value) for value in found] if found is not None else [None] * n
        self._pending.append(
            pa.record_batch(
                [
                    pa.array(numbers),
                    pa.array([code] * n),
                    pa.array([field] * n),
                    pa.array(shown, pa.string()),
                    pa.array([reason] * n),
                    pa.array([rejects] * n),
                ],
                schema=SCHEMA,
            )
        )
        self._pending_rows += n
        key = (code, field, rejects)
        first, examples, _ = self._groups.setdefault(key, ([], [], reason))
        self._counts[key] = self._counts.get(key, 0) + n
        first.extend(int(row) for row in numbers[: max(0, _SHOWN_ROWS - len(first))])
        for value in shown:
            if len(examples) >= _SHOWN_VALUES:
                break
            if value is not None and value not in examples:
                examples.append(value)
        if self._pending_rows >= _FLUSH_ROWS:
            self._flush()

    def groups(self) -> tuple[values.FaultGroup, ...]:
        """The groups, rejecting ones first, then by count."""
        made = [
            values.FaultGroup(
                code, field, rejects, self._counts[(code, field, rejects)], tuple(first), reason, tuple(examples)
            )
            for (code, field, rejects), (first, examples, reason) in self._groups.items()
        ]
        return tuple(sorted(made, key=lambda group: (not group.rejects, -group.count, group.code, group.field)))

    def _flush(self) -> None:
        for batch in self._pending:
            self._writer.write_batch(batch)
        self._pending, self._pending_rows = [], 0


def _shown(value: str | None) -> str | None:
    if value is None:
        return None
    text = value.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _VALUE_CHARS else text[: _VALUE_CHARS - 1] + "…"

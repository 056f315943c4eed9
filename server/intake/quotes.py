"""The quotes of a delimited text, checked before it is parsed.

By RFC 4180 a quote opens at the start of a field and closes before a delimiter or line end; inside it is doubled. A
quote within an unquoted field is taken as a character (``5" pipe``). What a lenient parser would hide is found here:
text after a closing quote, and a quote that never closes and so swallows the rest of the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from server.intake import values

_BLOCK = 16 * values.MIB
_STEP = 65_536
_MOST = 10_000
_QUOTE = 34
REASON = "text follows a closing quote; a quote is missing or not doubled"


def misplaced(path: Path, start: int, delimiter: str) -> dict[int, str]:
    """Rows (1 = first after byte ``start``) whose quoting is broken. Raises IntakeError E_QUOTE for an unclosed quote
    or more than 10 000 broken rows."""
    separators = np.zeros(256, bool)
    separators[[ord(delimiter), 10, 13]] = True
    scan = _Scan(separators)
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(_BLOCK):
            follow = file.peek(1)[:1]
            scan.feed(np.frombuffer(block, np.uint8), int(follow[0]) if follow else 10)
    if scan.inside:
        raise values.IntakeError(
            "E_QUOTE", f"row {scan.opened_in} opens a quote that is never closed", detail={"row": scan.opened_in}
        )
    return scan.broken


class _Scan:
    """State between blocks: whether a quote is open, the last byte, the records that have ended."""

    def __init__(self, separators: np.ndarray) -> None:
        self.separators = separators
        self.inside = False
        self.opened_in = 0
        self.last = 10
        self.records = 0
        self.broken: dict[int, str] = {}

    def feed(self, block: np.ndarray, follow: int) -> None:
        """Scan one block; ``follow`` is the byte after it (a line end at the end of the file)."""
        before = np.concatenate([[self.last], block[:-1]]).astype(np.uint8)
        after = np.concatenate([block[1:], [follow]]).astype(np.uint8)
        marks = np.flatnonzero(block == _QUOTE)
        ends = np.flatnonzero(((block == 10) | (block == 13)) & (before != 10) & (before != 13))
        toggles, bad = self._toggles(marks, before, after)
        depth = np.searchsorted(toggles, ends) + int(self.inside)
        outer = ends[depth % 2 == 0]
        for at in bad:
            row = self.records + int(np.searchsorted(outer, at)) + 1
            self.broken[row] = REASON
            if len(self.broken) > _MOST:
                raise values.IntakeError(
                    "E_QUOTE", f"more than {_MOST} rows have misplaced quotes; the first is row {min(self.broken)}"
                )
        now_inside = bool((len(toggles) + int(self.inside)) % 2)
        if now_inside and len(toggles):
            self.opened_in = self.records + int(np.searchsorted(outer, toggles[-1])) + 1
        self.records += len(outer)
        self.inside = now_inside
        self.last = int(block[-1])

    def _toggles(self, marks: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, list[int]]:
        """Quotes that open or close, in order, and the closing ones that text follows."""
        kept: list[np.ndarray] = []
        bad: list[int] = []
        inside, at = self.inside, 0
        while at < len(marks):
            part = marks[at : at + _STEP]
            opens = (np.arange(len(part)) % 2 == 0) != inside
            fits_open = self.separators[before[part]] | (before[part] == _QUOTE)
            fits_close = self.separators[after[part]] | (after[part] == _QUOTE)
            wrong = np.flatnonzero(np.where(opens, ~fits_open, ~fits_close))
            n = len(part) if len(wrong) == 0 else int(wrong[0])
            kept.append(part[:n])
            inside = inside != bool(n % 2)
            at += n
            if len(wrong) and at < len(marks):
                if inside:
                    bad.append(int(marks[at]))
                    kept.append(marks[at : at + 1])
                    inside = False
                at += 1
        return (np.concatenate(kept) if kept else marks), bad

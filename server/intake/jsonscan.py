"""Where the elements of a large JSON document lie, found without parsing it: blocks of bytes, flat memory.

Strings, escapes and brackets are followed with array operations; depth is known before any parser could recurse. The
elements of one array below the root object (``features``) are handed out as bytes; all else is kept as the *shell*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from server.intake import values

MAX_DEPTH = 32
_SHELL_BYTES = values.MIB
_QUOTE, _BACKSLASH, _COMMA = 34, 92, 44
_STEP = np.zeros(256, np.int8)
_STEP[[0x5B, 0x7B]] = 1
_STEP[[0x5D, 0x7D]] = -1
_SPACE = np.zeros(256, bool)
_SPACE[[9, 10, 13, 32]] = True


@dataclass
class Scan:
    """A running scan. ``shell``: bytes outside the split array, complete once ``elements`` is exhausted."""

    path: Path
    key: bytes
    limits: values.Limits
    block_bytes: int = 4 * values.MIB
    shell: bytearray = field(default_factory=bytearray)
    found: bool = False
    _inside: bool = False
    _escaped: bool = False
    _depth: int = 0
    _closed: bool = False

    def elements(self) -> Iterator[tuple[bytes, int]]:
        """Yield (bytes of an element, bytes of the file read so far). Raises IntakeError E_DEPTH, E_TRUNCATED,
        E_TRAILING, E_BUDGET."""
        pending = bytearray()
        within = False
        offset = 0
        with self.path.open("rb") as file:
            while raw := file.read(self.block_bytes):
                block = np.frombuffer(raw, np.uint8)
                depth, outside = self._follow(block)
                at = 0
                while at < len(block):
                    if not within:
                        start = self._array_start(raw, block, depth, outside, at)
                        within, at = start is not None, self._keep(raw[at:start], at)
                        continue
                    ends = (
                        np.flatnonzero(
                            outside[at:]
                            & (
                                ((block[at:] == _COMMA) & (depth[at:] == 2))
                                | ((depth[at:] == 1) & (block[at:] == 0x5D))
                            )
                        )
                        + at
                    )
                    for end in ends.tolist():
                        pending += raw[at:end]
                        at = end + 1
                        last = block[end] == 0x5D
                        if pending.strip() or not last:
                            yield bytes(pending), offset + end
                        pending.clear()
                        if last:
                            self._keep(b"]", 0)
                            within = False
                            break
                    else:
                        pending += raw[at:]
                        if len(pending) > self.limits.feature_bytes:
                            raise values.IntakeError(
                                "E_BUDGET", f"one feature is larger than {self.limits.feature_bytes // values.MIB} MiB"
                            )
                        at = len(block)
                offset += len(block)
        if self._inside or self._depth != 0 or not self._closed:
            raise values.IntakeError("E_TRUNCATED", "the JSON ends before its brackets are closed")

    def _follow(self, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depth after each byte and whether it lies outside strings; carries the state to the next block."""
        quotes = block == _QUOTE
        slashes = np.flatnonzero(block == _BACKSLASH)
        if len(slashes) or self._escaped:
            quotes &= ~self._escapes(slashes, len(block))
        outside = (np.cumsum(quotes) + int(self._inside)) % 2 == 0
        outside &= ~quotes
        steps = np.where(outside, _STEP[block], 0)
        depth = np.cumsum(steps, dtype=np.int64) + self._depth
        if depth.max() > MAX_DEPTH:
            raise values.IntakeError("E_DEPTH", f"the JSON nests deeper than {MAX_DEPTH}")
        self._one_root(block, depth, steps)
        self._inside = bool((int(quotes.sum()) + int(self._inside)) % 2)
        self._depth = int(depth[-1])
        return depth, outside

    def _one_root(self, block: np.ndarray, depth: np.ndarray, steps: np.ndarray) -> None:
        """Hold that there is one root value and nothing beside it."""
        if depth.min() < 0:
            raise values.IntakeError("E_TYPE", "the JSON closes a bracket that it did not open")
        closings = np.flatnonzero((steps == -1) & (depth == 0))
        first_close = -1 if self._closed else (int(closings[0]) if len(closings) else len(block))
        beside = np.flatnonzero((depth == 0) & ~_SPACE[block] & (steps != -1))
        reopened = np.flatnonzero((depth == 1) & (steps == 1))
        if (beside > first_close).any() or (reopened > first_close).any():
            raise values.IntakeError("E_TRAILING", "something follows the JSON object of the file")
        if len(beside):
            raise values.IntakeError("E_TYPE", "the file does not begin with a JSON object")
        self._closed = self._closed or bool(len(closings))

    def _escapes(self, slashes: np.ndarray, n: int) -> np.ndarray:
        """Bytes preceded by an active backslash."""
        escaped = np.zeros(n + 1, bool)
        escaped[0] = self._escaped
        if len(slashes):
            starts = np.r_[True, np.diff(slashes) != 1]
            run = np.maximum.accumulate(np.where(starts, np.arange(len(slashes)), 0))
            place = np.arange(len(slashes)) - run
            if self._escaped and slashes[0] == 0:
                first_run = run == 0
                place = np.where(first_run, place + 1, place)
            escaped[slashes[place % 2 == 0] + 1] = True
        self._escaped = bool(escaped[n])
        return escaped[:n]

    def _array_start(
        self, raw: bytes, block: np.ndarray, depth: np.ndarray, outside: np.ndarray, at: int
    ) -> int | None:
        """The byte after the ``[`` that opens the wanted array, or None when it is not in this block."""
        if self.found:
            return None
        for start in (np.flatnonzero(outside[at:] & (block[at:] == 0x5B) & (depth[at:] == 2)) + at).tolist():
            before = bytes(self.shell[-200:]) + raw[max(at, start - 200) : start]
            stripped = before.rstrip()
            if stripped.endswith(b":") and stripped[:-1].rstrip().endswith(b'"' + self.key + b'"'):
                self.found = True
                return int(start) + 1
        return None

    def _keep(self, part: bytes, at: int) -> int:
        """Add to the shell; answers the byte after the part, which began at ``at``."""
        self.shell += part
        if len(self.shell) > _SHELL_BYTES and self.found:
            raise values.IntakeError("E_BUDGET", "the members beside the features are larger than 1 MiB")
        if len(self.shell) > self.limits.feature_bytes:
            raise values.IntakeError(
                "E_BUDGET", f"the JSON object is larger than {self.limits.feature_bytes // values.MIB} MiB"
            )
        return at + len(part)

"""The only door by which data enters a page.

Whatever a city's files say (names, codes, remarks) ends here as inert text: JSON whose strings hold no character that
Jinja, HTML or a script could read as anything but data, or base64. The blocks are `<script>` elements of a data type,
so a browser never runs them; `layers/static` reads them back with `JSON.parse` and shows text by `textContent`.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any

_BLOCK_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NEVER_STRUCTURAL = "%#<>&'`\u2028\u2029\x7f"
_OUTSIDE = {ord(mark): f"\\u{ord(mark):04x}" for mark in _NEVER_STRUCTURAL}
_BRACES = {ord("{"): "\\u007b", ord("}"): "\\u007d"}
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a pair: JSON and Python can hold it alone, no UTF-8 file can."""


def script_json(value: Any) -> str:
    """JSON text of `value` that is safe inside a `<script>` block and inside a Jinja template.

    Braces in strings and `% # < > & '` and the backtick anywhere are written as `\\uXXXX`; so are lone surrogates,
    which no UTF-8 file could hold. Structural braces stay: compact JSON never puts two side by side in the order that
    opens a Jinja tag. Raises ValueError for NaN and infinities, TypeError for what JSON has no form for.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = _STRING.sub(_without_braces, text).translate(_OUTSIDE)
    return SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def json_block(block_id: str, value: Any, *, role: str = "gezhi-data") -> str:
    """A `<script type="application/json">` element; `role` becomes its class."""
    _check_id(block_id)
    _check_id(role)
    return f'<script type="application/json" id="{block_id}" class="{role}">{script_json(value)}</script>'


def binary(block_id: str, data: bytes, *, role: str = "gezhi-data") -> str:
    """A data block that holds `data` as base64 of its gzip form (time stamp zero, so equal data gives equal text)."""
    _check_id(block_id)
    _check_id(role)
    packed = base64.b64encode(gzip.compress(data, compresslevel=6, mtime=0)).decode("ascii")
    return f'<script type="application/gzip" id="{block_id}" class="{role}">{packed}</script>'


def _without_braces(found: re.Match[str]) -> str:
    return found.group().translate(_BRACES)


def _check_id(block_id: str) -> None:
    if not _BLOCK_ID.fullmatch(block_id):
        raise ValueError(f"block id {block_id!r}: want lower-case letters, digits and hyphens, a letter first")

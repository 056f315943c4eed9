"""Reading a request: JSON bodies and query strings into models, with everything ambiguous refused.

A body that Python would read but that has no one meaning (duplicate keys, NaN, Infinity, UTF-16, a byte order mark,
numbers of thousands of digits, nesting beyond reason) is a bad request. Nothing here knows Flask.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Never, TypeVar

import pydantic

DEPTH: Final = 32
"""Deepest nesting of a JSON body."""
DIGITS: Final = 40
"""Longest whole number in a JSON body."""
_SKIPPED: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")

Model = TypeVar("Model", bound=pydantic.BaseModel)


class Unreadable(ValueError):
    """The bytes are not one unambiguous JSON value; the message says why."""


def parse(data: bytes) -> Any:
    """The JSON value of ``data`` (UTF-8, no byte order mark). Raises Unreadable.

    Depth is measured before parsing, so that no input reaches the parser's recursion.
    """
    if depth(data) > DEPTH:
        raise Unreadable(f"nested deeper than {DEPTH}")
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_real
        )
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    except UnicodeEncodeError:
        raise Unreadable("text holds half a character (a lone surrogate)") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg} at character {error.pos}") from None
    return value


def depth(data: bytes) -> int:
    """How deep the brackets of ``data`` nest, brackets inside strings left out; stops counting past DEPTH."""
    level = deepest = 0
    for bracket in _BRACKETS.finditer(_SKIPPED.sub(b"", data)):
        level += 1 if bracket.group() in b"[{" else -1
        deepest = max(deepest, level)
        if deepest > DEPTH:
            break
    return deepest


def query(model: type[Model], pairs: Mapping[str, Sequence[str]]) -> Model:
    """``model`` from a query string's pairs; empty values count as absent.

    Raises Unreadable for a name that is given twice, pydantic.ValidationError for unknown names and wrong values.
    """
    twice = sorted(name for name, values in pairs.items() if len(values) > 1)
    if twice:
        raise Unreadable(f"given more than once: {', '.join(twice)[:200]}")
    return model.model_validate({name: values[0] for name, values in pairs.items() if values[0] != ""})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("an object names a key twice")
    return found


def _constant(name: str) -> Never:
    raise Unreadable(f"{name} is not a number in JSON")


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise Unreadable(f"a number of {len(text)} digits")
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Unreadable("a number too large")
    return value

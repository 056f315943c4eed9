"""Camera directions as people write them: degrees, compass words, lists, junk.

Codes (numbers that stand for directions in a register) are never guessed: lists in use disagree, so the caller must
give the list in force.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS = ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw")
WORDS = {
    "north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0, "south": 180.0, "southwest": 225.0,
    "west": 270.0, "northwest": 315.0, "北": 0.0, "东北": 45.0, "东": 90.0, "东南": 135.0, "南": 180.0, "西南": 225.0,
    "西": 270.0, "西北": 315.0,
} | {point: 22.5 * i for i, point in enumerate(POINTS)}  # fmt: skip
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


FEWEST_CODED, FEWEST_CODES, MOST_CODE = 5, 3, 16
"""A column of so many values, so many of them different, and all whole numbers up to so much, holds codes."""


@dataclass(frozen=True)
class Directions:
    """``deg`` float64[n] in [0, 360), NaN where none; ``several`` tuples of further directions a text listed; ``arc``
    bool[n], the text named an arc and its middle is taken; ``fault`` a reason per text, or an empty string."""

    deg: NDArray[np.float64]
    several: tuple[tuple[float, ...], ...]
    arc: NDArray[np.bool_]
    fault: tuple[str, ...]


def parse(texts: Iterable[object], *, codes: Mapping[str, float] | None = None) -> Directions:
    """Read directions. ``codes`` is the declared list of a register; with it, only its codes are read.

    A list ("120;300") gives its first direction and keeps the others: one site with several cameras. A range ("90-135")
    gives its middle. Numbers outside −360…360 and words without a compass meaning ("forward") are faults.
    """
    read = [_one("" if text is None else str(text).strip(), codes) for text in texts]
    return Directions(
        np.array([values[0] if values else np.nan for values, _, _ in read], dtype=np.float64),
        tuple(tuple(values[1:]) for values, _, _ in read),
        np.array([arc for _, arc, _ in read], dtype=np.bool_),
        tuple(why for _, _, why in read),
    )


def look_like_codes(texts: Iterable[object], n: int) -> bool:
    """Whether ``n`` directions, of these different ``texts``, are numbers of a list rather than degrees."""
    known = [str(text) for text in texts if text is not None]
    if n < FEWEST_CODED or len(known) < FEWEST_CODES:
        return False
    return all(text.isascii() and text.isdigit() and int(text) <= MOST_CODE for text in known)


def _one(text: str, codes: Mapping[str, float] | None) -> tuple[list[float], bool, str]:
    if not text or text.lower() in ("nan", "none", "null", "-"):
        return [], False, ""
    values: list[float] = []
    arc = False
    for part in [text] if codes is not None and text in codes else re.split(r"[;,/、，；|]", text):
        word = part.strip()
        if codes is not None:
            value = codes.get(word)
            if value is None:
                return [], False, f"{word!r} is not in the declared list of codes"
        else:
            value, span = _part(word.lower().replace("°", "").replace("度", ""))
            if value is None:
                return [], False, f"{word!r} is no direction; degrees from north (0–360) or a compass word would be"
            arc |= span
        values.append(value % 360.0)
    return values, arc, ""


def _part(text: str) -> tuple[float | None, bool]:
    """The direction of one word, and whether it is the middle of an arc."""
    if NUMBER.fullmatch(text):
        value = float(text)
        return (value if -360.0 <= value <= 360.0 else None), False
    ends = re.split(r"[-–~]", text)
    first, last = (_point(end.strip()) for end in ends) if len(ends) == 2 else (None, None)
    if first is not None and last is not None and text.replace("-", "") not in WORDS:
        return first + ((last - first) % 360.0) / 2, True
    return _point(text), False


def _point(text: str) -> float | None:
    if NUMBER.fullmatch(text):
        return float(text) if float(text) <= 360.0 else None
    word = text.replace("-", "").replace(" ", "").removeprefix("朝").removeprefix("向").removeprefix("正")
    return WORDS.get(word.removesuffix("方向").removesuffix("向").removesuffix("方"))

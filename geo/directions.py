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


@dataclass(frozen=True)
class Directions:
    """``deg`` float64[n] in [0, 360), NaN where none; ``several`` tuples of further directions a text listed;
    ``fault`` a reason per text, or an empty string."""

    deg: NDArray[np.float64]
    several: tuple[tuple[float, ...], ...]
    fault: tuple[str, ...]


def parse(texts: Iterable[object], *, codes: Mapping[str, float] | None = None) -> Directions:
    """Read directions. ``codes`` is the declared list of a register; with it, only its codes are read.

    A list ("120;300") gives its first direction and keeps the others: one site with several cameras. A range ("90-135")
    gives its middle. Numbers outside −360…360 and words without a compass meaning ("forward") are faults.
    """
    deg, several, fault = [], [], []
    for text in texts:
        values, why = _one("" if text is None else str(text).strip(), codes)
        deg.append(values[0] if values else np.nan)
        several.append(tuple(values[1:]))
        fault.append(why)
    return Directions(np.array(deg, dtype=np.float64), tuple(several), tuple(fault))


def _one(text: str, codes: Mapping[str, float] | None) -> tuple[list[float], str]:
    if not text or text.lower() in ("nan", "none", "null", "-"):
        return [], ""
    if codes is not None:
        return ([codes[text] % 360.0], "") if text in codes else ([], f"{text!r} is not in the declared list of codes")
    values: list[float] = []
    for part in re.split(r"[;,/、，；|]", text):
        value = _part(part.strip().lower().replace("°", "").replace("度", ""))
        if value is None:
            return [], f"{part.strip()!r} is no direction; degrees from north (0–360) or a compass word would be"
        values.append(value % 360.0)
    return values, ""


def _part(text: str) -> float | None:
    if NUMBER.fullmatch(text):
        value = float(text)
        return value if -360.0 <= value <= 360.0 else None
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)\s*[-–~]\s*(\d+(?:\.\d+)?)", text)
    if ends:
        first, last = float(ends[1]), float(ends[2])
        return first + ((last - first) % 360.0) / 2 if max(first, last) <= 360.0 else None
    return WORDS.get(text.replace("-", "").replace(" ", "").removesuffix("方向").removesuffix("向"))

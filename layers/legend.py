"""Legend objects: made from the very `style.Scale` that colours the layer, in Chinese and English.

`{title, unit, n, of, each, window, source, left_out, whole, ratio, classes: [{from, to, colour, count}]}`: title, unit,
of (what `n` counts), each (what the classes count), source and left_out are `{zh, en}` (the last four may be None),
window is [from, to] as ISO times or None, `whole` says that all values are whole numbers, `ratio` that they are shown
as percentages. A class holds from ≤ value < to, the last one its end too; equal ends: that value alone; None: open; it
may carry a `label` {zh, en} of its own. The first class that holds a value is its class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers import style

Words = Mapping[str, str]

REPORTS = {"zh": "件", "en": "reports"}
CAMERAS = {"zh": "台", "en": "cameras"}
CELLS = {"zh": "单元", "en": "cells"}
AREAS = {"zh": "区域", "en": "areas"}
GRIDS = {"zh": "网格", "en": "grids"}


def make(
    scale: style.Scale,
    *,
    title: Words,
    unit: Words,
    n: int,
    of: Words | None = None,
    each: Words | None = None,
    window: Sequence[str] | None = None,
    source: Words | None = None,
    left_out: Words | None = None,
    ratio: bool = False,
) -> dict[str, Any]:
    """The legend of a scale. `n` counts what the figures rest on and `of` names it (incidents, cameras, grids);
    `each` names what the classes count (cells, areas). `ratio`: values are ratios to be shown as percentages."""
    return {
        "title": words(title),
        "unit": words(unit),
        "n": int(n),
        "of": None if of is None else words(of),
        "each": None if each is None else words(each),
        "window": None if window is None else [str(window[0]), str(window[1])],
        "source": None if source is None else words(source),
        "left_out": None if left_out is None else words(left_out),
        "whole": scale.whole,
        "ratio": ratio,
        "classes": scale.classes(),
    }


def words(text: Words) -> dict[str, str]:
    """Both languages, or ValueError."""
    if set(text) != {"zh", "en"}:
        raise ValueError(f"text {dict(text)!r}: want exactly zh and en")
    return {"zh": str(text["zh"]), "en": str(text["en"])}

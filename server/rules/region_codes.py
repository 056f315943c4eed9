"""Codes of communities that are new: the next number after those of the town, never one that was given before."""

from __future__ import annotations

import re
from collections.abc import Collection

_TAIL = re.compile(r"\d+$")


def following(siblings: Collection[str], *, town: str, taken: Collection[str]) -> str:
    """The code after the highest of ``siblings`` (communities of one town), of the same form, that is not ``taken``.

    Statistical codes of 12 digits count on in their last three, others in the digits they end with; where no sibling
    ends with a digit, the town's code is followed by a dash and a number.
    """
    numbered = [(code, tail.group()) for code in siblings if (tail := _TAIL.search(code))]
    form, width, number = f"{town}-", 1, 0
    if numbered:
        code, digits = max(numbered, key=lambda one: (len(one[1]), one[1]))
        width = min(len(digits), 3)
        form, number = code[: len(code) - width], int(digits[-width:])
    while True:
        number += 1
        if (made := f"{form}{number:0{width}d}") not in taken:
            return made

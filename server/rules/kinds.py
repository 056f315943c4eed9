"""Kinds of grids, and the words that files have for them."""

from __future__ import annotations

from typing import Final

BASIC: Final = "basic"
DEDICATED: Final = "dedicated"
PROFESSIONAL: Final = "professional"
COMMUNITY: Final = "community"
"""What a plan of communities consists of."""

_WORDS: Final = {
    "综合网格": BASIC, "基础网格": BASIC, "普通网格": BASIC, "一般网格": BASIC, "general": BASIC,
    "专属网格": DEDICATED, "special": DEDICATED,
    "专业网格": PROFESSIONAL,
}  # fmt: skip


def of(word: str) -> str:
    """The kind that a word of a file stands for; basic where it says nothing, the word itself where it is unknown."""
    plain = word.strip()
    return _WORDS.get(plain, _WORDS.get(plain.lower(), plain.lower() or BASIC))

"""The two languages: which one a request speaks, and the words.

The words live in ``server/translations``: ``zh.json`` and ``en.json`` (a flat object key → text, shared with the page)
and ``errors.zh.json``, ``errors.en.json`` (what the server itself says). ``{name}`` in a text is filled in.
Nothing here knows Flask.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("zh", "en")
COOKIE: Final = "gezhi_language"
_FOLDER: Final = Path(__file__).parent / "translations"


@functools.cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of ``language``, by key. Raises KeyError for a language that is not ours."""
    if language not in LANGUAGES:
        raise KeyError(f"{language!r} is not one of {LANGUAGES}")
    words: dict[str, str] = {}
    for name in (f"{language}.json", f"errors.{language}.json"):
        words |= json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return words


def say(language: str, key: str, **values: object) -> str:
    """The text of ``key`` in ``language`` with ``values`` filled in; the key itself where there is no text."""
    text = catalogue(language).get(key, key)
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def fault(code: str, otherwise: str) -> dict[str, str]:
    """What a fault of an imported row is called, in each language; ``otherwise`` for a code that has no name."""
    return {tongue: catalogue(tongue).get(f"import.code.{code}", otherwise) for tongue in LANGUAGES}


def negotiate(asked: str | None, cookie: str | None, accepts: list[str], *, default: str) -> str:
    """The language of a request: ``?lang``, else the cookie, else the first of ours it accepts, else ``default``."""
    for wish in (asked, cookie):
        if wish in LANGUAGES:
            return wish
    for wish in accepts:
        tag = wish.split("-")[0].lower()
        if tag in LANGUAGES:
            return tag
    return default

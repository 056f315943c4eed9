"""Codes of new communities: they count on within their town, in its form, and are never given twice."""

from __future__ import annotations

import pytest

from server.rules import region_codes


@pytest.mark.parametrize(
    ("siblings", "taken", "made"),
    [
        (["439781001001", "439781001002"], {"439781001001", "439781001002"}, "439781001003"),
        (["439781001001", "439781001200"], {"439781001201"}, "439781001202"),
        (["C11", "C12"], {"C11", "C12", "C13"}, "C14"),
        (["东门", "西门"], {"东门", "西门"}, "T1-1"),
        ([], {"T1-1"}, "T1-2"),
    ],
)
def test_the_next_code_of_a_town(siblings: list[str], taken: set[str], made: str) -> None:
    assert region_codes.following(siblings, town="T1", taken=taken) == made

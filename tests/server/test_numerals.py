"""Numbers as they are read in Chinese."""

from __future__ import annotations

import pytest

from server.rules import numerals


@pytest.mark.parametrize(
    ("number", "read"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五"), (100, "一百"), (105, "一百零五"),
     (110, "一百一十"), (118, "一百一十八"), (999, "九百九十九"), (1000, "1000")],
)  # fmt: skip
def test_a_number_is_read(number: int, read: str) -> None:
    assert numerals.chinese(number) == read


def test_no_two_numbers_are_read_alike() -> None:
    assert len({numerals.chinese(number) for number in range(1, 1200)}) == 1199

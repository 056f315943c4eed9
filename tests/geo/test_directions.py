"""Directions as people typed them."""

from __future__ import annotations

import numpy as np
import pytest

from geo import directions


@pytest.mark.parametrize(
    ("text", "deg"),
    [("0", 0), ("360", 0), ("-90", 270), ("N", 0), ("ssw", 202.5), ("North-East", 45), ("45°", 45), ("东南", 135),
     ("西向", 270), ("90-135", 112.5), ("350-10", 0), (181.5, 181.5), ("120;300", 120)],
)  # fmt: skip
def test_read(text: object, deg: float) -> None:
    got = directions.parse([text])
    assert got.deg[0] == pytest.approx(deg) and got.fault == ("",)


@pytest.mark.parametrize("text", ["forward", "backward", "720", "12x", "90;left", "１a"])
def test_junk_is_named_not_guessed(text: str) -> None:
    got = directions.parse([text])
    assert np.isnan(got.deg[0]) and repr(text.split(";")[-1]) in got.fault[0]


def test_none_is_no_fault_and_a_list_keeps_the_others() -> None:
    got = directions.parse([None, "", float("nan"), "120;300;10"])
    assert np.isnan(got.deg[:3]).all() and got.fault == ("", "", "", "")
    assert got.several[3] == (300.0, 10.0)


def test_codes_need_their_declared_list() -> None:
    declared = {"1": 90.0, "2": 270.0}
    got = directions.parse(["1", "2", "3"], codes=declared)
    assert got.deg[:2].tolist() == [90.0, 270.0] and "declared list" in got.fault[2]


def test_a_list_of_declared_codes_is_read_as_several() -> None:
    got = directions.parse(["1;2", "1;9"], codes={"1": 90.0, "2": -90.0})
    assert (got.deg[0], got.several[0]) == (90.0, (270.0,)) and "'9'" in got.fault[1]


def test_an_arc_is_told_and_a_compound_word_is_none() -> None:
    got = directions.parse(["90–135", "n-e", "North-East", "朝正东", "东方向"])
    assert got.arc.tolist() == [True, False, False, False, False]
    assert got.deg.tolist() == [112.5, 45.0, 45.0, 90.0, 90.0]


@pytest.mark.parametrize(
    ("texts", "n", "codes"),
    [(["1", "2", "8"], 5, True), (["0", "90", "180"], 9, False), (["1", "2"], 9, False), (["1", "2", "3"], 4, False),
     (["1", "2", "北"], 9, False), (["1", "2.5", "3"], 9, False)],
)  # fmt: skip
def test_a_column_of_small_whole_numbers_looks_like_codes(texts: list[str], n: int, codes: bool) -> None:
    assert directions.look_like_codes([None, *texts], n) is codes

"""Codes: built by pattern, numbered as one reads, kept under redrawing, never used twice."""

from __future__ import annotations

import numpy as np
import pytest

from geo import codes, errors
from geo.partition import Partition

REGION = "420602001003"


def test_fifteen_and_twenty_digits() -> None:
    assert codes.make(codes.UNIT_CELL, REGION, 7) == "420602001003007"
    assert codes.make(codes.COMMUNITY_GRID, REGION, 7) == "01010042060200100307"
    assert codes.make(codes.VERBATIM, "Old North", 7) == "Old North-007"


@pytest.mark.parametrize(
    ("region", "sequence"), [("42060200100", 1), ("42060200100x", 1), (REGION, 1000), (REGION, -1)]
)
def test_what_does_not_fit_the_pattern_is_refused(region: str, sequence: int) -> None:
    with pytest.raises(errors.CodeError):
        codes.make(codes.UNIT_CELL, region, sequence)


def test_numbers_run_west_to_east_then_north_to_south() -> None:
    lats = np.array([32.0, 32.01, 32.0002, 32.0101])
    lngs = np.array([112.0, 112.01, 112.012, 112.0])
    given = codes.number(codes.UNIT_CELL, [REGION] * 4, lats, lngs)
    assert [code[-3:] for code in given] == ["003", "002", "004", "001"]


def test_each_community_counts_for_itself_and_steps_over_taken_codes() -> None:
    other = "420602001004"
    given = codes.number(
        codes.UNIT_CELL, [REGION, other, REGION], np.zeros(3), np.array([1.0, 2.0, 3.0]), taken={REGION + "001"}
    )
    assert given == [REGION + "002", other + "001", REGION + "003"]


def test_an_undivided_community_may_have_sequence_zero() -> None:
    assert codes.number(codes.COMMUNITY_GRID, [REGION], np.zeros(1), np.zeros(1)) == ["010100" + REGION + "00"]


def test_a_full_community_is_refused() -> None:
    taken = {codes.make(codes.COMMUNITY_GRID, REGION, sequence) for sequence in range(100)}
    with pytest.raises(errors.CodeError):
        codes.number(codes.COMMUNITY_GRID, [REGION] * 2, np.zeros(2), np.zeros(2), taken=taken)


def recode(before: list[int], after: list[int], weights: list[float]) -> codes.Recoding:
    cells = np.arange(len(before), dtype=np.uint64)
    labels = sorted(set(after))
    return codes.recode(
        codes.UNIT_CELL,
        Partition(cells, np.array(before)),
        {label: f"{REGION}{label + 1:03d}" for label in sorted(set(before))},
        Partition(cells, np.array(after)),
        region_codes=dict.fromkeys(labels, REGION),
        lats=dict.fromkeys(labels, 0.0),
        lngs={label: float(label) for label in labels},
        households=np.array(weights),
        taken=[REGION + "009"],
        date="2025-01-01",
    )


def test_a_code_stays_while_only_the_outline_changes() -> None:
    made = recode([0, 0, 0, 1, 1], [5, 5, 3, 3, 3], [1, 1, 1, 1, 1])
    assert made.codes == {3: REGION + "002", 5: REGION + "001"}
    assert made.ended == []
    assert {(row.kind, row.from_code[-1], row.to_code[-1]) for row in made.lineage} == {
        ("kept", "1", "1"),
        ("move", "1", "2"),
        ("kept", "2", "2"),
    }


def test_a_split_keeps_the_code_of_the_largest_piece_by_households() -> None:
    made = recode([0, 0, 0], [0, 0, 1], [1, 1, 5])
    assert made.codes[1] == REGION + "001"
    assert made.codes[0] == REGION + "002"
    assert [row.kind for row in made.lineage if row.to_code == REGION + "002"] == ["split"]


def test_a_merge_keeps_the_code_of_the_largest_and_ends_the_other() -> None:
    made = recode([0, 0, 1], [4, 4, 4], [1, 1, 1])
    assert made.codes == {4: REGION + "001"}
    assert made.ended == [REGION + "002"]
    assert {row.kind for row in made.lineage} == {"kept", "merge"}


def test_an_ended_code_is_never_given_again() -> None:
    made = recode([8, 8], [0, 1], [3, 1])
    assert sorted(made.codes.values()) == [REGION + "001", REGION + "009"]
    assert recode([0, 0], [0, 1], [3, 1]).codes[1] != REGION + "009"


def test_lineage_adds_up() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 5, 40).tolist(), rng.integers(0, 6, 40).tolist()
    made = recode(before, after, [2.0] * 40)
    assert sum(row.cells for row in made.lineage) == 40
    assert sum(row.households for row in made.lineage) == 80
    assert len(set(made.codes.values())) == len(made.codes)


def test_faulty_codes_are_named_with_their_reason() -> None:
    good, late = REGION + "001", REGION + "002"
    listed = codes.faults(
        codes.UNIT_CELL, [good, good, late, "123", "x" * 15, "999999999999001"], regions=[REGION], ended=[late]
    )
    assert listed[good] == "given twice"
    assert listed[late] == "was ended and is used again"
    assert "15 are needed" in listed["123"]
    assert "digits" in listed["x" * 15]
    assert "unknown division" in listed["999999999999001"]
    assert codes.faults(codes.UNIT_CELL, [good], regions=[REGION]) == {}

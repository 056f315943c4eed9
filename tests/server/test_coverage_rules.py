"""Rules of the camera register: codes, assumptions, arcs and dates; what an entry lacks."""

from __future__ import annotations

from typing import Any

import pytest

from server.rules import cameras, coverage


@pytest.mark.parametrize(
    ("code", "rule", "fault"),
    [
        ("43978100001320000002", "A", None),
        ("34020000001310000001", "A", None),
        ("34020000002000000001", "A", "type"),
        ("3402000000000101", "B", None),
        ("34020000", "", "length"),
        ("3402000000132000000x", "", "digits"),
        ("３４０２００００００１３１００００００１", "", "digits"),
        ("99020000001320000001", "", "division"),
        ("34020000991320000001", "", "industry"),
        ("", "", "digits"),
    ],
)
def test_a_device_code_is_read_by_either_rule_or_told_what_is_wrong(code: str, rule: str, fault: str | None) -> None:
    found = cameras.device_code(code)
    assert (found.rule, found.fault) == (rule, fault)


def test_the_parts_of_a_code_of_rule_b_are_in_their_order() -> None:
    found = cameras.device_code("3402010001012345")
    assert (found.centre, found.industry, found.sequence, found.type) == ("34020100", "01", "0123", "45")


@pytest.mark.parametrize(
    ("given", "kind", "angle", "defaulted"),
    [
        ({}, "dome", 360.0, ["kind", "angle", "range", "status"]),
        ({"heading": 90.0}, "fixed", 60.0, ["kind", "angle", "range", "status"]),
        ({"kind": "fixed"}, "fixed", 360.0, ["heading", "angle", "range", "status"]),
        ({"kind": "fixed", "heading": 0.0, "angle": 84.0, "range": 40.0, "status": "online"}, "fixed", 84.0, []),
        ({"kind": "dome", "angle": 360.0, "range": 40.0, "status": "offline"}, "dome", 360.0, []),
    ],
)
def test_what_is_assumed_is_marked(given: dict[str, Any], kind: str, angle: float, defaulted: list[str]) -> None:
    row = cameras.complete(given)
    assert (row["kind"], row["angle_deg"], row["defaulted"]) == (kind, angle, defaulted)


def test_purpose_basis_sign_and_owner_are_never_assumed() -> None:
    row = cameras.complete({})
    assert (row["purpose"], row["legal_basis"], row["sign_present"], row["owner_class"]) == ("", "", None, 0)
    assert cameras.lacks(row) == ["purpose", "legal_basis", "owner_class", "sign_present"]
    said = {"purpose": "公共安全", "legal_basis": "条例第七条", "owner": "1", "sign": "yes"}
    assert cameras.lacks(cameras.complete(said)) == []


@pytest.mark.parametrize(("text", "found"), [("30-90", [[30.0, 90.0]]), ("350至10；x", [[350.0, 10.0]]), ("", [])])
def test_masked_arcs_are_read_as_people_write_them(text: str, found: list[list[float]]) -> None:
    assert cameras.arcs(text) == found


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-3-5", "2024-03-05"), ("2024/03/05 10:00", "2024-03-05"), ("2024-02-30", ""), ("昨天", ""), ("", "")],
)
def test_a_date_is_a_date_or_nothing(text: str, day: str) -> None:
    assert cameras.day(text) == day


@pytest.mark.parametrize("values", [(0.0, 0.0, 0.0), (-1.0, 1.0, 1.0), (float("nan"), 1.0, 1.0)])
def test_weights_that_mean_nothing_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        coverage.Weights(*values)

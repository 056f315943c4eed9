"""Stopping rules say when, and why."""

from __future__ import annotations

import pytest

from geo import errors, stop
from geo.stop import Progress


@pytest.mark.parametrize(
    ("rule", "progress", "reason"),
    [
        (stop.Deadline(2), Progress(1.9, 5, 0), None),
        (stop.Deadline(2), Progress(2.0, 0, 0), "deadline"),
        (stop.Deadline(0), Progress(0.0, 0, 0), "deadline"),
        (stop.Stall(3), Progress(9, 9, 2), None),
        (stop.Stall(3), Progress(0, 3, 3), "stall"),
        (stop.Cancelled(lambda: False), Progress(9, 9, 9), None),
        (stop.Cancelled(lambda: True), Progress(0, 0, 0), "cancelled"),
        (stop.any_of(stop.Deadline(9), stop.Stall(1)), Progress(1, 1, 1), "stall"),
        (stop.any_of(stop.Deadline(1), stop.Stall(1)), Progress(1, 1, 1), "deadline"),
        (stop.any_of(), Progress(1e9, 10**9, 10**9), None),
    ],
)
def test_a_rule_gives_its_reason(rule: stop.Rule, progress: Progress, reason: str | None) -> None:
    assert rule(progress) == reason


def test_senseless_rules_are_refused() -> None:
    for make in (lambda: stop.Deadline(-1), lambda: stop.Deadline(float("nan")), lambda: stop.Stall(0)):
        with pytest.raises(errors.ProblemError):
            make()


def test_a_watch_without_a_rule_never_stops() -> None:
    assert stop.Watch().reason(10**9, 10**9) is None
    assert stop.Watch(stop.Stall(2)).reason(5, 2) == "stall"
    assert stop.Watch().seconds_s() >= 0


def test_the_tightest_deadline_is_found() -> None:
    assert stop.limit_s(None) is None
    assert stop.limit_s(stop.Stall(1)) is None
    assert stop.limit_s(stop.any_of(stop.Deadline(9), stop.any_of(stop.Stall(1), stop.Deadline(4)))) == 4

"""Stopping rules: when a search that could go on for ever ends.

A rule is asked between the rounds of a search with the search's ``Progress`` and answers the name of the reason to
stop, or None to go on. Rules are frozen values and hold no clock: the search measures its own seconds (``Watch``).
``stop=None`` always means: until the search itself sees nothing left to gain, which takes a number of rounds that
depends on the problem and the seed alone, so that equal seeds give equal plans. A deadline trades that away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from geo import errors


@dataclass(frozen=True)
class Progress:
    """How far a search has come: ``seconds_s`` since it began, ``rounds`` done, the last ``stale`` of them in vain."""

    seconds_s: float
    rounds: int
    stale: int


Rule = Callable[[Progress], str | None]


@dataclass(frozen=True)
class Deadline:
    """Stop when ``seconds`` have passed since the search began. Zero stops after the first valid plan."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise errors.ProblemError(f"a deadline is 0 seconds or more, not {self.seconds}", values=self.seconds)

    def __call__(self, progress: Progress) -> str | None:
        return "deadline" if progress.seconds_s >= self.seconds else None


@dataclass(frozen=True)
class Stall:
    """Stop after ``rounds`` rounds in a row that brought nothing better."""

    rounds: int

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise errors.ProblemError(f"a stall is 1 round or more, not {self.rounds}", values=self.rounds)

    def __call__(self, progress: Progress) -> str | None:
        return "stall" if progress.stale >= self.rounds else None


@dataclass(frozen=True)
class Cancelled:
    """Stop when ``asked()`` answers true: somebody no longer wants the plan."""

    asked: Callable[[], bool]

    def __call__(self, progress: Progress) -> str | None:
        return "cancelled" if self.asked() else None


@dataclass(frozen=True)
class AnyOf:
    """Stop as soon as one of ``rules`` says so; the first that does gives the reason."""

    rules: tuple[Rule, ...]

    def __call__(self, progress: Progress) -> str | None:
        for rule in self.rules:
            reason = rule(progress)
            if reason is not None:
                return reason
        return None


def any_of(*rules: Rule) -> AnyOf:
    """The rule that stops when any of ``rules`` does."""
    return AnyOf(rules)


def limit_s(rule: Rule | None) -> float | None:
    """The seconds of the tightest deadline within ``rule``, None where it has none; for solvers with a clock of
    their own."""
    if isinstance(rule, Deadline):
        return rule.seconds
    if isinstance(rule, AnyOf):
        limits = [limit for limit in map(limit_s, rule.rules) if limit is not None]
        return min(limits, default=None)
    return None


@dataclass(frozen=True)
class Watch:
    """The seconds since this value was made, and what a rule says about them."""

    rule: Rule | None = None
    began_s: float = field(default_factory=time.perf_counter)

    def seconds_s(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.began_s

    def reason(self, rounds: int, stale: int) -> str | None:
        """Why to stop now, or None; without a rule there is never a reason."""
        if self.rule is None:
            return None
        return self.rule(Progress(self.seconds_s(), rounds, stale))

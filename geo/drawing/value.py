"""The values of drawing: what it wants (Goals) and what it gives (Drawing)."""

from __future__ import annotations

from dataclasses import dataclass

from geo import errors
from geo.checks import Violation
from geo.measures import Measures
from geo.partition import Partition


@dataclass(frozen=True)
class Goals:
    """Weights of the objective that drawing lowers, all ≥ 0; the band comes before all of them.

    A grid's deviation is (households − middle of its band) / middle.
    deviation    cost of the square of a grid's deviation
    worst        cost, for each grid of a part, of the part's worst deviation
    compactness  cost of each pair of touching cells that lie in different grids of one region
    crossing     cost of each soft barrier inside a grid, per unit of the barrier's own cost
    """

    deviation: float = 300.0
    worst: float = 100.0
    compactness: float = 1.0
    crossing: float = 1.0

    def __post_init__(self) -> None:
        for name in ("deviation", "worst", "compactness", "crossing"):
            if not getattr(self, name) >= 0:
                raise errors.ProblemError(f"goal {name} is 0 or more, not {getattr(self, name)}", values=name)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A plan and what is to be said about it.

    ``violations``: every exception by name. ``measures``: see ``geo.measures``. ``seconds`` taken.
    ``stopped_by``: "done" when the search saw nothing left to gain, else the reason of the stop rule.
    """

    partition: Partition
    violations: list[Violation]
    measures: Measures
    seconds: float
    stopped_by: str

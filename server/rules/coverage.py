"""What good coverage means: targets, weights of need, and the distances that count as near. All of it can be set.

Targets: 100 % of key public areas covered, 100 % networked, 98 % in working order (发改高技〔2015〕996号, by 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TARGETS: Final = {"places1": 1.0, "networked": 1.0, "working": 0.98}
"""Figure → the share that is aimed at."""
MANY: Final = 3
"""In view of so many cameras or more, ground is watched more than once is needed for."""


@dataclass(frozen=True)
class Weights:
    """How much each kind of need counts; each kind is first scaled to sum to 1 over the city. Not all may be 0."""

    incidents: float = 0.5
    places: float = 0.3
    households: float = 0.2

    def __post_init__(self) -> None:
        values = (self.incidents, self.places, self.households)
        if not all(0 <= value <= 1e6 for value in values) or not any(values):
            raise ValueError(f"weights are numbers from 0 up, not all 0; got {values}")


@dataclass(frozen=True)
class Near:
    """``place_m``: a key place is in view when a camera sees ground this near to it. ``home_m``: a household is near a
    working camera within this distance. ``crossing_m``: a crossing is in view when a view comes this near."""

    place_m: float = 20.0
    home_m: float = 100.0
    crossing_m: float = 15.0


NEAR: Final = Near()

"""Workload: what a grid is to be evened by when not by households alone. Weights are settings of a city, by name.

A formula is a table of weights: ``households`` (each), ``incidents`` (each report a year), ``area_km2`` (each square
kilometre), ``place.KIND`` (each place of a kind) and ``compound.NAME``: how much a household counts there, as a share
of an ordinary one; ``compound.*`` is every named compound and ``compound.-`` is where buildings belong to none. Load is
scaled so that the city's adds up to its households: a band of 300 to 500 keeps its meaning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PLAIN: Final = "households"
PRESETS: Final[dict[str, dict[str, float]]] = {
    PLAIN: {"households": 1.0},
    "balanced": {"households": 1.0, "incidents": 0.5, "area_km2": 10.0, "place.school": 20.0, "place.hospital": 20.0,
                 "place.market": 20.0, "compound.-": 1.2},
}  # fmt: skip
"""Formulas that every city has; the figures of ``balanced`` are a beginning to be changed, no rule of a standard."""

MOST_WEIGHT: Final = 1e6
_NAME = re.compile(r"[\w.-]{1,60}")
_SCALARS = ("households", "incidents", "area_km2")


@dataclass(frozen=True)
class Workload:
    """A table of weights and the name it has in its city."""

    name: str
    weights: Mapping[str, float]

    @property
    def plain(self) -> bool:
        """Whether it is households and nothing else."""
        return self.name == PLAIN


HOMES: Final = Workload(PLAIN, PRESETS[PLAIN])


@dataclass(frozen=True)
class Formula:
    """The weights of a workload, all 0 or more; ``places`` and ``compounds`` by kind and name."""

    households: float = 0.0
    incidents: float = 0.0
    area_km2: float = 0.0
    places: Mapping[str, float] = field(default_factory=dict)
    compounds: Mapping[str, float] = field(default_factory=dict)


def faults(name: str, weights: Mapping[str, float]) -> list[str]:
    """What is wrong with a named table of weights; [] when nothing is."""
    found = [] if _NAME.fullmatch(name) else [f"a name is 1 to 60 letters, digits, dots or dashes, not {name!r}"]
    for key, weight in weights.items():
        kind, dot, rest = key.partition(".")
        if key not in _SCALARS and not (kind in ("place", "compound") and dot and rest):
            found.append(f"{key!r} is none of {', '.join(_SCALARS)}, place.KIND, compound.NAME")
        if not (math.isfinite(weight) and 0 <= weight <= MOST_WEIGHT):
            found.append(f"the weight of {key} is 0 to {MOST_WEIGHT:g}, not {weight}")
    if not found and not any(weights.get(key, 0) for key in _SCALARS) and not any(
        weight for key, weight in weights.items() if key.startswith("place.")
    ):
        found.append("some weight of households, incidents, area_km2 or a place must be above 0")
    return found


def formula(weights: Mapping[str, float]) -> Formula:
    """The formula of a table of weights without faults."""
    return Formula(
        **{key: float(weights.get(key, 0.0)) for key in _SCALARS},
        places=_of("place.", weights), compounds=_of("compound.", weights),
    )


def _of(prefix: str, weights: Mapping[str, float]) -> dict[str, float]:
    return {key.removeprefix(prefix): float(weight) for key, weight in weights.items() if key.startswith(prefix)}

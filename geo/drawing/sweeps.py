"""What a choice costs: how many grids at which worst deviation, and how many households moved for which band.

Each point is a full drawing or rebalancing, so a sweep takes as many times as long as it has points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds, checks, measures
from geo import problem as problem_
from geo import stop as stop_
from geo.drawing import counts, engine, rebalancing
from geo.drawing.value import Drawing
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]

FATED = ("CELL_OVER_BAND", "LOCK_OVER_BAND", "LOCK_BELOW_BAND", "ISLET_BELOW_BAND")
"""Grids out of band whatever is chosen: they say nothing about the choice."""


@dataclass(frozen=True, eq=False)
class Choice:
    """One point: ``grids`` with a band, the ``worst_deviation`` of those whose fault is not ``FATED`` and the mean of
    all, from the middle of the band; ``band`` the share asked for (half width / middle), grids ``out_of_band``,
    ``moved_households`` from the plan in force (0 for new drawings)."""

    grids: int
    band: float
    worst_deviation: float
    mean_deviation: float
    out_of_band: int
    moved_households: float
    drawing: Drawing


def sweep(
    problem: Problem,
    *,
    rng: np.random.Generator,
    totals: Sequence[int] | None = None,
    stop: stop_.Rule | None = None,
) -> list[Choice]:
    """The city drawn with different numbers of grids, each shared among the regions by their households.

    ``totals`` are numbers of ordinary grids in all; when not given, up to nine from the fewest that the band allows to
    the most. The rule applies to each drawing. Deviation is from the middle of the band as it is.
    """
    seeds = rng.integers(2**31 - 1, size=1)[0]
    regions = np.unique(problem.region[~np.asarray(problem.exempt, dtype=np.bool_)])
    weight = np.bincount(problem.region, weights=_ordinary(problem), minlength=len(problem_.low(problem)))
    wanted = _totals(problem) if totals is None else list(totals)
    choices = []
    for total in wanted:
        given = np.full(len(weight), -1, dtype=np.int32)
        given[regions] = problem_.apportion(total, weight[regions])
        drawn = engine.draw(replace(problem, counts=given), rng=np.random.default_rng(seeds), stop=stop)
        choices.append(_choice(problem, drawn, 0.0))
    return choices


def moves(
    problem: Problem,
    partition: Partition,
    *,
    rng: np.random.Generator,
    widths: Sequence[float] = (0.25, 0.2, 0.15, 0.1, 0.05),
    stop: stop_.Rule | None = None,
) -> list[Choice]:
    """The plan in force rebalanced into narrower bands about the same middle.

    ``widths`` are half widths of the band as shares of its middle. The rule applies to each rebalancing.
    """
    seed = rng.integers(2**31 - 1, size=1)[0]
    middle = (problem_.low(problem) + problem_.high(problem)) / 2
    choices = []
    for width in widths:
        narrow = replace(problem, band=(middle * (1 - width), middle * (1 + width)))
        done = rebalancing.rebalance(narrow, partition, rng=np.random.default_rng(seed), stop=stop)
        choices.append(_choice(narrow, done, done.moved_households))
    return choices


def _ordinary(problem: Problem) -> NDArray[np.float64]:
    return np.where(np.asarray(problem.exempt, dtype=np.bool_), 0.0, problem.households)


def _totals(problem: Problem) -> list[int]:
    """Up to nine totals between the fewest and the most grids that the band allows, the preferred one among them."""
    parts = bounds.parts(problem, atoms_.make(problem))
    alone = int(parts.heavy.sum())
    fewest = int(np.minimum(parts.fewest, np.maximum(parts.most, 1)).sum()) + alone
    most = int(np.maximum(parts.most, 1).sum()) + alone
    liked = int(counts.preferred(parts).sum()) + alone
    spread = np.linspace(fewest, most, 8).round().astype(int).tolist()
    return sorted({*spread, min(max(liked, fewest), most)})


def _worst(problem: Problem, drawn: Drawing) -> float:
    """The worst deviation of the ordinary grids that some drawing could even out."""
    grids = measures.per_grid(problem, drawn.partition)
    fated = [violation.label for violation in drawn.violations if violation.code in FATED]
    middle = ((problem_.low(problem) + problem_.high(problem)) / 2)[grids.region]
    off = np.abs(grids.households - middle) / middle
    return float(off[~grids.dedicated & ~np.isin(grids.labels, fated)].max(initial=0.0))


def _choice(problem: Problem, drawn: Drawing, moved: float) -> Choice:
    low, high = problem_.low(problem), problem_.high(problem)
    return Choice(
        grids=drawn.measures.ordinary,
        band=float(((high - low) / (high + low)).max(initial=0.0)),
        worst_deviation=_worst(problem, drawn),
        mean_deviation=drawn.measures.mean_deviation,
        out_of_band=sum(violation.code in checks.BAND_CODES for violation in drawn.violations),
        moved_households=moved,
        drawing=drawn,
    )

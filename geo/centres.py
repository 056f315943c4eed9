"""The tree of governance centres: who answers to whom, what is missing, and whose area a cell is.

Tiers are data, top first, by default city, county, town, community. A region of a tier is expected to have a centre;
where it has none, its grids answer to the nearest centre above. Nothing here decides where centres should be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import errors, geodesy

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

TIERS = ("city", "county", "town", "community")


@dataclass(frozen=True, eq=False)
class Regions:
    """The tree of r regions. ``tier`` int32[r], index into the tiers; ``parent`` int32[r], region or -1 at the top."""

    tier: Ints
    parent: Ints

    def __post_init__(self) -> None:
        tier, parent = np.array(self.tier, dtype=np.int32), np.array(self.parent, dtype=np.int32)
        has = parent >= 0
        if tier.shape != parent.shape or (has.any() and int(parent.max()) >= len(tier)):
            raise errors.ProblemError("each region has a tier and a parent among the regions, or -1", values=parent)
        if bool((tier[parent[has]] >= tier[has]).any()):
            bad = np.flatnonzero(has)[tier[parent[has]] >= tier[has]]
            raise errors.ProblemError("a region's parent is of a higher tier than itself", values=bad)
        tier.flags.writeable = False
        parent.flags.writeable = False
        object.__setattr__(self, "tier", tier)
        object.__setattr__(self, "parent", parent)


@dataclass(frozen=True, eq=False)
class Audit:
    """What the tree of centres looks like.

    parent    int32[c], the centre that each centre answers to, -1 at the top or for an orphan
    missing   int32[], regions that have no centre though their tier expects one
    skipped   int32[], centres that answer past at least one tier because the one between has no centre
    orphans   int32[], centres below the top tier with nobody above, or whose region is unknown
    doubled   int32[], regions with more than one centre of their tier
    """

    parent: Ints
    missing: Ints
    skipped: Ints
    orphans: Ints
    doubled: Ints


def audit(regions: Regions, centre_region: Ints, *, expected: Sequence[int] | None = None) -> Audit:
    """Examine the centres, given the region (or -1) of each: int32[c]. ``expected``: tiers that must have centres,
    every tier that occurs among the regions when not given."""
    at = np.asarray(centre_region, dtype=np.int32)
    if at.size and (int(at.max()) >= len(regions.tier) or int(at.min()) < -1):
        raise errors.ProblemError("a centre's region is a region's number, or -1 where unknown", values=at)
    first = _first_centre(regions, at)
    parent = np.full(len(at), -1, dtype=np.int32)
    skipped, orphans = [], []
    top = int(regions.tier.min()) if len(regions.tier) else 0
    for centre, region in enumerate(at.tolist()):
        above = int(regions.parent[region]) if region >= 0 else -1
        passed = 0
        while above >= 0 and first[above] < 0:
            passed += 1
            above = int(regions.parent[above])
        if above >= 0:
            parent[centre] = first[above]
            if passed:
                skipped.append(centre)
        elif region < 0 or int(regions.tier[region]) > top:
            orphans.append(centre)
    wanted = np.unique(regions.tier) if expected is None else np.asarray(expected, dtype=np.int32)
    numbers = np.bincount(at[at >= 0], minlength=len(regions.tier))
    return Audit(
        parent=parent,
        missing=np.flatnonzero((numbers == 0) & np.isin(regions.tier, wanted)).astype(np.int32),
        skipped=np.asarray(skipped, dtype=np.int32),
        orphans=np.asarray(orphans, dtype=np.int32),
        doubled=np.flatnonzero(numbers > 1).astype(np.int32),
    )


def chain(regions: Regions, centre_region: Ints, region: int) -> list[int]:
    """The centres that a region's grids belong to, nearest tier first."""
    first = _first_centre(regions, np.asarray(centre_region, dtype=np.int32))
    found = []
    while region >= 0:
        if first[region] >= 0:
            found.append(int(first[region]))
        region = int(regions.parent[region])
    return found


def ancestor(regions: Regions, region: Ints, tier: int) -> Ints:
    """For each of ``region`` int32[n] (-1 allowed) the region of ``tier`` that holds it or is it, else -1."""
    up = np.arange(len(regions.tier), dtype=np.int32)
    for _ in range(len(np.unique(regions.tier))):
        below = (up >= 0) & (regions.tier[up] > tier)
        up = np.where(below, regions.parent[up], up)
    held = np.where((up >= 0) & (regions.tier[up] == tier), up, -1).astype(np.int32)
    region = np.asarray(region, dtype=np.int32)
    return np.where(region >= 0, held[region], -1).astype(np.int32) if len(held) else region


def service_areas(
    regions: Regions,
    centre_region: Ints,
    cell_region: Ints,
    *,
    tier: int,
    lats: Floats | None = None,
    lngs: Floats | None = None,
    centre_lats: Floats | None = None,
    centre_lngs: Floats | None = None,
) -> Ints:
    """The centre of ``tier`` that serves each cell: int32[n], -1 where its region has none.

    Follows the regions, never mere nearness; where a region has several centres of its tier, the nearest of them by
    straight line, for which the places of cells and centres (degrees) are needed.
    """
    at = np.asarray(centre_region, dtype=np.int32)
    mine = ancestor(regions, cell_region, tier)
    served = np.full(len(mine), -1, dtype=np.int32)
    inside = mine >= 0
    served[inside] = _first_centre(regions, at)[mine[inside]]
    if lats is None or lngs is None or centre_lats is None or centre_lngs is None:
        return served
    numbers = np.bincount(at[at >= 0], minlength=len(regions.tier))
    for region in np.flatnonzero((numbers > 1) & (regions.tier == tier)):
        rivals = np.flatnonzero(at == region)
        cells = np.flatnonzero(mine == region)
        away = geodesy.distance_m(
            lats[cells][:, None], lngs[cells][:, None], centre_lats[rivals][None, :], centre_lngs[rivals][None, :]
        )
        served[cells] = rivals[np.argmin(away, axis=1)]
    return served


def _first_centre(regions: Regions, centre_region: Ints) -> Ints:
    """The first centre of each region, -1 where there is none; int32[r]."""
    first = np.full(len(regions.tier), -1, dtype=np.int32)
    known = np.flatnonzero(centre_region >= 0)[::-1]
    first[centre_region[known]] = known
    return first

"""Surveyed borders of regions after cells went from one region to another: new polygons, the ground kept whole.

Where cells moved, the border follows the cells: every moved cell, and every cell that touches one, lies wholly in the
polygon of its region. Everywhere else the surveyed line stays as it was. Ground is exchanged only among the regions
that gave or took cells, and only within one group of them (a town). WGS-84, planar in degrees, snapped to 1e-9 degrees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells as cells_
from geo import errors, outlines

Ints = NDArray[np.int32]
Shapes = NDArray[np.object_]
SNAP_DEG = 1e-9
EMPTY = shapely.Polygon()


def moved(shapes: Shapes, ids: cells_.Cells, before: Ints, after: Ints, *, group: Ints) -> Shapes:
    """The polygons of the regions 0…k-1 once the cells ``ids`` are labelled ``after`` instead of ``before`` int32[n].

    ``shapes`` object[k]: the polygons before (None for a region that is new); ``group`` int32[k]: regions of one number
    exchange ground. A region without cells afterwards is abolished: its polygon is empty and what no cell claims goes
    to the region that took most of its cells. Raises GeoError where the arrays do not fit together.
    """
    if not len(ids) == len(before) == len(after) or len(shapes) != len(group):
        raise errors.GeoError("one label before and after is needed per cell, and one group per region")
    out = np.array([EMPTY if shape is None else shape for shape in shapes], dtype=object)
    gone = before != after
    if not gone.any():
        return out
    changed = np.unique(np.concatenate([before[gone], after[gone]]))
    near = cells_.neighbours(ids)[gone]
    settled = gone.copy()
    settled[near[near >= 0]] = True
    settled &= np.isin(after, changed)
    for number in np.unique(group[changed]).tolist():
        own = changed[group[changed] == number]
        inside = settled & np.isin(after, own)
        drawn = outlines.outlines(ids[inside], after[inside])
        ground = shapely.union_all(out[own], grid_size=SNAP_DEG)
        claimed = shapely.union_all(drawn.to_numpy(), grid_size=SNAP_DEG)
        old = out[own]
        for label, shape in zip(own.tolist(), old, strict=True):
            rest = shapely.difference(shape, claimed, grid_size=SNAP_DEG)
            taken = drawn.get(label, EMPTY)
            taken = shapely.intersection(taken, ground, grid_size=SNAP_DEG)
            out[label] = shapely.union(rest, taken, grid_size=SNAP_DEG)
        _inherit(out, own, before, after)
        _tidy(out, own, ids, after)
    return out


def _inherit(out: Shapes, own: Ints, before: Ints, after: Ints) -> None:
    """What is left of a region without cells goes to the one that took most of them."""
    for label in own.tolist():
        if (after == label).any():
            continue
        heirs = after[before == label]
        if heirs.size:
            heir = int(np.bincount(heirs).argmax())
            out[heir] = shapely.union(out[heir], out[label], grid_size=SNAP_DEG)
        out[label] = EMPTY


def _tidy(out: Shapes, own: Ints, ids: cells_.Cells, after: Ints) -> None:
    """Slivers that hold no cell's centre go to the region of the group that they share most border with."""
    for label in own.tolist():
        mine = ids[after == label]
        parts = shapely.get_parts(out[label])
        if len(parts) < 2 or not len(mine):
            continue
        lats, lngs = cells_.centres(mine)
        tree = shapely.STRtree(shapely.points(lngs, lats))
        held = np.zeros(len(parts), dtype=np.bool_)
        held[tree.query(parts, predicate="intersects")[0]] = True
        for sliver in parts[~held]:
            others = [one for one in own.tolist() if one != label]
            shared = [_shared(sliver, out[one]) for one in others]
            if shared and max(shared) > 0:
                heir = others[int(np.argmax(shared))]
                out[heir] = shapely.union(out[heir], sliver, grid_size=SNAP_DEG)
                out[label] = shapely.difference(out[label], sliver, grid_size=SNAP_DEG)


def _shared(one: Any, other: Any) -> float:
    """Length of the border that two polygons have in common, in degrees."""
    return float(shapely.length(shapely.intersection(one, other.boundary)))

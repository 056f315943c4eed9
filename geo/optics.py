"""What a lens makes of flat ground: the strip that height and tilt leave in view, and how detail falls off with range.

Detail follows the pixel densities of IEC 62676-4 (detect 25, recognise 125 pixels a metre): density falls with one over
the distance, so a camera that just detects at its range recognises at a fifth of it. The *detail* of ground is its
density over what recognition needs, at most 1: 1 up to a fifth of the range, then ``SHARP`` · range / distance, 0.2 at
the range itself. A camera that looks all round (dome, panning, or of unknown direction) points its lens at one part of
the circle at a time, so its detail is multiplied by its *dwell*, ``LENS_DEG`` / 360.

A camera at height h, tilted by t below the horizon with a vertical field v, sees ground from h / tan(t + v/2) to
h / tan(t − v/2); v follows from the horizontal field by a picture of 16 : 9. Metres, degrees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import cells, raster

Floats = NDArray[np.float64]

SHARP = 0.2
LENS_DEG = 60.0
PICTURE = 9.0 / 16.0
WIDEST_DEG = 170.0  # a wider field is no plain lens; nothing is cut off


def band(height_m: ArrayLike, tilt_deg: ArrayLike, angle_deg: ArrayLike) -> tuple[Floats, Floats]:
    """The nearest and the furthest ground in the picture, float64[n] each.

    ``tilt_deg`` counts downwards whatever its sign, since registers write it both ways. Where the height or the tilt is
    unknown (NaN, or a height not above 0), or the field is wider than ``WIDEST_DEG``, nothing is cut off: 0 and inf.
    """
    height, tilt, angle = np.broadcast_arrays(
        *(np.asarray(values, np.float64) for values in (height_m, np.abs(tilt_deg), angle_deg))
    )
    known = np.isfinite(height) & (height > 0) & np.isfinite(tilt) & (angle <= WIDEST_DEG)
    half = np.arctan(np.tan(np.radians(np.where(known, angle, 1.0) / 2)) * PICTURE)
    steep, flat = np.radians(np.where(known, tilt, 45.0)) + half, np.radians(np.where(known, tilt, 45.0)) - half
    near = np.where(steep < np.pi / 2, height / np.tan(np.minimum(steep, np.pi / 2 - 1e-9)), 0.0)
    far = np.where(flat > 0, height / np.tan(np.clip(flat, 1e-9, np.pi / 2 - 1e-9)), np.inf)
    return np.where(known, near, 0.0), np.where(known, far, np.inf)


def dwell(all_round: ArrayLike) -> Floats:
    """The share of time in which a camera has a given part of its view in the picture, float64[n]."""
    return np.where(np.asarray(all_round, np.bool_), LENS_DEG / 360.0, 1.0)


def clear_m2(
    ids: cells.Cells, views: NDArray[np.object_], on: raster.Lattice, *, lats: ArrayLike, lngs: ArrayLike,
    range_m: ArrayLike, all_round: ArrayLike, outside: raster.Counts,
) -> Floats:
    """Square metres of each cell weighted by the best detail that any camera gives them, float64[n].

    ``views`` of the cameras at ``lats``, ``lngs``; patches counted in ``outside`` (buildings) are left out.
    """
    best = raster.best(
        views, on, lats=lats, lngs=lngs, sharp_m=SHARP * np.asarray(range_m, np.float64), top=dwell(all_round)
    )
    return raster.weighed(best, ids, outside=outside)

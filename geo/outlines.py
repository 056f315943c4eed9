"""Partition → outlines of its grids: the edges between equal labels cancel, what is left is chained into rings.

True H3 vertices, holes kept, shared borders identical in their coordinates. WGS-84 (lng, lat).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import boundary, cells, errors


def outlines(ids: cells.Cells, labels: NDArray[np.int32]) -> gpd.GeoSeries:
    """One polygon or multipolygon per label ≥ 0, indexed by label in ascending order."""
    labels = np.asarray(labels)
    if labels.shape != ids.shape:
        raise errors.GeoError(f"{labels.size} labels for {ids.size} cells")
    used = np.unique(labels[labels >= 0])
    shapes = boundary.polygons(ids)
    rounded = shapely.set_precision(shapes, 1e-9)
    merged = [shapely.union_all(rounded[labels == label]) for label in used.tolist()]
    return gpd.GeoSeries(np.array(merged, object), index=used, crs="EPSG:4326")

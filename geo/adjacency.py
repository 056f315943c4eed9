"""The neighbour graph of a set of cells, in compressed rows, with barriers and bridges.

``build`` and ``components`` follow; the value is what drawing, density and hot spots share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Adjacency:
    """Neighbours of each position in compressed rows.

    ``indptr`` int32[n+1]; ``indices`` int32[m], ascending within a row; ``barrier`` float32[m], aligned with
    ``indices``: 0 open, > 0 the cost of a soft barrier, ``inf`` a hard one that nothing may cross. Symmetric.
    """

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    barrier: NDArray[np.float32]

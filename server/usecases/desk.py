"""A draft on the planner's desk: what every change of it needs to know, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.usecases import drafts, territory


@dataclass(frozen=True)
class Desk:
    """A draft as it stands: its row, its place and problem, labels int32[n], and the grids by label."""

    row: dict[str, Any]
    place: territory.World
    ground: drafts.Ground
    labels: NDArray[np.int32]
    grids: dict[int, dict[str, Any]]

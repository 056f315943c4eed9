"""Grid workers: a dot at the post's home point; hollow while no grid is assigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers import features

NAME = {"zh": "网格员", "en": "Workers"}


def symbols(items: Sequence[Mapping[str, Any]], *, show: bool = False) -> features.Features:
    """Workers as the API lists them (id, name, post, skills, lat, lng, grids)."""
    return features.Features(
        "workers", kind="workers", name=NAME, data=[dict(item) for item in items], group="teams", show=show
    )

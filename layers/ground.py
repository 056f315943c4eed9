"""The ground: the city's own roads, water, buildings and rails, drawn softly, and the barriers of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers import features

KINDS = ("water", "building", "rail", "road")
NAME = {"zh": "底图", "en": "Ground"}
BARRIERS = {"zh": "河流与主干道", "en": "Barriers"}


def ground(collections: Mapping[str, Mapping[str, Any]], *, show: bool = True) -> features.Features:
    """Softly drawn ground from GeoJSON collections by kind, any of `KINDS`; roads carry `class`."""
    unknown = sorted(set(collections) - set(KINDS))
    if unknown:
        raise ValueError(f"ground of kind {', '.join(unknown)}: want {', '.join(KINDS)}")
    data = {kind: dict(collection) for kind, collection in collections.items()}
    return features.Features("ground", kind="ground", name=NAME, data=data, group="base", show=show)


def barriers(collection: Mapping[str, Any], *, show: bool = False) -> features.Features:
    """Barriers and what reopens them (bridges, tunnels): GeoJSON with `kind` and `cost`."""
    return features.Features("barriers", kind="barriers", name=BARRIERS, data=dict(collection), group="plan", show=show)

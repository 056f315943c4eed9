"""Vector overlays as Folium elements: lines, symbols and labels that `static/features.js` draws from plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers import base, legend

KINDS = ("regions", "labels", "centres", "workers", "cameras", "places", "ground", "barriers", "outlines")


class Features(base.DataLayer):
    """One overlay of a kind in `KINDS`. `data` is the JSON that the API serves for it; or `url` names where it is."""

    def __init__(
        self,
        layer_id: str,
        *,
        kind: str,
        name: legend.Words,
        data: Any = None,
        url: str | None = None,
        group: str = "base",
        show: bool = True,
        options: Mapping[str, Any] | None = None,
        legend_object: Mapping[str, Any] | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"layer {layer_id!r}: kind {kind!r} is not one of {', '.join(KINDS)}")
        if (data is None) == (url is None):
            raise ValueError(f"layer {layer_id!r}: give either data or url")
        spec: dict[str, Any] = {
            "id": layer_id,
            "kind": kind,
            "name": legend.words(name),
            "group": group,
            "show": show,
            "legend": None if legend_object is None else dict(legend_object),
            "options": dict(options or {}),
        }
        spec["url" if data is None else "data"] = url if data is None else data
        super().__init__(spec)

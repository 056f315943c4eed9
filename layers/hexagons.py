"""The hexagon layer as a Folium element: cells, groups and values for `static/hexagons.js`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers import base, legend
from layers import payload as binary


class Hexagons(base.DataLayer):
    """Cells on canvas, from a GZH1 payload: held in the page (`payload`), that of another layer of the page
    (`payload_of`: its id) or fetched (`url`).

    `colour` says how cells are coloured:
    `{"kind": "group", "column", "colours": [css by label]}`,
    `{"kind": "groupvalue", "column", "values": [number or None by label], "classes"}`,
    `{"kind": "value", "column", "classes"}` or `{"kind": "plain", "colour"}`; `classes` as of `style.Scale.classes`.
    `levels` are wider borders, the finest first: `{"of": parent by label, "width", "colour"}`. Layers of the group
    "fill" exclude one another.
    """

    def __init__(
        self,
        layer_id: str,
        *,
        name: legend.Words,
        colour: Mapping[str, Any],
        payload: bytes | None = None,
        payload_of: str | None = None,
        url: str | None = None,
        group: str = "fill",
        show: bool = True,
        borders: bool = False,
        levels: Sequence[Mapping[str, Any]] = (),
        fill_opacity: float = 0.62,
        legend_object: Mapping[str, Any] | None = None,
    ) -> None:
        if sum(one is not None for one in (payload, payload_of, url)) != 1:
            raise ValueError(f"layer {layer_id!r}: give exactly one of payload, payload_of and url")
        spec: dict[str, Any] = {
            "id": layer_id,
            "kind": "hexagons",
            "name": legend.words(name),
            "group": group,
            "show": show,
            "legend": None if legend_object is None else dict(legend_object),
            "options": {"colour": dict(colour), "borders": borders, "fillOpacity": fill_opacity},
        }
        if levels:
            spec["options"]["levels"] = [dict(level) for level in levels]
        if group == "lines":
            spec["options"]["pane"] = "gezhi-lines"
        if url is not None:
            spec["url"] = url
        if payload_of is not None:
            spec["payload"] = f"payload-{payload_of}"
        super().__init__(spec, payload=payload)

    @classmethod
    def by_legend(cls, layer_id: str, *, name: legend.Words, payload: bytes, show: bool) -> Hexagons:
        """A value layer whose payload carries its legend: the legend's classes are its colours."""
        found = binary.decode(payload).meta["legend"]
        return cls(
            layer_id,
            name=name,
            colour={"kind": "value", "column": "value", "classes": found["classes"]},
            payload=payload,
            show=show,
            fill_opacity=0.7,
            legend_object=found,
        )

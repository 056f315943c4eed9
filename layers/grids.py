"""Management grids on the map: the plan's cells, its borders, deviation from the band, labels and search rows.

Rows of `grids` are the items of the API's list of grids (label, code, name, households, deviation, lat, lng, bbox, …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import features, hexagons, legend, payload, style

NAME = {"zh": "网格", "en": "Grids"}
BORDERS = {"zh": "网格边界", "en": "Grid borders"}
DEVIATION = {"zh": "户数偏离", "en": "Deviation in households"}
LABELS = {"zh": "网格注记", "en": "Grid labels"}
DEVIATION_UNIT = {"zh": "%", "en": "%"}


def encode(
    cells: npt.NDArray[np.uint64],
    labels: npt.NDArray[np.int32],
    *,
    neighbours: npt.NDArray[np.int32],
    meta: Mapping[str, Any],
    start: Sequence[int] = (),
) -> bytes:
    """The GZH1 payload of a plan: column `grid` (u2, or u4 beyond 65 535 grids) and in its meta `colours`, a css
    colour by label so that neighbouring grids differ.

    `labels` int32[n] in 0…k-1; `neighbours` int32[n, 6] as of `geo.cells.neighbours`; `start` are palette indices to
    keep where they do not clash.
    """
    if len(labels) and int(labels.min()) < 0:
        raise payload.PayloadError("every cell of a plan has a grid; a label below 0 was given")
    width = np.uint16 if len(labels) == 0 or int(labels.max()) < 65535 else np.uint32
    indices = style.group_colours(labels, neighbours, start=start)
    whole = {**meta, "colours": [style.group_colour(index) for index in indices]}
    return payload.encode(cells, {"grid": labels.astype(width)}, meta=whole)


def fill(data: bytes, *, grids: Sequence[Mapping[str, Any]], show: bool = True) -> hexagons.Hexagons:
    """Grids, each in its colour. `data` is what `encode` gave."""
    colours = payload.decode(data).meta["colours"]
    layer = hexagons.Hexagons(
        "grids",
        name=NAME,
        colour={"kind": "group", "column": "grid", "colours": colours},
        payload=data,
        group="fill",
        show=show,
        borders=True,
        levels=levels(grids),
    )
    layer.spec["grids"] = [dict(row) for row in grids]
    return layer


def deviation(
    grids: Sequence[Mapping[str, Any]], *, band: tuple[float, float], show: bool = False
) -> hexagons.Hexagons:
    """Grids coloured by how far their households are from the band; cells are those of the layer `grids`."""
    values = by_label(grids, "deviation")
    scale = style.deviation([np.nan if value is None else value for value in values])
    return hexagons.Hexagons(
        "deviation",
        name=DEVIATION,
        colour={"kind": "groupvalue", "column": "grid", "values": values, "classes": scale.classes()},
        payload_of="grids",
        group="fill",
        show=show,
        borders=True,
        levels=levels(grids),
        fill_opacity=0.7,
        legend_object=deviation_legend(scale, grids=grids, band=band),
    )


def deviation_legend(
    scale: style.Scale, *, grids: Sequence[Mapping[str, Any]], band: tuple[float, float]
) -> dict[str, Any]:
    """The legend of a deviation scale; grids without a figure (exempt ones) are named as left out."""
    without = sum(1 for row in grids if row.get("deviation") is None)
    low, high = (f"{one:g}" for one in band)
    left_out = {"zh": f"{without} 个不设户数目标的网格", "en": f"{without} grids without a target"} if without else None
    made = legend.make(
        scale,
        title={"zh": f"户数偏离目标（{low}–{high} 户）", "en": f"Households off target ({low}–{high})"},
        unit=DEVIATION_UNIT,
        n=len(grids) - without,
        of=legend.GRIDS,
        each=legend.GRIDS,
        left_out=left_out,
        ratio=True,
    )
    for one in made["classes"]:
        if one["from"] == one["to"] == 0:
            one["label"] = {"zh": "目标内", "en": "on target"}
    return made


def borders(grids: Sequence[Mapping[str, Any]] = (), *, show: bool = True) -> hexagons.Hexagons:
    """Grid borders alone, over any fill; cells are those of the layer `grids`. Rows of `grids` say which borders are
    also those of a community or a town."""
    return hexagons.Hexagons(
        "grid-borders",
        name=BORDERS,
        colour={"kind": "group", "column": "grid", "colours": []},
        payload_of="grids",
        group="lines",
        show=show,
        borders=True,
        levels=levels(grids),
    )


def levels(grids: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Borders that are also those of communities (2.5 px) or towns (3.5 px), along the same cells."""
    made = []
    for field, width_px, colour in (("region", 2.5, "#3a3145"), ("town", 3.5, "#2f2147")):
        names = [None if part is None else str(part.get("code") or part["name"]) for part in by_label(grids, field)]
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        if len(places) > 1:
            made.append({"of": [places[name] for name in names], "width": width_px, "colour": colour})
    return made


def labels(grids: Sequence[Mapping[str, Any]], *, show: bool = True) -> features.Features:
    """Code and name of each grid, drawn where they fit."""
    items = [
        {
            "lat": row["lat"],
            "lng": row["lng"],
            "lines": [str(row.get("name") or row["code"]), str(row["code"])],
            "bbox": row.get("bbox"),
            "rank": row.get("households") or 0,
        }
        for row in grids
    ]
    return features.Features("grid-labels", kind="labels", name=LABELS, data=items, group="plan", show=show)


def search_rows(grids: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the search of an exported sheet looks through: code and name, with community and town beneath."""
    rows = []
    for row in grids:
        above = [part["name"] for part in (row.get("town"), row.get("region")) if part]
        name = str(row.get("name") or "")
        rows.append(
            {
                "kind": "grid",
                "label": " ".join(part for part in (str(row["code"]), name) if part),
                "sub": " · ".join(above),
                "lat": row["lat"],
                "lng": row["lng"],
                "bbox": row.get("bbox"),
                "group": row["label"],
            }
        )
    return rows


def by_label(grids: Sequence[Mapping[str, Any]], field: str) -> list[Any]:
    """A list whose place k holds the field of the grid with label k, None where there is none."""
    count = max((int(row["label"]) for row in grids), default=-1) + 1
    values: list[Any] = [None] * count
    for row in grids:
        values[int(row["label"])] = row.get(field)
    return values

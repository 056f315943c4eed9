"""Governance centres: symbols by tier, and the service area of each centre of a tier as coloured cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import features, hexagons, payload, style

NAME = {"zh": "中心", "en": "Centres"}
TIERS = {
    "city": {"zh": "市级", "en": "city"},
    "county": {"zh": "县（区）级", "en": "county"},
    "town": {"zh": "镇街级", "en": "town"},
    "community": {"zh": "村社级", "en": "community"},
}


def symbols(items: Sequence[Mapping[str, Any]], *, show: bool = True) -> features.Features:
    """Centres as the API lists them (id, name, tier, lat, lng, region, …)."""
    return features.Features(
        "centres", kind="centres", name=NAME, data=[dict(item) for item in items], group="teams", show=show
    )


def encode_areas(
    cells: npt.NDArray[np.uint64],
    centre: npt.NDArray[np.integer[Any]],
    *,
    neighbours: npt.NDArray[np.int32],
    centres: Sequence[Mapping[str, Any]],
) -> bytes:
    """The GZH1 payload of service areas: column `centre` (u2, 65535 for cells that no centre serves); meta `centres`
    and `colours` by index, neighbouring areas differing. `centre` is -1 where none serves."""
    indices = style.group_colours(centre, neighbours)
    colours = [style.group_colour(index) for index in indices]
    column = np.where(centre < 0, 65535, centre).astype(np.uint16)
    meta = {"centres": [dict(one) for one in centres], "colours": colours}
    return payload.encode(cells, {"centre": column}, meta=meta)


def areas(data: bytes, *, tier: str, show: bool = False) -> hexagons.Hexagons:
    """Service areas of one tier. `data` is what `encode_areas` gave."""
    words = TIERS[tier]
    return hexagons.Hexagons(
        f"areas-{tier}",
        name={"zh": f"{words['zh']}中心服务范围", "en": f"Service areas ({words['en']})"},
        colour={"kind": "group", "column": "centre", "colours": payload.decode(data).meta["colours"]},
        payload=data,
        group="fill",
        show=show,
        borders=True,
        fill_opacity=0.5,
    )

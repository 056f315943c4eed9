"""Incident heat by cell: classes over the whole city, so that panning and zooming never recolour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import hexagons, legend, payload, style

NAME = {"zh": "事件热力", "en": "Incident heat"}
TITLES = {
    "raw": {"zh": "事件数", "en": "Incidents"},
    "area": {"zh": "每平方公里事件数", "en": "Incidents per km²"},
    "household": {"zh": "每千户事件数", "en": "Incidents per 1,000 households"},
}
UNITS = {
    "raw": {"zh": "件", "en": "incidents"},
    "area": {"zh": "件/平方公里", "en": "per km²"},
    "household": {"zh": "件/千户", "en": "per 1,000"},
}


def heat_legend(
    values: npt.ArrayLike,
    *,
    per: str,
    n: int,
    window: Sequence[str] | None,
    source: Mapping[str, str] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Quantile classes of the whole city's values and the legend that says them. `per`: raw, area or household."""
    scale = style.quantile(values, ramp="heat")
    return legend.make(
        scale, title=TITLES[per], unit=UNITS[per], n=n, of=legend.REPORTS, each=legend.CELLS, window=window,
        source=source, left_out=left_out,
    )  # fmt: skip


def encode(
    cells: npt.NDArray[np.uint64],
    values: npt.NDArray[np.floating[Any]],
    counts: npt.NDArray[np.integer[Any]],
    *,
    legend_object: Mapping[str, Any],
) -> bytes:
    """The GZH1 payload of heat: columns value (f4) and n (u4), meta.legend."""
    columns = {"value": values.astype(np.float32), "n": counts.astype(np.uint32)}
    return payload.encode(cells, columns, meta={"legend": dict(legend_object)})


def heat(data: bytes, *, show: bool = False) -> hexagons.Hexagons:
    """The heat layer, coloured by the classes of its own legend."""
    return hexagons.Hexagons.by_legend("heat", name=NAME, payload=data, show=show)

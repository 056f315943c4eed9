"""Camera sites with their sectors, camera density and coverage by cell, and coverage gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import features, hexagons, legend, payload, style

SITES = {"zh": "摄像机点位", "en": "Camera sites"}
COVERAGE = {"zh": "视频覆盖密度", "en": "Camera coverage"}
GAPS = {"zh": "覆盖缺口", "en": "Coverage gaps"}
DENSITY_UNIT = {"zh": "台/平方公里", "en": "cameras per km²"}
NEED_UNIT = {"zh": "需求指数", "en": "need"}
SITE_COLUMNS = ("id", "name", "kind", "lat", "lng", "heading_deg", "angle_deg", "range_m", "status")


def sites(items: Sequence[Mapping[str, Any]], *, show: bool = False) -> features.Features:
    """Cameras as the API lists them: a sector where there is a direction, a circle for domes; offline ones hollow."""
    data = [{column: item.get(column) for column in SITE_COLUMNS} for item in items]
    return features.Features("cameras", kind="cameras", name=SITES, data=data, group="video", show=show)


def coverage_legend(
    density_per_km2: npt.ArrayLike,
    *,
    n: int,
    source: Mapping[str, str] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Quantile classes of cameras per km² over the whole city."""
    scale = style.quantile(density_per_km2, ramp="coverage")
    return legend.make(
        scale, title=COVERAGE, unit=DENSITY_UNIT, n=n, of=legend.CAMERAS, each=legend.CELLS, source=source,
        left_out=left_out,
    )  # fmt: skip


def gaps_legend(
    need: npt.ArrayLike,
    *,
    n: int,
    window: Sequence[str] | None,
    source: Mapping[str, str] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Quantile classes of need (incidents little seen by cameras); red, because it asks for action."""
    scale = style.quantile(need, ramp="gaps", count=5)
    return legend.make(
        scale, title=GAPS, unit=NEED_UNIT, n=n, of=legend.REPORTS, each=legend.CELLS, window=window, source=source,
        left_out=left_out,
    )  # fmt: skip


def encode_coverage(
    cells: npt.NDArray[np.uint64],
    density_per_km2: npt.NDArray[np.floating[Any]],
    covered: npt.NDArray[np.floating[Any]],
    *,
    legend_object: Mapping[str, Any],
) -> bytes:
    """The GZH1 payload of coverage: columns value (cameras per km², f4) and covered (share 0–1, f4), meta.legend."""
    columns = {"value": density_per_km2.astype(np.float32), "covered": covered.astype(np.float32)}
    return payload.encode(cells, columns, meta={"legend": dict(legend_object)})


def encode_gaps(
    cells: npt.NDArray[np.uint64],
    need: npt.NDArray[np.floating[Any]],
    counts: npt.NDArray[np.integer[Any]],
    covered: npt.NDArray[np.floating[Any]],
    *,
    legend_object: Mapping[str, Any],
) -> bytes:
    """The GZH1 payload of gaps: columns value (need, f4), n (u4) and covered (share 0–1, f4), meta.legend."""
    columns = {
        "value": need.astype(np.float32),
        "n": counts.astype(np.uint32),
        "covered": covered.astype(np.float32),
    }
    return payload.encode(cells, columns, meta={"legend": dict(legend_object)})


def coverage(data: bytes, *, show: bool = False) -> hexagons.Hexagons:
    """The coverage layer, coloured by the classes of its own legend."""
    return hexagons.Hexagons.by_legend("coverage", name=COVERAGE, payload=data, show=show)


def gaps(data: bytes, *, show: bool = False) -> hexagons.Hexagons:
    """The gaps layer, coloured by the classes of its own legend."""
    return hexagons.Hexagons.by_legend("gaps", name=GAPS, payload=data, show=show)

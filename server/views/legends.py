"""Columns with their legend: classes and colours from the very scale that the layer paints with."""

from __future__ import annotations

import dataclasses
from typing import Any

from layers import legend, style
from server.rules import privacy
from server.usecases.context import Columns

_HEAT_TITLE = {
    "zh": "事件数量（上报数，受巡查与上报影响，不代表个人风险）",
    "en": "Incidents (counts of reports; they depend on patrol and reporting and are no risk of persons)",
}
_HEAT_UNITS = {
    "raw": {"zh": "件", "en": "incidents"},
    "area": {"zh": "件/平方公里", "en": "incidents per km²"},
    "household": {"zh": "件/千户", "en": "incidents per 1,000 households"},
}
_FLOOR_NOTE = {
    "zh": f"少于 {privacy.FLOOR} 件的单元不显示，其余取整到 {privacy.STEP}",
    "en": f"cells with fewer than {privacy.FLOOR} are not shown, others are rounded to {privacy.STEP}",
}
_BAND_EDGES = (1.0, 2.0, 3.0, 4.0)


def heat(found: Columns, *, per: str) -> Columns:
    """Incidents per cell."""
    scale = style.quantile(found.columns["value"], ramp="heat")
    floor = found.meta.get("floor")
    return _with(
        found, scale, title=_HEAT_TITLE, unit=_HEAT_UNITS[per], left_out=_FLOOR_NOTE if floor else _left_out(found)
    )


def coverage(found: Columns) -> Columns:
    """Cameras per km²."""
    scale = style.quantile(found.columns["value"], ramp="coverage")
    return _with(
        found, scale, title={"zh": "摄像机密度", "en": "Camera density"},
        unit={"zh": "台/平方公里", "en": "cameras per km²"},
        left_out={"zh": "离线摄像机计入密度，不计入覆盖", "en": "offline cameras count for density, not for coverage"},
    )  # fmt: skip


def bands(found: Columns) -> Columns:
    """Camera density in three bands: low, medium, high."""
    scale = style.fixed(found.columns["value"], _BAND_EDGES, ramp="coverage")
    note = {
        "zh": f"仅显示至少 {privacy.CAMERA_FLOOR} 台摄像机的单元：1 低，2 中，3 高",
        "en": f"only cells with at least {privacy.CAMERA_FLOOR} cameras: 1 low, 2 medium, 3 high",
    }
    return _with(
        found, scale, title={"zh": "摄像机密度等级", "en": "Camera density band"}, unit={"zh": "级", "en": "band"},
        left_out=note,
    )  # fmt: skip


def gaps(found: Columns) -> Columns:
    """Incidents out of sight."""
    scale = style.quantile(found.columns["value"], ramp="gaps")
    return _with(
        found, scale, title={"zh": "视频覆盖缺口：有事件而看不到的单元", "en": "Coverage gaps: incidents out of sight"},
        unit={"zh": "件（按未覆盖比例）", "en": "incidents × unseen share"}, left_out=_left_out(found),
    )  # fmt: skip


def _with(found: Columns, scale: style.Scale, **words: Any) -> Columns:
    made = legend.make(
        scale, n=int(found.meta.get("n") or 0), window=_window(found), source=_words(found.meta.get("source")), **words
    )
    return dataclasses.replace(found, meta={**found.meta, "legend": made})


def _window(found: Columns) -> list[str] | None:
    window = found.meta.get("window")
    return window if window and window[0] and window[1] else None


def _left_out(found: Columns) -> dict[str, str] | None:
    left = found.meta.get("left_out")
    if not left:
        return None
    return left if isinstance(left, dict) else {"zh": f"未计入 {left} 件", "en": f"{left} not counted"}


def _words(source: Any) -> dict[str, str] | None:
    if source is None or isinstance(source, dict):
        return source
    return {"zh": str(source), "en": str(source)}

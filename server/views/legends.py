"""Columns with their legend: classes and colours from the very scale that the layer paints with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from layers import hotspots as spot_layers
from layers import legend, style
from server.rules import privacy
from server.usecases.context import Columns

_HEAT_TITLE = {"zh": "上报事件", "en": "Reported incidents"}
_HEAT_UNITS = {
    "raw": {"zh": "件", "en": "incidents"},
    "area": {"zh": "件/平方公里", "en": "incidents per km²"},
    "household": {"zh": "件/千户", "en": "incidents per 1,000 households"},
}
_FLOOR_NOTE = {
    "zh": f"少于 {privacy.FLOOR} 件的单元不显示，其余取整到 {privacy.STEP}",
    "en": f"cells with fewer than {privacy.FLOOR} are not shown, others are rounded to {privacy.STEP}",
}
_BANDS = ({"zh": "低", "en": "low"}, {"zh": "中", "en": "medium"}, {"zh": "高", "en": "high"})
_SPOT_CUTS = (5.0, 10.0)
"""z from which a hot spot is shown darker."""


def heat(found: Columns, *, per: str, breaks: Sequence[float] | None = None) -> Columns:
    """Incidents per cell, in quantile classes of the whole city or between fixed limits."""
    values = found.columns["value"]
    scale = style.quantile(values, ramp="heat") if breaks is None else style.open_ended(values, breaks, ramp="heat")
    floor = found.meta.get("floor")
    return _with(
        found, scale, title=_HEAT_TITLE, unit=_HEAT_UNITS[per], of=legend.REPORTS,
        left_out=_FLOOR_NOTE if floor else _left_out(found),
    )


def coverage(found: Columns) -> Columns:
    """Cameras per km²."""
    scale = style.quantile(found.columns["value"], ramp="coverage")
    return _with(
        found, scale, title={"zh": "摄像机密度", "en": "Camera density"}, of=legend.CAMERAS,
        unit={"zh": "台/平方公里", "en": "cameras per km²"},
        left_out={"zh": "离线摄像机计入密度，不计入覆盖", "en": "offline cameras count for density, not for coverage"},
    )  # fmt: skip


def seen(found: Columns, *, k: int) -> Columns:
    """Per cent of public ground in view of at least ``k`` working cameras; cells without any are left out."""
    some = found.columns["covered"] > 0
    share = (100.0 * found.columns["covered"][some]).astype(np.float32)
    columns = {"value": share, **{name: found.columns[name][some] for name in ("covered", "n")}}
    return _with(
        Columns(found.cells[some], columns, found.meta), style.quantile(share, ramp="coverage"),
        title={"zh": f"公共地面可见率（{k} 台以上）", "en": f"Public ground seen by {k} or more"},
        unit={"zh": "%", "en": "%"}, of=legend.CAMERAS,
        left_out={"zh": "建筑、小区院落、遮蔽扇区、离线点位", "en": "buildings, compounds, masks, offline sites"},
    )  # fmt: skip


def bands(found: Columns) -> Columns:
    """Camera density in three bands: low, medium, high."""
    colours = style.sample("coverage", len(_BANDS))
    counts = [int((found.columns["value"] == band).sum()) for band in range(1, len(_BANDS) + 1)]
    scale = style.Scale(tuple(
        style.Step(float(band), float(band), colour, count)
        for band, (colour, count) in enumerate(zip(colours, counts, strict=True), 1)
    ))  # fmt: skip
    note = {
        "zh": f"摄像机少于 {privacy.CAMERA_FLOOR} 台的单元",
        "en": f"cells with fewer than {privacy.CAMERA_FLOOR} cameras",
    }
    told = _with(
        found, scale, title={"zh": "摄像机密度等级", "en": "Camera density band"}, unit=legend.CELLS,
        of=legend.CELLS, left_out=note,
    )  # fmt: skip
    for step, label in zip(told.meta["legend"]["classes"], _BANDS, strict=True):
        step["label"] = label
    return told


def gaps(found: Columns) -> Columns:
    """Incidents out of sight."""
    scale = style.quantile(found.columns["value"], ramp="gaps")
    return _with(
        found, scale, title={"zh": "视频覆盖缺口：有事件而看不到的单元", "en": "Coverage gaps: incidents out of sight"},
        unit={"zh": "件（按未覆盖比例）", "en": "incidents × unseen share"}, of=legend.REPORTS,
        left_out=_left_out(found),
    )  # fmt: skip


def hotspots(found: Columns) -> Columns:
    """Hot spots orange, cold ones blue; what may be chance has no colour."""
    z = found.columns["z"].astype(np.float64)
    least = found.meta["threshold"]
    if least is None:
        least = _SPOT_CUTS[0]
    cuts = [least, *(cut for cut in _SPOT_CUTS if cut > least)]
    ends: list[tuple[float | None, float | None]] = [(None, -least), *zip(cuts, [*cuts[1:], None], strict=True)]
    colours = (style.DEVIATION[1], *style.DEVIATION[-len(cuts) :])
    steps = []
    for (low, high), colour in zip(ends, colours, strict=True):
        inside = (z >= (-np.inf if low is None else low)) & (z < (np.inf if high is None else high))
        steps.append(style.Step(low, high, colour, int(inside.sum())))
    told = _with(
        found, style.Scale(tuple(steps)),
        title={"zh": "上报事件的热点与冷点（Gi*）", "en": "Hot and cold spots of reports (Gi*)"},
        unit={"zh": "z 值", "en": "z"}, of=legend.REPORTS, left_out=_chance(found),
    )  # fmt: skip
    emerged = _with(
        found, style.Scale(()), title={"zh": "热点如何演变", "en": "How spots emerged"},
        unit=legend.CELLS, of=legend.REPORTS, left_out=_chance(found),
    )  # fmt: skip
    steps_ = spot_layers.class_steps(found.meta["kinds"], found.columns["class"])
    by_class = {**emerged.meta["legend"], "classes": steps_}
    spots = [{**one, "words": spot_layers.class_words(one["class"])} for one in found.meta["spots"]]
    return dataclasses.replace(told, meta={**told.meta, "class_legend": by_class, "spots": spots})


def _chance(found: Columns) -> dict[str, str]:
    """What a map of spots leaves out: what may be chance, and incidents where nobody is at risk."""
    left, tested = int(found.meta.get("left_out") or 0), int(found.meta["cells"])
    silent = int(found.meta["silent"])
    q = round(found.meta["q"] * 100)
    zh = f"{silent:,} 个与偶然波动无异的单元（共检验 {tested:,} 个，误报比例控制在 {q}% 以内）"
    en = f"{silent:,} of the {tested:,} cells tested, no different from chance; false discoveries below {q}%"
    if left:
        zh = f"{zh}；另有 {left:,} 件（所在单元无基数）"
        en = f"{en}; {left:,} reports in cells without the base"
    return {"zh": zh, "en": en}


def _with(found: Columns, scale: style.Scale, **words: Any) -> Columns:
    made = legend.make(
        scale, n=int(found.meta.get("n") or 0), each=legend.CELLS, window=_window(found),
        source=_words(found.meta.get("source")), **words,
    )  # fmt: skip
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

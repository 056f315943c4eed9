"""Legends of what areas are coloured by: counts, rates, change, alerts; and of the steps that the slider plays."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from layers import incidents as incident_layers
from layers import legend, style
from server.usecases.context import Columns

_SOURCE = {"zh": "incidents", "en": "incidents"}
_CHANGES = (
    ("down", -1.0, style.DEVIATION[1], {"zh": "明显减少", "en": "clearly fewer"}),
    ("same", 0.0, style.DEVIATION[3], {"zh": "正常波动", "en": "normal variation"}),
    ("up", 1.0, style.DEVIATION[5], {"zh": "明显增多", "en": "clearly more"}),
    ("few", 2.0, style.MISSING, {"zh": "太少，不作判断", "en": "too few to say"}),
)
CHANGE = {name: number for name, number, _, _ in _CHANGES}
"""The value by which an area is coloured for each verdict."""
_ALERTS = (
    ("red", 2.0, "#b3261e", {"zh": "红：需要处置", "en": "red: act"}),
    ("yellow", 1.0, "#e8b62c", {"zh": "黄：需要关注", "en": "yellow: watch"}),
    ("blue", 0.0, "#8fb4d4", {"zh": "蓝：正常", "en": "blue: usual"}),
)
_TITLES = {
    "n": {"zh": "上报事件", "en": "Reports"},
    "per_km2": {"zh": "上报事件密度", "en": "Reports per km²"},
    "per_1000": {"zh": "每千户上报事件", "en": "Reports per 1,000 households"},
}
_UNITS = {"n": "raw", "per_km2": "area", "per_1000": "household"}


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """The figures with a legend for each way to colour them."""
    items = found["items"]
    made = {}
    for name, title in _TITLES.items():
        values = np.array([one[name] if one[name] is not None else np.nan for one in items], dtype=np.float64)
        made[name] = _told(
            found, style.quantile(values, ramp="heat"), title=title, unit=incident_layers.UNITS[_UNITS[name]],
            left_out=_left_out(found, items),
        )  # fmt: skip
    verdicts = [one["verdict"] for one in items]
    if any(verdicts):
        share = round(found["false_share"] * 100)
        told = _told(
            found, style.Scale(()), title={"zh": "上报事件的变化", "en": "Change of reports"},
            unit=legend.AREAS,
            left_out={
                "zh": f"两期合计不足 {found['least']} 件的区域不作判断（误报比例控制在 {share}% 以内）",
                "en": f"judgement where both windows have fewer than {found['least']} (false calls below {share}%)",
            },
        )  # fmt: skip
        counts = [verdicts.count(name) for name, *_ in _CHANGES]
        made["change"] = {**told, "classes": _classes(_CHANGES, counts)}
    return {**found, "legends": made}


def alerts(found: dict[str, Any]) -> dict[str, Any]:
    """The alerts with their legend."""
    rule, colours = found["rule"], [one["colour"] for one in found["items"]]
    few = sum(one["cause"] == "few" for one in found["items"])
    made = legend.make(
        style.Scale(()), title={"zh": "三色预警", "en": "Three-colour alert"}, unit=legend.AREAS,
        n=found["n"] or 0, of=legend.REPORTS, each=legend.AREAS, window=None, source=_SOURCE,
        left_out={
            "zh": f"对最近一期不足 {rule['least']} 件的 {few} 个区域的判断（显示为蓝）；截至 {found['day']}，"
            f"与本区域此前 {rule['baseline']} 期相比",
            "en": f"a judgement of {few} areas with fewer than {rule['least']} in the last period (shown in blue); as "
            f"of {found['day']}, each against its own {rule['baseline']} periods before",
        },
    )  # fmt: skip
    counts = [colours.count(name) for name, *_ in _ALERTS]
    shown = {**made, "n": found["n"], "classes": _classes(_ALERTS, counts)}
    return {**found, "legend": shown}


def steps(found: Columns, *, per: str) -> Columns:
    """One scale for all steps, so that a colour means the same in each."""
    every = [column[column > 0].astype(np.float64) for column in found.columns.values()]
    scale = style.quantile(np.concatenate(every) if every else np.zeros(0), ramp="heat")
    earlier = found.meta["earlier"]
    made = legend.make(
        scale, title={"zh": "上报事件（逐期）", "en": "Reports, step by step"}, unit=incident_layers.UNITS[per],
        n=int(found.meta["n"]), of=legend.REPORTS, each=legend.CELLS,
        window=found.meta["window"] if found.meta["steps"] else None, source=_SOURCE,
        left_out={
            "zh": f"更早的 {earlier:,} 件；平滑（各期用同一分级）" if earlier else "平滑（各期用同一分级）",
            "en": (f"{earlier:,} earlier reports; " if earlier else "") + "smoothing (one scale for all steps)",
        },
    )  # fmt: skip
    return dataclasses.replace(found, meta={**found.meta, "legend": made})


def _told(found: dict[str, Any], scale: style.Scale, **words: Any) -> dict[str, Any]:
    window = found["window"] if found["window"][0] and found["window"][1] else None
    told = {"n": found["n"], "of": legend.REPORTS, "each": legend.AREAS, "window": window, "source": _SOURCE}
    return legend.make(scale, **told, **words)


def _classes(table: Any, counts: list[int]) -> list[dict[str, Any]]:
    return [
        {"from": number, "to": number, "colour": colour, "count": count, "label": dict(label)}
        for (_, number, colour, label), count in zip(table, counts, strict=True)
    ]


def _left_out(found: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, str] | None:
    without, outside, shared = sum(one["n"] == 0 for one in items), found["left_out"], found["shared"]
    said = [
        (without, f"{without} 个无上报的区域", f"{without} areas without reports"),
        (outside, f"不在任何区域内的 {outside:,} 件", f"{outside:,} reports in no area"),
        (
            shared, f"重叠处只按较小的区域着色（{shared:,} 件分别计入各区域）",
            f"larger areas where several overlap ({shared:,} reports count in each)",
        ),
    ]  # fmt: skip
    kept = [(zh, en) for n, zh, en in said if n > 0]
    return {"zh": "；".join(zh for zh, _ in kept), "en": "; ".join(en for _, en in kept)} if kept else None

"""网格体检 on paper: one HTML file with the figures, a plan of the city with its faulty grids, and a sentence for each.

Standing alone: no script, no address, prints on A4. Names are data and are escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import numpy as np

from server.usecases.context import Context
from server.usecases.drafting import checkup
from server.usecases.planning import plans

WIDTH = 1000.0
"""Width of the drawing in its own units."""

_WORDS = {
    "zh": {"title": "网格体检", "plan": "方案", "band": "户数区间", "codes": "问题汇总", "code": "类别", "n": "数量",
           "findings": "逐条说明", "where": "网格／社区（村）", "text": "说明", "none": "没有发现问题。",
           "proved": "任何划法都无法避免", "map": "有问题的网格（深色为最重）", "at": "编制日期"},
    "en": {"title": "Health check of grids", "plan": "Plan", "band": "Households of a grid", "codes": "In all",
           "code": "Kind", "n": "Number", "findings": "One by one", "where": "Grid or community", "text": "Finding",
           "none": "Nothing was found.", "proved": "no drawing can avoid it",
           "map": "Grids with faults (the darkest are the gravest)", "at": "Made on"},
}  # fmt: skip
_FILLS = ("#9d2235", "#c65a11", "#e0a030", "#f0d080")
_STYLE = """
body{font:14px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1c2733;margin:24px auto;max-width:1000px;
padding:0 16px}h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:24px 0 6px}table{border-collapse:collapse;
width:100%}td,th{border-bottom:1px solid #d5dce4;padding:4px 8px;text-align:left;vertical-align:top}td.n,th.n{
text-align:right}svg{width:100%;height:auto;border:1px solid #d5dce4}p{margin:4px 0}.small{color:#5b6b7b;font-size:12px}
@media print{body{margin:0}tr{break-inside:avoid}@page{size:A4;margin:14mm}}
"""


def make(ctx: Context, city: str, ref: str, *, lang: str = "zh") -> tuple[str, dict[str, Any]]:
    """The HTML text of a plan's examination in ``lang`` (zh, en), and what was found."""
    found = checkup.examine(ctx, city, ref)
    shapes = plans.outlines_of(ctx, city, found["plan"]["id"])["features"]
    words = _WORDS[lang]
    say = html.escape
    title = say(f"{found['city']} · {words['title']}")
    low, high = found["band"]
    body = [
        f"<h1>{title}</h1>",
        f"<p class=small>{words['plan']} v{found['plan']['version']} · {words['band']} {low:g}–{high:g} · "
        f"{words['at']} {say(ctx.stamp()[:10])}</p>",
        f"<p>{say(found['summary'][lang])}</p>",
        f"<h2>{words['map']}</h2>", _drawing(shapes, found["findings"]),
        f"<h2>{words['codes']}</h2>", _table(
            (words["code"], words["n"]), ((say(found["words"][code][lang]), n) for code, n in found["counts"].items())
        ),
        f"<h2>{words['findings']}</h2>",
        _table((words["where"], words["text"]), _told(found["findings"], lang, words)),
    ]  # fmt: skip
    if not found["findings"]:
        body[-1] = f"<p>{words['none']}</p>"
    head = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f"{head}{''.join(body)}</html>\n", found


def _told(findings: list[dict[str, Any]], lang: str, words: dict[str, str]) -> Iterator[tuple[str, str]]:
    for row in findings:
        own = row["name"] or (row["region"]["name"] if row["region"] else "")
        proved = f" <span class=small>({words['proved']})</span>" if row["proved"] else ""
        code = f"<br><span class=small>{html.escape(row['grid'])}</span>" if row["grid"] else ""
        yield html.escape(own) + code, html.escape(row[lang]) + proved


def _table(heads: tuple[str, ...], rows: Any) -> str:
    lines = ["".join(f"<th>{head}</th>" for head in heads)]
    lines += ["".join(f"<td>{value}</td>" for value in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _drawing(features: list[dict[str, Any]], findings: list[dict[str, Any]]) -> str:
    """The outlines of the grids, those with findings filled by how grave these are."""
    if not features:
        return ""
    gravest: dict[int, int] = {}
    for row in findings:
        if row["label"] is not None:
            gravest[row["label"]] = min(gravest.get(row["label"], len(_FILLS) - 1), row["grave"])
    rings = [(feature["properties"]["label"], list(_rings(feature["geometry"]))) for feature in features]
    every = np.concatenate([ring for _, own in rings for ring in own])
    (west, south), (east, north) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    across = np.cos(np.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * across, 1e-9)
    paths = []
    for label, own in rings:
        turned = (np.stack([(ring[:, 0] - west) * across, north - ring[:, 1]], axis=1) * scale for ring in own)
        line = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in turned)
        fill = _FILLS[gravest[label]] if label in gravest else "#eef2f6"
        paths.append(f'<path d="{line}" fill="{fill}" fill-rule="evenodd"/>')
    height = (north - south) * scale
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" stroke="#5b6b7b" stroke-width="0.6" role="img">'
        f"{''.join(paths)}</svg>"
    )


def _rings(geometry: dict[str, Any]) -> Iterator[Any]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        for ring in polygon:
            yield np.asarray(ring, dtype=np.float64)

"""The month in sentences as a file with its maps: one HTML text that opens with no network, or a Word document."""

from __future__ import annotations

import base64
import html as markup
import io
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from layers import hotspots as spot_layers
from layers import legend as legends
from server.usecases import handing_out
from server.usecases.context import Context
from server.usecases.incidents import monthly
from server.usecases.outputs import exports, pictures
from server.views import area_legends

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_STYLE = (
    "body{font:15px/1.7 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;color:#17242d;"
    "max-width:820px;margin:32px auto;padding:0 20px}h1{font-size:24px}"
    "h2{font-size:18px;margin-top:28px;border-bottom:1px solid #d7dde0}"
    "img{max-width:100%;height:auto}figure{margin:12px 0}figcaption{color:#5a6b76;font-size:13px}"
    "i{display:inline-block;width:14px;height:11px;border:1px solid #5a6b76;margin:0 4px 0 12px}.note{color:#5a6b76}"
    "@media print{body{margin:0}figure{break-inside:avoid}}"
)
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def make(
    ctx: Context, city: str, *, month: str | None, format: str, lang: str, classification: str = "内部资料"
) -> exports.File:
    """The report of a month (None: the last whole one) as ``html`` or ``docx``, in ``zh`` or ``en``."""
    report = monthly.write(ctx, city, month=month)
    maps = _maps(ctx, city, report)
    name = f"{city}-{report.told['month']}.{format}"
    if format == "docx":
        made = exports.File(_word(report.told, maps, lang, classification), name, _WORD)
    else:
        text = _html(report.told, maps, lang, classification)
        made = exports.File(text.encode(), name, "text/html; charset=utf-8")
    handing_out.note(
        ctx, city, view="month", format=format, classification=classification, month=report.told["month"]
    )
    return made


def _maps(ctx: Context, city: str, report: monthly.Report) -> dict[str, tuple[bytes, dict[str, Any]]]:
    """By section the picture and its legend."""
    figures = area_legends.figures(report.areas)
    by = "change" if "change" in figures["legends"] else "n"
    legend = figures["legends"][by]
    colours = [_colour(one, by, legend["classes"]) for one in report.areas["items"]]
    found = report.spots
    steps = spot_layers.class_steps(found.meta["kinds"], found.columns["class"])
    hue = {int(one["from"]): str(one["colour"]) for one in steps}
    classed = found.columns["class"] > 0
    spots = {
        "title": {"zh": "热点如何演变", "en": "How spots emerged"}, "unit": {"zh": "单元", "en": "cells"},
        "n": found.meta["n"], "of": legends.REPORTS, "classes": steps,
    }  # fmt: skip
    return {
        "areas": (pictures.of_areas(ctx, city, level=report.level, colours=colours), legend),
        "spots": (
            pictures.of_cells(
                ctx, city, ids=found.cells[classed], level=report.level,
                colours=[hue[int(number)] for number in found.columns["class"][classed].tolist()],
            ),
            spots,
        ),
    }  # fmt: skip


def _colour(one: dict[str, Any], by: str, classes: list[dict[str, Any]]) -> str | None:
    value = area_legends.CHANGE.get(one["verdict"]) if by == "change" else one["n"]
    if value is None:
        return None
    for step in classes:
        low, high = step["from"], step["to"]
        if (low is None or value >= low) and (high is None or value < high or value == low == high):
            return str(step["colour"])
    return str(classes[-1]["colour"]) if classes and value else None


def _html(told: dict[str, Any], maps: dict[str, tuple[bytes, dict[str, Any]]], lang: str, classification: str) -> str:
    say = markup.escape
    parts = [
        f'<!DOCTYPE html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{say(told["title"][lang])}</title>'
        f"<style>{_STYLE}</style></head><body>",
        f'<p class="note">{say(classification)}</p><h1>{say(told["title"][lang])}</h1>',
    ]
    for part in told["sections"]:
        parts.append(f"<h2>{say(part['title'][lang])}</h2>")
        parts += [f"<p>{say(line[lang])}</p>" for line in part["sentences"]]
        if part["id"] in maps:
            picture, legend = maps[part["id"]]
            source = base64.b64encode(picture).decode()
            swatches = "".join(
                f'<i style="background:{say(str(step["colour"]))}"></i>{say(_label(step, lang))} {step["count"]}'
                for step in legend["classes"]
            )
            caption = say(_caption(legend, lang))
            parts.append(
                f'<figure><img alt="{caption}" src="data:image/png;base64,{source}">'
                f"<figcaption>{caption}{swatches}</figcaption></figure>"
            )
    parts.append(f'<p class="note">{say(told["note"][lang])}</p></body></html>')
    return "\n".join(parts)


def _word(told: dict[str, Any], maps: dict[str, tuple[bytes, dict[str, Any]]], lang: str, classification: str) -> bytes:
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(11)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "Microsoft YaHei")
    for heading in ("Title", "Heading 1"):
        document.styles[heading].element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "Microsoft YaHei")
    document.core_properties.title = told["title"][lang]
    document.add_paragraph(classification)
    document.add_heading(told["title"][lang], level=0)
    for part in told["sections"]:
        document.add_heading(part["title"][lang], level=1)
        for line in part["sentences"]:
            document.add_paragraph(line[lang])
        if part["id"] in maps:
            picture, legend = maps[part["id"]]
            document.add_picture(io.BytesIO(picture), width=Cm(13))
            caption = document.add_paragraph(_caption(legend, lang))
            for step in legend["classes"]:
                mark = caption.add_run("  ■ ")
                mark.font.color.rgb = RGBColor.from_string(str(step["colour"]).lstrip("#").upper())
                caption.add_run(f"{_label(step, lang)} {step['count']}")
    document.add_paragraph(told["note"][lang])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _caption(legend: dict[str, Any], lang: str) -> str:
    counted = f"n = {legend['n']:,} {legend['of'][lang]}"
    return f"{legend['title'][lang]}（{legend['unit'][lang]}），{counted}" if lang == "zh" else (
        f"{legend['title'][lang]} ({legend['unit'][lang]}), {counted}"
    )


def _label(step: dict[str, Any], lang: str) -> str:
    if "label" in step:
        return str(step["label"][lang])
    return f"{step['from']:g}–{step['to']:g}"

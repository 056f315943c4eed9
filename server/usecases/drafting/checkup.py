"""网格体检: a plan examined before anybody redraws it, with a ready sentence for every fault, in both languages."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo import checks
from geo import problem as problems
from geo.checks import Violation
from geo.partition import Partition
from server.store import database, plans
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing, workload
from server.usecases.planning import drafts
from server.usecases.planning import plans as plan_usecases

UNCOVERED, OVERLOADED, UNSTAFFED = "UNCOVERED", "OVERLOADED", "UNSTAFFED"
OVERLOAD = 1.5  # a worker with more than so many times the upper end of the band


def examine(ctx: Context, city: str, ref: str = plan_usecases.CURRENT) -> dict[str, Any]:
    """Examine a plan: ``{plan, city, band, grids, sound, households, uncovered, findings, counts, words, summary}``.

    Each finding is ``{code, label, grid, name, region, households, cells, proved, grave, zh, en}``, the gravest first
    (``grave`` 0 is the worst of 4); ``words`` names the codes and ``summary`` puts all in a sentence, each in both
    languages. A plan drawn by a workload is judged by it. Raises NotFound, and Conflict without households.
    """
    with database.reading(ctx.db) as connection:
        stored = plan_usecases.load(ctx, connection, city, ref)
        limits = (stored.row["band_low"], stored.row["band_high"])
        ground = drawing.ground_of(ctx, connection, stored)
        rows = {row["label"]: row for row in plans.grids(connection, stored.id)}
        load = _loads(rows)
    inside = stored.labels >= 0
    problem = problems.restrict(ground.problem, inside)
    found = checks.violations(problem, Partition(problem.cells, stored.labels[inside]))
    findings = [_finding(stored.place, ground, rows, violation, limits) for violation in found]
    findings += _uncovered(stored, ground.homes, ground.region_ids, ground.problem.region)
    findings += _overloaded(rows, load, limits[1])
    findings.sort(key=lambda row: (row["grave"], -row["households"]))
    counts: dict[str, int] = {}
    for row in findings:
        counts[row["code"]] = counts.get(row["code"], 0) + 1
    faulty = {row["grid"] for row in findings if row["grid"]}
    sound, uncovered = len(rows) - len(faulty), int((~inside).sum())
    return {
        "plan": plan_usecases.summary(stored.row), "city": stored.place.city.name, "band": list(limits),
        "grids": len(rows), "sound": sound, "households": round(float(ground.homes.sum()), 1),
        "uncovered": uncovered, "findings": findings, "counts": counts,
        "words": {code: _word(code) for code in counts},
        "summary": _summary(stored.row["version"], len(rows), sound, uncovered, counts),
    }


def _word(code: str) -> dict[str, str]:
    zh, en = _WORDS.get(code, (code, code))
    return {"zh": zh, "en": en}


def _summary(version: int, grids: int, sound: int, uncovered: int, counts: dict[str, int]) -> dict[str, str]:
    """The whole examination in a sentence."""
    told = {lang: [f"{_word(code)[lang]} {n}" for code, n in counts.items()] for lang in ("zh", "en")}
    share = sound / grids if grids else 1.0
    zh = f"方案v{version}共{grids:,}个网格，{sound:,}个没有问题（{share:.1%}）"
    en = f"Plan v{version} has {grids:,} grids, {sound:,} of them without fault ({share:.1%})"
    if counts:
        zh, en = f"{zh}；{'，'.join(told['zh'])}", f"{en}; {', '.join(told['en'])}"
    if uncovered:
        zh, en = f"{zh}；{uncovered:,}个单元不属于任何网格", f"{en}; {uncovered:,} cells lie in no grid"
    return {"zh": zh + "。", "en": en + "."}


_GRAVE = {"IN_PIECES": 0, "CROSSES_REGION": 0, "CROSSES_BARRIER": 0, UNCOVERED: 1, OVERLOADED: 1, UNSTAFFED: 1,
          "EXEMPT_MIXED": 1, "OVER_BAND": 2, "BELOW_BAND": 2}  # fmt: skip
_WORDS = {
    "IN_PIECES": ("网格不连片", "in pieces"), "CROSSES_REGION": ("跨社区（村）", "across communities"),
    "CROSSES_BARRIER": ("跨阻隔", "across barriers"), UNCOVERED: ("未覆盖", "not covered"),
    OVERLOADED: ("网格员负担过重", "overloaded workers"), UNSTAFFED: ("没有网格员", "without a worker"),
    "EXEMPT_MIXED": ("专属网格混入", "dedicated grids mixed"), "OVER_BAND": ("超出上限", "above the band"),
    "BELOW_BAND": ("低于下限", "below the band"), "CELL_OVER_BAND": ("单元不可分割", "indivisible cells"),
    "TOTAL_NOT_DIVISIBLE": ("总户数无法均分", "totals that cannot be divided"),
    "ISLET_BELOW_BAND": ("被围小片", "small enclaves"),
}  # fmt: skip
_SENTENCES = {
    "OVER_BAND": ("{name}有{homes}户，超出上限{high}户{extra}户，建议拆分或划出部分楼栋。",
                  "{name} has {homes} households, {extra} above the upper end of {high}: split it or hand some over."),
    "BELOW_BAND": ("{name}只有{homes}户，比下限{low}户少{extra}户，建议与相邻网格合并或划入部分楼栋。",
                   "{name} has only {homes} households, {extra} below the lower end of {low}: merge it or add to it."),
    "IN_PIECES": ("{name}分成了互不相连的几块，网格员要穿过别的网格才能走完。",
                  "{name} lies in separate pieces: its worker must cross another grid to get round."),
    "CROSSES_BARRIER": ("{name}跨越了没有桥梁的阻隔。", "{name} lies on both sides of a barrier without a crossing."),
    "CROSSES_REGION": ("{name}跨越了社区（村）界线，网格应当只属于一个社区（村）。",
                       "{name} crosses a community border; a grid belongs to exactly one community."),
    "EXEMPT_MIXED": ("{name}既有专属单位的单元，又有普通单元，应当分开。",
                     "{name} holds cells of a dedicated site and ordinary ones; they belong apart."),
    "CELL_OVER_BAND": ("{name}中有不可分割的单元超过上限{high}户，任何划法都无法避免。",
                       "{name} holds one indivisible cell above {high} households; no drawing can avoid it."),
    "TOTAL_NOT_DIVISIBLE": ("{name}所在社区（村）的总户数无法划成每格{low}—{high}户，任何划法都会超出区间。",
                            "The households of {name}'s community cannot be divided into grids of {low}–{high}."),
    "ISLET_BELOW_BAND": ("{name}是被阻隔围住的小片，总户数不足{low}户，任何划法都无法避免。",
                         "{name} is cut off and has fewer than {low} households in all; no drawing can avoid it."),
}  # fmt: skip


def _finding(
    place: territory.World, ground: drafts.Ground, rows: dict[int, Any], violation: Violation,
    band: tuple[float, float],
) -> dict[str, Any]:
    row = rows.get(violation.label)
    region = place.regions.get(int(ground.region_ids[violation.region])) if violation.region >= 0 else None
    name = row["name"] if row else (region.name if region else "")
    homes = row["load"] if row else 0.0
    extra = homes - band[1] if homes > band[1] else band[0] - homes
    zh, en = _SENTENCES.get(violation.code, ("{name}：" + violation.reason, "{name}: " + violation.reason))
    if not workload.of_ground(ground).plain:
        zh, en = zh.replace("户", "折算户"), en.replace("households", "weighted households")
    said = {
        "name": name, "homes": f"{homes:,.0f}", "low": f"{band[0]:,.0f}", "high": f"{band[1]:,.0f}",
        "extra": f"{max(extra, 0):,.0f}",
    }
    return _row(violation.code, row, region, int(violation.cells.size), violation.proved, zh, en, said)


def _row(
    code: str, row: dict[str, Any] | None, region: Any, cells: int, proved: bool, zh: str, en: str, said: dict[str, str]
) -> dict[str, Any]:
    return {
        "code": code, "label": row["label"] if row else None, "grid": row["code"] if row else None,
        "name": row["name"] if row else None, "households": round(row["households"], 1) if row else 0.0,
        "region": {"id": str(region.id), "code": region.code, "name": region.name} if region else None,
        "cells": cells, "proved": proved, "grave": _GRAVE.get(code, 3), "zh": _fill(zh, said), "en": _fill(en, said),
    }


def _fill(sentence: str, said: dict[str, str]) -> str:
    """Put the words in; names are data, so nothing in them is taken as a placeholder."""
    for name, value in said.items():
        if name != "name":
            sentence = sentence.replace("{" + name + "}", value)
    return sentence.replace("{name}", said.get("name", ""))


def _uncovered(
    stored: plan_usecases.Stored, households: Any, region_ids: Any, region: Any
) -> list[dict[str, Any]]:
    """Regions with cells in no grid; places where nobody lives are told too, since every point needs a grid."""
    missing = np.flatnonzero(stored.labels < 0)
    found = []
    for number in np.unique(region[missing]).tolist():
        mine = missing[region[missing] == number]
        own = stored.place.regions.get(int(region_ids[number]))
        said = {"name": own.name if own else "", "n": f"{mine.size:,}", "homes": f"{households[mine].sum():,.0f}"}
        row = _row(
            UNCOVERED, None, own, int(mine.size), False, "{name}有{n}个单元、约{homes}户不属于任何网格。",
            "{n} cells of {name} with about {homes} households lie in no grid.", said,
        )
        found.append({**row, "households": round(float(households[mine].sum()), 1)})
    return found


def _loads(rows: dict[int, Any]) -> dict[int, tuple[float, list[Any]]]:
    load: dict[int, tuple[float, list[Any]]] = {}
    for row in rows.values():
        if row["worker_id"] is not None:
            homes, grids = load.get(row["worker_id"], (0.0, []))
            load[row["worker_id"]] = (homes + row["load"], [*grids, row])
    return load


def _overloaded(
    rows: dict[int, Any], load: dict[int, tuple[float, list[Any]]], high: float
) -> list[dict[str, Any]]:
    """Grids whose worker carries far more than one grid's worth, and grids without one where others have one."""
    found = []
    for homes, grids in load.values():
        if len(grids) > 1 and homes > OVERLOAD * high:
            said = {"name": grids[0]["name"], "homes": f"{homes:,.0f}", "n": str(len(grids))}
            found.append(_row(
                OVERLOADED, grids[0], None, grids[0]["cells"], False,
                "{name}的网格员共负责{n}个网格、{homes}户，负担过重。",
                "The worker of {name} answers for {n} grids with {homes} households, which is too much.", said,
            ))  # fmt: skip
    lacking = [row for row in rows.values() if load and row["worker_id"] is None and row["kind"] == "basic"]
    return found + [
        _row(
            UNSTAFFED, row, None, row["cells"], False, "{name}没有网格员。", "{name} has no worker.",
            {"name": row["name"]},
        )
        for row in lacking
    ]

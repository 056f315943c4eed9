"""Why a grid is as it is, in sentences of both languages: its households against the band, its pieces, its border.

Every figure in a sentence is computed from the plan and today's data; ``proved`` says that no drawing could do better.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo import borders, checks
from server.rules import kinds
from server.store import database, plans
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.drafting import checkup
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import desk

ODD = 0.66  # a border rounder than this needs no explanation; a strip three cells wide has about 0.6
FORCED = 0.6
_BAND = checks.BAND_CODES | {"UNSTAFFED", "OVERLOADED"}


def grid(ctx: Context, city: str, ref: str, label: int) -> dict[str, Any]:
    """``{label, code, name, odd, reasons: [{about, code, proved, zh, en}], border}`` of one grid.

    ``about`` is band, structure, people or border; ``border`` tells the sides by what they follow. Raises NotFound.
    """
    found = grids(ctx, city, ref, [label])
    if not found:
        raise errors.NotFound("not_found", f"The plan has no grid {label}.")
    return found[0]


def odd(ctx: Context, city: str, ref: str) -> list[dict[str, Any]]:
    """Every grid out of band, in pieces or with an odd border, each with its sentences."""
    return [told for told in grids(ctx, city, ref, None) if told["odd"]]


def grids(ctx: Context, city: str, ref: str, labels: list[int] | None) -> list[dict[str, Any]]:
    """The same for several grids of the actor's territory (None: all of them)."""
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref)
        stored = plan_usecases.load(ctx, connection, city, row["id"])
        shown = {one["label"]: one for one in plan_usecases.shown_grids(ctx, connection, stored.place, stored.id)}
        seen = desk.look(ctx, connection, row, stored.place)
        findings = _findings(ctx, city, stored)
        wanted = sorted(shown) if labels is None else [label for label in labels if label in shown]
        homes = _homes(ctx, connection, seen)
    return [_told(seen, shown[label], findings.get(label, []), homes, shown) for label in wanted]


def _findings(ctx: Context, city: str, stored: plan_usecases.Stored) -> dict[int, list[dict[str, Any]]]:
    """What the health check says of each grid."""
    key = ("findings", stored.id, stored.row["revision"], stored.place.city.data_version)
    found = ctx.cache.get(key, lambda: checkup.examine(ctx, city, stored.id)["findings"])
    by_label: dict[int, list[dict[str, Any]]] = {}
    for one in found:
        if one["label"] is not None:
            by_label.setdefault(one["label"], []).append(one)
    return by_label


def _homes(ctx: Context, connection: Connection, seen: desk.Desk) -> dict[int, tuple[float, int]]:
    """Households and number of basic grids of each region."""
    region_ids, problem = seen.ground.region_ids, seen.ground.problem
    total = np.bincount(problem.region, weights=problem.households, minlength=region_ids.size)
    number: dict[int, int] = {}
    for one in plans.grids(connection, seen.row["id"]):
        if one["kind"] != kinds.DEDICATED:
            number[one["region_id"]] = number.get(one["region_id"], 0) + 1
    return {int(at): (float(total[n]), number.get(int(at), 0)) for n, at in enumerate(region_ids.tolist())}


def _told(
    seen: desk.Desk, grid: dict[str, Any], findings: list[dict[str, Any]], homes: dict[int, tuple[float, int]],
    shown: dict[int, dict[str, Any]],
) -> dict[str, Any]:
    problem = seen.ground.problem
    border = borders.of(
        problem.cells, problem.adjacency, region=problem.region, labels=seen.labels, label=grid["label"]
    )
    reasons = [
        {"about": _about(one["code"]), "code": one["code"], "proved": one["proved"], "zh": one["zh"], "en": one["en"]}
        for one in findings
    ]
    band = (seen.row["band_low"], seen.row["band_high"])
    if grid["kind"] == kinds.DEDICATED:
        reasons.append(_reason("band", "DEDICATED", "专属网格按单位、园区等独立区域设置，不受户数区间约束。",
                               "A dedicated grid stands for one self-contained site; the band does not apply to it."))
    elif any(one["about"] == "band" for one in reasons) and grid["region"]:
        reasons.append(_community(grid, homes.get(int(grid["region"]["id"]), (0.0, 0)), band))
    crooked = border.roundness < ODD and border.size > 3
    if crooked:
        reasons.append(_border(border, shown))
    return {
        "label": grid["label"], "code": grid["code"], "name": grid["name"],
        "odd": crooked or any(one["about"] in ("band", "structure") for one in _faults(reasons)),
        "reasons": reasons, "border": _shares(border),
    }


def _faults(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reasons that tell of a fault, not of a rule."""
    return [one for one in reasons if one["code"] != "DEDICATED"]


def _about(code: str) -> str:
    if code in ("UNSTAFFED", "OVERLOADED"):
        return "people"
    return "band" if code in _BAND else "structure"


def _reason(about: str, code: str, zh: str, en: str, *, proved: bool = False) -> dict[str, Any]:
    return {"about": about, "code": code, "proved": proved, "zh": zh, "en": en}


def _community(grid: dict[str, Any], whole: tuple[float, int], band: tuple[float, float]) -> dict[str, Any]:
    """What the households of the whole community allow."""
    total, number = whole
    low, high = band
    fewest, most = math.ceil(total / high), math.floor(total / low)
    name = grid["region"]["name"]
    zh = f"{name}共{total:,.0f}户、{number}个网格；"
    en = f"{name} has {total:,.0f} households in {_n(number, 'grid')}; "
    if most < 1:
        zh += f"全部合起来也不足下限{low:,.0f}户，任何划法都达不到。"
        en += f"all together they are below the lower end of {low:,.0f}, so no drawing can reach it."
        return _reason("band", "COMMUNITY_SMALL", zh, en, proved=True)
    if fewest > most:
        zh += f"按{low:,.0f}—{high:,.0f}户，没有一个网格数能除得开，任何划法都会有网格超出区间。"
        en += f"no number of grids divides them into {low:,.0f}–{high:,.0f}; any drawing leaves one out of band."
        return _reason("band", "COMMUNITY_INDIVISIBLE", zh, en, proved=True)
    span = f"{fewest}" if fewest == most else f"{fewest}—{most}"
    zh += f"划成{span}个网格时平均户数可落在区间内，可以在社区内重新均衡。"
    en += f"with {_n(span.replace('—', '–'), 'grid')} the average lies in the band: it can be balanced inside it."
    return _reason("band", "COMMUNITY_DIVISIBLE", zh, en)


def _n(number: int | str, thing: str) -> str:
    return f"{number} {thing}" if str(number) == "1" else f"{number} {thing}s"


def _border(border: borders.Border, shown: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Why the border is as crooked as it is."""
    zh_parts, en_parts = [], []
    for n, zh, en in (
        (border.region, "沿社区（村）界线", "follow the community's border"),
        (border.outside, "沿市界", "follow the city's edge"),
        (border.barrier, "沿河流、干道等阻隔", "follow a river, main road or other barrier"),
        (border.soft, "沿一般道路等软阻隔", "follow a minor barrier"),
        (border.open, "与相邻网格直接相接", "meet another grid with nothing between"),
    ):
        if n:
            share = f"{100 * n / border.sides:.0f}%"
            zh_parts.append(f"{share}{zh}")
            en_parts.append(f"{share} {en}")
    zh = f"边界不圆整（圆整度{border.roundness:.2f}，1为最圆整）：{'，'.join(zh_parts)}。"
    en = f"The border is not round (roundness {border.roundness:.2f} of 1): {', '.join(en_parts)}. "
    if border.forced >= FORCED:
        zh += "形状主要由界线和阻隔决定，改画网格改变不了。"
        en += "Borders and barriers make the shape; redrawing cannot change it."
        return _reason("border", "BORDER_FORCED", zh, en, proved=True)
    worst = max(border.towards, key=lambda label: (border.towards[label], -label), default=None)
    name = shown[worst]["name"] if worst in shown else ""
    zh += f"可以调整的主要是与{name}相接的一段。" if name else "与相邻网格相接的部分可以调整。"
    en += f"What can be changed is mostly the side towards {name}." if name else "The sides towards others can change."
    if border.tails:
        zh += f"有{border.tails}个单元只连着一个邻居，宜划给旁边的网格。"
        hang = "hangs" if border.tails == 1 else "hang"
        en += f" {_n(border.tails, 'cell')} {hang} on by one neighbour and had better go to the grid beside."
    return _reason("border", "BORDER_OPEN", zh, en)


def _shares(border: borders.Border) -> dict[str, Any]:
    return {
        "sides": border.sides, "outside": border.outside, "region": border.region, "barrier": border.barrier,
        "soft": border.soft, "open": border.open, "roundness": round(border.roundness, 4), "tails": border.tails,
    }

"""What goes to the office as Word and Excel: adjustment proposal, before and after, grid ledger, handover by building.

Each report is made from a plan and, where it compares, the plan it is held ``against``: the one in force, or, for the
plan in force itself, the one before it. Texts are Chinese or English; figures are the plan's on today's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geo import cells
from server.rules import permissions
from server.store import audit, database, imported
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import counting
from server.usecases.outputs import exports, office
from server.usecases.outputs.office import Column, Section, Table
from server.usecases.planning import approvals
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import comparing, explaining

KINDS = ("proposal", "compare", "ledger", "handover")
MOST_MOVES = 400
WHOLE, ONE, SHARE, FINE = "#,##0", "#,##0.0", "0.0%", "0.000"
_FAULTS = {
    "IN_PIECES": "不连通", "CROSSES_REGION": "跨社区", "CROSSES_BARRIER": "跨阻隔", "OVER_BAND": "高于区间",
    "BELOW_BAND": "低于区间", "TOTAL_NOT_DIVISIBLE": "总户数不可分", "NOT_DIVISIBLE": "总户数不可分",
    "CELL_OVER_BAND": "单元超上限", "ISLET_BELOW_BAND": "孤立地块", "UNIT_CUT": "整体被切开", "OVERLAP": "重叠",
    "GAP": "空白", "EXEMPT_MIXED": "专属混杂", "INCOMPLETE": "有空白",
}  # fmt: skip
_USES = {
    "residential": "住宅", "house": "自建房", "commercial": "商业", "industrial": "工业", "school": "学校",
    "office": "办公", "market": "市场", "government": "机关", "station": "车站",
    "hospital": "医院", "public": "公共", "dormitory": "宿舍", "mixed": "商住",
}  # fmt: skip
_KINDS = {
    "basic": ("综合网格", "basic"), "dedicated": ("专属网格", "dedicated"),
    "professional": ("专业网格", "professional"),
}  # fmt: skip
_MEASURES = {
    "grids": ("网格数", "grids", WHOLE), "in_band": ("户数在区间内的网格", "grids in band", SHARE),
    "whole": ("连成一片的网格", "grids in one piece", SHARE),
    "worst_deviation": ("最大偏差", "worst deviation", SHARE), "mean_deviation": ("平均偏差", "mean deviation", SHARE),
    "outside": ("区间外户数占比", "households outside the band", SHARE),
    "cut_edges": ("网格边界长度（单元边数）", "border length (cell sides)", WHOLE),
    "crossings": ("跨越阻隔处", "barrier crossings", WHOLE),
}  # fmt: skip


@dataclass(frozen=True)
class _Given:
    """What the reports of a plan are made of."""

    ctx: Context
    city: str
    zh: bool
    plan: plan_usecases.Stored
    before: plan_usecases.Stored | None
    grids: list[dict[str, Any]]
    old: list[dict[str, Any]]

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    @property
    def title(self) -> str:
        version = self.plan.row["version"]
        return f"{self.plan.place.city.name} {self.say(f'第{version}版方案', f'plan {version}')}"

    @property
    def day(self) -> str:
        return self.ctx.now().astimezone(ZoneInfo(self.plan.place.city.tz)).strftime("%Y-%m-%d")


def make(
    ctx: Context, city: str, ref: str, *, kind: str, against: str | None = None, lang: str = "zh",
    mark: str = "内部资料",
) -> exports.File:
    """A report as a file. Raises Invalid for an unknown kind, Conflict where there is no plan to compare with."""
    permissions.check(ctx.actor, "plan.export")
    if kind not in KINDS:
        raise errors.Invalid("kind", f"There is no report {kind!r}; it is one of {', '.join(KINDS)}.")
    given = _given(ctx, city, ref, against, zh=lang == "zh", compares=kind != "ledger")
    stem = f"{city}-plan-{given.plan.row['version']}-{kind}"
    if kind == "proposal":
        file = exports.File(_proposal(given, mark), f"{stem}.docx", office.WORD_MEDIA)
    else:
        tables = {"compare": _comparison, "ledger": _ledger, "handover": _handover}[kind](given)
        body = office.workbook(tables, title=given.title, at=ctx.now())
        file = exports.File(body, f"{stem}.xlsx", office.EXCEL_MEDIA)
    with database.writing(ctx.db) as connection:
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="plan.report", city=city,
            detail={"plan": given.plan.id, "kind": kind, "against": given.before.id if given.before else None},
        )
    return file


def _given(ctx: Context, city: str, ref: str, against: str | None, *, zh: bool, compares: bool) -> _Given:
    with database.reading(ctx.db) as connection:
        plan = plan_usecases.load(ctx, connection, city, ref)
        other = against or (
            plan.place.city.plan_id if plan.place.city.plan_id != plan.id else plan.row["parent_id"]
        )
        before = plan_usecases.load(ctx, connection, city, other) if compares and other and other != plan.id else None
        if compares and before is None:
            raise errors.Conflict("nothing_before", "There is no earlier plan to compare with; name one (against).")
        grids = plan_usecases.shown_grids(ctx, connection, plan.place, plan.id)
        old = plan_usecases.shown_grids(ctx, connection, before.place, before.id) if before else []
    return _Given(ctx, city, zh, plan, before, grids, old)


def _compared(given: _Given) -> dict[str, Any]:
    assert given.before is not None
    return comparing.compare(given.ctx, given.city, given.before.id, given.plan.id)


def _proposal(given: _Given, mark: str) -> bytes:
    found, row, say = _compared(given), given.plan.row, given.say
    assert given.before is not None
    low, high = f"{row['band_low']:,.0f}", f"{row['band_high']:,.0f}"
    was = given.before.row["version"]
    people = found["workers"]
    grids = found["grids"]
    sections = [
        Section(say("一、调整依据", "1. Basis"), [say(
            f"网格以{low}—{high}户为规模区间，连片成块，不跨社区（村）界线，不跨没有桥梁、通道的河流和干道；"
            "专属网格按单位、园区等独立区域设置。本方案据此对现行网格进行调整，人、地、事、物均按网格编码对应。",
            f"A grid holds {low}–{high} households, hangs together, lies in one community and crosses no river or main "
            "road without a bridge or passage; dedicated grids stand for self-contained sites.",
        )]),
        Section(say("二、总体情况", "2. Overview"), [say(
            f"与第{was}版相比，保留编码{len(grids['kept'])}个，新设{len(grids['new'])}个，停用{len(grids['gone'])}个；"
            f"{found['moved_households']:,.0f}户（占{found['share']:.1%}）变更所属网格，涉及网格员{people['touched']}人。",
            f"Compared with version {was}: {len(grids['kept'])} codes kept, {len(grids['new'])} new, "
            f"{len(grids['gone'])} gone; {found['moved_households']:,.0f} households ({found['share']:.1%}) change "
            f"their grid; "
            f"{people['touched']} workers are concerned.",
        )], [_measured(given, found)]),
        Section(say("三、调整内容", "3. What changes"), [], [_moves(given, found)]),
        Section(say("四、特殊情形说明", "4. Exceptions and their reasons"), [], [_exceptions(given)]),
        Section(say("五、实施与交接", "5. Taking effect"), [say(
            "方案经批准启用后，原版网格作为历史版本保留；停用的编码不再使用，也不另作他用。"
            "网格员按交接清单（按楼栋）逐栋交接，未办结事项随网格移交。",
            "Once approved and put in force, the version before is kept; codes that end are never given again. "
            "Workers hand over building by building from the list; open matters go with their grid.",
        )]),
        Section(say("六、审批意见", "6. Approval"), [], [_approval(given)], tall=True),
    ]  # fmt: skip
    head = say(f"{given.plan.place.city.name}网格调整方案", f"Adjustment of grids: {given.plan.place.city.name}")
    lines = [say(f"（第{row['version']}版，{given.day}）", f"(version {row['version']}, {given.day})")]
    return office.document(head, lines, sections, mark=mark, at=given.ctx.now())


def _measured(given: _Given, found: dict[str, Any]) -> Table:
    say = given.say
    names = [say("指标", "measure"), say("调整前", "before"), say("调整后", "after")]
    rows = []
    for name, (zh, en, format) in _MEASURES.items():
        before, after = found["measures"][name]
        rows.append([say(zh, en), office.told(before, format), office.told(after, format)])
    return Table(say("调整前后总体指标", "Before and after"), [Column(one, 20) for one in names], rows)


def _moves(given: _Given, found: dict[str, Any]) -> Table:
    say, name = given.say, {row["code"]: row["name"] for row in [*given.old, *given.grids]}
    columns = [
        Column(say("移出网格", "from"), 18), Column(say("移入网格", "to"), 18),
        Column(say("户数", "households"), 10, WHOLE), Column(say("单元数", "cells"), 10, WHOLE),
    ]  # fmt: skip
    rows = [
        [f"{name.get(one['from'], '')} {one['from'] or '—'}", f"{name.get(one['to'], '')} {one['to'] or '—'}",
         one["households"], one["cells"]]
        for one in found["moves"][:MOST_MOVES]
    ]  # fmt: skip
    left = len(found["moves"]) - len(rows)
    note = say(f"另有{left}项，见前后对照表。", f"{left} more are in the workbook.") if left > 0 else ""
    return Table(say("网格间移交一览", "Handed over between grids"), columns, rows, note)


def _exceptions(given: _Given) -> Table:
    say = given.say
    columns = [Column(say("编码", "code"), 12), Column(say("网格", "grid"), 14), Column(say("说明", "reason"), 40)]
    rows = [
        [one["code"], one["name"], "".join(f"{reason['zh']}" if given.zh else f"{reason['en']} "
                                           for reason in one["reasons"]).strip()]
        for one in explaining.odd(given.ctx, given.city, given.plan.id)
    ]  # fmt: skip
    note = "" if rows else say("没有需要说明的网格。", "There is none.")
    title = say("户数超出区间、不连通或边界特殊的网格", "Out of band, in pieces or oddly bordered")
    return Table(title, columns, rows, note)


def _approval(given: _Given) -> Table:
    say = given.say
    with database.reading(given.ctx.db) as connection:
        steps = approvals.state(connection, given.plan.row)["steps"]
    columns = [
        Column(say("环节", "step"), 12), Column(say("意见", "opinion"), 16),
        Column(say("文号、日期", "document, date"), 12),
        Column(say("签字盖章", "signature and seal"), 16),
    ]  # fmt: skip
    rows = [
        [
            step["zh"] if given.zh else step["en"],
            step.get("opinion", "") if step["decision"] else "",
            f"{step.get('document', '')} {str(step.get('at', ''))[:10]}".strip() if step["decision"] else "",
            step.get("post", "") if step["decision"] else "",
        ]
        for step in steps
    ]
    return Table(say("审批表", "Approval"), columns, rows)


def _comparison(given: _Given) -> list[Table]:
    found, say = _compared(given), given.say
    assert given.before is not None
    before, after = ({row["code"]: row for row in rows} for rows in (given.old, given.grids))
    columns = [
        Column(say("编码", "code"), 20), Column(say("网格", "grid"), 22), Column(say("变化", "change"), 10),
        Column(say("原户数", "households before"), 12, ONE), Column(say("现户数", "households after"), 12, ONE),
        Column(say("原偏差", "deviation before"), 10, SHARE), Column(say("现偏差", "deviation after"), 10, SHARE),
        Column(say("原面积（平方公里）", "km² before"), 12, FINE),
        Column(say("现面积（平方公里）", "km² after"), 12, FINE),
        Column(say("原网格员", "worker before"), 14), Column(say("现网格员", "worker after"), 14),
    ]  # fmt: skip
    changed = {one[end] for one in found["moves"] for end in ("from", "to")}
    rows = []
    for code in sorted(before | after):
        old, new = before.get(code), after.get(code)
        word = say("新设", "new") if old is None else say("停用", "gone") if new is None else (
            say("调整", "changed") if code in changed else say("不变", "same"))  # fmt: skip
        rows.append([
            code, (new or old or {})["name"], word,
            *(one[name] if one else None for name in ("households", "deviation", "area_km2") for one in (old, new)),
            *(one["worker"]["name"] if one and one["worker"] else "" for one in (old, new)),
        ])  # fmt: skip
    note = f"v{given.before.row['version']} → v{given.plan.row['version']} · {given.day}"
    moves = _moves(given, {**found, "moves": found["moves"]})
    return [Table(say("前后对照", "Before and after"), columns, rows, note), _measured(given, found),
            Table(moves.title, moves.columns, moves.rows, moves.note or note)]  # fmt: skip


def _ledger(given: _Given) -> list[Table]:
    say, counted = given.say, _counted(given)
    columns = [
        Column(say("编码", "code"), 20), Column(say("网格", "grid"), 22), Column(say("类型", "kind"), 10),
        Column(say("乡镇（街道）", "town"), 14), Column(say("社区（村）", "community"), 16),
        Column(say("户数", "households"), 10, ONE), Column(say("偏差", "deviation"), 9, SHARE),
        Column(say("面积（平方公里）", "km²"), 11, FINE), Column(say("单元数", "cells"), 9, WHOLE),
        Column(say("网格员", "worker"), 14), Column(say("综治中心", "centre"), 22),
        Column(say("重点场所", "key places"), 10, WHOLE), Column(say("视频点位", "cameras"), 10, WHOLE),
        Column(say("事件（上报件数）", "reports"), 11, WHOLE), Column(say("体检", "faults"), 20),
    ]  # fmt: skip
    rows = [
        [
            row["code"], row["name"], _KINDS.get(row["kind"], (row["kind"],) * 2)[0 if given.zh else 1],
            row["town"]["name"] if row["town"] else "", row["region"]["name"] if row["region"] else "",
            row["households"], row["deviation"], row["area_km2"], row["cells"],
            row["worker"]["name"] if row["worker"] else "", row["centre"]["name"] if row["centre"] else "",
            *(int(counts.get(row["label"], 0)) for counts in counted),
            "、".join(_FAULTS.get(code, code) for code in row["faults"]) if given.zh else ", ".join(row["faults"]),
        ]
        for row in given.grids
    ]  # fmt: skip
    note = f"{given.title} · {given.day}"
    return [Table(say("网格台账", "Grid ledger"), columns, rows, note)]


def _counted(given: _Given) -> list[dict[int, int]]:
    """Key places, cameras and reports of each grid, by label."""
    base, labels = given.plan.place.base, given.plan.labels
    with database.reading(given.ctx.db) as connection:
        stood = [
            np.array([row["cell"] for row in imported.rows(connection, kind, given.city, names=("cell",))], np.uint64)
            for kind in ("places", "cameras")
        ]
        here = territory.world(given.ctx, connection, given.city, base_id=base.id)
        reports = counting.counts(
            given.ctx, connection, here, start=None, end=None, category=None, res=base.resolution
        )
    weights = [(ids, np.ones(ids.size)) for ids in stood] + [(reports.cells, reports.columns["n"])]
    found = []
    for ids, weight in weights:
        at = cells.positions(base.cells, ids)
        inside = at >= 0
        inside[inside] = labels[at[inside]] >= 0
        total = np.bincount(labels[at[inside]], weights=weight[inside])
        found.append({label: round(n) for label, n in enumerate(total.tolist())})
    return found


def _handover(given: _Given) -> list[Table]:
    say = given.say
    assert given.before is not None
    found = _compared(given)
    buildings = _buildings(given)
    columns = [
        Column(say("小区（院落）", "compound"), 22), Column(say("楼栋", "building"), 18),
        Column(say("用途", "use"), 12),
        Column(say("层数", "floors"), 8, WHOLE), Column(say("户数", "households"), 9, WHOLE),
        Column(say("移交网格编码", "from code"), 20), Column(say("移交网格", "from"), 22),
        Column(say("移交人", "hands over"), 14), Column(say("接收网格编码", "to code"), 20),
        Column(say("接收网格", "to"), 22), Column(say("接收人", "takes over"), 14),
        Column(say("交接签字", "signed"), 14),
    ]  # fmt: skip
    note = f"v{given.before.row['version']} → v{given.plan.row['version']} · {given.day}"
    listed = Table(say("楼栋交接清单", "Handover by building"), columns, buildings, note)
    summary = _moves(given, found)
    return [listed, Table(say("网格间移交汇总", "Summary"), summary.columns, summary.rows, note)]


def _buildings(given: _Given) -> list[list[Any]]:
    """Every building whose grid's code changes, by the grids that hand over and take over."""
    assert given.before is not None
    names = ("source_id", "cell", "compound", "use", "floors", "households")
    with database.reading(given.ctx.db) as connection:
        rows = imported.rows(connection, "buildings", given.city, names=names)
    at = cells.positions(given.plan.place.base.cells, np.array([row["cell"] for row in rows], np.uint64))
    old, new = ({row["label"]: row for row in one} for one in (given.old, given.grids))
    found = []
    for row, position in zip(rows, at.tolist(), strict=True):
        if position < 0:
            continue
        giver, taker = old.get(int(given.before.labels[position])), new.get(int(given.plan.labels[position]))
        if (giver or {}).get("code") == (taker or {}).get("code"):
            continue
        ends = [
            [side["code"], side["name"], side["worker"]["name"] if side["worker"] else ""] if side else ["", "", ""]
            for side in (giver, taker)
        ]
        use = _USES.get(row["use"], row["use"]) if given.zh else row["use"]
        found.append([row["compound"], row["source_id"], use, row["floors"], row["households"], *ends[0], *ends[1], ""])
    return sorted(found, key=lambda one: (one[5], one[8], one[0], one[1]))

"""The month in sentences: what changed and what did not, each sentence with its numbers, in both languages.

A month is compared with the one before and with the same month a year ago, as rates per day, exactly (``geo.change``).
Sentences say how many areas and categories vary as usual before they name those that do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from geo import change as changes
from server.archive import query, values
from server.rules import categories
from server.store import database
from server.usecases import errors
from server.usecases.city import cities, territory
from server.usecases.context import Columns, Context
from server.usecases.incidents import alerts, areas, counting, facts, hotspots

NAMED: Final = 8
"""Areas, categories and spots named in a sentence at most."""
Words = dict[str, str]
_SHARE: Final = f"{areas.FALSE_SHARE:.0%}"
_NOTE: Final = {
    "zh": "本报告统计的是上报件数，受巡查与上报影响，不代表个人风险；"
    "只表达地方，不表达个人。"
    f"“明显”指超出正常波动：各项比较的误报比例控制在 {_SHARE} 以内，"
    f"两期合计不足 {areas.LEAST} 件的不作判断。",
    "en": "These are counts of reports; they depend on patrol and reporting and are no risk of persons. “Clearly” "
    f"means beyond normal variation: the share of false calls is held below {_SHARE}, and fewer than {areas.LEAST} in "
    "both windows are not judged.",
}
_LEVEL_WORDS: Final = {
    "grid": ("个网格", "grids"), "community": ("个社区（村）", "communities"), "town": ("个镇街", "towns"),
    "county": ("个县区", "counties"),
}  # fmt: skip


@dataclass(frozen=True)
class Month:
    """A calendar month on the clock of ``zone``."""

    year: int
    month: int
    zone: ZoneInfo

    @property
    def name(self) -> str:
        """``2026-06``."""
        return f"{self.year}-{self.month:02}"

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return datetime(self.year, self.month, 1, tzinfo=self.zone).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return self.shifted(1).start

    @property
    def days(self) -> float:
        """Its length in days."""
        return (self.end - self.start) / timedelta(days=1)

    def shifted(self, by: int) -> Month:
        """The month so many months later."""
        at = self.year * 12 + self.month - 1 + by
        return Month(at // 12, at % 12 + 1, self.zone)


@dataclass(frozen=True)
class Report:
    """``told`` is what is read; ``areas`` are the figures of the level mapped, ``spots`` the cells of the hot spots."""

    told: dict[str, Any]
    level: str
    areas: dict[str, Any]
    spots: Columns


def write(ctx: Context, city: str, *, month: str | None = None) -> Report:
    """The report of a month ``2026-06`` (by default the last whole one). Raises Invalid, Conflict without reports."""
    place = cities.get(ctx, city)
    with database.reading(ctx.db) as connection:
        world = territory.world(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
    now = _month(month, place, ZoneInfo(place["tz"]))
    before, year = now.shifted(-1), now.shifted(-12)
    level: str = place["levels"][-1] if place["levels"] else "grid"
    compared = areas.figures(ctx, city, level=level, start=now.start, end=now.end)
    found = hotspots.find(ctx, city, start=now.shifted(-11).start, end=now.end, per=_base_of(compared))
    last_day = (now.end - timedelta(days=1)).astimezone(ZoneInfo(place["tz"])).date()
    warned = alerts.of_day(ctx, city, level=level, day=last_day)
    scope = territory.scope(ctx, world)
    held = world.base.cells[scope] if scope is not None else None
    sections = [
        _overall(known, now, before, year, held, compared["left_out"]),
        _places(ctx, city, compared, level, now),
        _kinds(known, now, before, held),
        _gathered(found),
        _warned(warned),
    ]
    told = {
        "city": city, "name": place["name"], "month": now.name, "n": _count(known, now, held),
        "title": {"zh": f"{place['name']} {now.name} 事件态势月报", "en": f"{place['name']}: reports of {now.name}"},
        "sections": sections,
        "note": dict(_NOTE),
    }  # fmt: skip
    return Report(told, level, compared, found)


def _overall(
    known: values.Facts, now: Month, before: Month, year: Month, held: Any, outside: int
) -> dict[str, Any]:
    n = _count(known, now, held)
    lines: list[Words] = [{
        "zh": f"{now.name} 上报 {n:,} 件，日均 {n / now.days:.1f} 件。",
        "en": f"{n:,} reports in {now.name}, {n / now.days:.1f} a day.",
    }]  # fmt: skip
    if outside:
        lines.append({
            "zh": f"其中 {outside:,} 件不在任何区域内，不计入区域与热点。",
            "en": f"{outside:,} of them lie in no area and count neither for areas nor for hot spots.",
        })  # fmt: skip
    first = query.extent(known).first_us
    for other, zh, en in ((before, "上月", "the month before"), (year, "去年同月", "the same month a year ago")):
        if first is None or datetime.fromtimestamp(first / 1e6, UTC) > other.start + timedelta(days=1):
            lines.append({
                "zh": f"数据没有覆盖{zh}（{other.name}），不作比较。",
                "en": f"The data do not cover {en} ({other.name}), so nothing is compared.",
            })  # fmt: skip
            continue
        past = _count(known, other, held)
        found = changes.compare(
            [past], [n], exposure_earlier=other.days, exposure_later=now.days, least=areas.LEAST, false_share=None
        )
        verdict = str(found.verdict[0])
        lines.append({
            "zh": f"与{zh}（{past:,} 件）相比，日均之比 {_interval(found, 0)}，{_VERDICTS[verdict][0]}。",
            "en": f"Against {en} ({past:,} reports), the ratio per day is {_interval(found, 0)}: "
            f"{_VERDICTS[verdict][1]}.",
        })  # fmt: skip
    return {"id": "overall", "title": {"zh": "总体", "en": "Overall"}, "sentences": lines}


def _places(
    ctx: Context, city: str, compared: dict[str, Any], level: str, now: Month
) -> dict[str, Any]:
    lines = _area_lines(compared, level)
    if level != "grid" and cities.get(ctx, city)["plan_in_force"] is not None:
        lines += _area_lines(areas.figures(ctx, city, level="grid", start=now.start, end=now.end), "grid")
    return {"id": "areas", "title": {"zh": "区域", "en": "Areas"}, "sentences": lines}


def _area_lines(compared: dict[str, Any], level: str) -> list[Words]:
    zh, en = _LEVEL_WORDS[level]
    items = compared["items"]
    if compared["before"] is None:
        busiest = sorted(items, key=lambda one: -one["n"])[:3]
        return [{
            "zh": f"没有上月数据，不作比较；上报最多的是{_names(busiest, 'zh')}。",
            "en": f"No data of the month before to compare with; most reports came from {_names(busiest, 'en')}.",
        }]  # fmt: skip
    up, down = ([one for one in items if one["verdict"] == side] for side in ("up", "down"))
    few = sum(one["verdict"] == "few" for one in items)
    beyond = len(up) + len(down)
    only_zh, only_en = ("没有一个", "none") if beyond == 0 else (f"只有 {beyond} 个", f"only {beyond}")
    lines: list[Words] = [{
        "zh": f"{len(items)} {zh}中，{only_zh}超出正常波动（{few} 个上报太少，不作判断）。",
        "en": f"Of {len(items)} {en}, {only_en} went beyond normal variation ({few} have too few reports to say).",
    }]  # fmt: skip
    for some, told in ((up, ("明显增多", "Clearly more")), (down, ("明显减少", "Clearly fewer"))):
        if some:
            ordered = sorted(some, key=lambda one: one["p"])
            lines.append({
                "zh": f"{told[0]}：{_changed(ordered, 'zh')}。", "en": f"{told[1]}: {_changed(ordered, 'en')}.",
            })  # fmt: skip
    return lines


def _kinds(known: values.Facts, now: Month, before: Month, held: Any) -> dict[str, Any]:
    title = {"zh": "类别", "en": "Categories"}
    pair = [
        dict(query.categories(known, select=values.Select(
            start_us=counting.microseconds(month.start), end_us=counting.microseconds(month.end), cells=held
        )))
        for month in (before, now)
    ]  # fmt: skip
    codes = sorted({code for found in pair for code in found if code is not None})
    if not codes or not pair[0]:
        line = {"zh": "没有可比较的类别。", "en": "There are no categories to compare."}
        return {"id": "kinds", "title": title, "sentences": [line]}
    past, n = (np.maximum([found.get(code, 0) for code in codes], 0) for found in pair)
    found = changes.compare(
        past, n, exposure_earlier=before.days, exposure_later=now.days, least=areas.LEAST, false_share=areas.FALSE_SHARE
    )
    beyond = [i for i in np.argsort(found.p).tolist() if found.verdict[i] in ("up", "down")]
    lines: list[Words] = [{
        "zh": f"{len(codes)} 个类别中，{len(codes) - len(beyond)} 个与上月相比属正常波动或太少。",
        "en": f"Of {len(codes)} categories, {len(codes) - len(beyond)} vary as usual against the month before "
        "or are too few to say.",
    }]  # fmt: skip
    for side, (zh, en) in (("up", ("明显增多", "Clearly more")), ("down", ("明显减少", "Clearly fewer"))):
        some = [i for i in beyond if found.verdict[i] == side][:NAMED]
        if some:
            both = [
                "、".join(
                    f"{categories.words(codes[i])[lang]}（{past[i]:,}→{n[i]:,}，{_interval(found, i)}）" for i in some
                )
                for lang in (0, 1)
            ]
            lines.append({"zh": f"{zh}：{both[0]}。", "en": f"{en}: {_plain(both[1])}."})
    return {"id": "kinds", "title": title, "sentences": lines}


def _gathered(found: Columns) -> dict[str, Any]:
    meta = found.meta
    spots = meta["spots"]
    fresh = [one for one in spots if one["class"].endswith(("new", "consecutive", "intensifying"))]
    lines: list[Words] = [{
        "zh": f"近 12 个月 {meta['n']:,} 件、{meta['cells']:,} 个单元中，有 {len(spots)} 处聚集超出偶然"
        f"（误报比例预期不超过 {meta['q']:.0%}），其中 {len(fresh)} 处是新出现或正在增强的。",
        "en": f"In the last 12 months ({meta['n']:,} reports, {meta['cells']:,} cells) {len(spots)} gatherings exceed "
        f"chance (expected share of false ones at most {meta['q']:.0%}); {len(fresh)} of them are new or growing.",
    }]  # fmt: skip
    if fresh:
        told = fresh[:NAMED]
        zh = "、".join(f"{one['inside'] or ''}（{one['n']:,} 件）" for one in told)
        en = ", ".join(f"{one['inside'] or ''} ({one['n']:,} reports)" for one in told)
        lines.append({"zh": f"新出现或正在增强：{zh}。", "en": f"New or growing: {en}."})
    return {"id": "spots", "title": {"zh": "热点", "en": "Hot spots"}, "sentences": lines}


def _warned(found: dict[str, Any]) -> dict[str, Any]:
    title = {"zh": "预警", "en": "Alerts"}
    if not found["enough"]:
        line = {"zh": "历史不足，规则不能计算。", "en": "There is not enough history for the rule."}
        return {"id": "alerts", "title": title, "sentences": [line]}
    raised = [one for one in found["items"] if one["colour"] != "blue"]
    calm = len(found["items"]) - len(raised)
    lines: list[Words] = [{
        "zh": f"截至 {found['day']}，{calm} 个区域为蓝色，{len(raised)} 个为黄色或红色。",
        "en": f"As of {found['day']}, {calm} areas are blue, {len(raised)} yellow or red.",
    }]  # fmt: skip
    for one in raised[:NAMED]:
        zh, en = ("红", "red") if one["colour"] == "red" else ("黄", "yellow")
        name, reason = one["name"] or one["code"], one["reason"]
        lines.append({"zh": f"{zh}：{name}。{reason['zh']}。", "en": f"{name} ({en}): {reason['en']}."})
    return {"id": "alerts", "title": title, "sentences": lines}


_VERDICTS: Final = {
    "up": ("明显增多", "clearly more"), "down": ("明显减少", "clearly fewer"),
    "same": ("属正常波动", "normal variation"), "few": ("太少，不作判断", "too few to say"),
}  # fmt: skip


def _interval(found: changes.Change, i: int) -> str:
    ratio, low, high = (float(one[i]) for one in (found.ratio, found.low, found.high))
    return f"{_number(ratio)} [{_number(low)}–{_number(high)}]"


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "∞"


def _changed(items: list[dict[str, Any]], lang: str) -> str:
    told = []
    for one in items[:NAMED]:
        ratio = f"{one['before']:,}→{one['n']:,}，{_ratio(one)}"
        told.append(f"{one['name'] or one['code']}（{ratio}）")
    more = len(items) - NAMED
    text = "、".join(told) + (f" 等 {len(items)} 个" if more > 0 else "")
    return text if lang == "zh" else _plain("、".join(told)) + (f" and {more} more" if more > 0 else "")


def _ratio(one: dict[str, Any]) -> str:
    parts = [_number(one[name] if one[name] is not None else float("inf")) for name in ("ratio", "low", "high")]
    return f"{parts[0]} [{parts[1]}–{parts[2]}]"


def _plain(text: str) -> str:
    """Chinese punctuation of a list as English has it."""
    return text.replace("（", " (").replace("）", ")").replace("、", ", ").replace("，", ", ")


def _names(items: list[dict[str, Any]], lang: str) -> str:
    text = "、".join(f"{one['name'] or one['code']}（{one['n']:,}）" for one in items)
    return text if lang == "zh" else _plain(text)


def _count(known: values.Facts, month: Month, held: Any) -> int:
    select = values.Select(
        start_us=counting.microseconds(month.start), end_us=counting.microseconds(month.end), cells=held
    )
    return max(0, query.extent(known, select=select).n)


def _base_of(compared: dict[str, Any]) -> hotspots.Per:
    return "household" if any(one["households"] for one in compared["items"]) else "area"


def _month(asked: str | None, place: dict[str, Any], zone: ZoneInfo) -> Month:
    last = place["incidents"]["last"]
    if last is None:
        raise errors.Conflict("no_incidents", "The city has no incidents yet; import incidents first.")
    if asked is None:
        after = datetime.fromisoformat(last).astimezone(zone) + timedelta(days=1)
        year, month = after.year - (after.month == 1), (after.month - 2) % 12 + 1
    else:
        if re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", asked) is None:
            raise errors.Invalid("month", f"{asked!r} is no month; for example 2026-06.")
        year, month = (int(part) for part in asked.split("-"))
    return Month(year, month, zone)

"""The incident categories of the demonstration city: code, names, group, and how often, where and when they happen.

P01–P05 and E01–E06 are the two-level groups of the digital-city practice (parts and events); G07–G11 are the
product's own governance codes, no standard. Disputes (G07) are placed at community level only, never at a point.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """``weight``: share of a year's incidents (any unit). ``where``: street, core, market, home, rural, site, water,
    school. ``when``: work, day, evening, night, flat. ``week``: factor at weekends. ``season``: month → factor."""

    code: str
    zh: str
    en: str
    weight: float
    where: str
    when: str
    week: float = 1.0
    season: tuple[tuple[int, float], ...] = ()


GROUPS = {
    "P01": ("公用设施", "public utilities"), "P02": ("交通设施", "traffic facilities"),
    "P03": ("市容环境设施", "sanitation facilities"), "P04": ("园林绿化设施", "greenery facilities"),
    "P05": ("其他部件", "other parts"), "E01": ("市容环境", "environment"), "E02": ("宣传广告", "advertising"),
    "E03": ("施工管理", "construction"), "E04": ("突发事件", "emergency"), "E05": ("街面秩序", "street order"),
    "E06": ("其他事件", "other events"), "G07": ("矛盾纠纷", "disputes (count only)"),
    "G08": ("公共安全隐患", "public-safety hazard"), "G09": ("消防用电隐患", "fire and electric hazard"),
    "G10": ("防汛地灾隐患", "flood and geological hazard"), "G11": ("民生服务诉求", "service request"),
}

_WET = ((4, 1.6), (5, 2.6), (6, 3.0), (7, 1.8), (11, 0.4), (12, 0.3), (1, 0.3))
_WARM = ((6, 1.3), (7, 1.5), (8, 1.5), (9, 1.2), (12, 0.7), (1, 0.6), (2, 0.7))
_DRY = ((10, 2.0), (11, 2.2), (12, 1.8), (1, 1.6), (5, 0.4), (6, 0.3), (7, 0.4))

_TERM = ((7, 0.3), (8, 0.2), (2, 0.5))

ALL = (
    Category("P01.01", "井盖缺损", "manhole cover missing or broken", 1.1, "street", "work", 0.6),
    Category("P01.02", "路灯故障", "street lamp out", 1.3, "street", "evening"),
    Category("P01.03", "通信电力箱柜破损", "utility cabinet damaged", 0.5, "core", "work", 0.6),
    Category("P02.01", "交通护栏损坏", "guard rail damaged", 0.7, "street", "work", 0.7),
    Category("P02.02", "交通标志损坏", "traffic sign damaged", 0.4, "street", "work", 0.7),
    Category("P03.01", "垃圾箱破损满溢", "litter bin broken or full", 1.2, "core", "work", 0.9, _WARM),
    Category("P03.02", "公共厕所设施损坏", "public toilet out of order", 0.3, "market", "day"),
    Category("P04.01", "行道树倾倒枯死", "street tree fallen or dead", 0.7, "street", "work", 0.6, _WARM),
    Category("P05.01", "水域护栏设施损坏", "waterside rail damaged", 0.2, "water", "day"),
    Category("E01.01", "违法搭建", "illegal building", 1.6, "home", "work", 0.5),
    Category("E01.02", "暴露垃圾", "exposed refuse", 11.5, "core", "work", 0.9, _WARM),
    Category("E01.03", "积存渣土", "piled spoil or rubble", 3.2, "site", "work", 0.8),
    Category("E01.04", "道路不洁", "dirty road", 6.5, "street", "work", 0.8),
    Category("E01.05", "水域不洁", "dirty water", 1.2, "water", "day", 1.0, _WARM),
    Category("E01.06", "露天焚烧", "open burning", 1.5, "rural", "day", 1.1, _DRY),
    Category("E02.01", "非法小广告", "illegal stickers", 14.0, "core", "work", 0.7),
    Category("E02.02", "违规户外广告", "illegal outdoor board", 3.0, "core", "work", 0.5),
    Category("E03.01", "施工噪声扰民", "construction noise", 4.2, "site", "night", 1.0, _WARM),
    Category("E03.02", "工地扬尘", "construction dust", 2.1, "site", "day", 0.8, _DRY),
    Category("E03.03", "施工占道", "works occupying the road", 1.5, "site", "work", 0.7),
    Category("E04.01", "供排水管爆裂", "pipe burst", 0.9, "street", "flat", 1.0, ((12, 1.5), (1, 1.9), (2, 1.4))),
    Category("E04.02", "路面塌陷", "road collapse", 0.4, "street", "day", 1.0, _WET),
    Category("E04.03", "道路积水内涝", "street flooding", 0.9, "water", "flat", 1.0, _WET),
    Category("E05.01", "无照经营游商", "unlicensed stall", 9.5, "market", "evening", 1.3, _WARM),
    Category("E05.02", "店外经营占道", "shop goods on the pavement", 8.5, "core", "work", 1.1),
    Category("E05.03", "机动车乱停放", "vehicle parked illegally", 9.0, "street", "work", 1.0),
    Category("E05.04", "非机动车乱停放", "bicycles and scooters in the way", 5.0, "market", "day", 1.1),
    Category("E06.01", "流浪犬只扰民", "stray dogs", 1.4, "home", "evening", 1.1),
    Category("G07.01", "邻里纠纷", "dispute between neighbours", 1.5, "home", "day"),
    Category("G07.02", "土地山林纠纷", "dispute over land or woods", 0.6, "rural", "day", 0.8),
    Category("G07.03", "物业纠纷", "dispute with property management", 0.9, "home", "day"),
    Category("G08.01", "校园周边隐患", "hazard around a school", 1.0, "school", "work", 0.3, _TERM),
    Category("G08.02", "危房隐患", "unsafe house", 0.8, "rural", "day", 0.8, _WET),
    Category("G08.03", "高空抛物隐患", "objects falling from height", 0.7, "home", "evening"),
    Category("G09.01", "电动车违规充电", "e-bike charged unsafely", 3.6, "home", "night", 1.0, _WARM),
    Category("G09.02", "消防通道堵塞", "fire lane blocked", 2.8, "home", "evening", 1.1),
    Category("G09.03", "线路老化私拉乱接", "old or makeshift wiring", 1.9, "home", "day", 0.9),
    Category("G09.04", "森林防火隐患", "forest fire hazard", 0.9, "rural", "day", 1.2, _DRY),
    Category("G10.01", "山体滑坡隐患", "landslide hazard", 0.5, "rural", "day", 1.0, _WET),
    Category("G10.02", "河道水库险情", "river or reservoir danger", 0.4, "water", "flat", 1.0, _WET),
    Category("G11.01", "供水供电报修", "water or power repair", 2.6, "home", "day", 1.0, _WARM),
    Category("G11.02", "噪声扰民投诉", "noise complaint", 3.0, "home", "night", 1.3, _WARM),
    Category("G11.03", "办事咨询求助", "advice or help asked", 3.3, "home", "work", 0.4),
)

DISPUTES = "G07"

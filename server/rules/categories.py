"""The taxonomy of incidents in two languages: parts (P), events (E) and matters of governance (G).

P01–P05 and E01–E06 are the two-level groups of the digital-city practice; G07–G11 are this product's own codes, not a
standard. A code with a dot belongs to the group before the dot. What is not in the table keeps the words of its source.
"""

from __future__ import annotations

from typing import Final

GROUPS: Final[dict[str, tuple[str, str]]] = {
    "P01": ("公用设施", "public utilities"),
    "P02": ("交通设施", "traffic facilities"),
    "P03": ("市容环境设施", "sanitation facilities"),
    "P04": ("园林绿化设施", "greenery facilities"),
    "P05": ("其他部件", "other parts"),
    "E01": ("市容环境", "environment"),
    "E02": ("宣传广告", "advertising"),
    "E03": ("施工管理", "construction"),
    "E04": ("突发事件", "emergency"),
    "E05": ("街面秩序", "street order"),
    "E06": ("其他事件", "other events"),
    "G07": ("矛盾纠纷", "disputes (count only)"),
    "G08": ("公共安全隐患", "public-safety hazard"),
    "G09": ("消防用电隐患", "fire and electric hazard"),
    "G10": ("防汛地灾隐患", "flood and geological hazard"),
    "G11": ("民生服务诉求", "service request"),
}
"""Code → Chinese and English name of each group."""

CLASSES: Final[dict[str, tuple[str, str]]] = {
    "P01.01": ("井盖缺损", "manhole cover missing or broken"),
    "P01.02": ("路灯故障", "street lamp out"),
    "P01.03": ("通信电力箱柜破损", "utility cabinet damaged"),
    "P02.01": ("交通护栏损坏", "guard rail damaged"),
    "P02.02": ("交通标志损坏", "traffic sign damaged"),
    "P03.01": ("垃圾箱破损满溢", "litter bin broken or full"),
    "P03.02": ("公共厕所设施损坏", "public toilet out of order"),
    "P04.01": ("行道树倾倒枯死", "street tree fallen or dead"),
    "P05.01": ("水域护栏设施损坏", "waterside rail damaged"),
    "E01.01": ("违法搭建", "illegal building"),
    "E01.02": ("暴露垃圾", "exposed refuse"),
    "E01.03": ("积存渣土", "piled spoil or rubble"),
    "E01.04": ("道路不洁", "dirty road"),
    "E01.05": ("水域不洁", "dirty water"),
    "E01.06": ("露天焚烧", "open burning"),
    "E02.01": ("非法小广告", "illegal stickers"),
    "E02.02": ("违规户外广告", "illegal outdoor board"),
    "E03.01": ("施工噪声扰民", "construction noise"),
    "E03.02": ("工地扬尘", "construction dust"),
    "E03.03": ("施工占道", "works occupying the road"),
    "E04.01": ("供排水管爆裂", "pipe burst"),
    "E04.02": ("路面塌陷", "road collapse"),
    "E04.03": ("道路积水内涝", "street flooding"),
    "E05.01": ("无照经营游商", "unlicensed stall"),
    "E05.02": ("店外经营占道", "shop goods on the pavement"),
    "E05.03": ("机动车乱停放", "vehicle parked illegally"),
    "E05.04": ("非机动车乱停放", "bicycles and scooters in the way"),
    "E06.01": ("流浪犬只扰民", "stray dogs"),
    "G07.01": ("邻里纠纷", "dispute between neighbours"),
    "G07.02": ("土地山林纠纷", "dispute over land or woods"),
    "G07.03": ("物业纠纷", "dispute with property management"),
    "G08.01": ("校园周边隐患", "hazard around a school"),
    "G08.02": ("危房隐患", "unsafe house"),
    "G08.03": ("高空抛物隐患", "objects falling from height"),
    "G09.01": ("电动车违规充电", "e-bike charged unsafely"),
    "G09.02": ("消防通道堵塞", "fire lane blocked"),
    "G09.03": ("线路老化私拉乱接", "old or makeshift wiring"),
    "G09.04": ("森林防火隐患", "forest fire hazard"),
    "G10.01": ("山体滑坡隐患", "landslide hazard"),
    "G10.02": ("河道水库险情", "river or reservoir danger"),
    "G11.01": ("供水供电报修", "water or power repair"),
    "G11.02": ("噪声扰民投诉", "noise complaint"),
    "G11.03": ("办事咨询求助", "advice or help asked"),
}
"""Code → Chinese and English name of each minor class. Cities add their own with their data."""


def words(code: str) -> tuple[str, str]:
    """The Chinese and the English words of a category code; the code itself in both where it is not ours."""
    return GROUPS.get(code) or CLASSES.get(code) or (code, code)

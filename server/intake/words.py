"""Words of other people: how they write our choices, and what they call the columns that many files have.

Column names stand in normal form (``mapping.normal``): no case, spaces or punctuation.
"""

from __future__ import annotations


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _choices(**words: str) -> dict[str, str]:
    return {word: ours for ours, text in words.items() for word in [ours, *text.split()]}


TIERS = _choices(
    city="市 市级 地市 市中心 municipal prefecture 1",
    county="县 区 县级 区级 县区 县市区 区县 district 2",
    town="镇 乡 镇级 乡级 乡镇 街道 镇街 乡镇街道 镇办 township street subdistrict 3",
    community="社区 村 村级 村社 村居 社区级 village 4",
)
BARRIERS = _choices(
    river="河 河流 河道 水系 江 stream canal water waterway 水域",
    road="道路 公路 主干道 快速路 高速 高速公路 国道 省道 highway street motorway trunk primary",
    rail="铁路 轨道 railway train tram",
    wall="墙 围墙 围栏 栅栏 fence",
    bridge="桥 桥梁 天桥 footbridge",
    tunnel="隧道 地道 通道 地下通道 underpass",
)
CAMERAS = _choices(
    fixed="枪机 枪 固定 枪型 固定枪机 bullet box static 1 卡口 固定摄像机",
    dome="半球 半球机 球型 dome_fixed 3",
    panning="球机 云台 可转动 快球 球 ptz pan speed_dome 2 全景球机",
)
STATES = _choices(
    online="在线 正常 on up ok active 启用 1 working operational true 良好",
    offline="离线 故障 off down inactive 停用 0 broken false 异常 损坏 维修",
    unknown="未知 不详",
)

OWNERS = {
    word: number
    for number, words in (
        ("1", "1 一类 一类点 first police 公安"),
        ("2", "2 二类 二类点 second 重点单位"),
        ("3", "3 三类 三类点 third other 社会"),
    )
    for word in words.split()
}
YES_NO = _choices(
    yes="是 有 已设 已设置 已联网 联网 已接入 在网 true 1 y",
    no="否 无 未设 未设置 未联网 未接入 不在网 false 0 n",
)

ID = _split(
    "id uid gid fid objectid osmid 编号 序号 事件编号 案件编号 唯一标识 externalid servicerequestid requestid "
    "caseid caseno incidentid recordid globalid"
)
NAME = _split("name 名称 title fullname label mc shortname namelsad")
CODE = _split(
    "code 编码 代码 编号 adcode 区划代码 行政区划代码 统计用区划代码 geoid gridcode 网格编码 网格代码 number no id"
)
TIME = _split(
    "time datetime timestamp 发生时间 事发时间 上报时间 时间 立案时间 受理时间 occurred occurredat "
    "occurredon dateoccur dateoccured dateoccurred occurdate eventtime incidenttime incidentdate "
    "requesteddatetime reportedat createdat createddate date 日期 发生日期"
)
CATEGORY = _split(
    "category 类别 事件类别 事件类型 案件类型 类型 小类 大类 type incidenttype servicename offense "
    "crimetype eventtype subject description"
)
HOUSEHOLDS = _split("households household 户数 总户数 居民户数 住户数 hh hhs occupied families")
LAT = _split("lat latitude 纬度 wd lathwgs84 latwgs84 wgs84lat y坐标 y")
LNG = _split("lng lon long longitude 经度 jd lngwgs84 lonwgs84 wgs84lng x坐标 x")

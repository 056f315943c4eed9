"""What can be imported: the fields of every kind, their types and ranges, and the names other people give them.

A field that is ``required`` and missing or wrong rejects its row; one that is not is left empty and the row is told.
Units are those of the output column: metres, degrees, households.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "number", "integer", "choice", "flag", "time", "lat", "lng", "heading"]


@dataclass(frozen=True)
class Field:
    """One of our columns. ``low`` and ``high`` are allowed values; ``choices`` maps a written word to ours."""

    name: str
    type: Type
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: dict[str, str] | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of rows. ``place``: *point* (columns lat, lng), *shape* (WKB column geometry), *either* (geometry from a
    shape or from lat and lng) or *optional* (geometry may be absent). ``shapes``: geometry types it takes."""

    name: str
    fields: tuple[Field, ...]
    place: Literal["point", "shape", "either", "optional"]
    shapes: frozenset[str] = frozenset()

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((f for f in self.fields if f.name == name), None)


POLYGONS = frozenset({"Polygon", "MultiPolygon"})
LINES = frozenset({"LineString", "MultiLineString"})
POINTS = frozenset({"Point", "MultiPoint"})


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

_ID = (
    "id",
    "uid",
    "gid",
    "fid",
    "objectid",
    "osmid",
    "编号",
    "序号",
    "事件编号",
    "案件编号",
    "唯一标识",
    "externalid",
    "servicerequestid",
    "requestid",
    "caseid",
    "caseno",
    "incidentid",
    "recordid",
    "globalid",
)
_NAME = ("name", "名称", "title", "fullname", "label", "mc", "shortname", "namelsad")
_CODE = (
    "code",
    "编码",
    "代码",
    "编号",
    "adcode",
    "区划代码",
    "行政区划代码",
    "统计用区划代码",
    "geoid",
    "gridcode",
    "网格编码",
    "网格代码",
    "number",
    "no",
    "id",
)
LAT = Field(
    "lat", "lat", True, names=("lat", "latitude", "纬度", "wd", "lathwgs84", "latwgs84", "wgs84lat", "y坐标", "y")
)
LNG = Field(
    "lng",
    "lng",
    True,
    names=("lng", "lon", "long", "longitude", "经度", "jd", "lngwgs84", "lonwgs84", "wgs84lng", "x坐标", "x"),
)
_HOUSEHOLDS = ("households", "household", "户数", "总户数", "居民户数", "住户数", "hh", "hhs", "occupied", "families")


def _text(name: str, *names: str, required: bool = False) -> Field:
    return Field(name, "text", required, names=(name, *names))


_ALL = (
    Kind(
        "incidents",
        (
            Field("id", "text", names=_ID),
            Field(
                "time",
                "time",
                True,
                names=(
                    "time",
                    "datetime",
                    "timestamp",
                    "发生时间",
                    "事发时间",
                    "上报时间",
                    "时间",
                    "立案时间",
                    "受理时间",
                    "occurred",
                    "occurredat",
                    "occurredon",
                    "dateoccur",
                    "dateoccured",
                    "dateoccurred",
                    "occurdate",
                    "eventtime",
                    "incidenttime",
                    "incidentdate",
                    "requesteddatetime",
                    "reportedat",
                    "createdat",
                    "createddate",
                    "date",
                    "日期",
                    "发生日期",
                ),
            ),
            Field(
                "category",
                "text",
                names=(
                    "category",
                    "类别",
                    "事件类别",
                    "事件类型",
                    "案件类型",
                    "类型",
                    "小类",
                    "大类",
                    "type",
                    "incidenttype",
                    "servicename",
                    "offense",
                    "crimetype",
                    "eventtype",
                    "subject",
                    "description",
                ),
            ),
            LAT,
            LNG,
            Field("status", "text", names=("status", "状态", "案件状态", "办理状态", "处置状态")),
            Field("weight", "integer", low=-1_000_000, high=1_000_000, names=("weight", "count", "数量", "件数")),
            Field("revision", "integer", low=0, high=2**31 - 1, names=("revision", "版本", "修订号")),
        ),
        "point",
    ),
    Kind(
        "cameras",
        (
            Field("id", "text", names=_ID),
            Field(
                "code",
                "text",
                names=(
                    "code",
                    "国标编码",
                    "设备编码",
                    "编码",
                    "gbcode",
                    "gbid",
                    "deviceid",
                    "设备国标编号",
                    "设备编号",
                ),
            ),
            _text("name", "名称", "点位名称", "设备名称", "摄像机名称", "cameraname", "camera", "sitename"),
            LAT,
            LNG,
            Field(
                "kind",
                "choice",
                choices=CAMERAS,
                names=(
                    "kind",
                    "类型",
                    "摄像机类型",
                    "设备类型",
                    "型号类型",
                    "type",
                    "cameratype",
                    "camerakind",
                    "tagscameratype",
                    "监控类型",
                ),
            ),
            Field(
                "heading",
                "heading",
                names=(
                    "heading",
                    "direction",
                    "cameradirection",
                    "方向",
                    "朝向",
                    "方位角",
                    "监控方位",
                    "bearing",
                    "azimuth",
                    "tagsdirection",
                    "tagscameradirection",
                ),
            ),
            Field(
                "angle",
                "number",
                low=1,
                high=360,
                names=(
                    "angle",
                    "视场角",
                    "视角",
                    "fov",
                    "fieldofview",
                    "水平视场角",
                    "angledeg",
                    "tagscameraangle",
                    "cameraangle",
                ),
            ),
            Field(
                "range",
                "number",
                low=1,
                high=5_000,
                names=("range", "rangem", "可视距离", "监控距离", "有效距离", "视距", "distance"),
            ),
            Field(
                "height",
                "number",
                low=0,
                high=500,
                names=("height", "heightm", "安装高度", "高度", "杆高", "mountheight"),
            ),
            Field("status", "choice", choices=STATES, names=("status", "状态", "在线状态", "设备状态", "运行状态")),
            Field(
                "tilt",
                "number",
                low=-90,
                high=90,
                names=("tilt", "tiltdeg", "俯仰角", "俯角", "安装俯角", "tagscameratilt"),
            ),
            Field(
                "owner", "choice", choices=OWNERS, names=("ownerclass", "点位类别", "点位等级", "权属类别", "建设类别")
            ),
            _text("purpose", "用途", "监控用途", "建设目的", "安装目的"),
            _text("legal_basis", "legalbasis", "法律依据", "建设依据", "依据"),
            Field(
                "sign", "choice", choices=YES_NO, names=("sign", "signpresent", "提示标识", "标识牌", "是否设置标识")
            ),
            Field(
                "networked", "choice", choices=YES_NO, names=("networked", "联网", "是否联网", "联网状态", "接入状态")
            ),
            _text("masked", "屏蔽区域", "遮蔽扇区", "隐私遮挡", "maskedsectors"),
            _text("since", "状态时间", "状态起始", "离线时间", "statussince"),
            _text("review", "复核日期", "审核日期", "下次复核", "reviewdate", "reviewon"),
        ),
        "point",
    ),
    Kind(
        "places",
        (
            Field("id", "text", names=_ID),
            _text("name", *_NAME[1:], "场所名称", "单位名称", "学校名称", "schname", "site"),
            Field(
                "kind",
                "text",
                names=(
                    "kind",
                    "类别",
                    "类型",
                    "场所类型",
                    "category",
                    "type",
                    "amenity",
                    "schtype",
                    "tagsamenity",
                    "poitype",
                ),
            ),
            LAT,
            LNG,
        ),
        "point",
    ),
    Kind(
        "workers",
        (
            Field("id", "text", names=(*_ID, "工号", "网格员编号")),
            _text("name", "名称", "网格员", "姓名", "displayname"),
            _text("post", "岗位", "职务", "职责", "role", "position", "岗位类型"),
            _text("skills", "技能", "特长", "skill"),
            Field(
                "capacity",
                "number",
                low=0,
                high=100_000,
                names=("capacity", "容量", "可承担户数", "承载户数", "maxhouseholds"),
            ),
            LAT,
            LNG,
        ),
        "point",
    ),
    Kind(
        "centres",
        (
            Field("id", "text", names=_ID),
            _text("name", *_NAME[1:], "中心名称", "综治中心"),
            Field("tier", "choice", True, choices=TIERS, names=("tier", "层级", "级别", "等级", "level", "中心级别")),
            LAT,
            LNG,
            Field(
                "region",
                "text",
                names=("region", "区划代码", "所属区划", "行政区划代码", "regioncode", "adcode", "所属社区", "区划"),
            ),
        ),
        "point",
    ),
    Kind(
        "households",
        (Field("households", "number", True, low=0, high=1e7, names=_HOUSEHOLDS), LAT, LNG),
        "either",
        POINTS | POLYGONS,
    ),
    Kind(
        "buildings",
        (
            Field("id", "text", names=(*_ID, "楼栋编号", "建筑编号")),
            Field(
                "floors",
                "number",
                low=0,
                high=300,
                names=(
                    "floors",
                    "层数",
                    "楼层",
                    "楼层数",
                    "levels",
                    "buildinglevels",
                    "floor",
                    "storeys",
                    "地上层数",
                    "tagsbuildinglevels",
                ),
            ),
            Field(
                "height_m",
                "number",
                low=0,
                high=2_000,
                names=("heightm", "height", "高度", "建筑高度", "楼高", "tagsheight"),
            ),
            Field("households", "number", low=0, high=100_000, names=_HOUSEHOLDS),
            _text("use", "用途", "建筑用途", "building", "使用性质", "function", "buildinguse"),
            _text("compound", "小区", "小区名称", "院落", "小区编号", "estate"),
        ),
        "shape",
        POLYGONS,
    ),
    Kind(
        "roads",
        (
            Field("id", "text", names=(*_ID, "道路编号")),
            _text(
                "class", "等级", "道路等级", "类型", "道路类型", "highway", "fclass", "roadclass", "category", "type"
            ),
            _text("name", *_NAME[1:], "道路名称", "路名", "street"),
            Field("oneway", "flag", names=("oneway", "单行", "是否单行", "单行道", "单向")),
        ),
        "shape",
        LINES,
    ),
    Kind(
        "barriers",
        (
            Field(
                "kind",
                "choice",
                choices=BARRIERS,
                names=("kind", "类型", "类别", "阻隔类型", "type", "class", "barriertype"),
            ),
            _text("name", *_NAME[1:]),
            Field("cost", "number", low=0, high=1e9, names=("cost", "代价", "阻隔", "成本", "penalty")),
        ),
        "shape",
        LINES | POLYGONS,
    ),
    Kind(
        "grids",
        (
            Field("code", "text", True, names=_CODE),
            _text("name", *_NAME[1:], "网格名称"),
            _text("community", "社区", "社区编码", "社区代码", "所属社区", "村社", "所属社区编码", "communitycode"),
            _text("kind", "类型", "网格类型", "类别", "type"),
        ),
        "optional",
        POLYGONS,
    ),
    Kind(
        "regions",
        (
            Field("code", "text", names=(*_CODE[:-1], "districtadcode", "id")),
            _text("name", *_NAME[1:], "区划名称", "社区名称", "街道名称", "乡镇名称", "districtname", "nhdname"),
            _text("parent", "上级", "上级编码", "上级代码", "parentcode", "父级编码"),
            _text("level", "级别", "层级", "行政级别"),
        ),
        "shape",
        POLYGONS,
    ),
    Kind("boundary", (_text("code", *_CODE), _text("name", *_NAME[1:])), "shape", POLYGONS),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}

"""What can be imported: the fields of every kind, their types and ranges, and the names other people give them.

A field that is ``required`` and missing or wrong rejects its row; one that is not is left empty and the row is told.
Units are those of the output column: metres, degrees, households.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.intake import words

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


LAT = Field("lat", "lat", True, names=words.LAT)
LNG = Field("lng", "lng", True, names=words.LNG)


def _text(name: str, *names: str, required: bool = False) -> Field:
    return Field(name, "text", required, names=(name.replace("_", ""), *names))


_ALL = (
    Kind(
        "incidents",
        (
            Field("id", "text", names=words.ID),
            Field("time", "time", True, names=words.TIME),
            Field("category", "text", names=words.CATEGORY),
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
            Field("id", "text", names=words.ID),
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
                choices=words.CAMERAS,
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
            Field(
                "status", "choice", choices=words.STATES, names=("status", "状态", "在线状态", "设备状态", "运行状态")
            ),
            Field(
                "tilt",
                "number",
                low=-90,
                high=90,
                names=("tilt", "tiltdeg", "俯仰角", "俯角", "安装俯角", "tagscameratilt"),
            ),
            Field(
                "owner",
                "choice",
                choices=words.OWNERS,
                names=("ownerclass", "点位类别", "点位等级", "权属类别", "建设类别"),
            ),
            _text("purpose", "用途", "监控用途", "建设目的", "安装目的"),
            _text("legal_basis", "legalbasis", "法律依据", "建设依据", "依据"),
            Field(
                "sign",
                "choice",
                choices=words.YES_NO,
                names=("sign", "signpresent", "提示标识", "标识牌", "是否设置标识"),
            ),
            Field(
                "networked",
                "choice",
                choices=words.YES_NO,
                names=("networked", "联网", "是否联网", "联网状态", "接入状态"),
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
            Field("id", "text", names=words.ID),
            _text("name", *words.NAME[1:], "场所名称", "单位名称", "学校名称", "schname", "site"),
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
            Field("id", "text", names=(*words.ID, "工号", "网格员编号")),
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
            Field("id", "text", names=words.ID),
            _text("name", *words.NAME[1:], "中心名称", "综治中心"),
            Field(
                "tier", "choice", True, choices=words.TIERS, names=("tier", "层级", "级别", "等级", "level", "中心级别")
            ),
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
        (Field("households", "number", True, low=0, high=1e7, names=words.HOUSEHOLDS), LAT, LNG),
        "either",
        POINTS | POLYGONS,
    ),
    Kind(
        "buildings",
        (
            Field("id", "text", names=(*words.ID, "楼栋编号", "建筑编号")),
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
            Field("households", "number", low=0, high=100_000, names=words.HOUSEHOLDS),
            _text("use", "用途", "建筑用途", "building", "使用性质", "function", "buildinguse"),
            _text("compound", "小区", "小区名称", "院落", "小区编号", "estate"),
        ),
        "shape",
        POLYGONS,
    ),
    Kind(
        "roads",
        (
            Field("id", "text", names=(*words.ID, "道路编号")),
            _text(
                "class", "等级", "道路等级", "类型", "道路类型", "highway", "fclass", "roadclass", "category", "type"
            ),
            _text("name", *words.NAME[1:], "道路名称", "路名", "street"),
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
                choices=words.BARRIERS,
                names=("kind", "类型", "类别", "阻隔类型", "type", "class", "barriertype"),
            ),
            _text("name", *words.NAME[1:]),
            Field("cost", "number", low=0, high=1e9, names=("cost", "代价", "阻隔", "成本", "penalty")),
        ),
        "shape",
        LINES | POLYGONS,
    ),
    Kind(
        "grids",
        (
            Field("code", "text", True, names=(*words.CODE, "grid", "网格")),
            _text("name", *words.NAME[1:], "网格名称"),
            _text("community", "社区", "社区编码", "社区代码", "所属社区", "村社", "所属社区编码", "communitycode"),
            _text("kind", "类型", "网格类型", "类别", "type"),
            _text("cell", "h3", "h3cell", "hex", "单元", "单元编码"),
            _text("worker_id", "workerid", "网格员编号"),
            _text("centre_id", "centreid", "综治中心编号"),
            Field("band_low", "number", low=0, high=1e7, names=("bandlow", "户数下限")),
            Field("band_high", "number", low=0, high=1e7, names=("bandhigh", "户数上限")),
        ),
        "optional",
        POLYGONS,
    ),
    Kind(
        "regions",
        (
            Field("code", "text", names=(*words.CODE[:-1], "districtadcode", "id")),
            _text("name", *words.NAME[1:], "区划名称", "社区名称", "街道名称", "乡镇名称", "districtname", "nhdname"),
            _text("parent", "上级", "上级编码", "上级代码", "parentcode", "父级编码"),
            _text("level", "级别", "层级", "行政级别"),
        ),
        "shape",
        POLYGONS,
    ),
    Kind(
        "nets",
        (
            Field("code", "text", True, names=(*words.CODE, "grid", "网格")),
            _text("name", *words.NAME[1:], "网格名称"),
            _text("community", "社区编码", "社区代码", "所属社区编码", "communitycode"),
            _text("department", "部门", "主管部门", "单位", "dept", "agency"),
            _text("cell", "h3", "h3cell", "hex", "单元", "单元编码"),
        ),
        "optional",
        POLYGONS,
    ),
    Kind("boundary", (_text("code", *words.CODE), _text("name", *words.NAME[1:])), "shape", POLYGONS),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}

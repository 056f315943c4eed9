"""What answers about camera coverage look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.wire.replies import Told
from server.wire.requests import CellId

Kind = Literal["fixed", "dome", "panning"]
Share = float | None


class FiguresOf(Told):
    """The figures of one area; a share is null where there is nothing to share."""

    id: str
    code: str
    name: str
    cameras: int
    online: int
    offline: int
    area_km2: float
    public_km2: float
    per_km2: float | None
    seen1: Share
    seen2: Share
    seen3: Share
    clear: Share
    road_km: float
    road_seen: Share
    places: int
    places1: Share
    places2: Share
    working: Share
    networked: Share
    complete: Share
    households: int
    near: Share
    compounds: int
    compounds1: Share
    met: bool


class Met(Told):
    n: int
    of: int


class FigureList(Told):
    level: str
    targets: dict[str, float]
    near: dict[str, float]
    items: list[FiguresOf]
    met: Met
    data_version: int


class Kept(Told):
    data_version: int
    at: str
    by: str
    city: FiguresOf
    towns: list[FiguresOf]


class History(Told):
    items: list[Kept]


class Named(Told):
    code: str
    name: str


class CellNeed(Told):
    """What a base cell needs, by what, and how much of its public ground is seen."""

    cell: CellId
    lat: float
    lng: float
    need: float
    value: float
    seen: float
    incidents: int
    places: int
    households: float
    region: Named | None


class Gap(CellNeed):
    rank: int


class CellGap(CellNeed):
    """``cameras``: how many stand in the cell."""

    cameras: int


class GapList(Told):
    weights: dict[str, float]
    unseen: Share
    items: list[Gap]


class CameraShort(Told):
    id: str
    code: str
    name: str
    kind: Kind
    lat: float
    lng: float
    status: str


class Watched(Told):
    cell: CellId
    lat: float
    lng: float
    many_m2: int
    need: float


class Redundant(CameraShort):
    view_m2: int
    alone: float


class Private(CameraShort):
    private_m2: int
    compounds: list[str]
    arcs: list[tuple[int, int]]


class Surplus(Told):
    many: int
    cells: list[Watched]
    redundant: list[Redundant]
    private: list[Private]


class Corridor(Told):
    model_config = {"extra": "forbid", "populate_by_name": True}

    class_: Annotated[str, Field(alias="class")]
    name: str
    km: float
    seen: float


class Corridors(Told):
    items: list[Corridor]


class Idle(CameraShort):
    since: str | None
    networked: int | None


class Critical(CameraShort):
    need: float
    alone_m2: int
    places: list[str]


class Outages(Told):
    offline: list[Idle]
    idle: list[Idle]
    critical: list[Critical]


class LostCell(Told):
    cell: CellId
    m2: int


class LostPlace(Told):
    id: str
    name: str


class LostRoad(Told):
    class_: Annotated[str, Field(alias="class")]
    name: str
    m: int


class State(Told):
    status: str
    since: str
    at: str


class Loss(Told):
    camera: Idle
    area_m2: int
    cells: list[LostCell]
    places: list[LostPlace]
    roads: list[LostRoad]
    states: list[State]


class Doubtful(CameraShort):
    why: str


class Check(Told):
    code: str
    n: int
    items: list[Doubtful]


class Ledger(Told):
    cameras: int
    checks: list[Check]
    datum: str | None
    codes: dict[str, int]


class ViewList(Told):
    """A FeatureCollection; ``buildings``: whether there were any to look behind."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    buildings: bool


class Changed(Told):
    cell: CellId
    before: float
    after: float


class Seen(Told):
    """What a camera that is tried out sees and changes; ``view`` is a GeoJSON geometry."""

    view: dict[str, Any]
    area_m2: int
    gained_m2: int
    lost_m2: int
    cells: list[Changed]
    compounds: list[str]


class Crossing(Told):
    lat: float
    lng: float
    road: str
    class_: Annotated[str, Field(alias="class")]
    seen: bool


class CordonAt(Told):
    inwards_m: float
    n: int
    seen: int
    closure: Share
    crossings: list[Crossing]
    line: dict[str, Any]


class Cordons(Told):
    within_m: float
    cordons: list[CordonAt]


class GridNamed(Named):
    label: int


class Whereabouts(Told):
    """Where a point lies; ``near`` names a key place where no named road is at hand."""

    region: Named | None
    grid: GridNamed | None
    roads: list[str]
    near: str | None


class Proposal(Told):
    id: str
    at: Whereabouts
    name: str
    kind: Kind
    lat: float
    lng: float
    heading_deg: float | None
    angle_deg: float
    range_m: float
    purpose: str
    legal_basis: str
    state: str
    gain: dict[str, float]
    created_at: str
    created_by: str
    changed_at: str
    changed_by: str


class Proposals(Told):
    items: list[Proposal]


class InView(Told):
    """What is in view: shares of public ground and of need, and how many key places."""

    seen: Share
    need: Share
    places: int


class ChangedAt(Changed):
    lat: float
    lng: float


class ViewOf(Told):
    """A proposal's view as a GeoJSON geometry."""

    id: str
    view: dict[str, Any]


class Effect(Told):
    proposals: int
    places: int
    before: InView
    after: InView
    gained_m2: int
    cells: list[ChangedAt]
    views: list[ViewOf]

"""What requests about camera coverage may say, and what their answers look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from server.rules import coverage as rules
from server.wire.replies import Told
from server.wire.requests import Asked, CellId, Counted, Latitude, Longitude, Text, plain

Level = Literal["city", "county", "town", "community", "grid"]
Kind = Literal["fixed", "dome", "panning"]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(plain)]
Said = Annotated[str, StringConstraints(max_length=500), AfterValidator(plain)]
Point = tuple[Longitude, Latitude]
Ring = Annotated[list[Point], Field(min_length=3, max_length=2_000)]
Share = float | None


class Figures(Asked):
    """GET …/coverage/figures."""

    level: Level = "city"
    plan: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "current"


class Limit(Asked):
    """A list of the worst or most."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Gaps(Counted):
    """GET …/coverage/gaps: weights of the needs, and how many cells."""

    incidents: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 0.5
    places: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 0.3
    households: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 0.2
    limit: Annotated[int, Field(ge=1, le=500)] = 50

    @model_validator(mode="after")
    def _some_weight(self) -> Gaps:
        self.weights()
        return self

    def weights(self) -> rules.Weights:
        """The weights as the rules take them."""
        return rules.Weights(self.incidents, self.places, self.households)


class Views(Asked):
    """GET …/coverage/views: of one camera, or of those that look into a box."""

    camera: Annotated[int, Field(ge=1, le=2**62)] | None = None
    bbox: str | None = None

    @field_validator("bbox")
    @classmethod
    def _four_numbers(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            west, south, east, north = (float(part) for part in value.split(","))
        except ValueError:
            raise ValueError("bbox is west,south,east,north in degrees") from None
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("bbox is west,south,east,north with west < east and south < north, in degrees")
        return value

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees."""
        if self.bbox is None:
            return None
        west, south, east, north = (float(part) for part in self.bbox.split(","))
        return west, south, east, north


class Tried(Asked):
    """A camera that is tried out."""

    kind: Kind
    lat: Latitude
    lng: Longitude
    heading_deg: Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)] | None = None
    angle_deg: Annotated[float, Field(gt=0, le=360, allow_inf_nan=False)] = 90.0
    range_m: Annotated[float, Field(ge=1, le=5_000, allow_inf_nan=False)] = 80.0
    height_m: Annotated[float, Field(ge=0, le=500, allow_inf_nan=False)] | None = None


class Sight(Tried):
    """POST …/coverage/sight: ``camera`` is the one that is moved."""

    camera: Annotated[int, Field(ge=1, le=2**62)] | None = None


class Propose(Tried):
    """POST …/coverage/proposals."""

    name: Said = ""
    purpose: Said = ""
    legal_basis: Said = ""


class Decide(Asked):
    """POST …/coverage/proposals/P."""

    state: Literal["approved", "withdrawn"]
    purpose: Said | None = None
    legal_basis: Said | None = None


class Cordon(Asked):
    """POST …/coverage/cordon: around a region, a drawn ring, or the whole city."""

    region: Code | None = None
    ring: Ring | None = None
    inwards_m: Annotated[list[Annotated[float, Field(ge=0, le=100_000)]], Field(min_length=1, max_length=5)] = [0.0]
    walked: bool = False


class Sites(Asked):
    """POST …/coverage/sites."""

    number: Annotated[int, Field(ge=1, le=200)] | None = None
    budget: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] | None = None
    sources: Annotated[list[Literal["junctions", "corners"]], Field(min_length=1, max_length=2)] = ["junctions"]
    poles: Annotated[list[tuple[Latitude, Longitude]], Field(max_length=5_000)] = []
    region: Code | None = None
    forbidden: Annotated[list[Ring], Field(max_length=50)] = []
    compounds: bool = False

    @model_validator(mode="after")
    def _number_or_budget(self) -> Sites:
        if self.number is None and self.budget is None:
            raise ValueError("say how many cameras (number) or how much they may cost (budget)")
        return self


class Export(Asked):
    """GET …/coverage/export: bands unless ``exact``, which must name its ``audience``."""

    format: Literal["csv", "geojson"] = "csv"
    exact: bool = False
    audience: Text | None = None


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


class Gap(Told):
    rank: int
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


class Proposal(Told):
    id: str
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

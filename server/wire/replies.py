"""What answers look like: one model for each JSON answer. Tests hold every answer against them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Bounds = tuple[float, float, float, float]


class Told(BaseModel):
    """Base of every answer model: nothing that is not named here is told."""

    model_config = ConfigDict(extra="forbid")


class ErrorBody(Told):
    code: str
    message: str
    detail: list[Any]
    request_id: str


class Error(Told):
    """The one shape of everything that goes wrong."""

    error: ErrorBody


class User(Told):
    name: str
    role: str
    city: str | None
    region: str | None


class Session(Told):
    user: User | None
    demo: bool
    language: Literal["zh", "en"]


class SessionOpened(Session):
    token: str | None = None
    expires: str | None = None


class CityShort(Told):
    code: str
    name: str
    resolution: int
    cells: int
    plan: str | None
    demo: bool


class Cities(Told):
    cities: list[CityShort]


class PlanPointer(Told):
    id: str
    version: int


class Category(Told):
    code: str
    zh: str
    en: str
    n: int | None


class IncidentSummary(Told):
    n: int | None
    first: str | None
    last: str | None
    categories: list[Category]


class City(Told):
    code: str
    name: str
    tz: str
    resolution: int
    cells: int
    bbox: Bounds
    levels: list[str]
    data_version: int
    demo: bool
    plan_in_force: PlanPointer | None
    incidents: IncidentSummary
    counts: dict[str, int | None]
    can: list[str]


class Geometry(BaseModel):
    """A GeoJSON geometry in WGS-84, longitude first."""

    type: str
    coordinates: list[Any]


class Feature(BaseModel):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    id: str | int | None = None
    geometry: Geometry | None
    properties: dict[str, Any]


class Features(BaseModel):
    """A GeoJSON feature collection."""

    type: Literal["FeatureCollection"]
    features: list[Feature]


Status = Literal["draft", "in_force", "superseded"]


class PlanShort(Told):
    """A plan in a list. ``tag`` is sent back as If-Match when the plan is to be changed."""

    id: str
    version: int
    status: Status
    name: str
    created_at: str
    created_by: str
    published_at: str | None
    effective_from: str | None
    parent: str | None
    grids: int
    band: tuple[float, float]
    seed: int | None
    measures: dict[str, Any]
    tag: str
    hash: str


class Plans(Told):
    items: list[PlanShort]
    next: str | None


class RegionShort(Told):
    id: str
    code: str
    name: str


class Town(Told):
    code: str
    name: str


class Violation(Told):
    """What is wrong with a plan: at most 200 of the ``n_cells`` cells are told; ``proved``: it cannot be otherwise."""

    code: str
    reason: str
    region: RegionShort | None
    label: int | None = None
    cells: list[str]
    n_cells: int
    proved: bool


class Plan(PlanShort):
    violations: list[Violation]


class PlanTag(Told):
    id: str
    version: int
    status: Status
    tag: str


class WorkerShort(Told):
    id: str
    name: str


class CentreShort(Told):
    id: str
    name: str
    tier: str


class GridShort(Told):
    """A grid with its figures. ``deviation`` is a ratio from the band: 0 inside, + above, − below."""

    label: int
    code: str
    name: str
    kind: str
    region: RegionShort | None
    town: Town | None
    households: float
    cells: int
    area_km2: float
    deviation: float
    pieces: int
    worker: WorkerShort | None
    centre: CentreShort | None
    lat: float
    lng: float
    bbox: Bounds
    faults: list[str]


class Grids(Told):
    plan: PlanTag
    band: tuple[float, float]
    grids: list[GridShort]


class Month(Told):
    month: str
    n: int | None


class NamedPlace(Told):
    name: str
    kind: str


class Neighbour(Told):
    label: int
    code: str
    name: str


class CameraHere(Told):
    id: str
    name: str
    code: str
    kind: str
    lat: float
    lng: float
    status: str


class PlaceHere(NamedPlace):
    id: str
    lat: float
    lng: float


class Serving(Told):
    """A centre in the chain above a grid, nearest tier first."""

    id: str
    name: str
    tier: str
    lat: float
    lng: float


class Grid(GridShort):
    months: list[Month]
    cameras: list[CameraHere]
    places: list[PlaceHere]
    chain: list[Serving]
    neighbours: list[Neighbour]


class Worker(Told):
    id: str
    name: str
    post: str
    skills: list[str]
    capacity: float
    lat: float
    lng: float
    grids: list[str]


class Workers(Told):
    items: list[Worker]
    next: str | None


class Centre(Told):
    id: str
    name: str
    tier: str
    lat: float
    lng: float
    region: Town | None
    parent: str | None
    grids: int


class MissingCentre(Told):
    tier: str
    region: Town


class Centres(Told):
    items: list[Centre]
    missing: list[MissingCentre]
    skipped: list[dict[str, Any]]
    orphans: list[dict[str, Any]]


class Camera(Told):
    """A camera's site; ``defaulted`` names the fields that its source did not give."""

    id: str
    code: str
    name: str
    kind: Literal["fixed", "dome", "panning"]
    lat: float
    lng: float
    heading_deg: float | None
    angle_deg: float
    range_m: float
    headings: list[float]
    height_m: float | None
    tilt_deg: float | None
    masked: list[tuple[float, float]]
    owner_class: int
    purpose: str
    legal_basis: str
    sign_present: int | None
    networked: int | None
    status: Literal["online", "offline", "unknown"]
    status_since: str
    review_on: str
    defaulted: list[str]


class Cameras(Told):
    items: list[Camera]
    next: str | None


class Place(Told):
    id: str
    name: str
    kind: str
    lat: float
    lng: float


class Places(Told):
    items: list[Place]
    next: str | None


class Hit(Told):
    kind: Literal["grid", "region", "place", "cell"]
    id: str
    label: str
    sub: str
    lat: float
    lng: float
    bbox: Bounds


class Found(Told):
    results: list[Hit]


class RegionHere(RegionShort):
    level: str


class Here(Told):
    cell: str
    lat: float
    lng: float
    grid: GridShort | None
    regions: list[RegionHere]
    worker: WorkerShort | None
    centres: list[Serving]
    households: float | None


class ImportDone(Told):
    """One import with its report; the report's further fields depend on the kind."""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: str
    file: str
    at: str
    by: str
    rows: int
    accepted: int
    rejected: int
    duplicate: int
    faults: list[dict[str, Any]]


class RejectedRow(Told):
    row: int
    field: str
    code: str
    reason: str


class Rejected(Told):
    items: list[RejectedRow]
    next: str | None


class Imports(Told):
    items: list[ImportDone]
    next: str | None


class JobStarted(Told):
    class Id(Told):
        id: str

    job: Id


class Job(Told):
    id: str
    kind: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    message: str
    result: Any
    error: Any


class Health(Told):
    status: Literal["ok"]

"""What answers about what stands in the city look like: people, centres, cameras, places, and what is found there."""

from __future__ import annotations

from typing import Any, Literal

from server.wire.plan_replies import GridShort, Serving, WorkerShort
from server.wire.replies import Bounds, RegionShort, Told, Town


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

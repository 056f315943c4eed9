"""What answers about plans and their grids look like."""

from __future__ import annotations

from typing import Any, Literal

from server.wire.replies import Bounds, RegionShort, Told, Town

PlanKind = Literal["grids", "communities"]

Status = Literal["draft", "in_force", "superseded"]


class PlanShort(Told):
    """A plan in a list. ``tag`` is sent back as If-Match when the plan is to be changed; ``across_towns``: communities
    that may go beyond the borders of towns."""

    id: str
    kind: PlanKind
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
    across_towns: bool
    tag: str
    hash: str


class Plans(Told):
    items: list[PlanShort]
    next: str | None


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
    """``workload``: what the band of the plan counts, by name; null where it was not drawn here."""

    id: str
    kind: PlanKind
    version: int
    status: Status
    tag: str
    workload: str | None


class WorkerShort(Told):
    id: str
    name: str


class CentreShort(Told):
    id: str
    name: str
    tier: str


class GridShort(Told):
    """A grid with its figures. ``load`` is what the band counts: households, unless the plan was drawn by another
    workload (``measures.workload`` of the plan); ``deviation`` a ratio from the band: 0 inside, + above, − below."""

    label: int
    code: str
    name: str
    kind: str
    region: RegionShort | None
    town: Town | None
    households: float
    load: float
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

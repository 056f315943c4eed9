"""What answers look like: one model for each JSON answer. Tests hold every answer against them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Bounds = tuple[float, float, float, float]


class Told(BaseModel):
    """Base of every answer model: nothing that is not named here is told."""

    model_config = ConfigDict(extra="forbid")


class Words(Told):
    zh: str
    en: str


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
    """``has_plan``: whether ``current`` names a plan, the one in force or else the newest draft."""

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
    has_plan: bool
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


class RegionShort(Told):
    id: str
    code: str
    name: str


class Town(Told):
    code: str
    name: str


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
    """``words`` names the code in both languages; ``reason`` is what was found, in English, as it was stored."""

    row: int
    field: str
    code: str
    words: Words
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
    """``run_s``: how long it has been working; ``left_s``: until the time that it was given is up, null where it was
    given none."""

    id: str
    kind: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    message: str
    run_s: float | None
    left_s: float | None
    result: Any
    error: Any


class Health(Told):
    status: Literal["ok"]

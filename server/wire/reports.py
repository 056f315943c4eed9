"""What reports of incidents may say, and what is answered; the archive's proof."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, RootModel, StringConstraints, Tag

from server.wire.replies import Told
from server.wire.requests import Asked, Latitude, Longitude, Text, Time

Source = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Incident(Asked):
    """One incident: what, where, when. ``id`` is the source's own; with it the report can be repeated and corrected (by
    a higher ``revision``). ``count`` -1 takes an earlier report back."""

    time: Time
    lat: Latitude
    lng: Longitude
    category: Text | None = None
    status: Text | None = None
    count: Annotated[int, Field(ge=-1_000, le=1_000)] = 1
    id: Text | None = None
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class One(Incident):
    """A single report; ``source`` says whose ids these are."""

    source: Source = "api"


class Batch(Asked):
    """Many reports of one source: all are taken or none."""

    incidents: Annotated[list[Incident], Field(min_length=1, max_length=1_000)]
    source: Source = "api"


def _kind(body: Any) -> str:
    return "batch" if isinstance(body, Batch) or (isinstance(body, dict) and "incidents" in body) else "one"


class Reports(RootModel[Annotated[Annotated[One, Tag("one")] | Annotated[Batch, Tag("batch")], Discriminator(_kind)]]):
    """POST …/incidents: one report or a batch of them."""


class Taken(Told):
    id: str | None
    source: str
    external_id: str
    revision: int
    outcome: Literal["accepted", "corrected", "duplicate"]


class Reported(Told):
    """``items`` in the order of the reports; ``id`` is null for a duplicate, which changed nothing."""

    accepted: int
    duplicate: int
    items: list[Taken]


class Finding(Told):
    file: str
    code: str
    message: str


class Archive(Told):
    """Whether manifest, files, rows and sums agree; every disagreement is a finding."""

    ok: bool
    segments: int
    rows: int
    bytes: int
    live: int
    findings: list[Finding]

"""What requests about incidents over time and space may say, and what their answers look like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from server.wire.replies import Told
from server.wire.requests import Clock, Counted, Text, Window

Id = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]


class Timeline(Window):
    """GET …/incidents/timeline: of the city, of a region, or of a grid of the plan current."""

    region: Id | None = None
    grid: Annotated[int, Field(ge=0, le=999_999_999)] | None = None


class Hotspots(Counted, Clock):
    """GET …/hotspots: against area or against households."""

    per: Literal["area", "household"] = "area"


class IncidentMap(Counted, Clock):
    """GET …/incidents/map: the view as one file; ``spots`` puts hot spots beside the heat. ``public``: for readers
    outside the office, one calendar month in coarse cells with the privacy floor, under a map approval number."""

    per: Literal["raw", "area", "household"] = "raw"
    smooth: Annotated[int, Field(ge=0, le=8)] = 0
    spots: bool = False
    language: Literal["zh", "en"] = "zh"
    public: bool = False
    classification: Text = "内部资料"


class Day(Told):
    day: str
    n: int


class Days(Told):
    """``days``: those with incidents; with ``step`` month the first day of each. ``hours``: by weekday from Monday and
    hour of the day; null, with months only, for those to whom counts below ``floor`` are not told."""

    n: int
    window: list[str | None]
    step: Literal["day", "month"]
    days: list[Day]
    hours: list[list[int]] | None
    floor: int | None

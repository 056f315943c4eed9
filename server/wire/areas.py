"""What requests about areas, alerts and steps of time may say, and what their answers look like."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from server.wire.replies import Told, Words
from server.wire.requests import Asked, Clock, Counted, Window, plain

Level = Annotated[str, StringConstraints(pattern=r"^(grid|community|town|county|net:.{1,200})$"), AfterValidator(plain)]
"""Grids, regions, or the areas of a department's net (patrol areas) by the name of the department."""
Bounds = tuple[float, float, float, float]


class Areas(Asked):
    """GET …/areas: the area of every cell."""

    level: Level = "grid"


class Figures(Window):
    """GET …/areas/figures: ``against`` the window just before, or the same days a year ago."""

    level: Level = "grid"
    against: Literal["previous", "year"] = "previous"


class Touching(Asked):
    """GET …/areas/touching: what the area of that id shares ground with."""

    level: Level = "grid"
    area: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain)]


class Alerts(Asked):
    """GET …/alerts: of a day (by default the last one with reports)."""

    level: Level = "community"
    day: Annotated[datetime.date, Field(ge=datetime.date(1900, 1, 1), le=datetime.date(2200, 1, 1))] | None = None
    category: Annotated[str, StringConstraints(max_length=100)] | None = None


class Rule(Asked):
    """PATCH …/alerts/rule: what changes of the rule."""

    period_days: Annotated[int, Field(ge=1, le=92)] | None = None
    due_days: Annotated[int, Field(ge=1, le=365)] | None = None
    baseline: Annotated[int, Field(ge=4, le=104)] | None = None
    watched: Annotated[int, Field(ge=1, le=52)] | None = None
    least: Annotated[int, Field(ge=1, le=10_000)] | None = None
    allowance: Annotated[float, Field(ge=0, le=10)] | None = None
    yellow_sum: Annotated[float, Field(gt=0, le=100)] | None = None
    red_sum: Annotated[float, Field(gt=0, le=100)] | None = None
    yellow_overdue: Annotated[float, Field(ge=0, le=1)] | None = None
    red_overdue: Annotated[float, Field(ge=0, le=1)] | None = None
    test: Literal["cusum", "ewma"] | None = None
    weight: Annotated[float, Field(gt=0, le=1)] | None = None
    yellow_ewma: Annotated[float, Field(gt=0, le=100)] | None = None
    red_ewma: Annotated[float, Field(gt=0, le=100)] | None = None


class Steps(Counted, Clock):
    """GET …/heat/steps: what the slider plays."""

    step: Literal["day", "week", "month"] = "month"
    per: Literal["raw", "area", "household"] = "raw"


class NetNamed(Told):
    """Whose net the areas are."""

    id: str
    department: str


class Area(Told):
    """``partial``: part of the area lies outside the reader's territory and is not counted."""

    kind: Literal["grid", "region", "net"]
    id: str
    code: str
    name: str
    inside: str | None
    lat: float
    lng: float
    bbox: Bounds
    households: float | None
    area_km2: float
    centre: str | None = None
    partial: bool = False
    n: int
    per_km2: float | None
    per_1000: float | None
    before: int | None
    ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: Literal["up", "down", "same", "few"] | None


class AreaFigures(Told):
    """``before``: the window compared with, null where none is asked for or the archive does not reach back so far;
    ``n``: reports in any area, each counted once; ``shared``: those of them in several areas of a net; ``left_out``:
    reports in no area. ``legends``: by what the map can be coloured with."""

    level: Level
    net: NetNamed | None
    n: int
    shared: int
    left_out: int
    window: list[str | None]
    against: Literal["previous", "year"]
    before: list[str] | None
    days: float | None
    days_before: float | None
    false_share: float
    least: int
    items: list[Area]
    legends: dict[str, Any]


class Touched(Told):
    """Another area, and how many cells are in both."""

    id: str
    code: str
    name: str
    cells: int


class TouchedGrid(Touched):
    """``size``: all cells of the grid; ``households``: those in the cells that are in both."""

    inside: str | None
    size: int
    households: float | None


class Touches(Told):
    """The most cells first; ``n_grids`` counts those that are not told as well."""

    level: Level
    net: NetNamed | None
    id: str
    code: str
    name: str
    lat: float
    lng: float
    bbox: Bounds
    cells: int
    n_grids: int
    grids: list[TouchedGrid]
    overlaps: list[Touched]


class BorderSide(Told):
    id: str
    code: str
    name: str
    centre: str | None


class Border(Told):
    a: BorderSide
    b: BorderSide
    n_a: int
    n_b: int
    n: int
    lat: float
    lng: float


class Borders(Told):
    """``n``: reports within one cell of any border, counted at each of them."""

    n: int
    items: list[Border]


class Alert(Told):
    """Of an area. Figures are null for those to whom small counts are not told."""

    index: int
    kind: Literal["grid", "region", "net"]
    id: str
    code: str
    name: str
    inside: str | None
    lat: float
    lng: float
    bbox: Bounds
    colour: Literal["blue", "yellow", "red"]
    cause: Literal["usual", "rising", "overdue", "few"]
    reason: Words
    last: int | None = None
    mean: float | None = None
    sum: float | None = None
    due: int | None = None
    overdue: int | None = None


class AlertRule(Told):
    period_days: int
    due_days: int
    baseline: int
    watched: int
    allowance: float
    yellow_sum: float
    red_sum: float
    yellow_overdue: float
    red_overdue: float
    least: int
    test: Literal["cusum", "ewma"]
    weight: float
    yellow_ewma: float
    red_ewma: float


class AlertDay(Told):
    """``default``: the rule of a city that set none; ``enough``: whether there is as much history as the rule needs."""

    level: Level
    net: NetNamed | None
    day: str | None
    rule: AlertRule
    default: AlertRule
    n: int | None
    enough: bool
    items: list[Alert]
    legend: dict[str, Any]

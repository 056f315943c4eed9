"""What requests may say: one model for each query string and each body."""

from __future__ import annotations

import datetime
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Kind = Literal[
    "grids", "households", "buildings", "roads", "barriers", "incidents", "cameras", "workers", "centres", "places",
    "regions", "nets",
]  # fmt: skip
Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
Level = Literal["county", "town", "community"]
_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
Tier = Literal["city", "county", "town", "community"]


def plain(text: str) -> str:
    """Text in one spelling (NFC), without controls, lone surrogates or direction overrides."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") or character in _OVERRIDES:
            raise ValueError(f"holds the character U+{ord(character):04X}, which text may not")
    return unicodedata.normalize("NFC", text)


def _cell_id(text: str) -> str:
    if len(text) != 15 or not text.isascii() or set(text) - set("0123456789abcdef"):
        raise ValueError("a cell id is 15 characters of 0-9 and a-f")
    return text


def _in_utc(at: datetime.datetime) -> datetime.datetime:
    if at.tzinfo is None:
        raise ValueError("a time needs its zone, for example 2025-03-01T00:00:00Z")
    if not 1900 <= at.year <= 2200:
        raise ValueError("the year must lie between 1900 and 2200")
    return at.astimezone(datetime.UTC)


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain)]
CellId = Annotated[str, AfterValidator(_cell_id)]
Time = Annotated[datetime.datetime, AfterValidator(_in_utc)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Asked(BaseModel):
    """Base of every request model: unknown fields are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """A request that takes no parameters."""


class PlanCells(Asked):
    """``gaps``: tell cells that lie in no grid as well, with the label -1."""

    gaps: bool = False


class SignIn(Asked):
    """POST /api/session. ``token`` asks for the session as a bearer token in the answer instead of a cookie."""

    name: Text
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    token: bool = False


class Pages(Asked):
    """A list that is read page by page."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None


class Kept(Pages):
    """GET …/plans: of grids, or of communities."""

    kind: Literal["grids", "communities"] = "grids"


class Things(Asked):
    """A list of things that stand in the city: usually all at once."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = 5_000
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None


class Regions(Asked):
    """GET …/regions."""

    level: Level | None = None


class Draw(Asked):
    """POST …/plans: the band of households a grid should have, the seed, and how long drawing may take.

    ``counts``: grids by region code (``city``: in all); ``workload``: the formula that is evened; ``whole``: what is
    not to be cut; ``dedicated``: uses of buildings whose sites become dedicated grids; ``keep``: grids locked or
    dedicated in the plan in force stay; ``exact``: the least worst deviation, proved where time allows.
    """

    band: Annotated[list[float], Field(min_length=2, max_length=2)] = [300.0, 500.0]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 30.0
    counts: Annotated[dict[Text, Annotated[int, Field(ge=1, le=1_000_000)]], Field(max_length=20_000)] = {}
    workload: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "households"
    whole: Annotated[list[Literal["compounds", "buildings"]], Field(max_length=2)] = []
    dedicated: Annotated[list[Text], Field(max_length=20)] = []
    keep: bool = False
    exact: bool = False

    @field_validator("band")
    @classmethod
    def _ordered(cls, value: list[float]) -> list[float]:
        if not 0 < value[0] < value[1] <= 1e9:
            raise ValueError(f"a band is [low, high] with 0 < low < high, got {value}")
        return value


class Publish(Asked):
    """POST …/publish: when the plan comes into effect, now if it is not said; ``over`` a plan that came into force
    since the draft was begun."""

    effective_from: Time | None = None
    over: bool = False


class Export(Asked):
    """GET …/plans/P/export."""

    format: Literal["geojson", "gpkg", "shapefile", "kml", "csv"] = "geojson"


class Window(Asked):
    """What incidents are asked for: a window (UTC instants, end excluded), a category."""

    from_: Annotated[Time | None, Field(alias="from")] = None
    to: Time | None = None
    category: Annotated[str, StringConstraints(max_length=100), AfterValidator(plain)] | None = None

    @model_validator(mode="after")
    def _window_runs_forward(self) -> Window:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise ValueError("the window must end after it begins")
        return self


class Counted(Window):
    """What counts per cell are asked for: incidents, and a resolution."""

    res: Annotated[int, Field(ge=0, le=15)] | None = None


class Clock(Asked):
    """Hours of the day and weekdays (0 Monday) that count, on the city's clock: numbers with commas."""

    hours: Annotated[str, StringConstraints(pattern=r"^(1?[0-9]|2[0-3])(,(1?[0-9]|2[0-3])){0,23}$")] | None = None
    weekdays: Annotated[str, StringConstraints(pattern=r"^[0-6](,[0-6]){0,6}$")] | None = None


def breaks(classes: str) -> list[float] | None:
    """The limits of fixed classes, or None for quantile. Raises ValueError for what are neither."""
    if classes == "quantile":
        return None
    limits = [float(one) for one in classes.split(",")]
    rising = all(low < high for low, high in zip(limits, limits[1:], strict=False))
    if not (1 <= len(limits) <= 11 and rising and limits[0] > 0 and limits[-1] < 1e12):
        raise ValueError("classes is quantile, or 1 to 11 rising limits above 0, for example 1,5,10,50")
    return limits


def _classes(text: str) -> str:
    try:
        breaks(text)
    except ValueError:
        raise ValueError("classes is quantile, or 1 to 11 rising limits above 0, for example 1,5,10,50") from None
    return text


class Heat(Counted, Clock):
    """GET …/heat. ``classes``: quantile, or the fixed limits between the classes, rising, with commas."""

    per: Literal["raw", "area", "household"] = "raw"
    smooth: Annotated[int, Field(ge=0, le=8)] = 0
    classes: Annotated[str, AfterValidator(_classes)] = "quantile"


class Gaps(Counted):
    """GET …/gaps."""


class Resolution(Asked):
    """GET …/coverage: what ``value`` is, cameras per km² or the share of public ground in view of one, two, three."""

    res: Annotated[int, Field(ge=0, le=15)] | None = None
    show: Literal["density", "seen1", "seen2", "seen3"] = "density"


class ServiceAreas(Asked):
    """GET …/service-areas."""

    tier: Tier = "community"


class Ground(Asked):
    """GET …/ground: what lies under the grids in a box."""

    kind: Literal["road", "water", "building", "rail"]
    bbox: str
    zoom: Annotated[int, Field(ge=0, le=22)] = 14

    @field_validator("bbox")
    @classmethod
    def _four_numbers(cls, value: str) -> str:
        parts = value.split(",")
        try:
            west, south, east, north = (float(part) for part in parts)
        except ValueError:
            raise ValueError("bbox is west,south,east,north in degrees") from None
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("bbox is west,south,east,north with west < east and south < north, in degrees")
        return value

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = (float(part) for part in self.bbox.split(","))
        return west, south, east, north


class Search(Asked):
    """GET …/search."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(plain)]


class Here(Asked):
    """GET …/here: either a point or a cell."""

    lat: Latitude | None = None
    lng: Longitude | None = None
    cell: CellId | None = None

    @model_validator(mode="after")
    def _point_or_cell(self) -> Here:
        point = self.lat is not None and self.lng is not None
        half = (self.lat is None) != (self.lng is None)
        if half or point == (self.cell is not None):
            raise ValueError("give lat and lng, or cell")
        return self


Degrees = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]
Directions = Annotated[dict[Text, Degrees], Field(min_length=1, max_length=64)]
"""The direction codes that a register of cameras uses."""


class Import(Asked):
    """The ``options`` of POST …/imports; ``level`` is that of a file of regions."""

    kind: Kind
    fields: dict[Text, Text] = {}
    crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d{4,6}$")] | None = None
    datum: Datum | None = None
    tz: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+/\-]{0,63}$")] | None = None
    time_format: Annotated[str, StringConstraints(max_length=100), AfterValidator(plain)] | None = None
    dry_run: bool = False
    level: Level = "community"
    layer: Text | None = None
    sheet: Text | None = None
    encoding: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    directions: Directions | None = None
    department: Annotated[str, StringConstraints(max_length=100), AfterValidator(plain)] = ""

    @field_validator("fields")
    @classmethod
    def _few(cls, value: dict[str, str]) -> dict[str, str]:
        if len(value) > 64:
            raise ValueError("at most 64 fields can be mapped")
        return value

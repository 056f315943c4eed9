"""What requests about camera coverage may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from server.rules import coverage as rules
from server.wire.requests import Asked, Counted, Latitude, Longitude, Text, plain

Level = Literal["city", "county", "town", "community", "grid"]
Kind = Literal["fixed", "dome", "panning"]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(plain)]
Said = Annotated[str, StringConstraints(max_length=500), AfterValidator(plain)]
Point = tuple[Longitude, Latitude]
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Cost = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Ring = Annotated[list[Point], Field(min_length=3, max_length=2_000)]


class Figures(Asked):
    """GET …/coverage/figures."""

    level: Level = "city"
    plan: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "current"
    home_m: Annotated[float, Field(ge=10, le=5_000, allow_inf_nan=False)] = rules.NEAR.home_m


class Limit(Asked):
    """A list of the worst or most."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Weights(Asked):
    """How much each kind of need counts; not all may be 0."""

    incidents: Weight = 0.5
    places: Weight = 0.3
    households: Weight = 0.2

    @model_validator(mode="after")
    def _some_weight(self) -> Weights:
        rules.Weights(self.incidents, self.places, self.households)
        return self


class CellGap(Counted):
    """GET …/coverage/cells/C: weights of the needs."""

    incidents: Weight = 0.5
    places: Weight = 0.3
    households: Weight = 0.2

    @model_validator(mode="after")
    def _some_weight(self) -> CellGap:
        self.weights()
        return self

    def weights(self) -> rules.Weights:
        """The weights as the rules take them."""
        return rules.Weights(self.incidents, self.places, self.households)


class Gaps(CellGap):
    """GET …/coverage/gaps: weights of the needs, and how many cells."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50


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
    weights: Weights = Weights()
    fixed_cost: Cost = 1.0
    dome_cost: Cost = 2.5

    @model_validator(mode="after")
    def _number_or_budget(self) -> Sites:
        if self.number is None and self.budget is None:
            raise ValueError("say how many cameras (number) or how much they may cost (budget)")
        return self


class Export(Asked):
    """GET …/coverage/export: bands."""

    format: Literal["csv", "geojson"] = "csv"


class Register(Export):
    """GET …/coverage/register: the exact sites, for an ``audience`` that is named."""

    audience: Text

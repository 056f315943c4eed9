"""What leaves the house, asked and answered: reports, sheets, why a grid is as it is, and whose a place is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from server.wire.replies import Told
from server.wire.requests import Asked, CellId, Latitude, Longitude, plain
from server.wire.thing_replies import Here

Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(plain)]
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Labels = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,8})(,(0|[1-9][0-9]{0,8})){0,199}$")]


class Report(Asked):
    """GET …/plans/P/report: a Word or Excel file. ``against``: the plan it is compared with (default: the one before);
    ``mark`` stands in the head of every page of a document."""

    kind: Literal["proposal", "compare", "ledger", "handover"] = "ledger"
    against: Ref | None = None
    mark: Annotated[Text, Field(min_length=1)] = "内部资料"


class Sheets(Asked):
    """GET /city/C/sheets: what to lay out. ``grids``: labels, comma between; else every grid of ``region`` (a code)."""

    kind: Literal["grid", "wall", "card"] = "grid"
    plan: Ref = "current"
    grids: Labels | None = None
    region: Annotated[Text, Field(min_length=1)] | None = None
    size: Literal["a4", "a3", "a2", "a1", "a0"] = "a4"
    mark: Text = ""


class Where(Asked):
    """GET …/where: exactly one of a text (address, place, grid code, cell id), a point and a cell."""

    q: Annotated[Text, Field(min_length=1)] | None = None
    lat: Latitude | None = None
    lng: Longitude | None = None
    cell: CellId | None = None

    @model_validator(mode="after")
    def _one(self) -> Where:
        ways = (self.q is not None, self.lat is not None and self.lng is not None, self.cell is not None)
        if sum(ways) != 1 or (self.lat is None) != (self.lng is None):
            raise ValueError("give one of q, lat and lng, or cell")
        return self


class Reason(Told):
    about: Literal["band", "structure", "people", "border"]
    code: str
    proved: bool
    zh: str
    en: str


class Sides(Told):
    """Sides of a grid's cells by what lies beyond them; ``roundness`` 1 is as round as can be."""

    sides: int
    outside: int
    region: int
    barrier: int
    soft: int
    open: int
    roundness: float
    tails: int


class Why(Told):
    label: int
    code: str
    name: str
    odd: bool
    reasons: list[Reason]
    border: Sides


class Whys(Told):
    grids: list[Why]


class Match(Told):
    kind: Literal["grid", "region", "place", "cell", "compound"]
    id: str
    label: str
    sub: str
    lat: float
    lng: float


class Post(Told):
    """Who answers: the worker, or a centre by its tier."""

    role: Literal["worker", "city", "county", "town", "community"]
    id: str
    name: str
    post: str


class Department(Told):
    """A department's own grid over this place."""

    layer: str
    department: str
    code: str
    name: str


class GridNamed(Told):
    label: int
    code: str
    name: str


class Whose(Told):
    asked: str | None
    matches: list[Match]
    here: Here | None
    posts: list[Post]
    departments: list[Department]
    along: list[GridNamed]

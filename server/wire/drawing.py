"""What drawing asks beyond a band: workloads and their formulas, sweeps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from server.wire.plan_replies import PlanShort
from server.wire.replies import Told
from server.wire.requests import Asked

Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
What = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Workload(Asked):
    """PUT …/workloads/NAME: the weights of households, incidents (a year), area_km2, place.KIND, compound.NAME; without
    any the city's own formula of that name is taken away."""

    weights: Annotated[dict[What, Weight], Field(max_length=200)] = {}


class Workloads(Told):
    """The weights of every formula of a city, by name."""

    items: dict[str, dict[str, float]]


class WholeThings(Told):
    compounds: int
    buildings: int


class UseOfBuildings(Told):
    use: str
    n: int


class Offers(Told):
    """What a drawing can be asked for in this city: formulas, things that can stay whole, uses of buildings whose sites
    can be dedicated grids, and how many grids in force are locked or dedicated."""

    workloads: list[str]
    whole: WholeThings
    dedicated: list[UseOfBuildings]
    kept: int


class Figures(Told):
    """``households`` and area summed, ``deviation`` from the band the worst (of one grid: signed), the rest means."""

    households: float
    deviation: float
    area_km2: float
    cut_edges: float
    roundness: float
    diameter_m: float
    round_m: float


class FiguresOfMany(Figures):
    grids: int


class FiguresOfCommunity(FiguresOfMany):
    code: str
    name: str


class FiguresOfGrid(Figures):
    code: str
    name: str
    kind: str


class Measured(Told):
    """The measures of a plan: of the whole, by community, of each grid."""

    plan: PlanShort
    city: FiguresOfMany
    communities: list[FiguresOfCommunity]
    grids: list[FiguresOfGrid]

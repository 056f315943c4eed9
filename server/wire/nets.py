"""Department layers over the basic grids, asked and answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from server.wire.outputs import Ref
from server.wire.replies import PlanPointer, Told
from server.wire.requests import Asked


class Held(Asked):
    """The plan whose basic grids are meant."""

    plan: Ref = "current"


class Adopt(Asked):
    """POST …/refinement: the plan whose basic grids are divided, and what the draft is called."""

    plan: Ref = "current"
    name: Annotated[str, StringConstraints(max_length=80)] = ""


class Net(Told):
    id: str
    department: str
    grids: int
    cells: int
    at: str
    by: str


class Nets(Told):
    items: list[Net]


class NetNamed(Told):
    id: str
    department: str


class Named(Told):
    code: str
    name: str


class NetGrid(Named):
    """A grid of a net: how many basic grids it touches, and how many of them it cuts."""

    cells: int
    households: float
    basic: int
    cut: int


class Overlap(Told):
    a: Named
    b: Named
    cells: int


class Gap(Told):
    cells: int
    households: float


class NetCut(Told):
    """A basic grid that a net's grid holds in part; ``take``: it had better hold it whole."""

    grid: Named
    basic: Named
    label: int
    inside: int
    size: int
    households: float
    whole: float
    take: bool


class Adopted(Told):
    basic: Named
    label: int
    grid: Named


class NetReport(Told):
    net: NetNamed
    plan: PlanPointer
    rests: bool
    grids: list[NetGrid]
    overlaps: list[Overlap]
    overlap_cells: int
    gap: Gap
    cuts: list[NetCut]
    n_cuts: int
    moved_households: float
    adopt: list[Adopted]


class Part(Told):
    part: int
    cells: int
    households: float
    inside: list[str]


class Split(Named):
    label: int
    parts: list[Part]


class Refinement(Told):
    plan: PlanPointer
    nets: list[str]
    parts: int
    whole: int
    split: list[Split]
    n_split: int

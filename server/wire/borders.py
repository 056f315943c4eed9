"""Community borders: how they stand, and a draft of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from server.wire.plan_replies import PlanShort
from server.wire.replies import Told
from server.wire.requests import Asked


class Open(Asked):
    """POST …/borders: begin a draft of the community borders from those of today; ``across``: communities may take
    cells of other towns, whose borders move with them (action border.cross)."""

    name: Annotated[str, StringConstraints(max_length=80)] = ""
    across: bool = False


class Version(PlanShort):
    """A plan of communities. ``usable``: of the base of today; ``moved``: cells that its publication moved."""

    usable: bool
    moved: int


class Successor(Told):
    """The draft that the plan of grids in force is within the borders of today: codes of the grids that a border cut,
    labels of those that were made, cells that went to another grid, and how many faults are left."""

    id: str
    version: int
    cut: list[str]
    made: list[int]
    moved_cells: int
    faults: int


class Standing(Told):
    """``behind``: the plan of grids in force was drawn within older borders."""

    plan: str | None
    behind: bool
    successor: Successor | None


class Borders(Told):
    """``level`` is the lowest one of the city, which its grids nest in; ``base`` the version of its base."""

    level: str
    base: int
    communities: int
    in_force: str | None
    items: list[Version]
    grids: Standing

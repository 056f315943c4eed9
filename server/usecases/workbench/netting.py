"""多网合一 taken over: the common refinement of the basic grids and all department nets as a draft of grids.

Every basic grid that a net cuts is divided along the net's borders: the part with most households keeps its code, the
others become grids of their own, with codes never given before. It is one change of a new draft: in the log, undone and
redone whole; who came from whom is told when the draft comes into force.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import cells
from server.rules import permissions
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.planning import nets
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import editing
from server.usecases.workbench.changes import Change

Ints = NDArray[np.int32]


def adopt(ctx: Context, city: str, ref: str = plan_usecases.CURRENT, *, name: str = "") -> dict[str, Any]:
    """Begin a draft of the refinement of a plan's grids and answer its summary.

    Raises Conflict where no net cuts a grid, or one that is cut is locked.
    """
    permissions.check(ctx.actor, "plan.draw")
    plan, weights, found, part = nets.refined(ctx, city, ref)
    labels = divided(plan.labels, part, weights)
    at = np.flatnonzero(labels != plan.labels)
    if not at.size:
        missing = "No department has a net yet." if not found else "Every net rests on the grids as they are."
        raise errors.Conflict("nothing_to_adopt", f"There is nothing to divide. {missing}")
    change = Change(
        op="adopt", cells=tuple(cells.to_hex(plan.place.base.cells[at])), labels=tuple(labels[at].tolist())
    )
    return editing.begin_with(ctx, city, plan.id, change, name=name)


def divided(basic: Ints, part: Ints, weights: NDArray[np.float64]) -> Ints:
    """Labels int32[n] of the parts: the part of a basic grid with most households (then cells, then the lower number)
    keeps the grid's label, the others are numbered on from the highest label in the order of their parts."""
    known = np.flatnonzero(part >= 0)
    if not known.size:
        return basic.copy()
    count = int(part.max()) + 1
    homes = np.bincount(part[known], weights=weights[known], minlength=count)
    sizes = np.bincount(part[known], minlength=count)
    of = np.zeros(count, dtype=np.int32)
    of[part[known]] = basic[known]
    order = np.lexsort((np.arange(count), -sizes, -homes, of))
    keeper = np.zeros(count, dtype=np.bool_)
    keeper[order[np.unique(of[order], return_index=True)[1]]] = True
    fresh = np.flatnonzero(~keeper)
    of[fresh] = int(basic.max()) + 1 + np.arange(fresh.size, dtype=np.int32)
    labels = basic.copy()
    labels[known] = of[part[known]]
    return labels

"""What a choice would cost before it is made: how many grids at which worst deviation, how many households moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geo import drawing
from geo.partition import Partition
from server.rules import permissions
from server.store import database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context, Progress, silent
from server.usecases.drafting import adjusting, wishes
from server.usecases.drafting import drawing as drawings
from server.usecases.planning import plans as plan_usecases


def sweep(
    ctx: Context, city: str, *, band: tuple[float, float] = drawings.BAND, seed: int = 0,
    seconds: float | None = None, wished: wishes.Wishes = drawings.NOTHING, progress: Progress = silent,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """``{grids, moves}``, nothing stored: the city drawn with different numbers of grids (one grid, one worker), and
    the plan in force brought into narrower bands. ``moves`` is empty where no plan of these cells is in force.

    ``seconds`` is the time of each point. A point is ``{grids, workers, band, worst_deviation, mean_deviation,
    out_of_band, moved_households}``. Raises as drawing does.
    """
    permissions.check(ctx.actor, "plan.draw")
    progress(0.05, "reading")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        ground, _ = drawings.prepare(ctx, connection, place, band=band, wished=wished)
        stored = plan_usecases.load(ctx, connection, city, place.city.plan_id) if place.city.plan_id else None
        held = drawings.ground_of(ctx, connection, stored, band=band) if stored else None
    rule = drawings.stop_rule(seconds, cancelled)
    progress(0.1, "drawing")
    points = drawing.sweep(ground.problem, rng=np.random.default_rng(seed), stop=rule)
    moved: list[drawing.Choice] = []
    if stored is not None and held is not None and stored.place.base.id == place.base.id:
        progress(0.6, "rebalancing")
        start = Partition(place.base.cells, adjusting.covered(stored.labels, held.problem))
        moved = drawing.moves(held.problem, start, rng=np.random.default_rng(seed), stop=rule)
    if cancelled is not None and cancelled():
        raise errors.Cancelled("cancelled", "The sweep was cancelled.")
    progress(1.0, "done")
    return {"grids": [_told(point) for point in points], "moves": [_told(point) for point in moved]}


def _told(point: drawing.Choice) -> dict[str, Any]:
    return {
        "grids": point.grids, "workers": point.grids, "band": round(point.band, 4),
        "worst_deviation": round(point.worst_deviation, 4), "mean_deviation": round(point.mean_deviation, 4),
        "out_of_band": point.out_of_band, "moved_households": round(point.moved_households, 1),
    }

"""Pictures of a city for documents: areas of a level, or single cells, in given colours, with borders. PNG bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo import cells, picture
from server.store import database
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import levels

_GROUND = "#eef1f2"


def of_areas(ctx: Context, city: str, *, level: str, colours: list[str | None], width_px: int = 900) -> bytes:
    """The areas of a level, each in its colour (None: paper), in the order of ``areas.figures``."""
    with database.reading(ctx.db) as connection:
        parts = levels.of_level(ctx, connection, city, level)
    shown = parts.of >= 0
    table = picture.rgb([one or _GROUND for one in colours])
    of = parts.of[shown]
    return picture.png(picture.draw(parts.place.base.cells[shown], table[of], groups=of, width_px=width_px))


def of_cells(
    ctx: Context, city: str, *, ids: NDArray[np.uint64], colours: list[str], level: str, width_px: int = 900
) -> bytes:
    """Base cells in their colours on the ground of the city, with the borders of a level."""
    with database.reading(ctx.db) as connection:
        parts = levels.of_level(ctx, connection, city, level)
        seen = territory.scope(ctx, parts.place)
    base = parts.place.base.cells
    shown = np.ones(base.size, np.bool_) if seen is None else seen
    table = np.repeat(picture.rgb([_GROUND]), base.size, axis=0)
    at = cells.positions(base, ids)
    if at.size:
        table[at[at >= 0]] = picture.rgb(colours)[at >= 0]
    return picture.png(picture.draw(base[shown], table[shown], groups=parts.of[shown], width_px=width_px))

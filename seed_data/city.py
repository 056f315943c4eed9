"""The demonstration city in one value: every subject built in order from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from seed_data import (
    buildings,
    cameras,
    country,
    grids,
    incidents,
    places,
    plane,
    regions,
    roads,
    staff,
    streets,
    terrain,
    villages,
)


@dataclass(frozen=True)
class City:
    """What the files are written from; geometry on the plane, metres."""

    ground: terrain.Terrain
    layouts: list[streets.Layout]
    ways: roads.Roads
    built: buildings.Buildings
    areas: regions.Regions
    owner: NDArray[np.int64]
    sights: places.Places
    events: incidents.Incidents
    watch: pd.DataFrame
    drawn: grids.Grids
    crew: pd.DataFrame
    halls: pd.DataFrame
    missing: dict[str, list[str]]


def build(seed: int) -> City:
    """The whole city."""
    ground = terrain.make(plane.stream(seed, 1))
    layouts = [streets.core(plane.stream(seed, 2), ground), *streets.seats(plane.stream(seed, 3), ground)]
    without = shapely.unary_union([layout.outline.buffer(60) for layout in layouts])
    net = country.lattice(plane.stream(seed, 4), ground, without=without)
    homes = villages.place(plane.stream(seed, 5), net, ground, layouts)
    ways = roads.build(plane.stream(seed, 6), ground, net, layouts, homes)
    plan = buildings.uses(plane.stream(seed, 7), layouts[0])
    built = buildings.build(plane.stream(seed, 8), ground, net, layouts, homes, ways, plan)
    areas = regions.make(plane.stream(seed, 9), ground, net, layouts, homes, built)
    sights = places.make(plane.stream(seed, 10), net, layouts, homes, ways, plan, areas)
    owner = regions.owners(areas, buildings.centres(built))
    load = np.bincount(owner, weights=built.households, minlength=len(areas.code))
    drawn = grids.make(plane.stream(seed, 11), ground, layouts[0], areas, load)
    events = incidents.make(plane.stream(seed, 12), ground, layouts, ways, plan, built, sights, areas)
    watch = cameras.make(plane.stream(seed, 13), net, layouts, homes, ways, plan, sights, areas)
    crew = staff.workers(plane.stream(seed, 14), areas, built, owner, drawn.rows)
    halls, missing = staff.centres(plane.stream(seed, 15), areas, sights)
    return City(ground, layouts, ways, built, areas, owner, sights, events, watch, drawn, crew, halls, missing)

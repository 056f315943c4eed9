"""Key places: schools, hospitals, markets, stations, government, parks, malls, village offices. Points on the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from seed_data import buildings, country, names, regions, roads, streets, villages
from seed_data.plane import Array


@dataclass(frozen=True)
class Places:
    """Aligned columns; ``points`` has shape (n, 2)."""

    name: list[str]
    kind: list[str]
    points: Array


def make(
    rng: np.random.Generator, net: country.Lattice, layouts: list[streets.Layout], homes: villages.Villages,
    ways: roads.Roads, plan: buildings.Uses, areas: regions.Regions,
) -> Places:
    """Every key place, the core first."""
    rows: list[tuple[str, str, float, float]] = []
    for i, block in enumerate(layouts[0].blocks):
        if plan.use[i] in buildings.PUBLIC:
            spot = shapely.point_on_surface(block)
            title = names.CITY + plan.name[i] if plan.use[i] == "hospital" else plan.name[i]
            rows.append((title, plan.use[i], spot.x, spot.y))
    rail = ways.rail.interpolate(ways.rail.project(shapely.Point(1200, 2400)))
    rows.append((f"{names.CITY[:2]}火车站", "station", rail.x, rail.y - 45))
    for layout in layouts[1:]:
        short = layout.name.rstrip("镇乡")
        spots = [shapely.point_on_surface(b) for b in sorted(layout.blocks, key=lambda b: -b.area)]
        titles = [(f"{layout.name}人民政府", "government"), (f"{short}中心学校", "school"),
                  (f"{short}中心卫生院", "hospital"), (f"{short}农贸市场", "market"), (f"{short}汽车站", "station")]
        for (title, kind), spot in zip(titles, spots):
            rows.append((title, kind, spot.x, spot.y))
    for k in range(villages.FRINGE + villages.RURAL):
        x, y = net.points[homes.seeds[k]] + rng.uniform(18, 40, 2)
        rows.append((f"{areas.name[k]}村民委员会", "government", x, y))
        if k % 3 == 0:
            x, y = net.points[homes.seeds[k]] + rng.uniform(-130, -70, 2)
            rows.append((f"{areas.name[k].rstrip('村')}小学", "school", x, y))
    return Places([r[0] for r in rows], [r[1] for r in rows], np.array([r[2:] for r in rows], float))


def of_kind(found: Places, *kinds: str) -> Array:
    """The points of the places of these kinds."""
    return found.points[[k in kinds for k in found.kind]]

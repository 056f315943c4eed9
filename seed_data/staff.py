"""Grid workers and governance centres: posts and places, display names only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from seed_data import buildings, names, places, regions

_SKILLS = ("矛盾调解", "消防安全", "城市管理", "环境保护", "应急救援", "民生服务", "防汛抗旱", "政策宣传")
WITHOUT_TOWN = 8
"""The town (index) that has no centre: its communities answer to the county directly, so that tier is skipped."""
WITHOUT_COMMUNITIES = 5


def workers(
    rng: np.random.Generator, areas: regions.Regions, built: buildings.Buildings, owner: np.ndarray, grids: pd.DataFrame
) -> pd.DataFrame:
    """A few fewer workers than grids, each with a base point at a house of the community: id … capacity, x, y."""
    count = len(grids) - 9
    homes = buildings.centres(built)
    called = names.people(rng, count)
    community = [areas.code.index(c) for c in grids["community"]]
    keep = np.sort(rng.choice(len(grids), count, replace=False))
    rows = []
    for i, g in enumerate(keep):
        mine = np.flatnonzero(owner == community[g])
        house = homes[int(rng.choice(mine))]
        full = bool(areas.urban[community[g]]) and rng.random() < 0.85 or rng.random() < 0.45
        skills = rng.choice(_SKILLS, int(rng.integers(1, 4)), replace=False)
        rows.append({"id": f"W{i + 1:04d}", "name": called[i], "post": "专职网格员" if full else "兼职网格员",
                     "skills": "、".join(skills), "capacity": 2 if full and rng.random() < 0.12 else 1,
                     "x": house[0], "y": house[1]})
    return pd.DataFrame(rows)


def centres(
    rng: np.random.Generator, areas: regions.Regions, sights: places.Places
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Centres of four tiers with what is missing: id, name, tier, x, y, region."""
    hall = sights.points[sights.name.index("市城市运行中心")]
    rows = [("city", f"{names.PREFECTURE}综治中心格安分中心", names.CITY_CODE, *(hall + [70.0, 40.0])),
            ("county", f"{names.CITY}综治中心", names.CITY_CODE, *hall)]
    for t, title in enumerate(areas.town_name):
        if t == WITHOUT_TOWN:
            continue
        office = f"{title}人民政府"
        spot = sights.points[sights.name.index(office)] if office in sights.name else \
            shapely.get_coordinates(areas.town_shapes[t].representative_point())[0]
        rows.append(("town", f"{title}综治中心", areas.town_code[t], *(spot + [18.0, -12.0])))
    whole = [k for k in range(len(areas.code)) if areas.town[k] != WITHOUT_TOWN]
    without = sorted(int(k) for k in rng.choice(whole, WITHOUT_COMMUNITIES, replace=False))
    for k, title in sorted(enumerate(areas.name), key=lambda item: areas.code[item[0]]):
        if k in without:
            continue
        office = f"{title}民委员会"
        spot = sights.points[sights.name.index(office)] if office in sights.name else \
            shapely.get_coordinates(areas.shapes[k].representative_point())[0]
        rows.append(("community", f"{title}综治中心", areas.code[k], *(spot + rng.uniform(-15, 15, 2))))
    frame = pd.DataFrame(rows, columns=["tier", "name", "region", "x", "y"])
    frame.insert(0, "id", [f"Z{i:04d}" for i in range(1, len(frame) + 1)])
    return frame, {"town": [areas.town_code[WITHOUT_TOWN]], "community": [areas.code[k] for k in without]}

"""The city's files: which subject goes into which format, datum and encoding, and the manifest that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from seed_data import categories, city, files, incidents, names, plane, regions, terrain

CAMERA_COLUMNS = {
    "id": "编号", "code": "国标编码", "name": "点位名称", "lat": "纬度", "lng": "经度", "kind": "类型",
    "heading": "方位角", "angle": "视场角", "range": "可视距离", "height": "安装高度", "status": "状态",
    "owner": "点位类别"}
CAMERA_WORDS = {"kind": {"fixed": "枪机", "dome": "半球", "panning": "球机"},
                "status": {"online": "在线", "offline": "离线", "unknown": "未知"},
                "owner": {1: "一类", 2: "二类", 3: "三类"}}
WORKER_COLUMNS = {
    "id": "工号", "name": "网格员", "post": "岗位", "skills": "技能", "capacity": "可承担网格数",
    "lat": "纬度", "lng": "经度"}


def everything(made: city.City, out: Path) -> None:
    """Write all files of the city into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    _regions(made, out)
    _ground(made, out)
    _tables(made, out)
    _truth(made, out)
    files.write_json(out / "manifest.json", manifest())


def manifest() -> dict[str, Any]:
    """What to load, in order, and how to read it."""

    def item(kind: str, file: str, datum: str, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "file": file, "datum": datum, "fields": more.pop("fields", {}), **more}

    return {
        "code": names.CITY_CODE, "name": names.CITY, "name_en": names.CITY_EN, "resolution": 10, "tz": "Asia/Shanghai",
        "boundary": {"file": "boundary.geojson", "datum": "wgs84"},
        "regions": [
            {"level": "town", "file": "towns.zip", "code": "code", "name": "name", "datum": "cgcs2000"},
            {"level": "community", "file": "communities.geojson", "code": "code", "name": "name", "datum": "cgcs2000"}],
        "imports": [
            item("barriers", "barriers.geojson", "gcj02"),
            item("roads", "roads.zip", "gcj02"),
            item("buildings", "buildings.parquet", "wgs84"),
            item("households", "households.geojson", "cgcs2000"),
            item("places", "places.kml", "gcj02"),
            item("centres", "centres.csv", "wgs84"),
            item("workers", "workers.xlsx", "wgs84", fields=WORKER_COLUMNS),
            item("cameras", "cameras.csv", "gcj02",
                 fields={ours: theirs for ours, theirs in CAMERA_COLUMNS.items() if ours != "owner"}),
            item("grids", "grids.geojson", "cgcs2000"),
            item("incidents", "incidents.parquet", "wgs84", tz="Asia/Shanghai", time_format="%Y-%m-%d %H:%M:%S")],
        "categories": "categories.json", "truth": "truth.json",
    }


def _frame(shapes: Any, datum: str, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({**columns, "geometry": list(files.degrees(shapes, datum=datum))})


def _regions(made: city.City, out: Path) -> None:
    areas = made.areas
    files.geojson(out / "boundary.geojson", _frame([made.ground.boundary], "wgs84", code=[names.CITY_CODE],
                                                   name=[names.CITY], name_en=[names.CITY_EN]))
    towns = gpd.GeoDataFrame(
        {"code": areas.town_code, "name": areas.town_name, "name_en": [names.town_en(n) for n in areas.town_name]},
        geometry=files.degrees(areas.town_shapes, datum="cgcs2000"), crs="EPSG:4490")
    files.shapefile(out / "towns.zip", towns, encoding="GBK")
    order = sorted(range(len(areas.code)), key=lambda k: areas.code[k])
    load = np.bincount(made.owner, weights=made.built.households, minlength=len(order)).astype(int)
    shapes = _frame(areas.shapes[order], "cgcs2000", code=[areas.code[k] for k in order],
                    name=[areas.name[k] for k in order], parent=[areas.town_code[areas.town[k]] for k in order],
                    kind=["社区" if areas.urban[k] else "村" for k in order])
    files.geojson(out / "communities.geojson", shapes)
    homes = shapes[["code", "name"]].rename(columns={"code": "id"}).assign(households=load[order])
    files.geojson(out / "households.geojson", homes.assign(geometry=shapes["geometry"]))


def _ground(made: city.City, out: Path) -> None:
    ways, ground = made.ways, made.ground
    rows: list[tuple[str, str, float, shapely.Geometry]] = [
        ("river", terrain.RIVER_NAME, np.nan, ground.river), ("river", terrain.RIVER_NAME, 0.0, ground.river_area)]
    rows += [("river", name, 2.0, line) for name, line in ground.streams.items()]
    for title in sorted({n for n, k in zip(ways.names, ways.kinds) if k == "trunk"}):
        whole = shapely.line_merge(shapely.multilinestrings([x for x, n in zip(ways.lines, ways.names) if n == title]))
        rows.append(("road", title, 4.0, shapely.simplify(whole, 1.0)))
    rows.append(("rail", "岭格铁路", 8.0, ways.rail))
    rows += [("bridge", title, 0.0, line) for title, line in ways.bridges]
    files.geojson(out / "barriers.geojson", _frame(
        [r[3] for r in rows], "gcj02", kind=[r[0] for r in rows], name=[r[1] for r in rows], cost=[r[2] for r in rows]))
    roads = gpd.GeoDataFrame(
        {"id": [f"R{i:05d}" for i in range(1, len(ways.lines) + 1)], "class": ways.kinds, "name": ways.names,
         "oneway": np.zeros(len(ways.lines), np.int32)},
        geometry=files.degrees(shapely.simplify(ways.lines, 1.0), datum="gcj02"), crs=None)
    files.shapefile(out / "roads.zip", roads, encoding="UTF-8")
    built = made.built
    frame = gpd.GeoDataFrame(
        {"id": [f"B{i:05d}" for i in range(1, len(built.shapes) + 1)], "floors": built.floors.astype(np.int16),
         "height_m": np.round(built.floors * 3.0 + 0.9, 1), "households": built.households.astype(np.int16),
         "use": built.use, "compound": [c or None for c in built.compound]},
        geometry=files.degrees(built.shapes, datum="wgs84"), crs="EPSG:4326")
    files.geoparquet(out / "buildings.parquet", frame)


def _tables(made: city.City, out: Path) -> None:
    sights = pd.DataFrame({"id": [f"P{i:04d}" for i in range(1, len(made.sights.name) + 1)], "name": made.sights.name,
                           "kind": made.sights.kind, "x": made.sights.points[:, 0], "y": made.sights.points[:, 1]})
    files.kml(out / "places.kml", files.points(sights, datum="gcj02"), title=f"{names.CITY}重点场所")
    halls = files.points(made.halls, datum="wgs84")[["id", "name", "tier", "lat", "lng", "region"]]
    files.csv(out / "centres.csv", halls, encoding="utf-8-sig")
    crew = files.points(made.crew, datum="wgs84")
    files.xlsx(out / "workers.xlsx", crew[list(WORKER_COLUMNS)].rename(columns=WORKER_COLUMNS), sheet="网格员")
    watch = files.points(made.watch, datum="gcj02")
    for column, words in CAMERA_WORDS.items():
        watch[column] = watch[column].map(words)
    for column in ("heading", "angle", "range"):
        watch[column] = watch[column].astype("Int64")
    files.csv(out / "cameras.csv", watch[list(CAMERA_COLUMNS)].rename(columns=CAMERA_COLUMNS), encoding="gb18030")
    drawn = made.drawn.rows
    files.geojson(out / "grids.geojson", _frame(
        drawn["geometry"], "cgcs2000", **{name: drawn[name] for name in ("code", "name", "community", "kind")}))
    events = files.points(made.events.rows, datum="wgs84", digits=5)
    files.parquet(out / "incidents.parquet", events[["id", "time", "category", "lat", "lng", "status"]])
    files.csv(out / "disputes.csv", made.events.disputes, encoding="utf-8")
    files.write_json(out / "categories.json", {
        "groups": [{"code": code, "zh": zh, "en": en} for code, (zh, en) in categories.GROUPS.items()],
        "categories": [{"code": c.code, "zh": c.zh, "en": c.en, "group": c.code[:3]} for c in categories.ALL]})


def _truth(made: city.City, out: Path) -> None:
    """What was planted, for tests: never read by the product."""
    spots = []
    for s in made.events.spots:
        lat, lng = plane.to_wgs84(np.array([s.x]), np.array([s.y]))
        months = [month.strftime("%Y-%m") for month in pd.date_range(incidents.START, periods=12, freq="MS")]
        spots.append({"id": s.id, "name": s.name, "lat": round(float(lat[0]), 6), "lng": round(float(lng[0]), 6),
                      "radius_m": s.radius_m, "category": s.category, "expected": s.expected, "note": s.note,
                      "planted": dict(zip(months, s.monthly))})
    areas = made.areas
    wet = regions.owners(areas, np.array(made.ground.river.coords))
    files.write_json(out / "truth.json", {
        "hot_spots": spots, "incidents": made.events.dirt,
        "grids": {"count": len(made.drawn.rows), **made.drawn.faults},
        "centres": {"missing": made.missing, "count": made.halls["tier"].value_counts().sort_index().to_dict()},
        "counts": {"towns": len(areas.town_code), "communities": len(areas.code),
                   "households": int(made.built.households.sum()), "buildings": len(made.built.shapes),
                   "roads": len(made.ways.lines), "places": len(made.sights.name),
                   "workers": len(made.crew), "cameras": len(made.watch), "bridges": len(made.ways.bridges)},
        "riverside_communities": sorted({areas.code[k] for k in wet})})

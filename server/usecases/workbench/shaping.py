"""What a change of a draft does to the shapes and figures of its grids: pieces, crossings, parts, before and after."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, drawing, geodesy, stop, walking
from geo.partition import Partition
from geo.problem import Problem
from server.store import imported
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.incidents import counting
from server.usecases.planning import nearby
from server.usecases.workbench.desk import Desk

SHOWN_CELLS = 200
MOST_PARTS = 50
SPLIT_S = 4.0
Ints = NDArray[np.int32]


def refuse_crossing(draft: Desk, labels: Ints, target: int, added: NDArray[np.int64]) -> None:
    """Raise Conflict where ``target`` would lie in two communities, or be joined only across a hard barrier."""
    problem = draft.ground.problem
    mine = nearby.having(labels, [target])
    if np.unique(problem.region[mine]).size > 1:
        raise errors.Conflict("border", "A grid lies in one community; these cells belong to another.")
    part = nearby.parts_of(problem, mine)
    old = np.isin(mine, added, invert=True)
    whole = np.unique(part[old]) if old.any() else part[:1]
    strange = mine[np.isin(part, whole, invert=True)]
    if strange.size and nearby.barred(problem, strange, np.setdiff1d(mine, strange)):
        raise errors.Conflict(
            "barrier", "There is a barrier without a bridge between these cells and the grid.",
            detail=cells.to_hex(problem.cells[strange[:SHOWN_CELLS]]),
        )


def refuse_apart(draft: Desk, labels: Ints, target: int) -> None:
    """Raise Conflict where a merged grid would lie in parts."""
    problem = draft.ground.problem
    mine = np.flatnonzero(labels == target)
    part = nearby.parts_of(problem, mine)
    if part.max(initial=0) > 0:
        lesser = mine[part != np.bincount(part).argmax()]
        barred = nearby.barred(problem, lesser, np.setdiff1d(mine, lesser))
        raise errors.Conflict(
            "barrier" if barred else "apart",
            "There is a barrier without a bridge between these grids." if barred else "These grids do not touch.",
        )


def split(
    draft: Desk, label: int, *, parts: int, line: tuple[tuple[float, float], ...]
) -> list[NDArray[np.int64]]:
    """Positions of the parts of a grid, the one with most households first: even parts, or the two sides of a line
    of (lat, lng) points."""
    mine = np.flatnonzero(draft.labels == label)
    number = _sides(draft, mine, line) if line else _even(draft, mine, parts)
    pieces = [mine[number == part] for part in np.unique(number)]
    if len(pieces) < 2:
        raise errors.Conflict("not_split", "This does not divide the grid; draw the line across it.")
    weight = draft.ground.problem.households
    return sorted(pieces, key=lambda piece: (-float(weight[piece].sum()), int(piece[0])))


def _sides(draft: Desk, mine: NDArray[np.int64], line: tuple[tuple[float, float], ...]) -> Ints:
    if len(line) < 2:
        raise errors.Invalid("line", "A line has two points or more.")
    lats, lngs = cells.centres(draft.place.base.cells[mine])
    scale = np.cos(np.radians(lats.mean()))
    points = np.array(line, dtype=np.float64)
    if not np.isfinite(points).all():
        raise errors.Invalid("line", "The points of a line are latitudes and longitudes.")
    path = shapely.LineString(np.column_stack([points[:, 1] * scale, points[:, 0]]))
    at = shapely.points(lngs * scale, lats)
    along = np.clip(shapely.line_locate_point(path, at), 0, path.length * (1 - 1e-9))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, along + path.length * 1e-6))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(path, along))
    way, off = ahead - foot, np.column_stack([lngs * scale, lats]) - foot
    return np.asarray(way[:, 0] * off[:, 1] - way[:, 1] * off[:, 0] > 0, dtype=np.int32)


def _even(draft: Desk, mine: NDArray[np.int64], parts: int) -> Ints:
    if not 2 <= parts <= min(MOST_PARTS, len(mine)):
        raise errors.Invalid("parts", f"This grid can be split into 2 to {min(MOST_PARTS, len(mine))} parts.")
    part = nearby.subset(draft.ground.problem, mine)
    even = max(float(part.households.sum()) / parts, 1e-6)
    part = dataclasses.replace(
        part, region=np.zeros(len(mine), np.int32), band=(0.95 * even, 1.05 * even), locked=None,
        counts=np.array([parts], dtype=np.int32), closed=None,
    )  # fmt: skip
    made = drawing.draw(part, rng=np.random.default_rng(0), stop=stop.Deadline(SPLIT_S))
    return made.partition.labels


def repaired(draft: Desk, grids: list[int]) -> Ints:
    """Labels with the lesser parts of ``grids`` given to the unlocked grid of their community that they touch most."""
    problem, labels = draft.ground.problem, draft.labels.copy()
    locked = [label for label, row in draft.grids.items() if row["locked"]]
    for label in grids:
        mine = np.flatnonzero(labels == label)
        part = nearby.parts_of(problem, mine)
        weight = np.bincount(part, weights=problem.households[mine] + 1e-6)
        for number in np.flatnonzero(np.arange(len(weight)) != weight.argmax()).tolist():
            piece = mine[part == number]
            _, near, barrier = nearby.edges(problem, piece)
            near = near[np.isfinite(barrier)]
            near = near[(labels[near] != label) & (labels[near] >= 0)]
            near = near[problem.region[near] == problem.region[piece[0]]]
            near = near[~np.isin(labels[near], locked)]
            if near.size:
                labels[piece] = np.bincount(labels[near]).argmax()
    if np.array_equal(labels, draft.labels):
        raise errors.Conflict("nothing_to_repair", "Nothing is to be mended here, or no unlocked neighbour takes it.")
    return labels


def pieces(draft: Desk, labels: list[int]) -> list[dict[str, Any]]:
    """The parts of those grids that lie in several: ``{label, pieces: [{n, households, cells}]}``, heaviest first."""
    found = []
    for label in labels:
        mine = np.flatnonzero(draft.labels == label)
        part = nearby.parts_of(draft.ground.problem, mine)
        if part.max(initial=0) > 0:
            each = [mine[part == number] for number in range(int(part.max()) + 1)]
            weight = [float(draft.ground.homes[piece].sum()) for piece in each]
            order = sorted(range(len(each)), key=lambda i: (-weight[i], -len(each[i])))
            found.append({
                "label": label,
                "pieces": [
                    {"n": len(each[i]), "households": round(weight[i], 1),
                     "cells": cells.to_hex(draft.place.base.cells[each[i][:SHOWN_CELLS]])}
                    for i in order
                ],
            })  # fmt: skip
    return found


def told(ctx: Context, connection: Connection, draft: Desk, labels: list[int]) -> list[dict[str, Any]]:
    """The figures of grids that a planner weighs: households, load (what the band counts), workload, deviation, parts,
    barriers crossed, reports, cameras, walking, travel.

    ``workload``: 1 is the mean grid of the plan; half of it are the households, half the reports (all households where
    there are none).
    """
    mine = nearby.having(draft.labels, labels)
    if not mine.size:
        return []
    partition = Partition(draft.place.base.cells[mine], draft.labels[mine])
    present, at = np.unique(partition.labels, return_inverse=True)
    reports, cameras = _loads(ctx, connection, draft)
    rounds = walking.rounds_m(partition, draft.ground.homes[mine])
    n_reports = np.bincount(at, weights=reports[mine])
    n_cameras = np.bincount(at, weights=cameras[mine])
    centres = _centres(ctx, connection, draft)
    work = _workload(draft, draft.ground.homes, reports)
    found = []
    for index, label in enumerate(present.tolist()):
        row = draft.grids[label]
        centre = centres.get(row["centre_id"])
        away = geodesy.distance_m(row["lat"], row["lng"], centre["lat"], centre["lng"]) if centre else None
        found.append({
            "label": label, "code": row["code"], "name": row["name"], "kind": row["kind"],
            "locked": bool(row["locked"]),
            "households": round(row["households"], 1), "load": round(row["load"], 1), "cells": row["cells"],
            "area_km2": round(row["area_km2"], 4),
            "deviation": round(row["deviation"], 4), "pieces": row["pieces"], "faults": row["faults"],
            "workload": round(float(work[mine][at == index].sum()), 3),
            "crossings": nearby.crossings(draft.ground.problem, mine[at == index]),
            "reports": round(float(n_reports[index])), "cameras": int(n_cameras[index]),
            "round_m": round(float(rounds[index])), "centre_m": round(float(away)) if away is not None else None,
            "lat": row["lat"], "lng": row["lng"], "bbox": [row["west"], row["south"], row["east"], row["north"]],
        })  # fmt: skip
    return found


def summed(
    row: dict[str, Any], problem: Problem, before: Ints, after: Ints, grids: list[dict[str, Any]]
) -> dict[str, Any]:
    """The plan's measures after a change: shares from the grids' rows, borders and crossings by what changed."""
    low, high = row["band_low"], row["band_high"]
    ordinary = [grid for grid in grids if grid["kind"] != "dedicated"]
    homes = np.array([grid["load"] for grid in ordinary])
    off = np.abs(homes - (low + high) / 2) / ((low + high) / 2)
    cut, crossed = _borders(problem, before, after)
    measures = row["measures"]
    return {
        **measures, "grids": len(grids), "ordinary": len(ordinary), "dedicated": len(grids) - len(ordinary),
        "in_band": float(((homes >= low) & (homes <= high)).mean()) if ordinary else 1.0,
        "whole": float(np.mean([grid["pieces"] == 1 for grid in grids])) if grids else 1.0,
        "worst_deviation": float(off.max(initial=0.0)), "mean_deviation": float(off.mean()) if ordinary else 0.0,
        "outside": float(np.maximum(homes - high, 0).sum() + np.maximum(low - homes, 0).sum()),
        "cut_edges": int(measures.get("cut_edges", 0)) + cut[1] - cut[0],
        "crossings": float(measures.get("crossings", 0.0)) + crossed[1] - crossed[0],
    }


def _borders(problem: Problem, before: Ints, after: Ints) -> tuple[list[int], list[float]]:
    """Around the cells that change: pairs of one community that a border parts, and the cost of barriers crossed inside
    grids; each before and after."""
    changed = before != after
    at = np.flatnonzero(changed)
    tails, heads, barrier = nearby.edges(problem, at)
    once = np.where(changed[heads], 0.5, 1.0)  # a pair of which both ends change is met twice
    cost = np.where(np.isfinite(barrier), barrier, 0.0) * once
    same_region = problem.region[at[tails]] == problem.region[heads]
    inside = [labels[at[tails]] == labels[heads] for labels in (before, after)]
    return (
        [round(float(once[~joined & same_region].sum())) for joined in inside],
        [float(cost[joined].sum()) for joined in inside],
    )


def _loads(ctx: Context, connection: Connection, draft: Desk) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Reports and cameras per base cell, kept by data version."""
    place = draft.place
    key = ("loads", place.base.id, place.city.data_version)

    def make() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = counting.counts(
            ctx, connection, place, start=None, end=None, category=None, res=place.base.resolution
        )
        reports, cameras = np.zeros(len(place.base.cells)), np.zeros(len(place.base.cells))
        at = cells.positions(place.base.cells, found.cells)
        reports[at[at >= 0]] = found.columns["n"][at >= 0]
        rows = imported.rows(connection, "cameras", place.city.code, names=("cell",))
        at = cells.positions(place.base.cells, np.array([one["cell"] for one in rows], dtype=np.uint64))
        np.add.at(cameras, at[at >= 0], 1.0)
        return reports, cameras

    return ctx.cache.get(key, make)  # type: ignore[no-any-return]


def _workload(draft: Desk, households: NDArray[np.float64], reports: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of every cell in the workload, in mean grids of the plan."""
    known = [values / values.sum() for values in (households, reports) if values.sum() > 0]
    return np.asarray(len(draft.grids) * sum(known) / max(len(known), 1) + np.zeros(len(households)))


def _centres(ctx: Context, connection: Connection, draft: Desk) -> dict[int, dict[str, Any]]:
    key = ("centre places", draft.place.city.code, draft.place.city.data_version)
    rows: dict[int, dict[str, Any]] = ctx.cache.get(key, lambda: {
        row["id"]: row
        for row in imported.rows(connection, "centres", draft.place.city.code, names=("id", "lat", "lng"))
    })  # fmt: skip
    return rows

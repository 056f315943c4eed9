"""Adjusting a plan: households moved beside the least flow between grids that could have done it.

*changed*: the synthetic cities of ``drawing_cities``, drawn evenly, then each grid's households changed by up to ±10 %
at random and the plan rebalanced into ±6 %, for several seeds of the change; the same with the demonstration city and,
with ``--city=HOME:CODE``, one of a data directory, in their own band and communities. *demonstration*: the city of
``seed_data`` with its plan in force, drawn by hand and badly; there the number of grids changes, so the flow is no
bound and the proved least is shown beside it.

Asked for is at most 1.5 times the least. The flow knows whole cells only roughly; where a community of at most 40 cells
moves more, an integer programme says what the fewest are (``exact``), and the ratio is to both together. The peer is
drawing anew and keeping what happens to stay: the households that change their grid when every new grid takes the label
of the old one it overlaps most. ``--seeds=N`` changes, ``--sizes=N,N`` of the synthetic cities.
"""

from __future__ import annotations

import dataclasses
import json as jsonlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from geo import adjacency, codes, drawing
from geo.drawing import complete, least_move, seeding, task
from geo.partition import Partition
from geo.problem import Problem
from tests.bench import demo_city, drawing_cities, stored_city
from tests.geo import exact_moves

PEERS: list[str] = []
OPTIONS = {"city": "", "seeds": "4", "sizes": "5000,50000"}
TARGET = 1.5
SMALL = 40
"""Communities of so many cells at most are asked for the fewest by the integer programme."""
SLICES = 12_000
"""So much of a complete search is waited for: some minutes."""


def main(*, json: bool, options: dict[str, str]) -> None:
    """Run all cases; a table, or one JSON line per row."""
    seeds = range(2, 2 + int(options["seeds"]))
    for size in (int(part) for part in options["sizes"].split(",") if part):
        for shape in ("smooth", "lumpy"):
            _change(f"{size:,} {shape}", _synthetic(size, shape), seeds, json)
    city = demo_city.problem()
    _change("demonstration city", city, seeds, json)
    if options["city"]:
        home, code = options["city"].rsplit(":", 1)
        _change(code, stored_city.problem(Path(home), code), seeds, json)
    _show(_row("demonstration city, its bad plan", city, demo_city.plan(city), bounded=False), json)


def _synthetic(size: int, shape: str) -> Problem:
    city = drawing_cities.make(size, shape)
    mean = city.weight.sum() / city.grids
    table = adjacency.Adjacency(city.indptr, city.indices, np.zeros(len(city.indices), dtype=np.float32))
    return Problem(
        city.ids, table, region=np.zeros(len(city.ids), dtype=np.int32), households=city.weight,
        band=(0.94 * mean, 1.06 * mean),
    )  # fmt: skip


def _change(name: str, problem: Problem, seeds: range, json: bool) -> None:
    plan = drawing.draw(problem, rng=np.random.default_rng(1)).partition
    for seed in seeds:
        factor = np.random.default_rng(seed).uniform(0.9, 1.1, int(plan.labels.max()) + 1)
        weight = problem.households * factor[plan.labels]
        changed = dataclasses.replace(problem, households=weight * (problem.households.sum() / weight.sum()))
        _show(_row(f"{name}, change {seed}", changed, plan, bounded=True), json)


def _row(name: str, problem: Problem, plan: Partition, *, bounded: bool) -> dict[str, Any]:
    began = time.process_time()
    done = drawing.rebalance(problem, plan, rng=np.random.default_rng(1))
    seconds = time.process_time() - began
    anew = drawing.draw(problem, rng=np.random.default_rng(1)).partition
    total = float(problem.households.sum())
    exact = _exact(problem, plan, done) if bounded else done.least_households
    return {
        "case": name, "cells": len(problem.cells), "grids": done.measures.grids, "in_band": done.measures.in_band,
        "unproved": sum(not found.proved for found in done.violations), "moved": done.moved_households,
        "share": done.moved_households / total, "flow": done.flow_households, "least": done.least_households,
        "exact": exact, "ratio": done.moved_households / exact if exact else 1.0,
        "target": TARGET if bounded else None, "met": done.moved_households <= TARGET * exact if bounded else None,
        "anew": _kept_apart(plan, anew, problem.households), "cut": done.measures.cut_edges, "seconds": seconds,
    }


def _exact(problem: Problem, before: Partition, done: drawing.Rebalancing) -> float:
    """The least flow, with the fewest by the integer programme where a small community moved more than the flow."""
    made = task.prepare(problem, drawing.Goals())
    plan, parts = least_move.plan_of(made, before), made.parts
    after = done.partition.labels[made.atoms.first]
    inside = parts.of_atom >= 0
    away = inside & (before.labels[made.atoms.first] != after)
    moved = np.bincount(parts.of_atom[away], weights=made.atoms.weight[away], minlength=len(parts.weight))
    outside = {found.label for found in done.violations}
    mended = np.ones(len(moved), dtype=np.bool_)
    mended[parts.of_atom[inside & np.isin(after, [one for one in outside if one is not None])]] = False
    least = least_move.by_part(made, plan, mended)
    for part in np.flatnonzero(mended & (moved > least * 1.001)).tolist():
        members = made.order[made.ends[part] : made.ends[part + 1]]
        if len(members) <= SMALL:
            least[part] = max(least[part], _fewest(made, plan, part, members, len(np.unique(after[members]))))
    return float(least[mended].sum())


def _fewest(made: task.Task, plan: least_move.Plan, part: int, members: np.ndarray, after: int) -> float:
    """The fewest that move in a small part, 0 where that is not found. Where there are more grids now and a complete
    search shows that as many as before cannot be in band: what a grid more holds at the least."""
    low, high = float(made.parts.low[part]), float(made.parts.high[part])
    near, weight = seeding.subgraph(made.atoms, members), made.atoms.weight[members]
    home = np.unique(plan.grid[members], return_inverse=True)[1]
    before = int(home.max()) + 1
    if after == before:
        return exact_moves.fewest(near[0], near[1], weight, home, low, high) or 0.0
    middle = (low + high) / 2
    search = complete.make(near[0], near[1], weight, made.lock[members], middle=middle, fixed=before)
    half = (high - low) / (high + low) * (1 + 1e-9)
    found = complete.search(search, below=half, halted=lambda slices: slices >= SLICES)
    return max(0, after - before) * low if found.label is None and found.over else 0.0


def _kept_apart(before: Partition, after: Partition, households: np.ndarray) -> float:
    """Households outside the largest overlap of each new grid with an old one that no other new grid has taken."""
    old, new, _, weight = codes.overlaps(before, after, households)
    taken_old, taken_new, kept = set(), set(), 0.0
    for at in np.argsort(-weight, kind="stable").tolist():
        if old[at] not in taken_old and new[at] not in taken_new:
            taken_old.add(old[at])
            taken_new.add(new[at])
            kept += float(weight[at])
    return float(households.sum()) - kept


def _show(row: dict[str, Any], json: bool) -> None:
    if json:
        print(jsonlib.dumps(row), flush=True)
        return
    anew = row["anew"] / row["moved"] if row["moved"] else 1.0
    judged = "" if row["met"] is None else f" ({'met' if row['met'] else 'MISSED'}: {TARGET})"
    print(
        f"{row['case']:<32} {row['cells']:>8,} cells {row['grids']:>5} grids  in band {row['in_band']:7.2%}"
        f"  unproved {row['unproved']:>2}  moved {row['moved']:>9,.0f} ({row['share']:.1%})"
        f"  flow {row['flow']:>7,.0f}  proved {row['least']:>7,.0f}  least known {row['exact']:>7,.0f}"
        f"  {row['ratio']:4.2f}x{judged}  drawn anew {anew:5.1f}x  cut {row['cut']:>6,}  {row['seconds']:6.2f} s",
        flush=True,
    )

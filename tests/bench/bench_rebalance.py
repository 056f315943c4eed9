"""Adjusting a plan: households moved beside the least flow between neighbours that could have done it.

*changed*: the synthetic cities of ``drawing_cities``, drawn evenly, then each grid's households changed by up to ±10 %
at random and the plan rebalanced into ±6 %. *demonstration*: the city of ``seed_data`` with its plan in force; there
the number of grids changes, so the flow is no bound and the proved least is shown beside it. The peer is drawing anew
and keeping what happens to stay: the households that change their grid when every new grid takes the label of the old
one it overlaps most.
"""

from __future__ import annotations

import dataclasses
import json as jsonlib
import time
from typing import Any

import numpy as np

from geo import adjacency, codes, drawing
from geo.partition import Partition
from geo.problem import Problem
from tests.bench import demo_city, drawing_cities

PEERS: list[str] = []
SIZES = (5_000, 50_000)


def main(*, json: bool, sizes: tuple[int, ...] = SIZES) -> None:
    """Run both cases; a table, or one JSON line per row."""
    for size in sizes:
        for shape in ("smooth", "lumpy"):
            _show(_row(f"changed {size:,} {shape}", *_changed(size, shape)), json)
    city = demo_city.problem()
    _show(_row("demonstration city", city, demo_city.plan(city)), json)


def _changed(size: int, shape: str) -> tuple[Problem, Partition]:
    city = drawing_cities.make(size, shape)
    mean = city.weight.sum() / city.grids
    table = adjacency.Adjacency(city.indptr, city.indices, np.zeros(len(city.indices), dtype=np.float32))
    problem = Problem(
        city.ids, table, region=np.zeros(len(city.ids), dtype=np.int32), households=city.weight,
        band=(0.94 * mean, 1.06 * mean),
    )  # fmt: skip
    plan = drawing.draw(problem, rng=np.random.default_rng(1)).partition
    factor = np.random.default_rng(2).uniform(0.9, 1.1, int(plan.labels.max()) + 1)
    weight = city.weight * factor[plan.labels]
    return dataclasses.replace(problem, households=weight * (city.weight.sum() / weight.sum())), plan


def _row(name: str, problem: Problem, plan: Partition) -> dict[str, Any]:
    began = time.process_time()
    done = drawing.rebalance(problem, plan, rng=np.random.default_rng(1))
    seconds = time.process_time() - began
    anew = drawing.draw(problem, rng=np.random.default_rng(1)).partition
    total = float(problem.households.sum())
    return {
        "case": name, "cells": len(problem.cells), "grids": done.measures.grids, "in_band": done.measures.in_band,
        "unproved": sum(not found.proved for found in done.violations), "moved": done.moved_households,
        "share": done.moved_households / total, "flow": done.flow_households, "least": done.least_households,
        "anew": _kept_apart(plan, anew, problem.households), "cut": done.measures.cut_edges, "seconds": seconds,
    }


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
    ratio, anew = row["moved"] / row["flow"], row["anew"] / row["moved"]
    print(
        f"{row['case']:<22} {row['cells']:>8,} cells {row['grids']:>5} grids  in band {row['in_band']:7.2%}"
        f"  unproved {row['unproved']:>2}  moved {row['moved']:>10,.0f} ({row['share']:.1%})  {ratio:4.2f}x flow"
        f"  least {row['least']:>9,.0f}  drawn anew {anew:5.1f}x  cut {row['cut']:>6,}"
        f"  {row['seconds']:6.2f} s", flush=True,
    )  # fmt: skip

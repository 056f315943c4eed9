"""Drawing: ours beside METIS (contiguous and not), KaHIP, GerryChain and spopt on the same cities (``drawing_cities``).

Every solver runs in a process of its own and reads the same graph; its seconds are processor seconds (all solvers use
one core). One that takes longer than its limit (``LIMITS_S``, ``--limit`` for the slow peers) is named with it and not
run on larger cities of the kind; one that aborts or fails is named with what it said. Options: ``--sizes=470,5000``,
``--shapes``, ``--water=dry,wet``, ``--solvers``, comma-separated; ``--city=HOME:CODE`` a city of a data directory of
Gezhi as well; ``--keep=FILE`` writes each row to a file as soon as
it is known and begins where an earlier run ended.

whole: share of grids that are one piece · in band: share of grids within ±10 %, those that hold a cell above the cap
left out · proved: of the others, grids out of band of which ours proved that no plan has them in band · cut:
touching pairs in different grids · round: perimeter of the roundest grid of that many cells over the
real one, mean · empty: grids asked for and not made (ours chooses the number itself). Of each peer: what share of its
time ours takes.
"""

from __future__ import annotations

import json as jsonlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.bench import apart, demo_city, drawing_cities, stored_city
from tests.bench.drawing_cities import City
from tests.bench.drawing_solvers import RUN

PEERS = ["kahip==3.25", "gerrychain==1.0.0", "spopt==0.7.0"]
SIZES = (470, 5_000, 50_000, 187_000, 1_300_000)
DEMONSTRATION = "demo"
LIMITS_S = {"ours": 600.0, "metis contiguous": 180.0, "metis": 180.0}
OPTIONS = {
    "sizes": ",".join([DEMONSTRATION, *map(str, SIZES)]), "shapes": ",".join(drawing_cities.SHAPES),
    "water": "dry,wet", "solvers": ",".join(RUN), "city": "", "limit": "60", "keep": "",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A city to be drawn; ``shape`` "demo" is the demonstration city, or the code of the city in the data directory
    ``home``."""

    size: int
    shape: str
    wet: bool
    home: str = ""

    def city(self) -> City:
        if self.home:
            return drawing_cities.of_problem(stored_city.problem(Path(self.home), self.shape))
        if self.shape == DEMONSTRATION:
            return drawing_cities.of_problem(demo_city.problem())
        return drawing_cities.make(self.size, self.shape, wet=self.wet)


@dataclass(frozen=True)
class Row:
    """One solver on one city; ``note`` says why there are no figures."""

    cells: int
    shape: str
    wet: bool
    solver: str
    grids: int = 0
    whole: float = 0.0
    in_band: float = 0.0
    worst: float = 0.0
    mean: float = 0.0
    cut: int = 0
    round: float = 0.0
    empty: int = 0
    proved: int = 0
    seconds: float = 0.0
    memory_mb: float = 0.0
    note: str = ""
    over_limit: bool = False


def main(*, json: bool, options: dict[str, str] = OPTIONS) -> None:
    """Run what ``options`` choose; a table, or one JSON line per row, then growth and what the targets ask."""
    chosen = {name: text.split(",") for name, text in options.items()}
    known = [Row(**row) for row in apart.kept(options["keep"])]
    rows: list[Row] = []
    own = [Case(0, code, True, home) for home, _, code in [options["city"].rpartition(":")] if home]
    for case in (*_cases(chosen["sizes"], chosen["shapes"], chosen["water"]), *own):
        for row in _case_rows(case, chosen["solvers"], float(options["limit"]), rows, known):
            rows.append(row)
            if row not in known:
                apart.keep(options["keep"], asdict(row))
            ours = next((own for own in rows if own.solver == "ours" and _same_city(own, row)), None)
            print(jsonlib.dumps(asdict(row)) if json else _line(row, ours), flush=True)
    for told in (*_growth(rows), *_targets(rows)):
        print(jsonlib.dumps(told) if json else "  ".join(f"{name} {value}" for name, value in told.items()))


def _cases(sizes: list[str], shapes: list[str], water: list[str]) -> Iterator[Case]:
    """The cities, small ones first: every shape without water, the lumpy ones with it; fewer of the largest size."""
    for size in SIZES:
        if size == 187_000 and DEMONSTRATION in sizes:
            yield Case(0, DEMONSTRATION, True)
        every = {"dry": drawing_cities.SHAPES, "wet": ("lumpy", "heavy")}
        for kind, some in ({"dry": ("smooth", "lumpy"), "wet": ("heavy",)} if size >= 1_000_000 else every).items():
            for shape in some:
                if str(size) in sizes and kind in water and shape in shapes:
                    yield Case(size, shape, kind == "wet")


def _case_rows(case: Case, solvers: list[str], limit_s: float, before: list[Row], known: list[Row]) -> Iterator[Row]:
    """A row for each solver, run or taken from those ``known`` from an earlier run."""
    city = case.city()
    with tempfile.TemporaryDirectory() as directory:
        given = Path(directory) / "city.npz"
        np.savez(given, **asdict(city))
        for solver in solvers:
            row = Row(case.size or len(city.ids), case.shape, case.wet, solver)
            done = next((old for old in known if _same_city(old, row) and old.solver == solver), None)
            slower = (old for old in before if (old.solver, old.wet) == (solver, row.wet) and old.cells <= row.cells)
            slow = next((old for old in slower if old.over_limit), None)
            if done:
                yield done
            elif slow:
                yield Row(**{**asdict(row), "note": f"not run: {slow.cells:,} cells are {slow.note}"})
            else:
                yield _run(city, row, given, LIMITS_S.get(solver, limit_s))


def _run(city: City, row: Row, given: Path, limit_s: float) -> Row:
    taken = given.with_suffix(".out.npz")
    taken.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.drawing_solvers", row.solver, str(given), str(taken)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = apart.run([*command, str(limit_s)], limit_s=limit_s, environment=environment)
    if ended.note or not taken.exists():
        return Row(**{**asdict(row), "note": ended.note or "no plan", "over_limit": ended.over_limit})
    with np.load(taken) as out:
        judged = drawing_cities.judge(city, out["label"], asked=row.solver != "ours")
        figures = {name: out[name].item() for name in ("seconds", "memory_mb", "proved")}
    return Row(**{**asdict(row), **judged, **figures})


def _same_city(one: Row, other: Row) -> bool:
    return (one.cells, one.shape, one.wet) == (other.cells, other.shape, other.wet)


def _line(row: Row, ours: Row | None) -> str:
    head = f"{row.cells:>9,} {row.shape:<6} {'wet' if row.wet else 'dry':<4} {row.solver:<17}"
    if row.note:
        return f"{head} {row.note}"
    share = f"  ours takes {ours.seconds / row.seconds:.3g}" if ours and ours is not row and row.seconds else ""
    return (
        f"{head} {row.grids:>6} grids  whole {row.whole:7.2%}  in band {row.in_band:7.2%}  worst {row.worst:7.1%}"
        f"  mean {row.mean:5.1%}  cut {row.cut:>7,}  round {row.round:.3f}  empty {row.empty:>3}"
        f"  proved {row.proved:>2}"
        f"  {row.seconds:7.2f} s  {row.memory_mb:6.0f} MB{share}"
    )


def _growth(rows: list[Row]) -> Iterator[dict[str, object]]:
    """By solver the slope of log seconds and log memory over log cells, on lumpy cities without water from 5 000 on."""
    for solver in RUN:
        mine = [row for row in rows if row.solver == solver and row.shape == "lumpy" and not row.wet and not row.note]
        mine = [row for row in mine if row.cells >= 5_000 and row.seconds > 0]
        if len(mine) >= 2:
            size = np.log([row.cells for row in mine])
            slopes = [
                round(float(np.polyfit(size, np.log([getattr(row, name) for row in mine]), 1)[0]), 2)
                for name in ("seconds", "memory_mb")
            ]
            told = f"{mine[0].cells:,} to {mine[-1].cells:,} cells"
            yield {"growth": solver, "seconds": slopes[0], "memory": slopes[1], "over": told}


def _targets(rows: list[Row]) -> Iterator[dict[str, object]]:
    """What ours must reach beside METIS contiguous on the same city, and whether it does."""
    for ours in (row for row in rows if row.solver == "ours" and not row.note and row.cells >= 187_000):
        peer = next((row for row in rows if row.solver == "metis contiguous" and _same_city(row, ours)), None)
        asked = _hard(ours) if ours.wet or ours.shape == "heavy" else _even(ours, peer)
        missed = [name for name, (value, fine) in asked.items() if not fine(value)]
        yield {
            "target": f"{ours.cells:,} {ours.shape} {'wet' if ours.wet else 'dry'}",
            **{name: f"{value:.4g}" for name, (value, _) in asked.items()}, "missed": ", ".join(missed) or "nothing",
        }


def _even(ours: Row, peer: Row | None) -> dict[str, tuple[float, Callable[[float], bool]]]:
    asked: dict[str, tuple[float, Callable[[float], bool]]] = {
        "whole": (ours.whole, lambda share: share == 1),
        "in band": (ours.in_band, lambda share: share >= 0.999),
    }
    if peer is not None and not peer.note:
        most = 0.4 if ours.cells >= 1_000_000 else 0.8
        asked["worst of peer's"] = (ours.worst / peer.worst, lambda ratio: ratio <= 0.5)
        asked["cut of peer's"] = (ours.cut / peer.cut, lambda ratio: ratio <= 1.03)
        asked["time of peer's"] = (ours.seconds / peer.seconds, lambda ratio: ratio <= most)
    return asked


def _hard(ours: Row) -> dict[str, tuple[float, Callable[[float], bool]]]:
    return {
        "whole": (ours.whole, lambda share: share == 1),
        "in band or proved": (ours.in_band + ours.proved / ours.grids, lambda share: share >= 0.995),
        "empty": (float(ours.empty), lambda number: number == 0),
    }

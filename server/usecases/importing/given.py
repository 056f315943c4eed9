"""The grids of a file, whichever way it gives them: outlines, a row for every cell, or only codes and communities.

Pure: a table of plain rows in, grids as positions of the city's cells and numbered faults out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import boundary, cells
from server.rules import kinds
from server.usecases.city import territory
from server.usecases.importing.landing import Fault

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Given:
    """Grids as the file has them: ``cells`` positions in the base, None where only the community is known; ``region``
    its id or -1; ``worker`` and ``centre`` their ids in the source, or empty. ``rows`` were taken, ``faults`` not."""

    code: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    cells: list[Positions | None] = field(default_factory=list)
    region: list[int] = field(default_factory=list)
    worker: list[str] = field(default_factory=list)
    centre: list[str] = field(default_factory=list)
    rows: int = 0
    band: tuple[float, float] | None = None
    faults: list[Fault] = field(default_factory=list)


def read(place: territory.World, table: pd.DataFrame) -> Given:
    """The grids of a file; a row that says nothing of where its grid is, or a code again, is refused."""
    by_cell = "cell" in table and table["cell"].notna().any()
    found = _by_cell(place, table) if by_cell else _by_row(place, table)
    return Given(**{**vars(found), "band": _band(table)})


def _by_row(place: territory.World, table: pd.DataFrame) -> Given:
    communities = {region.code: number for number, region in place.regions.items() if region.level == place.lowest}
    found = Given()
    used: set[str] = set()
    shapes = _shapes(table)
    for at, row in enumerate(table["row"].tolist()):
        code, community, shape = str(table["code"].iloc[at]), _word(table, "community", at), shapes[at]
        if code in used:
            found.faults.append(Fault(row, "code", "E_CODE", "the code is used by an earlier row"))
            continue
        if shape is None and community not in communities:
            reason = "the grid has no outline and its community is not known"
            found.faults.append(Fault(row, "community", "E_PLACE", reason))
            continue
        used.add(code)
        inside = None
        if shape is not None:
            positions = cells.positions(place.base.cells, boundary.fill(shape, place.base.resolution))
            inside = positions[positions >= 0]
        _add(found, table, at, code, inside, communities.get(community, -1))
    return Given(**{**vars(found), "rows": len(found.code)})


def _by_cell(place: territory.World, table: pd.DataFrame) -> Given:
    found = Given()
    rows = table["row"].tolist()
    codes = table["code"].astype(str).to_numpy()
    at = cells.positions(place.base.cells, np.array([_number(text) for text in table["cell"].tolist()], np.uint64))
    for bad in np.flatnonzero(at < 0).tolist():
        found.faults.append(Fault(rows[bad], "cell", "E_CELL", "the cell is not one of the city's own"))
    good = np.flatnonzero(at >= 0)
    number, names = pd.factorize(codes[good])
    order = np.argsort(number, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if good.size else []
    for code, group in zip(names.tolist(), groups, strict=True):
        _add(found, table, int(good[group[0]]), code, np.unique(at[good[group]]), -1)
    return Given(**{**vars(found), "rows": int(good.size)})


def _add(
    found: Given, table: pd.DataFrame, at: int, code: str, inside: Positions | None, region: int
) -> None:
    found.code.append(code)
    found.name.append(_word(table, "name", at) or code)
    found.kind.append(kinds.of(_word(table, "kind", at)))
    found.cells.append(inside)
    found.region.append(region)
    found.worker.append(_word(table, "worker_id", at))
    found.centre.append(_word(table, "centre_id", at))


def _band(table: pd.DataFrame) -> tuple[float, float] | None:
    """The band that the file's rows agree on, or None."""
    ends = []
    for name in ("band_low", "band_high"):
        said = table[name].dropna().unique().tolist() if name in table else []
        if len(said) != 1:
            return None
        ends.append(float(said[0]))
    return (ends[0], ends[1]) if 0 < ends[0] < ends[1] else None


def _number(text: Any) -> int:
    """The number of a cell id in 15 hexadecimal characters; 0, which is no cell, for anything else."""
    plain = text.lower() if isinstance(text, str) else ""
    return int(plain, 16) if len(plain) == 15 and not set(plain) - set("0123456789abcdef") else 0


def _shapes(table: pd.DataFrame) -> list[Any]:
    if "geometry" not in table:
        return [None] * len(table)
    return [shapely.from_wkb(wkb) if isinstance(wkb, bytes) else None for wkb in table["geometry"].tolist()]


def _word(table: pd.DataFrame, name: str, at: int) -> str:
    value = table[name].iloc[at] if name in table else None
    return value if isinstance(value, str) else ""

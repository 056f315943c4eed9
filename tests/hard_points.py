"""Points at which cells are easily mistaken, by kind: where two, three or all of a face's cells meet, and anywhere.

The same generator serves the tests (hundreds of points) and ``tests bench cells`` (ten million).
"""

from __future__ import annotations

from collections.abc import Iterator

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from geo import cells

Floats = NDArray[np.float64]
BLURS = (0.0, 1e-15, 1e-13, 1e-11, 1e-9)
"""By how many degrees a point misses what it was made to lie on."""


def directions(ids: list[int]) -> Floats:
    """Unit vectors of the centres as libh3 gives them."""
    lat, lng = np.radians(np.array([h3.cell_to_latlng(c) for c in ids])).T
    return np.column_stack((np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)))


def degrees(vectors: Floats) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of vectors of any length."""
    x, y, z = (vectors / np.linalg.norm(vectors, axis=1)[:, None]).T
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def by_kind(rng: np.random.Generator, res: int, n: int) -> Iterator[tuple[str, Floats, Floats]]:
    """(kind, latitudes, longitudes) of ``n`` points of each of eleven kinds, made for resolution ``res``."""
    anywhere = np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)
    yield "globe", *anywhere
    yield "city", 26.4 + rng.normal(0, 0.1, n), 111.6 + rng.normal(0, 0.1, n)
    yield "centres of cells", *_blurred(rng, *cells.centres(cells.from_points(*anywhere, res)))
    sides = _sides(cells.from_points(*anywhere, res), rng)
    yield "corners of cells", *_blurred(rng, *_between(sides, np.zeros(n)))
    yield "edges of cells", *_blurred(rng, *_between(sides, rng.choice([0.5, 0.25, 1 / 3], n)))
    yield "edges of cells, anywhere on them", *_blurred(rng, *_between(sides, rng.random(n)))
    pentagons = directions(h3.get_pentagons(res))
    apart = rng.normal(size=(n, 3)) * 10.0 ** rng.uniform(-16, -0.2, n)[:, None] / np.sqrt(7.0) ** res
    yield "pentagons", *_blurred(rng, *degrees(pentagons[rng.integers(0, 12, n)] + apart))
    vertices = directions(h3.get_pentagons(0))
    pairs = np.argwhere(np.triu(vertices @ vertices.T > 0.4, 1))
    first, second = vertices[pairs[rng.integers(0, len(pairs), n)]].swapaxes(0, 1)
    yield "borders of faces", *_blurred(rng, *degrees(first + second * rng.random(n)[:, None]))
    spread = vertices[rng.integers(0, 12, n)] + vertices[rng.integers(0, 12, n)] * rng.random(n)[:, None]
    spread[np.linalg.norm(spread, axis=1) < 0.1] = vertices[0]
    yield "lines of symmetry", *_blurred(rng, *degrees(spread))
    near = np.minimum(10.0 ** rng.uniform(-16, 0, n), 1.0) * rng.integers(0, 2, n)
    yield "poles", np.copysign(90.0 - near, rng.choice([-1.0, 1.0], n)), rng.uniform(-180, 180, n)
    turn = rng.choice([-180.0, 180.0, 179.99999999999997, -179.99999999999997, -90.0, 0.0, -0.0, 90.0], n)
    yield "antimeridian and quarter turns", *_blurred(rng, anywhere[0], turn)


def _blurred(rng: np.random.Generator, lats: Floats, lngs: Floats) -> tuple[Floats, Floats]:
    """The points, moved a little or not at all, on the globe."""
    step = rng.choice(BLURS, lats.size)
    moved = lats + rng.normal(size=lats.size) * step, lngs + rng.normal(size=lats.size) * step
    return np.clip(moved[0], -90, 90), np.clip(moved[1], -180, 180)


def _sides(ids: NDArray[np.uint64], rng: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """One side of each cell: latitude and longitude where it begins, and how far it goes."""
    lats, lngs, counts = cells.boundaries(ids)
    rows, start = np.arange(ids.size), rng.integers(0, counts)
    end = (start + 1) % counts
    far = (lngs[rows, end] - lngs[rows, start] + 180.0) % 360.0 - 180.0
    return lats[rows, start], lngs[rows, start], lats[rows, end] - lats[rows, start], far


def _between(sides: tuple[Floats, Floats, Floats, Floats], share: Floats) -> tuple[Floats, Floats]:
    """The point at a share of the way along each side."""
    lats, lngs, up, along = sides
    lng = lngs + along * share
    return lats + up * share, lng - 360.0 * np.rint(lng / 360.0)

"""Hot and cold spots: Getis-Ord Gi and Gi*, false-discovery control, and how spots emerge over time.

Weights are binary: every pair of the adjacency counts one, barred or not, since incidents do not heed barriers.
Sources: Ord and Getis (1995), *Local spatial autocorrelation statistics*; Benjamini and Hochberg (1995); Mann (1945)
and Kendall (1975) for trends; the classes of emerging spots follow their common definition in space-time cubes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, special

from geo import adjacency as adjacencies
from geo import errors, lattice

jit = lattice.jit
Floats = NDArray[np.float64]

LATTICE = 4_096  # bins of the values in by_drawing
SHARE_OF_STEPS = 0.9  # hot in this share of all steps counts as hot throughout

CLASSES = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")


@dataclass(frozen=True)
class Local:
    """A local statistic: ``z`` float64[n], and ``p`` float64[n], two-sided (a one-sided test has half of it)."""

    z: Floats
    p: Floats


@dataclass(frozen=True)
class Emerging:
    """Spots over time. ``kind`` is "hot new", "cold persistent", … or "" for each cell.

    ``z`` float64[n, steps]; ``sign`` int8[n, steps] is 1 hot, -1 cold, 0 neither, after false-discovery control over
    all cells and steps; ``trend`` float64[n] the Mann-Kendall z of each cell's series, ``trend_p`` its two-sided p.
    """

    kind: NDArray[np.str_]
    z: Floats
    sign: NDArray[np.int8]
    trend: Floats
    trend_p: Floats


def getis_ord(values: ArrayLike, adjacency: adjacencies.Adjacency, *, star: bool = True) -> Local:
    """Gi* (or Gi without ``star``: the cell itself left out) of each cell, analytic, binary weights.

    Constant values, and with Gi cells without neighbours, have z 0 and p 1. Raises ``GeoError`` for values that do
    not fit the adjacency or are not finite.
    """
    x = _checked(values, adjacency)[:, 0]
    n = x.size
    sums, degree = _around(adjacency.indptr, adjacency.indices, x)
    if star:
        count, weight, total, squares = float(n), degree + 1.0, x.sum(), (x * x).sum()
        sums = sums + x
    else:
        count, weight, total, squares = n - 1.0, degree, x.sum() - x, (x * x).sum() - x * x
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        spread = np.maximum(squares / count - mean * mean, 0.0) * weight * (count - weight) / (count - 1.0)
        z = (sums - mean * weight) / np.sqrt(spread)
    return _tested(np.where((spread > 1e-12 * np.maximum(squares, 1e-300)) & np.isfinite(z), z, 0.0))


def by_drawing(values: ArrayLike, adjacency: adjacencies.Adjacency) -> Floats:
    """Two-sided p float64[n] (or [n, steps]) of each cell's sum with its neighbours, without assuming any shape.

    The reference is the sum of as many cells drawn at random from all cells (and steps): its whole distribution, by
    convolving the histogram of the values with itself (``LATTICE`` equal bins). Counts are skewed, so that the normal
    p of Gi* calls single busy cells spots; this one does not, and still finds neighbours that are high together.
    """
    cube = _checked(values, adjacency)
    low, high = float(cube.min()), float(cube.max())
    if high <= low:
        return np.ones(np.shape(values))
    bins = np.rint((cube - low) * ((LATTICE - 1) / (high - low)))
    share = np.bincount(bins.astype(np.int64).ravel(), minlength=LATTICE) / bins.size
    p = np.ones(cube.shape)
    tails: dict[int, tuple[Floats, Floats]] = {}
    for step in range(cube.shape[1]):
        own = np.ascontiguousarray(bins[:, step])
        around, degree = _around(adjacency.indptr, adjacency.indices, own)
        total, drawn = (around + own).astype(np.int64), degree.astype(np.int64) + 1
        for count in np.unique(drawn).tolist():
            at_most, at_least = tails.setdefault(count, _tails(share, count))
            here = drawn == count
            p[here, step] = np.minimum(1.0, 2.0 * np.minimum(at_most[total[here]], at_least[total[here]]))
    return p.reshape(np.shape(values))


def by_base(counts: ArrayLike, base: ArrayLike, adjacency: adjacencies.Adjacency) -> Floats:
    """Two-sided exact Poisson p float64[n] (or [n, steps]) of the count of each cell with its neighbours against their
    share of the base float64[n], all cells and steps together giving the rate. 1 where there is no base."""
    cube, at_risk = np.maximum(_checked(counts, adjacency), 0.0), np.asarray(base, np.float64)
    rate = cube.sum() / (at_risk.sum() * cube.shape[1])
    around, _ = _around(adjacency.indptr, adjacency.indices, at_risk)
    expected = (around + at_risk) * rate
    p = np.ones(cube.shape)
    for step in range(cube.shape[1]):
        own = np.ascontiguousarray(cube[:, step])
        total = _around(adjacency.indptr, adjacency.indices, own)[0] + own
        most = np.floor(total)
        above = np.where(most > 0, special.gammainc(np.maximum(most, 1), expected), 1.0)
        tail = np.minimum(special.gammaincc(most + 1, expected), above)  # P(X ≤ total) and P(X ≥ total)
        p[:, step] = np.where(expected > 0, np.minimum(1.0, 2.0 * tail), 1.0)
    return p.reshape(np.shape(counts))


def excess(counts: ArrayLike, base: ArrayLike) -> Floats:
    """How far each count is from what its share of the base (households, area) lets expect, in standard deviations.

    (observed - expected) / √expected, with the expectation proportional to the base; 0 where the base is 0.
    """
    observed, at_risk = np.asarray(counts, np.float64), np.asarray(base, np.float64)
    if (at_risk < 0).any() or at_risk.sum() <= 0:
        raise errors.GeoError("the base must be nowhere negative and somewhere above 0")
    expected = at_risk * (observed[at_risk > 0].sum() / at_risk.sum())
    safe = np.where(expected > 0, expected, 1.0)
    return np.where(expected > 0, (observed - expected) / np.sqrt(safe), 0.0)


def benjamini_hochberg(p: ArrayLike, q: float) -> NDArray[np.bool_]:
    """Which tests are discoveries when the expected share of false ones among them shall be at most ``q``."""
    values = np.asarray(p, np.float64)
    if not 0 < q < 1 or not ((values >= 0) & (values <= 1)).all():
        raise errors.GeoError(f"p must lie in 0-1 and q between 0 and 1; q is {q}")
    flat = np.sort(values.ravel())
    below = np.flatnonzero(flat <= q * np.arange(1, flat.size + 1) / max(flat.size, 1))
    return values <= (flat[below[-1]] if below.size else -1.0)


def emerging(
    counts: ArrayLike, adjacency: adjacencies.Adjacency, *, q: float = 0.05, trend_p: float = 0.05, lookback: int = 1,
    p: ArrayLike | None = None,
) -> Emerging:
    """How hot and cold spots developed over the steps of ``counts`` (cells x steps, oldest first).

    Each step's Gi* takes a cell, its neighbours, and both in the ``lookback`` steps before, against the mean and
    spread of all cells and steps. "Hot throughout" means in at least ``SHARE_OF_STEPS`` of the steps. ``p``
    float64[n, steps], where given, decides what is hot or cold instead of the normal p of Gi*.

    new: hot in the last step only · consecutive: one run of two or more hot steps that ends with the last ·
    intensifying, persistent, diminishing: hot throughout and in the last step, with a rising, no, a falling trend ·
    sporadic: hot in the last step and off and on before, never cold · oscillating: the same, but once cold ·
    historical: hot throughout, but not in the last step. Where several fit, the order is intensifying, diminishing,
    persistent, new, consecutive, oscillating, sporadic, historical.
    """
    cube = _checked(counts, adjacency)
    if cube.shape[1] < 2:
        raise errors.GeoError(f"{cube.shape[1]} step; trends need at least 2")
    found = _tested(_cube_z(cube, adjacency, lookback))
    sign = (np.sign(found.z) * benjamini_hochberg(found.p if p is None else p, q)).astype(np.int8)
    trend = mann_kendall(found.z)
    kind = np.full(cube.shape[0], "", "<U17")
    for name, side in (("cold", -1), ("hot", 1)):
        rising = np.where(trend.p <= trend_p, np.sign(trend.z) * side, 0.0)
        number = _classes(sign * side == 1, sign * side == -1, rising)
        for k, label in enumerate(CLASSES):
            kind[number == k] = f"{name} {label}"
    return Emerging(kind, found.z, sign, trend.z, trend.p)


def mann_kendall(series: ArrayLike) -> Local:
    """The Mann-Kendall test of each row for a monotonic trend: z (with the correction for ties) and two-sided p."""
    x = np.atleast_2d(np.asarray(series, np.float64))
    n, steps = x.shape
    score = np.zeros(n)
    for lag in range(1, steps):
        score += np.sign(x[:, lag:] - x[:, :-lag]).sum(axis=1)
    ordered = np.sort(x, axis=1)
    ties = np.zeros(n)
    run = np.ones(n)
    for k in range(1, steps + 1):
        same = (ordered[:, k] == ordered[:, k - 1]) if k < steps else np.zeros(n, bool)
        ties += np.where(same, 0.0, run * (run - 1.0) * (2.0 * run + 5.0))
        run = np.where(same, run + 1.0, 1.0)
    variance = (steps * (steps - 1.0) * (2.0 * steps + 5.0) - ties) / 18.0
    safe = np.where(variance > 0, variance, 1.0)
    return _tested(np.where(variance > 0, (score - np.sign(score)) / np.sqrt(safe), 0.0))


def _classes(hot: NDArray[np.bool_], cold: NDArray[np.bool_], rising: Floats) -> NDArray[np.int64]:
    """Index into ``CLASSES`` of each cell, -1 for none. ``rising`` is 1, 0 or -1."""
    last, times = hot[:, -1], hot.sum(axis=1)
    throughout = times >= SHARE_OF_STEPS * hot.shape[1]
    run = np.cumprod(hot[:, ::-1], axis=1).sum(axis=1)  # hot steps at the end without a gap
    once_cold = cold.any(axis=1)
    cases = [
        last & throughout & (rising > 0),
        last & throughout & (rising < 0),
        last & throughout,
        last & (times == 1),
        last & (run >= 2) & (run == times),
        last & once_cold,
        last,
        throughout,
    ]
    names = ("intensifying", "diminishing", "persistent", "new", "consecutive", "oscillating", "sporadic", "historical")
    return np.select(cases, [CLASSES.index(name) for name in names], -1)


def _cube_z(cube: Floats, adjacency: adjacencies.Adjacency, lookback: int) -> Floats:
    """Gi* of every cell and step with the neighbourhood reaching back in time."""
    sums, weight = np.zeros(cube.shape), np.zeros(cube.shape)
    for step in range(cube.shape[1]):
        around, degree = _around(adjacency.indptr, adjacency.indices, np.ascontiguousarray(cube[:, step]))
        later = slice(step, min(step + lookback + 1, cube.shape[1]))
        sums[:, later] += (around + cube[:, step])[:, None]
        weight[:, later] += (degree + 1.0)[:, None]
    mean, count = cube.mean(), cube.size
    spread = cube.var() * weight * (count - weight) / (count - 1.0)
    z = (sums - mean * weight) / np.sqrt(np.where(spread > 0, spread, 1.0))
    return np.asarray(np.where(spread > 0, z, 0.0), np.float64)


def _tails(share: Floats, count: int) -> tuple[Floats, Floats]:
    """P(sum ≤ s) and P(sum ≥ s) of ``count`` independent draws from the lattice distribution ``share``."""
    size = count * (share.size - 1) + 1
    length = fft.next_fast_len(size, real=True)
    sums = np.clip(fft.irfft(fft.rfft(share, length) ** count, length)[:size], 0.0, None)
    return np.cumsum(sums), np.cumsum(sums[::-1])[::-1]


def _tested(z: Floats) -> Local:
    return Local(z, 2.0 * special.ndtr(-np.abs(z)))


def _checked(values: ArrayLike, adjacency: adjacencies.Adjacency) -> Floats:
    x = np.asarray(values, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    n = adjacency.indptr.size - 1
    if x.ndim != 2 or x.shape[0] != n:
        raise errors.GeoError(f"values of shape {np.shape(values)} do not fit {n} cells; the first axis is the cells")
    if not np.isfinite(x).all():
        raise errors.GeoError("values must be finite", values=np.flatnonzero(~np.isfinite(x).all(axis=1)))
    return x


@jit
def _around(indptr: NDArray[np.int32], indices: NDArray[np.int32], x: Floats) -> tuple[Floats, Floats]:
    """Sum over each cell's neighbours, and their number."""
    sums, degree = np.zeros(x.size), np.zeros(x.size)
    for n in range(x.size):
        for k in range(indptr[n], indptr[n + 1]):
            sums[n] += x[indices[k]]
        degree[n] = indptr[n + 1] - indptr[n]
    return sums, degree

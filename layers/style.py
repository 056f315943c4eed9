"""Colours and classes: the one place that says how a number or a group looks.

A `Scale` is the classes of a value with their colours and counts; the hexagon layer paints from it and the legend is
printed from it (`layers.legend`), so they cannot disagree. Grids get colours by graph colouring: neighbours never
share one. Palettes keep apart in the three common colour-vision deficiencies (a test simulates them); red is left to
what needs action. Colours are `#rrggbb`.
"""

from __future__ import annotations

import dataclasses
import decimal
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GROUPS = ("#dcb071", "#47aea7", "#adacee", "#9c974f", "#ecc8fc", "#5084b6", "#afe9b3", "#a06476")
"""Muted colours for neighbouring grids, chosen by search for the largest least distance (OKLab) under normal vision
and full protanopia, deuteranopia and tritanopia."""

RAMPS: dict[str, tuple[str, ...]] = {
    "heat": ("#f4e79b", "#b7d37a", "#6fb98a", "#3a9a93", "#2c7690", "#32507f", "#331f5c"),
    "coverage": ("#e4eef0", "#bcd9dd", "#8dbfc9", "#5d9fb3", "#3a7d9a", "#245b7c", "#123a58"),
    "gaps": ("#fbe6d4", "#f6c3a0", "#ec9a72", "#db6d4f", "#bf4136", "#962025", "#650a18"),
}
"""Even in lightness, light to dark: more is darker, also in grey print. `gaps` is the red of what needs action."""

DEVIATION = ("#1f4e8c", "#6d97c8", "#c3d5ea", "#eceae4", "#f3cfa5", "#dd9547", "#9a5208")
DEVIATION_BREAKS = (-0.5, -0.2, 0.0, 0.2, 0.5)
"""Blue below the band, orange above, grey inside it. Breaks are ratios of the nearer end of the band."""

MISSING = "#c9ccce"

ALIKE = 0.03
"""Values per area that differ by less than this ratio come from the same count: cells of one resolution differ in area
by about a hundredth within a city."""


class StyleError(ValueError):
    """Values or breaks from which no classes can be made."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One class: `lower` ≤ value < `upper` (None: open; the last class includes its end; equal ends: that value)."""

    lower: float | None
    upper: float | None
    colour: str
    count: int


@dataclasses.dataclass(frozen=True)
class Scale:
    """The classes of one quantity in ascending order; the first class that holds a value is its class. `whole`: all
    values are whole numbers, so a legend may write 2–4 for 2 ≤ value < 5."""

    steps: tuple[Step, ...]
    whole: bool = False

    def classes(self) -> list[dict[str, float | int | str | None]]:
        """The form in which scripts and the legend receive it."""
        return [{"from": one.lower, "to": one.upper, "colour": one.colour, "count": one.count} for one in self.steps]

    def index(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """int64[n]: the class of each value, -1 for NaN or a value outside all classes."""
        return _index(np.asarray(values, np.float64), [(one.lower, one.upper) for one in self.steps])


def quantile(values: npt.ArrayLike, *, ramp: str, count: int = 6) -> Scale:
    """At most `count` classes with about equally many of the positive finite `values` of the whole city.

    Equal values stay together, and so do those that differ by less than `ALIKE` with clear room round them: one camera
    per cell is a little more per km² in a smaller cell. What a large tie takes is shared out among the remaining
    classes. Limits have at most two significant digits unless all values are whole. Zero and less belong to no class.
    No positive value: no class.
    """
    array = np.asarray(values, np.float64)
    positive = np.sort(array[np.isfinite(array) & (array > 0)])
    if positive.size == 0:
        return Scale(())
    whole = _whole(positive)
    lowest, highest = float(positive[0]), float(positive[-1])
    if whole:
        return _scale([lowest, *_even_starts(positive, count), highest], array, ramp=ramp)
    breaks = [_round_between(below, start) for below, start in _even_gaps(positive, count)]
    low, high = _digits(lowest, 2, decimal.ROUND_FLOOR), _digits(highest, 2, decimal.ROUND_CEILING)
    within = sorted({one for one in breaks if lowest < one <= highest and one < high})
    return _scale([low, *within, high], array, ramp=ramp)


def fixed(values: npt.ArrayLike, breaks: Sequence[float], *, ramp: str) -> Scale:
    """Classes between the given ascending `breaks` (n + 1 ends for n classes)."""
    if len(breaks) < 2 or any(low >= high for low, high in zip(breaks[:-1], breaks[1:], strict=True)):
        raise StyleError(f"breaks {list(breaks)}: want at least two, ascending")
    return _scale([float(one) for one in breaks], np.asarray(values, np.float64), ramp=ramp)


def open_ended(values: npt.ArrayLike, breaks: Sequence[float], *, ramp: str) -> Scale:
    """Classes below, between and above the given ascending `breaks`: the same for every map, whatever its values."""
    if not breaks or any(low >= high for low, high in zip(breaks[:-1], breaks[1:], strict=True)):
        raise StyleError(f"breaks {list(breaks)}: want at least one, ascending")
    ends: list[float | None] = [None, *(float(one) for one in breaks), None]
    limits = list(zip(ends[:-1], ends[1:], strict=True))
    return _counted(limits, sample(ramp, len(limits)), np.asarray(values, np.float64))


def deviation(values: npt.ArrayLike) -> Scale:
    """Seven classes of a deviation from the band (ratio; 0 inside, + above, − below), the band in the middle."""
    array = np.asarray(values, np.float64)
    far_below, below, inside, above, far_above = DEVIATION_BREAKS
    limits: list[tuple[float | None, float | None]] = [
        (None, far_below), (far_below, below), (below, inside), (inside, inside),
        (inside, above), (above, far_above), (far_above, None),
    ]  # fmt: skip
    return _counted(limits, DEVIATION, array)


def sample(ramp: str, count: int) -> tuple[str, ...]:
    """`count` colours spread evenly over a ramp."""
    colours = RAMPS[ramp]
    if count == 1:
        return (colours[len(colours) // 2],)
    return tuple(_between(colours, place) for place in np.linspace(0, len(colours) - 1, count))


def group_colours(labels: npt.ArrayLike, neighbours: npt.ArrayLike, *, start: Sequence[int] = ()) -> list[int]:
    """A palette index for each label 0…k-1, so that labels of neighbouring cells never share one.

    `labels` int[n] per cell (-1: none), `neighbours` int[n, 6] positions (-1: outside). Connected groups make a planar
    graph, for which removing the least-joined group first needs at most six colours; the rest of the palette evens
    out how often each is used. `start` keeps earlier indices wherever they do not clash.
    """
    around = _group_neighbours(np.asarray(labels, np.int64), np.asarray(neighbours, np.int64))
    used = [0] * len(GROUPS)
    chosen = [-1] * len(around)
    for label, index in enumerate(start[: len(around)]):
        if index >= 0 and all(chosen[other] != index for other in around[label]):
            chosen[label] = index
            used[index % len(GROUPS)] += 1
    for label in _least_joined_last(around):
        if chosen[label] >= 0:
            continue
        taken = {chosen[other] for other in around[label]}
        free = [index for index in range(len(GROUPS)) if index not in taken]
        index = min(free, key=lambda one: (used[one], one)) if free else _first_outside(taken)
        chosen[label] = index
        used[index % len(GROUPS)] += 1
    return chosen


def group_colour(index: int) -> str:
    """The colour of a palette index; indices beyond the palette are its colours, darker each time round."""
    times, place = divmod(index, len(GROUPS))
    red, green, blue = _rgb(GROUPS[place])
    shade = 0.82**times
    return _hex(red * shade, green * shade, blue * shade)


def _group_neighbours(labels: npt.NDArray[np.int64], neighbours: npt.NDArray[np.int64]) -> list[list[int]]:
    if neighbours.shape != (len(labels), 6):
        raise StyleError(f"neighbours have shape {neighbours.shape}, want ({len(labels)}, 6)")
    count = int(labels.max()) + 1 if len(labels) else 0
    mine = np.repeat(labels, 6)
    theirs = np.where(neighbours.ravel() >= 0, labels[neighbours.ravel()], -1)
    touching = (mine >= 0) & (theirs >= 0) & (mine != theirs)
    pairs = np.unique(mine[touching] * count + theirs[touching])
    around: list[list[int]] = [[] for _ in range(count)]
    for pair in pairs.tolist():
        around[pair // count].append(pair % count)
    return around


def _least_joined_last(around: list[list[int]]) -> list[int]:
    """Labels in the reverse of: take away, again and again, the one with the fewest remaining neighbours."""
    degree = [len(others) for others in around]
    buckets: list[list[int]] = [[] for _ in range(max(degree, default=0) + 1)]
    for label in range(len(around) - 1, -1, -1):
        buckets[degree[label]].append(label)
    order: list[int] = []
    gone, least = [False] * len(around), 0
    while len(order) < len(around):
        while not buckets[least]:
            least += 1
        label = buckets[least].pop()
        if gone[label] or degree[label] != least:
            continue
        gone[label] = True
        order.append(label)
        for other in around[label]:
            if not gone[other]:
                degree[other] -= 1
                buckets[degree[other]].append(other)
        least = max(0, least - 1)
    return order[::-1]


def _first_outside(taken: set[int]) -> int:
    index = len(GROUPS)
    while index in taken:
        index += 1
    return index


def _even_gaps(ascending: Floats, count: int) -> list[tuple[float, float]]:
    """The value before and the value at the start of the second and later classes; values that are alike as one."""
    alike = _alike(ascending)
    starts = np.array(_even_starts(alike, count))
    return [(float(ascending[at - 1]), float(ascending[at])) for at in np.searchsorted(alike, starts).tolist()]


def _alike(ascending: Floats) -> Floats:
    """Each value, or the least of its group where a group is no wider than `ALIKE` and as far from its neighbours."""
    begins = np.flatnonzero(np.r_[True, ascending[1:] > ascending[:-1] * (1 + ALIKE)])
    ends = np.r_[begins[1:], ascending.size] - 1
    narrow = ascending[ends] <= ascending[begins] * (1 + ALIKE)
    group = np.repeat(np.arange(begins.size), ends - begins + 1)
    return np.where(narrow[group], ascending[begins[group]], ascending)


def _even_starts(ascending: Floats, count: int) -> list[float]:
    """Where the second and later of at most `count` classes begin, so that each takes an even share of what is left."""
    distinct, first = np.unique(ascending, return_index=True)
    starts: list[float] = []
    begin = 0
    for left in range(count, 1, -1):
        wanted = begin + (ascending.size - begin) / left
        place = int(np.searchsorted(first, wanted))
        if place >= distinct.size:
            break
        if place > 0 and first[place] - wanted > wanted - first[place - 1] and first[place - 1] > begin:
            place -= 1
        starts.append(float(distinct[place]))
        begin = int(first[place])
    return starts


def _whole(values: Floats) -> bool:
    return bool(np.all(values == np.round(values)))


def _scale(ends: list[float], values: Floats, *, ramp: str) -> Scale:
    limits = list(zip(ends[:-1], ends[1:], strict=True))
    return _counted(limits, sample(ramp, len(limits)), values)


def _counted(limits: Sequence[tuple[float | None, float | None]], colours: Sequence[str], values: Floats) -> Scale:
    index = _index(values, limits)
    counts = np.bincount(index[index >= 0], minlength=len(limits))
    return Scale(
        tuple(
            Step(lower, upper, colour, int(count))
            for (lower, upper), colour, count in zip(limits, colours, counts, strict=True)
        ),
        _whole(values[np.isfinite(values)]),
    )


def _index(values: Floats, limits: Sequence[tuple[float | None, float | None]]) -> npt.NDArray[np.int64]:
    index = np.full(values.shape, -1, np.int64)
    for place, (lower, upper) in enumerate(limits):
        inside = (index < 0) & ~np.isnan(values)
        if lower is not None:
            inside &= values >= lower
        if upper is not None:
            closed = lower == upper or place == len(limits) - 1
            inside &= (values <= upper) if closed else (values < upper)
        index[inside] = place
    return index


def _round_between(below: float, start: float) -> float:
    """The number with fewest digits above `below` and not above `start`; where two do not do, `start` in two."""
    for digits in (1, 2):
        low = _digits(start, digits, decimal.ROUND_FLOOR)
        if low > below:
            return low
    return float(f"{start:.2g}")


def _digits(value: float, digits: int, rounding: str) -> float:
    """A positive value in so many significant digits, rounded down or up."""
    exact = decimal.Decimal(repr(value))
    return float(exact.quantize(decimal.Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=rounding))


def _between(colours: Sequence[str], place: float) -> str:
    lower = min(int(place), len(colours) - 2)
    share = place - lower
    first, second = _rgb(colours[lower]), _rgb(colours[lower + 1])
    return _hex(*(one + (other - one) * share for one, other in zip(first, second, strict=True)))


def _rgb(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(red: float, green: float, blue: float) -> str:
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"

"""H3's hexagon lattice on the faces of its icosahedron, as integer arithmetic on ids.

H3 lays a hexagon lattice on the gnomonic plane of each of the 20 faces (H3 documentation, *Coordinate systems*;
Sahr, White and Kimerling 2003, *Geodesic discrete global grid systems*). Here a cell is ``face, i, j``: the axes ``i``
and ``j`` are 120 degrees apart, ``i`` points at a vertex of the face at even resolutions and is turned by
asin(√(3/28)) at odd ones, and the third axis is ``-(i + j)``. A finer lattice is the coarser one times an Eisenstein
integer of norm 7, so digits are residues and everything is exact. Which base cell stands where, and how its digits
are turned, is in ``Tables``, which ``geo.cells`` learns from libh3. Kernels only: no h3, no checks of input.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

jit = numba.njit(cache=True, nogil=True, error_model="numpy")

FACES = 20
BASE_CELLS = 122
REACH = 3  # base coordinates lie in -REACH..REACH
WIDE = 2 * REACH + 1
UNIT_I = np.array([0, -1, 0, -1, 1, 0, 1], np.int64)  # step of each digit along i: centre, k, j, jk, i, ik, ij
UNIT_J = np.array([0, -1, 1, 0, 0, -1, 1], np.int64)
ROUND_I = np.array([1, 0, -1, -1, 0, 1], np.int64)  # the six neighbours, counter-clockwise from the vertex at 30°
ROUND_J = np.array([1, 1, 0, -1, -1, 0], np.int64)
_ODD_DIGIT = np.array([0, 4, 2, 6, 1, 5, 3], np.int64)  # digit by (i + 2j) mod 7
_EVEN_DIGIT = np.array([0, 4, 1, 5, 2, 6, 3], np.int64)  # digit by (i + 4j) mod 7
_ONES = 0o111111111111111  # the lowest bit of each of 15 digits
UNKNOWN = np.uint32(0xFFFF)  # of a spot: not known, or (in pentagons) depending on the leading digit
_BIAS = 7**8  # makes coordinates positive before division; a power of 7, so that it stays whole


def _level_table(levels: int) -> NDArray[np.uint32]:
    """For each residue (i, j) modulo 7^(levels/2): digits, and whether the ancestor is one further along i and j."""
    side = 7 ** (levels // 2)
    i, j = (x.ravel() for x in np.indices((side, side)))
    digits = np.zeros(i.size, np.int64)
    for level in range(levels):
        digit = (_ODD_DIGIT[(i + 2 * j) % 7]) if level & 1 else (_EVEN_DIGIT[(i + 4 * j) % 7])
        digits |= digit << (3 * level)
        a, b = i - UNIT_I[digit], j - UNIT_J[digit]
        i, j = ((3 * a - b) // 7, (a + 2 * b) // 7) if level & 1 else ((2 * a + b) // 7, (3 * b - a) // 7)
    return np.asarray(digits | i << 12 | j << 13, np.uint32)


def _pair_table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Steps of two digits (the first at an odd resolution) in the finer lattice, by both digits in octal."""
    i, j = np.append(UNIT_I, 0), np.append(UNIT_J, 0)  # digit 7 never comes
    return (3 * i - j)[:, None].repeat(8, 1).ravel() + np.tile(i, 8), (i + 2 * j)[:, None].repeat(
        8, 1
    ).ravel() + np.tile(j, 8)


_PAIR_I, _PAIR_J = _pair_table()
_TWO, _FOUR = _level_table(2), _level_table(4)


class Tables(NamedTuple):
    """What libh3 knows and arithmetic does not.

    ``centre, east, north`` float64[20, 3]: the plane of each face, ``east`` pointing along axis i; ``base``
    int16[20, 7, 7]: base cell at base coordinates (i + 3, j + 3), -1 unknown; ``turn`` int8[20, 7, 7, 7]: by how many
    sixths its digits are turned, given the leading digit; ``seen`` int16[122, 9, 3]: face, i, j of each place where
    a base cell stands (face -1 after the last); ``back`` int8[122, 9, 7]: the turn there by the leading digit of the
    id, -1 where that part of the cell is on another face. ``spot`` uint32[20, 49] and ``led`` uint32[20, 49, 7]: base
    and turn in one number for ``encode_block``, without and with the leading digit. ``lacking`` bool[128]: which base
    cells are pentagons. ``square`` uint8[181, 361]: the face at the middle of the square degree whose south-west
    corner is (row - 90, column - 180).
    """

    centre: NDArray[np.float64]
    east: NDArray[np.float64]
    north: NDArray[np.float64]
    base: NDArray[np.int16]
    turn: NDArray[np.int8]
    seen: NDArray[np.int16]
    back: NDArray[np.int8]
    spot: NDArray[np.uint32]
    led: NDArray[np.uint32]
    lacking: NDArray[np.bool_]
    square: NDArray[np.uint8]


@jit
def digit_up(i: int, j: int, res: int) -> tuple[int, int, int]:
    """The last digit of a lattice point of resolution ``res`` and its parent's coordinates."""
    if res & 1:
        digit = _ODD_DIGIT[(i + 2 * j) % 7]
        a, b = i - UNIT_I[digit], j - UNIT_J[digit]
        return digit, (3 * a - b) // 7, (a + 2 * b) // 7
    digit = _EVEN_DIGIT[(i + 4 * j) % 7]
    a, b = i - UNIT_I[digit], j - UNIT_J[digit]
    return digit, (2 * a + b) // 7, (3 * b - a) // 7


@jit
def turned(digits: int, sixths: int) -> int:
    """The digits turned counter-clockwise by sixths of a full turn; zeros stay.

    A turn by one sixth rotates the three bits of a digit to the left by one and complements them.
    """
    some = ((digits | (digits >> 1) | (digits >> 2)) & _ONES) * 7
    if sixths == 1 or sixths == 4:
        digits = ((digits << 1) & (_ONES * 6)) | ((digits >> 2) & _ONES)
    elif sixths == 2 or sixths == 5:
        digits = ((digits << 2) & (_ONES * 4)) | ((digits >> 1) & (_ONES * 3))
    if sixths & 1:
        digits = ~digits
    return digits & some


@jit
def leading(digits: int, res: int) -> int:
    """The first digit that is not 0, or 0."""
    for level in range(res - 1, -1, -1):
        digit = (digits >> (3 * level)) & 7
        if digit != 0:
            return digit
    return 0


@jit
def reduced(i: int, j: int, res: int) -> tuple[int, int, int]:
    """Digits (unturned) and base coordinates of a lattice point."""
    digits, shift = 0, 0
    for level in range(res, 0, -1):
        digit, i, j = digit_up(i, j, level)
        digits |= digit << shift
        shift += 3
    return digits, i, j


@jit
def encode(face: Any, i: Any, j: Any, res: Any, tables: Tables) -> Any:
    """The id of a lattice point that lies on the face, or 0 where the tables do not know."""
    digits, a, b = reduced(i, j, res)
    if abs(a) > REACH or abs(b) > REACH:
        return 0
    spot = tables.led[face, (a + REACH) * WIDE + b + REACH, leading(digits, res)]
    if spot == UNKNOWN:
        return 0
    unused, place = 3 * (15 - res), np.int64(spot)
    head = (1 << 59) | (res << 52) | ((place & 127) << 45)
    return head | (turned(digits, place >> 7) << unused) | ((1 << unused) - 1)


@jit
def encode_block(
    i: NDArray[np.int32], j: NDArray[np.int32], face: int, res: int, tables: Tables, out: NDArray[np.int64]
) -> None:
    """``encode`` of many points of one face at once, written level by level so that it becomes vector code."""
    n = i.size
    p, q, spot = np.empty(n, np.uint32), np.empty(n, np.uint32), np.empty(n, np.uint32)
    digits = np.empty(n, np.int64)
    _start_block(i, j, res, p, q, digits)
    shift, level, bias = res & 1, res & ~1, _BIAS
    while level >= 4:
        _up_four(p, q, digits, 3 * shift)
        shift, level, bias = shift + 4, level - 4, bias // 49
    if level != 0:
        _up_two(p, q, digits, 3 * shift)
        bias //= 7
    low = np.uint32(bias - REACH)
    if _place_block(p, q, tables.spot[face], low, spot):
        _place_odd(p, q, digits, res, tables.led[face], low, spot)
    _turn_block(digits, spot, res, out)


@jit
def encode_all(
    i: NDArray[np.int32], j: NDArray[np.int32], face: int, res: int, tables: Tables, out: NDArray[np.int64]
) -> int:
    """``encode_block`` for any number of points, in blocks that stay in the fast memory; how many are unknown."""
    unknown = 0
    for start in range(0, i.size, 1024):
        stop = min(start + 1024, i.size)
        encode_block(i[start:stop], j[start:stop], face, res, tables, out[start:stop])
        for n in range(start, stop):
            unknown += out[n] == 0
    return unknown


@jit
def _place_block(
    p: NDArray[np.uint32],
    q: NDArray[np.uint32],
    spots: NDArray[np.uint32],
    low: np.uint32,
    out: NDArray[np.uint32],
) -> int:
    """Base cell + 128 x turn at the biased base coordinates; returns how many those do not settle."""
    odd = 0
    for k in range(p.size):
        a, b = p[k] - low, q[k] - low
        out[k] = spots[a * np.uint32(WIDE) + b] if (a < np.uint32(WIDE)) & (b < np.uint32(WIDE)) else UNKNOWN
        odd += out[k] == UNKNOWN
    return odd


@jit
def _place_odd(
    p: NDArray[np.uint32],
    q: NDArray[np.uint32],
    digits: NDArray[np.int64],
    res: int,
    led: NDArray[np.uint32],
    low: np.uint32,
    out: NDArray[np.uint32],
) -> None:
    """The same for the places that are still unknown, by the leading digit: pentagons."""
    for k in range(p.size):
        if out[k] == UNKNOWN:
            a, b = p[k] - low, q[k] - low
            if (a < np.uint32(WIDE)) & (b < np.uint32(WIDE)):
                out[k] = led[a * np.uint32(WIDE) + b, leading(digits[k], res)]


@jit
def _turn_block(digits: NDArray[np.int64], spot: NDArray[np.uint32], res: int, out: NDArray[np.int64]) -> None:
    """The ids: ``turned`` without a branch, base cell, resolution, unused digits; 0 where the place is unknown."""
    unused = 3 * (15 - res)
    head, tail = (1 << 59) | (res << 52), (1 << unused) - 1
    for k in range(out.size):
        sixths, d = np.int64(spot[k] >> np.uint32(7)), digits[k]
        some = ((d | (d >> 1) | (d >> 2)) & _ONES) * 7
        once = ((d << 1) & (_ONES * 6)) | ((d >> 2) & _ONES)
        twice = ((d << 2) & (_ONES * 4)) | ((d >> 1) & (_ONES * 3))
        moved = once if (sixths == 1) | (sixths == 4) else d
        moved = twice if (sixths == 2) | (sixths == 5) else moved
        base = np.int64(spot[k] & np.uint32(127))
        made = head | (base << 45) | (((moved ^ -(sixths & 1)) & some) << unused) | tail
        out[k] = made if spot[k] != UNKNOWN else 0


@jit
def _start_block(
    i: NDArray[np.int32],
    j: NDArray[np.int32],
    res: int,
    p: NDArray[np.uint32],
    q: NDArray[np.uint32],
    digits: NDArray[np.int64],
) -> None:
    """Biased coordinates at the even resolution, and the digit that an odd resolution has below it."""
    if res & 1:
        for k in range(i.size):
            a, b = np.uint32(i[k] + _BIAS), np.uint32(j[k] + _BIAS)
            digit = _ODD_DIGIT[(a + np.uint32(2) * b) % np.uint32(7)]
            digits[k] = digit
            a, b = np.uint32(a - UNIT_I[digit]), np.uint32(b - UNIT_J[digit])
            p[k] = (np.uint32(3) * a - b) // np.uint32(7) + np.uint32(_BIAS - 2 * (_BIAS // 7))
            q[k] = (a + np.uint32(2) * b) // np.uint32(7) + np.uint32(_BIAS - 3 * (_BIAS // 7))
    else:
        for k in range(i.size):
            p[k], q[k], digits[k] = np.uint32(i[k] + _BIAS), np.uint32(j[k] + _BIAS), 0


@jit
def _up_four(p: NDArray[np.uint32], q: NDArray[np.uint32], digits: NDArray[np.int64], shift: int) -> None:
    """Replace coordinates by those of the ancestor four levels up, and add the digits in between."""
    for k in range(p.size):
        up, across = p[k] // np.uint32(49), q[k] // np.uint32(49)
        entry = _FOUR[(p[k] - up * np.uint32(49)) * np.uint32(49) + (q[k] - across * np.uint32(49))]
        p[k] = up + ((entry >> np.uint32(12)) & np.uint32(1))
        q[k] = across + (entry >> np.uint32(13))
        digits[k] |= np.int64(entry & np.uint32(4095)) << shift


@jit
def _up_two(p: NDArray[np.uint32], q: NDArray[np.uint32], digits: NDArray[np.int64], shift: int) -> None:
    """The same, two levels up."""
    for k in range(p.size):
        up, across = p[k] // np.uint32(7), q[k] // np.uint32(7)
        entry = _TWO[(p[k] - up * np.uint32(7)) * np.uint32(7) + (q[k] - across * np.uint32(7))]
        p[k] = up + ((entry >> np.uint32(12)) & np.uint32(1))
        q[k] = across + (entry >> np.uint32(13))
        digits[k] |= np.int64(entry & np.uint32(63)) << shift


@jit
def excess(i: Any, j: Any, res: Any, reach: Any) -> Any:
    """By how much a lattice point is outside its face, in steps of the even lattice; ≤ 0 on the face or its edges.

    ``reach`` is ``reach_of(res)``.
    """
    if res & 1:
        i, j = 3 * i - j, i + 2 * j
    return max(i + j, j - 2 * i, i - 2 * j) - reach


@jit
def reach_of(res: Any) -> Any:
    """Twice the distance from a face's centre to its edge, in steps of the even lattice at or below ``res``."""
    return 2 * 7 ** ((res + 1) // 2)


@jit
def decode(cell: Any, res: Any, reach: Any, seen: Any, back: Any, lacking: Any) -> Any:
    """Face, i and j of a cell: the face that holds its centre; face -1 where the tables do not know.

    ``seen, back, lacking`` are those of ``Tables``, handed over one by one because the whole costs more than the work.
    """
    base = (cell >> 45) & 127
    digits = (cell & ((1 << 45) - 1)) >> (3 * (15 - res))
    first = leading(digits, res) if lacking[base] else 0
    for place in range(seen.shape[1]):
        face = np.int64(seen[base, place, 0])
        if face < 0:
            break
        sixths = back[base, place, first]
        if sixths < 0:
            continue
        plain = turned(digits, (6 - sixths) % 6)
        i, j = np.int64(seen[base, place, 1]), np.int64(seen[base, place, 2])
        shift = 3 * res
        while shift >= 6:
            shift -= 6
            pair = (plain >> shift) & 63
            i, j = 7 * i + _PAIR_I[pair], 7 * j + _PAIR_J[pair]
        if shift:
            i, j = 2 * i + j + UNIT_I[plain & 7], 3 * j - i + UNIT_J[plain & 7]
        if excess(i, j, res, reach) <= 0:
            return face, i, j
    return -1, 0, 0


@jit
def decode_all(
    cells: NDArray[np.int64],
    res: int,
    seen: NDArray[np.int16],
    back: NDArray[np.int8],
    lacking: NDArray[np.bool_],
    face: NDArray[np.int16],
    i: NDArray[np.int32],
    j: NDArray[np.int32],
) -> None:
    """``decode`` of many cells; stretches with one base cell, at its first place, are done as vector code."""
    reach, start, digits = reach_of(res), 0, np.empty(1024, np.int64)
    while start < cells.size:
        base, stop = (cells[start] >> 45) & 127, start + 1
        while stop < cells.size and stop - start < digits.size and (cells[stop] >> 45) & 127 == base:
            stop += 1
        some = digits[: stop - start]
        if not lacking[base]:
            home = np.int32(seen[base, 0, 1]), np.int32(seen[base, 0, 2])
            _plain_block(cells[start:stop], res, (6 - back[base, 0, 0]) % 6, some)
            _down_block(some, res, home, i[start:stop], j[start:stop])
        for n in range(start, stop):
            face[n] = seen[base, 0, 0]
            if lacking[base] or excess(np.int64(i[n]), np.int64(j[n]), res, reach) > 0:
                face[n], i[n], j[n] = decode(cells[n], res, reach, seen, back, lacking)
        start = stop


@jit
def _plain_block(cells: NDArray[np.int64], res: int, sixths: int, out: NDArray[np.int64]) -> None:
    """The digits of the cells, turned."""
    unused = 3 * (15 - res)
    one, two, odd = sixths % 3 == 1, sixths % 3 == 2, -(sixths & 1)
    for n in range(cells.size):
        d = (cells[n] & ((1 << 45) - 1)) >> unused
        some = ((d | (d >> 1) | (d >> 2)) & _ONES) * 7
        once = ((d << 1) & (_ONES * 6)) | ((d >> 2) & _ONES)
        twice = ((d << 2) & (_ONES * 4)) | ((d >> 1) & (_ONES * 3))
        out[n] = ((once if one else (twice if two else d)) ^ odd) & some


@jit
def _down_block(
    digits: NDArray[np.int64], res: int, home: tuple[np.int32, np.int32], i: NDArray[np.int32], j: NDArray[np.int32]
) -> None:
    """The lattice points that the digits lead to from the base cell at ``home``."""
    for n in range(digits.size):
        i[n], j[n] = home
    shift = 3 * res
    while shift >= 6:
        shift -= 6
        for n in range(digits.size):
            pair = (digits[n] >> shift) & 63
            i[n], j[n] = np.int32(7 * i[n] + _PAIR_I[pair]), np.int32(7 * j[n] + _PAIR_J[pair])
    if shift:
        for n in range(digits.size):
            last = digits[n] & 7
            a, b = 2 * i[n] + j[n] + UNIT_I[last], 3 * j[n] - i[n] + UNIT_J[last]
            i[n], j[n] = np.int32(a), np.int32(b)


def axes(res: int, unit: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 2 x 2 matrices from gnomonic (east, north) to lattice coordinates (i, j) of a resolution, and back."""
    turn = np.arcsin(np.sqrt(3.0 / 28.0)) if res & 1 else 0.0
    size = unit / np.sqrt(7.0) ** res
    along_i = np.array([np.cos(turn), np.sin(turn)]) * size
    along_j = np.array([np.cos(turn + 2 * np.pi / 3), np.sin(turn + 2 * np.pi / 3)]) * size
    back = np.column_stack((along_i, along_j))
    return np.linalg.inv(back), back

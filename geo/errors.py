"""What can go wrong in ``geo``, one class per kind of fault.

Every error says what was wrong, the value, and what would be right, and carries the cells or values concerned.
"""

from __future__ import annotations

from typing import Any


class GeoError(ValueError):
    """A fault in values given to ``geo``. ``values`` holds the offending cells, rows or numbers."""

    def __init__(self, message: str, *, values: Any = None) -> None:
        super().__init__(message)
        self.values = values


class CellError(GeoError):
    """An id that is no H3 cell, cells of mixed resolution, or a resolution outside 0–15."""


class CoordinateError(GeoError):
    """A latitude or longitude that is not finite or not on the globe."""


class GeometryError(GeoError):
    """A geometry that cannot be used: empty, of the wrong type, or invalid."""


class DatumError(GeoError):
    """An unknown datum, or data of different datums that would be mixed."""


class ProblemError(GeoError):
    """A drawing problem whose parts do not fit together."""


class TableError(GeoError):
    """A table with missing columns or values outside their declared range."""


class CodeError(GeoError):
    """A grid code, or the region code it is built on, that its pattern does not allow."""

"""From the coordinates of a file to WGS-84: which coordinate system and datum hold, and the conversion itself.

Rule: somebody must have said it. ``--crs`` or ``--datum`` (or the city's own datum) decides; a CRS that the file
declares is believed only outside mainland China, because there GCJ-02 and BD-09 data are commonly labelled WGS-84 and
lie 100 to 700 m off. OpenStreetMap data are WGS-84 everywhere by the project's own rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyproj

from geo import datum as datums
from server.intake import values

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
_WGS84 = pyproj.CRS.from_epsg(4326)
_CODE = re.compile(r"(?i)^(EPSG|ESRI|OGC|IGNF):[A-Z0-9_.]{1,20}$|^urn:ogc:def:crs:[A-Z0-9_.:]{1,60}$")
_WKT = re.compile(r"(?i)^(GEOGCS|PROJCS|GEOGCRS|PROJCRS|GEODCRS|GEODETICCRS|BOUNDCRS|COMPOUNDCRS|COMPD_CS)\s*\[")
_PROJ = re.compile(r"(?i)^\+proj=[a-z0-9_+=., -]{1,300}$")
_ADVICE = (
    "say which with --datum wgs84|cgcs2000|gcj02|bd09 (AMap, Tencent and most map services of mainland China: gcj02; "
    "Baidu: bd09; GPS, Tianditu and OpenStreetMap: wgs84) or with --crs EPSG:N"
)


@dataclass(frozen=True)
class System:
    """The settled coordinate system. ``projected``: coordinates are not degrees. ``crs`` and ``datum`` as reported."""

    crs: str
    datum: str
    projected: bool
    to_degrees: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None

    def wgs84(self, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(lats, lngs) in WGS-84 of file coordinates x (east) and y (north); not finite where there is no answer."""
        lngs, lats = (xs, ys) if self.to_degrees is None else self.to_degrees(xs, ys)
        if self.datum in ("wgs84", "cgcs2000"):
            return lats, lngs
        usable = on_globe(lats, lngs)
        safe_lats, safe_lngs = np.where(usable, lats, 0.0), np.where(usable, lngs, 0.0)
        lats2, lngs2 = datums.to_wgs84(safe_lats, safe_lngs, datum=self.datum)
        return np.where(usable, lats2, np.nan), np.where(usable, lngs2, np.nan)


def settle(*, crs: str | None, datum: str | None, declared: str | None, trusted: bool, mainland: bool) -> System:
    """Decide the system from what the user gave and what the file declares (``declared``: any text pyproj reads;
    ``trusted``: a format that can only be WGS-84). Raises IntakeError E_CRS or E_DATUM."""
    if datum is not None and datum not in DATUMS:
        raise values.IntakeError("E_DATUM", f"no datum '{datum}'; there are {', '.join(DATUMS)}")
    if trusted and crs is None:
        return System("EPSG:4326", "wgs84", False, None)
    if crs is None and datum is None:
        if declared is None:
            raise values.IntakeError("E_DATUM", f"the file does not say in which datum its coordinates are; {_ADVICE}")
        if mainland:
            raise values.IntakeError(
                "E_DATUM",
                f"the file declares {_short(declared)}, but in mainland China GCJ-02 and BD-09 data often carry "
                f"that label; {_ADVICE}",
                detail={"declared": _short(declared)},
            )
    text = crs if crs is not None else declared
    system = _WGS84 if text is None else _parse(text)
    name = _short(system.to_string() if system.to_authority() is None else ":".join(system.to_authority()))
    settled = datum or ("cgcs2000" if "2000" in system.name and "CGCS" in system.name.upper() else "wgs84")
    if system.is_geographic and _is_plain(system):
        return System(name, settled, False, None)
    transformer = pyproj.Transformer.from_crs(system, _WGS84, always_xy=True)
    return System(name, settled, not system.is_geographic, lambda xs, ys: transformer.transform(xs, ys))


def on_globe(lats: np.ndarray, lngs: np.ndarray) -> np.ndarray:
    """Whether each pair is finite and within ±90, ±180."""
    with np.errstate(invalid="ignore"):
        there: np.ndarray = np.isfinite(lats) & np.isfinite(lngs) & (np.abs(lats) <= 90) & (np.abs(lngs) <= 180)
    return there


def advice(lats: np.ndarray, lngs: np.ndarray, extent: tuple[float, float, float, float] | None) -> str | None:
    """What coordinates that miss the globe or the city look like: projected, swapped, or None for no idea."""
    good = np.isfinite(lats) & np.isfinite(lngs)
    if not good.any():
        return None
    lats, lngs = lats[good], lngs[good]
    if (np.abs(lats) > 400).mean() > 0.5 or (np.abs(lngs) > 400).mean() > 0.5:
        return "they look projected (metres or feet); give the coordinate system with --crs"
    if extent is not None:
        west, south, east, north = extent
        swapped = (lats >= west) & (lats <= east) & (lngs >= south) & (lngs <= north)
        if swapped.mean() > 0.5:
            return "latitude and longitude look swapped; map them with --field lat=… and --field lng=…"
    elif ((np.abs(lats) > 90) & (np.abs(lngs) <= 90)).mean() > 0.5:
        return "latitude and longitude look swapped; map them with --field lat=… and --field lng=…"
    return None


def _is_plain(system: pyproj.CRS) -> bool:
    """Geographic in degrees from Greenwich on WGS 84, CGCS2000 or NAD83-like datums that need no shift here."""
    return system.to_epsg(min_confidence=90) in (4326, 4490, 4979, 4258, 4269) or system.name.upper() in (
        "WGS 84",
        "WGS 84 (CRS84)",
        "OGC:CRS84",
        "CRS84",
        "CHINA GEODETIC COORDINATE SYSTEM 2000",
        "GCS_WGS_1984",
    )


def _parse(text: str) -> pyproj.CRS:
    """A coordinate system from a code, WKT or PROJJSON; never from a name of a file, an address or a grid of shifts."""
    bare = text.strip()
    try:
        if len(bare) <= 20_000 and bare.startswith("{"):
            return pyproj.CRS.from_json(bare)
        if len(bare) <= 20_000 and _WKT.match(bare):
            return pyproj.CRS.from_wkt(bare)
        if _CODE.match(bare) or (_PROJ.match(bare) and "grids" not in bare):
            return pyproj.CRS.from_user_input(bare)
    except (pyproj.exceptions.CRSError, ValueError, RecursionError) as error:
        raise values.IntakeError(
            "E_CRS", f"no coordinate system '{_short(text)}'; give one like EPSG:4547 or ESRI:102696"
        ) from error
    raise values.IntakeError("E_CRS", f"'{_short(text)}' is no coordinate system; give one like EPSG:4547")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else flat[:79] + "…"

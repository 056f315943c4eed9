"""Rules of the camera register: device codes, what is assumed where a source says nothing, and what an entry lacks.

Device codes follow GB/T 28181-2016, annex D. Rule A has 20 digits: centre 8 (a division code), industry 2, type 3,
network 1, sequence 6. Rule B has 16: centre 8, industry 2, sequence 4, type 2. What is assumed is marked in
``defaulted``; purpose, legal basis, sign and owner are never assumed. Only sites and geometry: no video, no faces.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

ANGLE_DEG: Final = 60.0
"""Assumed field angle of a fixed camera."""
RANGE_M: Final = 60.0
"""Assumed range."""
ROUND_DEG: Final = 360.0
CAMERA_TYPES: Final = ("131", "132")
"""Type codes of cameras in rule A: analogue and network camera."""
INDUSTRIES: Final = range(16)
SAME_M: Final = 1.0
"""Sites nearer than this to one another are one place."""
SAME_DEG: Final = 15.0
"""Directions nearer than this are one direction."""
SITE_M: Final = 30.0
"""Two rows with one device code are one camera when they lie this near to one another."""
MUST_STATE: Final = ("purpose", "legal_basis")
"""What an entry needs to be complete; without these no proposal is approved."""
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")
_PROVINCES: Final = frozenset(
    str(first * 10 + second)
    for first, last in ((1, 5), (2, 3), (3, 7), (4, 6), (5, 4), (6, 5), (7, 1), (8, 2))
    for second in range(0 if first == 5 else 1, last + 1)
)
"""First two digits of division codes (GB/T 2260)."""

Fault = Literal["digits", "length", "division", "industry", "type"]


@dataclass(frozen=True)
class DeviceCode:
    """A device code taken apart. ``rule`` is A or B, or empty where it follows neither; ``fault`` says why."""

    rule: str
    fault: Fault | None
    centre: str = ""
    industry: str = ""
    type: str = ""
    sequence: str = ""


def device_code(code: str) -> DeviceCode:
    """Take a GB/T 28181 device code apart.

    >>> device_code("43978100001320000002").rule, device_code("4398").fault
    ('A', 'length')
    """
    if not (code.isascii() and code.isdigit()):
        return DeviceCode("", "digits")
    if len(code) == 20:
        parts = (code[:8], code[8:10], code[10:13], code[13:])
        rule, known = "A", code[10:13] in CAMERA_TYPES
    elif len(code) == 16:
        parts = (code[:8], code[8:10], code[14:], code[10:14])
        rule, known = "B", True
    else:
        return DeviceCode("", "length")
    centre, industry, kind, sequence = parts
    if centre[:2] not in _PROVINCES:
        return DeviceCode("", "division", *parts)
    if int(industry) not in INDUSTRIES:
        return DeviceCode("", "industry", *parts)
    return DeviceCode(rule, None if known else "type", centre, industry, kind, sequence)


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a camera from what its source said, by the names of the import's fields; None or "" is unsaid.

    A site without a kind is fixed where a direction is known, else a dome; a fixed one whose direction nobody knows
    looks all round. Every assumption is named in ``defaulted``.
    """
    heading = given.get("heading")
    kind = given.get("kind") or ("fixed" if heading is not None else "dome")
    angle, reach = given.get("angle"), given.get("range")
    assumed_angle = ANGLE_DEG if kind == "fixed" and heading is not None else ROUND_DEG
    unsaid = [name for name in ("kind", "heading", "angle", "range", "status") if given.get(name) in (None, "")]
    return {
        "kind": kind,
        "heading_deg": heading,
        "angle_deg": assumed_angle if angle is None else angle,
        "range_m": RANGE_M if reach is None else reach,
        "headings": _degrees(given.get("headings"))[1:],
        "height_m": given.get("height"),
        "tilt_deg": given.get("tilt"),
        "masked": arcs(given.get("masked") or ""),
        "owner_class": int(given.get("owner") or 0),
        "purpose": given.get("purpose") or "",
        "legal_basis": given.get("legal_basis") or "",
        "sign_present": _flag(given.get("sign")),
        "networked": _flag(given.get("networked")),
        "status": given.get("status") or "unknown",
        "status_since": day(given.get("since") or ""),
        "review_on": day(given.get("review") or ""),
        "defaulted": [name for name in unsaid if not (name == "heading" and kind != "fixed")],
    }


def arcs(text: str) -> list[list[float]]:
    """Arcs of bearings written as ``30-90; 350-10``, each [from, to] clockwise; what is no arc is left out.

    >>> arcs("30-90; 350-10; up")
    [[30.0, 90.0], [350.0, 10.0]]
    """
    found = re.findall(r"(\d+(?:\.\d+)?)\s*[-–~至]\s*(\d+(?:\.\d+)?)", text)
    return [[float(first) % 360.0, float(last) % 360.0] for first, last in found]


def day(text: str) -> str:
    """A date as ISO text, empty where ``text`` is none.

    >>> day("2024年3月5日"), day("soon")
    ('2024-03-05', '')
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return ""
    try:
        return datetime.date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        return ""


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sites are of one kind and look the same way."""
    if one["kind"] != other["kind"]:
        return False
    a, b = one["heading_deg"], other["heading_deg"]
    if a is None or b is None:
        return a is None and b is None
    return bool(abs((a - b + 180.0) % 360.0 - 180.0) <= SAME_DEG)


def lacks(row: Mapping[str, Any]) -> list[str]:
    """What a register entry does not say though it must or should: purpose, legal basis, owner, sign."""
    missing = [name for name in MUST_STATE if not row.get(name)]
    missing += ["owner_class"] if not row.get("owner_class") else []
    return missing + (["sign_present"] if not row.get("sign_present") else [])


def _degrees(text: str | None) -> list[float]:
    return [float(part) for part in text.split(";")] if text else []


def _flag(word: str | None) -> int | None:
    return None if not word else int(word == "yes")

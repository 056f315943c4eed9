"""Open311 GeoReport v2: an answer to ``GET requests`` that was saved, JSON or XML, as rows of incidents.

Only the fields that say what, where, when and how it stands are taken over (``TAKEN``); free text, addresses, pictures
and whatever an endpoint adds about the reporter are dropped here, before anything is kept, and named in a note. The
minute of the last update becomes the revision, so that a later answer about the same request corrects the earlier one.
Service codes are text: the specification's own examples write 006 without quotes, which is read as it is meant.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from server.intake import jsonscan, sources, text, values

TAKEN = (
    "service_request_id", "status", "service_name", "service_code", "requested_datetime", "updated_datetime", "lat",
    "long",
)  # fmt: skip
REVISION = "revision"
_BARE = re.compile(rb"(:\s*)(-?0\d+)(?=\s*[,}\]])")
_MAX_DEPTH = 8
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,39}$")


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a saved answer. Raises IntakeError E_TYPE, E_XML, E_DEPTH, E_TRUNCATED, E_TRAILING, E_BUDGET, E_ENCODING."""
    plain = work / "requests.txt"
    encoding = text.to_utf8(path, plain, encoding=options.encoding, limits=limits)
    spool, dropped = sources.Spool(work, limits, located=False), set[str]()
    with plain.open("rb") as file:
        xml = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    if xml:
        _xml(plain, spool, dropped, limits)
    else:
        _json(plain, work / "wrapped.json", spool, dropped, limits)
    spool.flush()
    plain.unlink()
    named = sorted(name for name in dropped if _NAME.match(name))[:20]
    notes = (f"not read (free text, addresses, people): {', '.join(named)}",) if named else ()
    return sources.Source(
        format="open311", columns=tuple(spool.columns), located=False, batches=spool.batches,
        declared="OGC:CRS84", encoding=encoding, notes=notes,
    )  # fmt: skip


def _json(plain: Path, wrapped: Path, spool: sources.Spool, dropped: set[str], limits: values.Limits) -> None:
    """The scanner finds the elements of an array in an object, so the answer's array is put into one."""
    with plain.open("rb") as source, wrapped.open("wb") as target:
        target.write(b'{"requests":')
        shutil.copyfileobj(source, target)
        target.write(b"}")
    scan = jsonscan.Scan(wrapped, b"requests", limits)
    elements = objects = 0
    for raw, _ in scan.elements():
        elements, objects = elements + 1, objects + raw.lstrip().startswith(b"{")
        try:
            found = _loaded(raw)
        except ValueError:
            spool.reject("request.json", "not valid JSON", raw[:120].decode("utf-8", "replace").strip() or None)
            continue
        _take(found, spool, dropped)
    if not scan.found or (elements and not objects):
        raise values.IntakeError("E_TYPE", "the JSON is no list of service requests")
    wrapped.unlink()


def _loaded(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw, parse_constant=_constant)
    except ValueError:
        found = json.loads(_BARE.sub(rb'\1"\2"', raw), parse_constant=_constant)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _xml(plain: Path, spool: sources.Spool, dropped: set[str], limits: values.Limits) -> None:
    try:
        _requests(plain, spool, dropped)
    except DefusedXmlException as error:
        raise values.IntakeError(
            "E_XML", "the file declares a document type or entities; that is not allowed"
        ) from error
    except (ParseError, ValueError) as error:
        raise values.IntakeError("E_TRUNCATED", "the XML of the file is not complete or not well formed") from error


def _requests(plain: Path, spool: sources.Spool, dropped: set[str]) -> None:
    depth = 0
    root: Element | None = None
    parser = ElementTree.DefusedXMLParser(encoding="utf-8", forbid_dtd=True)
    for event, element in ElementTree.iterparse(str(plain), ("start", "end"), parser=parser):
        if event == "start":
            depth += 1
            root = element if root is None else root
            if depth > _MAX_DEPTH:
                raise values.IntakeError("E_DEPTH", f"the XML nests deeper than {_MAX_DEPTH}")
            continue
        depth -= 1
        if element.tag == "request" and depth == 1:
            _take({str(child.tag): child.text for child in element}, spool, dropped)
            element.clear()
            if root is not None:
                root.clear()


def _take(found: dict[str, Any], spool: sources.Spool, dropped: set[str]) -> None:
    dropped.update(name for name, value in found.items() if name not in TAKEN and value not in (None, ""))
    record = {name: _text(found.get(name)) for name in TAKEN}
    try:
        for value in record.values():
            (value or "").encode("utf-8")
    except UnicodeEncodeError:
        spool.reject("request.text", "a text holds half a character (lone surrogate)")
        return
    spool.add({**record, REVISION: _revision(record)}, None)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip() or None


def _revision(record: dict[str, str | None]) -> str:
    """Minutes since 1970 of the last update that is stated, else 0."""
    for name in ("updated_datetime", "requested_datetime"):
        try:
            at = datetime.fromisoformat(record[name] or "")
            return str(max(int(at.timestamp() // 60), 0)) if at.tzinfo is not None else "0"
        except (ValueError, OverflowError):
            continue
    return "0"

"""Fetching service requests from an Open311 GeoReport v2 endpoint and importing them like a saved answer.

The standard gives at most 90 days or 1,000 requests an answer, so the window is walked back in steps. Only the fields
that are imported are written down; everything else an endpoint tells is dropped as it arrives. For the host's command
only: no address that a browser sends is ever fetched.
"""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from server.intake import open311
from server.rules import permissions
from server.usecases import errors
from server.usecases.context import Context, Progress, silent
from server.usecases.importing import imports

SPAN: Final = timedelta(days=90)
FULL: Final = 50
"""An answer of fewer requests than this ends its window; pages of endpoints hold 50 to 1,000."""
MOST_BYTES: Final = 64 << 20
MOST_ANSWERS: Final = 10_000
PATIENCE_S: Final = 60
_AGENT: Final = "gezhi"
_MOST_SAID: Final = 300
_SECOND: Final = timedelta(seconds=1)


def run(
    ctx: Context, city: str, url: str, *, start: datetime | None = None, end: datetime | None = None,
    dry_run: bool = False, token: str | None = None, progress: Progress = silent,
) -> dict[str, Any]:
    """Import what an endpoint (its base address, or that of its ``requests.json``) tells of a window, the latest 90
    days by default; answers the report of the import. ``token`` is sent as bearer token. Raises Refused where the
    endpoint does not answer as it should."""
    permissions.check(ctx.actor, "import.run")
    address = urllib.parse.urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise errors.Invalid("url", "An endpoint's address begins with http:// or https://.")
    path = address.path.rstrip("/")
    if not path.endswith("/requests.json"):
        path += "/requests.json"
    source = address._replace(path=path, fragment="")
    end = end or ctx.now()
    found = _walk(source, start or end - SPAN, end, token, progress)
    file = ctx.spool / f"{secrets.token_hex(16)}.json"
    try:
        file.write_text(json.dumps(list(found.values()), ensure_ascii=False), encoding="utf-8")
        asked = imports.Asked(kind="incidents", fields={}, datum="wgs84", dry_run=dry_run)
        return imports.run(ctx, city, file, asked, name=address.hostname, progress=progress)
    finally:
        file.unlink(missing_ok=True)


def _walk(
    source: urllib.parse.SplitResult, start: datetime, end: datetime, token: str | None, progress: Progress
) -> dict[str, dict[str, Any]]:
    """Requests by id: window after window from the latest on, each from its end towards its start.

    A full answer may have cut the second of its oldest request in two, so the next one begins with that second again.
    """
    found: dict[str, dict[str, Any]] = {}
    upper, low = end, max(start, end - SPAN)
    for _ in range(MOST_ANSWERS):
        progress(0.0, f"{len(found):,} requests, {upper.date().isoformat()}")
        rows = _ask(source, low, upper, token)
        fresh = {key: row for row in rows if (key := str(row.get("service_request_id") or "")) and key not in found}
        found |= fresh
        oldest = min((at for row in rows if (at := _time(row)) is not None), default=low)
        if fresh and len(rows) >= FULL and low < oldest < upper:
            upper = oldest + _SECOND if oldest + _SECOND < upper else oldest
        elif low <= start:
            return found
        else:
            upper, low = low, max(start, low - SPAN)
    return found


def _ask(
    source: urllib.parse.SplitResult, start: datetime, end: datetime, token: str | None
) -> list[dict[str, Any]]:
    stamps = [at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (start, end)]
    query = [*urllib.parse.parse_qsl(source.query), ("start_date", stamps[0]), ("end_date", stamps[1])]
    address = source._replace(query=urllib.parse.urlencode(query)).geturl()
    own = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(address, headers={"Accept": "application/json", "User-Agent": _AGENT, **own})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            body = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        said = error.read(_MOST_SAID).decode("utf-8", "replace").strip()
        raise errors.Refused("E_ENDPOINT", f"The endpoint answers {error.code} {error.reason}: {said}") from None
    except (OSError, urllib.error.URLError) as error:
        reason = str(getattr(error, "reason", error))[:200]
        raise errors.Refused("E_ENDPOINT", f"The endpoint does not answer: {reason}") from None
    if len(body) > MOST_BYTES:
        raise errors.Refused("E_BUDGET", f"One answer of the endpoint is larger than {MOST_BYTES >> 20} MiB.")
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise errors.Refused("E_ENDPOINT", "The endpoint's answer is not JSON.") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise errors.Refused("E_ENDPOINT", "The endpoint's answer is no list of service requests.")
    return [{name: row.get(name) for name in open311.TAKEN} for row in rows]


def _time(row: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(row.get("requested_datetime")))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None

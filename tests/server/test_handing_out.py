"""Exact views of incidents that leave as files leave a row in the audit log; what keeps the floor does not."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy
from click import testing

from layers import payload
from server import cli
from server.store import audit, database, schema
from tests.server import tiny
from tests.server.conftest import Place


def _noted(place: Place) -> list[tuple[str, dict[str, Any]]]:
    ctx = place.open()
    with database.reading(ctx.db) as connection:
        assert audit.first_bad(connection) is None
        own = schema.audit.c
        rows = connection.execute(
            sqlalchemy.select(own.actor, own.detail).where(own.action == "incident.export").order_by(own.seq)
        ).all()
    ctx.db.close()
    return [(row.actor, row.detail) for row in rows]


def test_files_made_through_the_api_are_noted_with_who_took_what(app: Any, city: Place) -> None:
    operator, viewer = tiny.signed_in(app, "operator"), tiny.signed_in(app, "viewer")
    at = "/api/cities/tiny/incidents"
    assert operator.get(f"{at}/map?spots=true&classification=internal").status_code == 200
    assert operator.get(f"{at}/month/file?month=2025-02&format=docx").status_code == 200
    for path in ("map", "month/file"):
        assert viewer.get(f"{at}/{path}").status_code == 403
    assert operator.get("/api/cities/tiny/heat").status_code == 200, "what is looked at is not handed out"
    (first, view), (_, month) = _noted(city)
    assert first == "operator" and view["view"] == "hotspots" and view["format"] == "html"
    assert view["classification"] == "internal" and view["cells"] > 0
    assert (month["view"], month["format"], month["month"]) == ("month", "docx", "2025-02")
    assert not {"lat", "lng", "bbox"} & set(view) | set(month) & {"lat", "lng"}


@pytest.mark.parametrize("ending", ["csv", "html"])
def test_files_made_on_the_host_are_noted_and_public_ones_are_not(city: Place, tmp_path: Path, ending: str) -> None:
    run, base = testing.CliRunner(env={"GEZHI_DATABASE_URL": city.url}), ["--home", str(city.home), "--city", "tiny"]

    def make(command: str, *more: str) -> None:
        done = run.invoke(cli.cli, [command, *base, *more, "--out", str(tmp_path / f"{command}.{ending}")])
        assert done.exit_code == 0, done.output

    make("heat", "--public")
    assert _noted(city) == []
    make("heat")
    make("hotspots")
    noted = [(detail["view"], detail["format"]) for _, detail in _noted(city)]
    assert noted == [("heat", ending), ("hotspots", ending)]


def test_a_public_file_keeps_the_floor_whoever_makes_it(app: Any, city: Place) -> None:
    operator, viewer = tiny.signed_in(app, "operator"), tiny.signed_in(app, "viewer")
    at = "/api/cities/tiny/incidents/map"
    asked = {"public": "true", "classification": "审图号 GS(2025)1", "from": "2025-02-10T00:00:00Z", "language": "en"}
    made = operator.get(at, query_string=asked)
    assert made.status_code == 200 and _noted(city) == []
    text = made.get_data(as_text=True)
    assert "GS(2025)1" in text and "内部资料" not in text and "fewer than 8 are not shown" in text
    told = payload.decode(viewer.get("/api/cities/tiny/heat?from=2025-02-10T00:00:00Z").data)
    (inside,) = (one for one in _payloads(text) if "n" in one.columns)
    assert np.array_equal(inside.cells, told.cells) and np.array_equal(inside.columns["n"], told.columns["n"])
    assert inside.columns["n"].min() >= 8 and not (inside.columns["n"] % 5).any()
    for wrong in ({"classification": "内部资料"}, {"spots": "true"}, {"hours": "3"}, {"smooth": "1"}):
        assert operator.get(at, query_string={**asked, **wrong}).status_code == 422, wrong
    assert viewer.get(at, query_string=asked).status_code == 403


def _payloads(text: str) -> list[Any]:
    """The cells that a page embeds."""
    blocks = re.findall(r'<script type="application/gzip"[^>]*>([A-Za-z0-9+/=]+)</script>', text)
    held = [gzip.decompress(base64.b64decode(one)) for one in blocks]
    return [payload.decode(one) for one in held if one.startswith(b"GZH1")]

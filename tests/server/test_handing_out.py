"""Exact views of incidents that leave as files leave a row in the audit log; what keeps the floor does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from click import testing

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

"""The differencing attack: everything a viewer can ask is asked, and put against itself, to recover a small count.

Two ways. *Worlds*: reports are added to and taken from one cell, month and category while its count stays in 0…7; every
answer must stay what it was, byte for byte, so whatever is computed from the answers cannot tell the counts apart.
*Differences*: answers that ought to differ by one small count (total − other categories, month − cells, adjacent
windows, parent − children, a territory − the same without one cell) are subtracted; what comes out must be nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import flask
import flask.testing
import numpy as np
import pytest
from click.testing import CliRunner

from geo import cells
from layers import payload
from server import app as composition
from server import cli, mapfile
from server.archive import query, values
from server.config import Config
from server.rules import permissions, privacy
from server.store import database
from server.usecases import users
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import facts, reporting
from server.views import routes
from tests.server import tiny
from tests.server.conftest import Place

ZONE = ZoneInfo("Asia/Shanghai")
MONTHS = [datetime(2025, month, 1, tzinfo=ZONE).astimezone(UTC) for month in (1, 2, 3, 4)]
CITY = "/api/cities/tiny"
FINE, TOLD = 10, privacy.resolution(10)
Atom = tuple[int, str, int]
"""A cell that viewers are told about, a category, and a month by its place in MONTHS."""


pytestmark = pytest.mark.slow


@pytest.fixture
def backend() -> str:
    """What is told does not depend on the database; one is enough for so many questions."""
    return "sqlite"


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


@pytest.fixture
def readers(city: Place, ctx: Context) -> Iterator[list[flask.testing.FlaskClient]]:
    """A viewer of the city, and one of its western town."""
    users.add(ctx, "neighbour", tiny.PASSWORD, role="viewer", city="tiny", region="T1")
    made = composition.create_app(Config(home=city.home, database_url=city.url))
    yield [tiny.signed_in(made, name) for name in ("viewer", "neighbour")]
    made.extensions["gezhi.context"].db.close()


def _truth(ctx: Context) -> dict[Atom, int]:
    """The true counts, zeros of pairs that have another month included."""
    found: dict[Atom, int] = defaultdict(int)
    with database.reading(ctx.db) as connection:
        held = facts.of_city(ctx, connection, "tiny")
        place = territory.world(ctx, connection, "tiny")
    for category in tiny.CATEGORIES:
        for month, (start, end) in enumerate(zip(MONTHS, MONTHS[1:], strict=False)):
            select = values.Select(*(int(at.timestamp()) * 1_000_000 for at in (start, end)), categories=(category,))
            told = query.counts(held, res=TOLD, select=select)
            for cell in np.unique(cells.parents(place.base.cells, TOLD)).tolist():
                found[cell, category, month] = 0
            for cell, n in zip(told.cells.tolist(), told.n.tolist(), strict=True):
                found[cell, category, month] = n
    return found


def _add(ctx: Context, atom: Atom, n: int) -> None:
    """Add n reports to an atom; a negative n takes reports back."""
    cell, category, month = atom
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
    inside = place.base.cells[cells.parents(place.base.cells, TOLD) == np.uint64(cell)]
    lats, lngs = cells.centres(inside)
    spot = int(np.argmin(np.hypot(lats - lats.mean(), lngs - lngs.mean())))
    one = reporting.Report(
        time=MONTHS[month] + timedelta(days=12, hours=3), lat=float(lats[spot]), lng=float(lngs[spot]),
        category=category, count=1 if n > 0 else -1,
    )  # fmt: skip
    if n:
        reporting.report(ctx, "tiny", [one] * abs(n))


def _questions(app: flask.Flask) -> list[tuple[str, dict[str, str]]]:
    """Every address a viewer may read, and of counts every way of asking: windows, categories, measures, areas."""
    viewer = permissions.Actor("v", "viewer", "tiny")
    ids = {"city": "tiny", "plan": "current", "label": "0", "level": "community"}
    plausible = {"here": {"lat": "30.505", "lng": "114.305"}, "search": {"q": "C11"},
                 "ground": {"kind": "road", "bbox": "114.29,30.49,114.33,30.53"}}  # fmt: skip
    asked: list[tuple[str, dict[str, str]]] = []
    for endpoint, view in app.view_functions.items():
        route = routes.of(view)
        names = re.findall(r"<(?:\w+:)?(\w+)>", route.rule if route else "")
        if route is None or route.method != "GET" or not route.rule.startswith(CITY.replace("tiny", "<city>")):
            continue
        if not permissions.may(viewer, route.action) or not set(names) <= set(ids):
            continue
        path = route.rule
        for name in names:
            path = path.replace(f"<{name}>", ids[name])
        asked.append((path, plausible.get(endpoint.rpartition(".")[2], {})))
    days = [at + timedelta(days=shift) for at in MONTHS for shift in (-1, 0, 1, 13)]
    stamps = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in days]
    for category in (None, *tiny.CATEGORIES):
        more = {} if category is None else {"category": category}
        asked += [(f"{CITY}/heat", {"from": stamp, **more}) for stamp in (stamps if not category else stamps[1::4])]
        asked += [(f"{CITY}/heat", {"from": stamps[1], "per": per, **more}) for per in ("area", "household")]
        asked += [(f"{CITY}/heat", {"from": stamps[1], "res": str(res), **more}) for res in (7, 8, 9, 10)]
        windows = [*zip(stamps, stamps[4:], strict=False), (stamps[0], stamps[-1])]
        asked += [(f"{CITY}/incidents/timeline", {"from": low, "to": high, **more}) for low, high in windows]
    for level in ("county", "town", "community", "grid"):
        asked += [(f"{CITY}/alerts", {"level": level}), (f"{CITY}/areas/figures", {"level": level})]
    return asked


def _answers(readers: list[flask.testing.FlaskClient]) -> dict[tuple[int, str, str], bytes]:
    """What everybody is told, without the number of the data's version, which counts changes and nothing else."""
    found = {}
    for number, reader in enumerate(readers):
        for path, asked in _questions(reader.application):
            answer = reader.get(path, query_string=asked)
            assert answer.status_code < 500, (path, asked)
            body = re.sub(rb'"data_version": ?[0-9]+', b"", answer.data)
            found[number, path, repr(asked)] = re.sub(rb'"request_id": ?"[0-9a-f]+"', b"", body)
    return found


def _files(ctx: Context) -> str:
    """The file that is made for readers outside the office."""
    return mapfile.make(ctx, "tiny", ref="current", lang="zh", public=True, classification="公开")


def _heat(reader: flask.testing.FlaskClient, month: int, category: str | None = None) -> dict[int, int]:
    asked = {"from": (MONTHS[month] + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    answer = reader.get(f"{CITY}/heat", query_string=asked | ({"category": category} if category else {}))
    told = payload.decode(answer.data)
    return dict(zip(told.cells.tolist(), told.columns["n"].tolist(), strict=True))


def test_no_answer_tells_a_count_of_one_to_seven_from_another(
    ctx: Context, readers: list[flask.testing.FlaskClient]
) -> None:
    truth = _truth(ctx)
    small = [atom for atom, n in truth.items() if 1 <= n <= 7]
    assert len(small) >= 10, "there is something to attack"
    rng = np.random.default_rng(5)
    chosen = [small[at] for at in rng.choice(len(small), 3, replace=False)]
    chosen.append(next(atom for atom, n in truth.items() if n == 0 and atom[2] == 1))
    before, file = _answers(readers), _files(ctx)
    for world in (privacy.FLOOR - 1, 0):
        for atom in chosen:
            _add(ctx, atom, world - truth[atom])
            truth[atom] = world
        after = _answers(readers)
        assert [question for question, body in after.items() if body != before[question]] == [], world
        assert _files(ctx) == file


def test_the_attack_sees_what_may_be_seen(ctx: Context, readers: list[flask.testing.FlaskClient]) -> None:
    """One report more, over the floor, does change an answer: the crawl above is not blind."""
    truth = _truth(ctx)
    atom = next(one for one, n in truth.items() if 1 <= n <= 7)
    before = _answers(readers[:1])
    _add(ctx, atom, privacy.FLOOR - truth[atom])
    after = _answers(readers[:1])
    assert _heat(readers[0], atom[2], atom[1])[atom[0]] == 10
    assert any(body != before[question] for question, body in after.items())


def test_every_difference_that_would_isolate_a_small_count_is_nothing(
    ctx: Context, readers: list[flask.testing.FlaskClient]
) -> None:
    viewer, neighbour = readers
    truth = _truth(ctx)
    told = {(month, category): _heat(viewer, month, category) for month in range(3) for category in tiny.CATEGORIES}
    whole = {month: _heat(viewer, month) for month in range(3)}
    part = {month: _heat(neighbour, month) for month in range(3)}
    line = viewer.get(f"{CITY}/incidents/timeline").get_json()["days"]
    by_month = {day["day"][:7]: day["n"] for day in line}
    attacked = 0
    for (cell, category, month), n in truth.items():
        shown = told[month, category].get(cell, 0)
        others = sum(told[month, other].get(cell, 0) for other in tiny.CATEGORIES if other != category)
        assert whole[month].get(cell, 0) - others == shown, "total − other categories"
        feasible = [x for x in range(30) if (privacy.count(x) or 0) == shown] if shown < 25 else [n]
        assert n in feasible and not set(feasible) <= set(range(1, 8))
        attacked += 1 <= n <= 7
    assert attacked > 10
    for month in range(3):
        name = MONTHS[month].astimezone(ZONE).strftime("%Y-%m")
        assert by_month.get(name, 0) == sum(whole[month].values()), "month − cells"
        for cell, n in part[month].items():
            assert whole[month][cell] == n, "a cell at the edge of a territory is told as a whole or not at all"
        parents: dict[int, int] = defaultdict(int)
        for cell, n in whole[month].items():
            parents[int(cells.parents(np.array([cell], np.uint64), 7)[0])] += n
        stamp = (MONTHS[month] + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        coarse = payload.decode(viewer.get(f"{CITY}/heat", query_string={"from": stamp, "res": "7"}).data)
        assert set(coarse.cells.tolist()) == set(whole[month]), "parent − children: there is one resolution only"


def test_the_command_for_readers_outside_keeps_the_floor(city: Place, tmp_path: Path) -> None:
    out = tmp_path / "public.csv"
    asked = ["heat", "--city", "tiny", "--public", "--from", "2025-02-10", "--out", str(out), "--home", str(city.home)]
    assert CliRunner().invoke(cli.cli, asked).exit_code == 0
    rows = [line.split(",") for line in out.read_text().split()[1:]]
    assert rows and all(int(row[2]) % 5 == 0 and int(row[2]) >= privacy.FLOOR for row in rows)
    refused = CliRunner().invoke(cli.cli, [*asked, "--smooth", "1"])
    assert refused.exit_code != 0

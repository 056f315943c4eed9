"""A planner's hand on the workbench page, a colleague's script beside it, and where grids touch."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright import sync_api

from geo import adjacency, cells
from geo.adjacency import Adjacency
from server.rules import permissions
from server.store import database
from server.usecases import context
from server.usecases.workbench import desk
from tests.browser.conftest import OFFICE, PHONE, SHOTS
from tests.conftest import Served

CITY = "439781"


def ask(served: Served, path: str, body: Any = None, *, tag: str | None = None) -> Any:
    """The API, as a colleague's script asks it."""
    headers = {"Content-Type": "application/json", "Origin": served.url}
    if tag:
        headers["If-Match"] = f'"{tag}"'
    data = None if body is None else json.dumps(body).encode()
    url = f"{served.url}/api/cities/{CITY}/plans/{path}"
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers)) as answer:
        return json.loads(answer.read())


@dataclass(frozen=True)
class Border:
    """Two touching cells of one community in different grids: (label, lat, lng) of each."""

    here: tuple[int, float, float]
    there: tuple[int, float, float]


def borders(served: Served, plan: str, *, river: bool = False) -> Iterator[Border]:
    """Open borders between grids of one community, of ever new grids, where the grid there stays whole without its
    cell; or borders that a river is."""
    home = served.home
    ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST, upgrade=False)
    with database.reading(ctx.db) as connection:
        draft = desk.open_(ctx, connection, CITY, plan)
    ctx.db.close()
    problem, labels = draft.ground.problem, draft.labels
    tails = np.repeat(np.arange(len(labels)), np.diff(problem.adjacency.indptr))
    heads, open_ = problem.adjacency.indices, np.isfinite(problem.adjacency.barrier)
    nested = problem.region[tails] == problem.region[heads]
    wanted = (~open_ if river else open_ & nested) & (labels[tails] != labels[heads]) & (labels[tails] >= 0)
    wanted &= labels[heads] >= 0
    lats, lngs = cells.centres(problem.cells)
    used: set[int] = set()
    for at, other in zip(tails[wanted].tolist(), heads[wanted].tolist(), strict=True):
        a, b = int(labels[at]), int(labels[other])
        rows = draft.grids[a], draft.grids[b]
        whole = all(row["cells"] >= 12 and row["pieces"] == 1 for row in rows)
        if used & {a, b} or not whole or (rows[0]["region_id"] == rows[1]["region_id"]) == river:
            continue
        if not river and not _whole_without(problem.adjacency, labels, other):
            continue
        used |= {a, b}
        yield Border((a, float(lats[at]), float(lngs[at])), (b, float(lats[other]), float(lngs[other])))


def _whole_without(graph: Adjacency, labels: NDArray[np.int32], cell: int) -> bool:
    """Whether the grid of a cell is one piece without it."""
    rest = labels.copy()
    rest[cell] = labels.max() + 1
    mine = (labels == labels[cell]) & (rest == labels[cell])
    return len(np.unique(adjacency.components(graph, labels=rest)[mine])) == 1


class Hand:
    """A planner's hand on the page: picks, paints and waits for the answer."""

    def __init__(self, chromium: sync_api.Browser, served: Served, size: tuple[int, int] = OFFICE, *, lang: str = "zh"):
        touch = size == PHONE
        locale = "zh-CN" if lang == "zh" else "en-GB"
        made = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale, has_touch=touch)
        self.page, self.served, self.lang = made.new_page(), served, lang
        self.page.set_default_timeout(180_000)  # the first answers of a fresh server may take their time
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; };")

    def open(self, query: str) -> None:
        self.page.goto(f"{self.served.url}/city/{CITY}?{query}&lang={self.lang}")
        self.page.wait_for_selector("html[data-ready=true]", state="attached", timeout=180_000)

    def edit(self, plan: str, lat: float, lng: float) -> None:
        """The workbench with a place in the middle of the map."""
        self.open(f"job=redraw&plan={plan}&at={lat:.6f},{lng:.6f},17")
        self.page.get_by_role("tab", name="手工调整" if self.lang == "zh" else "By hand").click()
        self.page.get_by_role("toolbar").wait_for(timeout=180_000)
        self.page.wait_for_load_state("networkidle")
        self.middle = (lat, lng)

    def at(self, lat: float, lng: float) -> tuple[float, float]:
        box = self.page.locator("#map").bounding_box()
        assert box
        scale = 256 * 2**17 / 360
        x = box["x"] + box["width"] / 2 + (lng - self.middle[1]) * scale
        y = box["y"] + box["height"] / 2 - (lat - self.middle[0]) * scale / np.cos(np.radians(lat))
        return float(x), float(y)

    def pick(self, place: tuple[int, float, float]) -> None:
        self.page.keyboard.press("p")
        with self.page.expect_response(lambda r: "/weighed" in r.url):
            self.page.mouse.click(*self.at(*place[1:]))

    def paint(self, place: tuple[int, float, float]) -> sync_api.Response:
        with self.page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
            self.drag(place)
        return answered.value

    def drag(self, place: tuple[int, float, float]) -> None:
        """The smallest brush on one cell."""
        self.page.keyboard.press("b")
        for _ in range(3):
            self.page.keyboard.press("[")
        self.page.mouse.move(*self.at(*place[1:]))
        self.page.mouse.down()
        self.page.mouse.up()

    def key(self, key: str, *, status: int = 200) -> Any:
        with self.page.expect_response(lambda r: r.url.endswith("/edits")) as answered:
            self.page.keyboard.press(key)
        assert answered.value.status == status, (key, answered.value.json())
        return answered.value.json()

    def press(self, name: str, *, ends: str | None = None, status: int = 200, within: str = "body") -> Any:
        """A button of the page; with ``ends``, the answer of the request whose address ends so."""
        button = self.page.locator(within).get_by_role("button", name=name, exact=True).last
        if ends is None:
            button.click()
            return None
        with self.page.expect_response(lambda r: r.url.split("?")[0].endswith(ends)) as answered:
            button.click()
        assert answered.value.status == status, (name, answered.value.json())
        return answered.value.json()

    def shot(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"redraw-{name}-{self.lang}.png")

    def close(self) -> None:
        assert self.complaints == []
        self.page.context.close()

"""The workbench in Chromium without a GPU: the real page of a real server, at 10 000, 100 000 and 500 000 cells.

Paint: from navigation until the whole first view is drawn, in a browser that never saw the page, from a server that
has served it once. Frames: the map is panned 12 px a frame, there and back, with the workbench open. Dab: 19 cells in
view change grid and are drawn again (what the hand sees at once).
Consequences: from sending a stroke of 7 cells until the page shows what it does (server, network, drawing the column),
along the borders of different grids; ``server_ms`` is the server's part of it. Undo likewise. Exactness: after the
strokes the labels that the page holds are those of the server. ``load`` is what else the machine was doing: beyond the
number of cores the milliseconds are those of the neighbours too.

The peer is Leaflet's GeoJSON on canvas as folium writes it, one file opened from disk with the same cells and grids: it
only shows and recolours, so it has no consequences to measure. It gets ``bench_map.PEER_LIMIT_S`` to show anything.

``GEZHI_BENCH_CELLS`` names other sizes, separated by commas.
"""

from __future__ import annotations

import json as jsonlib
import os
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from playwright import sync_api

from geo import cells
from layers import payload
from tests import __main__ as runner
from tests import conftest
from tests.bench import bench_map, bench_payload, workbench_city

PEERS: list[str] = []
SIZES = tuple(int(n) for n in os.environ.get("GEZHI_BENCH_CELLS", "10000,100000,500000").split(","))
STROKES = 20
TARGET_MS = 100.0
COMPARED = ("paint_ms", "frame_p95_ms", "dab_median_ms")

PAINT = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const layers = () => Object.values(GezhiBench.map?._layers ?? {});
    const layer = () => layers().find((one) => one instanceof GezhiHexagons && one.data?.columns.grid);
    while (!layer() || layer()._queue.length) await frame();
    await frame(); await frame();
    GezhiBench.layer = layer();
    window.benchMap = GezhiBench.map;
    return performance.now();
}"""

HOOK = """() => {
    window.GezhiBench = {};
    let made;
    Object.defineProperty(window, 'GezhiMap', {configurable: true, get: () => made, set(value) {
        const create = value.create;
        value.create = (...given) => (GezhiBench.map ??= create(...given));
        made = value;
    }});
}"""

DAB = """async () => {
    const {layer, map} = GezhiBench, times = [];
    const {lat, lng} = map.getCenter();
    const some = h3.gridDisk(h3.latLngToCell(lat, lng, 10), 2);
    const before = layer.positions(some).map((at) => [at, layer.groupOf(at)]);
    for (let i = 0; i < 30; i++) {
        const started = performance.now();
        layer.setGroup(some, before[i % before.length][1]);
        times.push(performance.now() - started);
        await new Promise((done) => requestAnimationFrame(done));
    }
    for (const [at, label] of before) layer.setGroup([at], label);
    times.sort((a, b) => a - b);
    return [times[15], times[28]].map((ms) => Math.round(ms * 100) / 100);
}"""


PEER_DAB = """async () => {
    const layer = Object.values(window).find((one) => one instanceof L.GeoJSON), map = window.benchMap, times = [];
    const {lat, lng} = map.getCenter();
    const away = (one) => Math.hypot(one.getLatLngs()[0][0].lat - lat, one.getLatLngs()[0][0].lng - lng);
    const some = layer.getLayers().map((one) => [away(one), one]).sort((a, b) => a[0] - b[0]).slice(0, 19);
    for (let i = 0, begun = performance.now(); i < 30 && performance.now() - begun < 20000; i++) {
        const started = performance.now();
        for (const [, one] of some) one.setStyle({fillColor: i % 2 ? '#ff0000' : '#00ff00'});
        some[0][1]._renderer._redraw();
        times.push(performance.now() - started);
        await new Promise((done) => requestAnimationFrame(done));
    }
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.floor((times.length - 1) * share)];
    return [at(0.5), at(0.95)].map((ms) => Math.round(ms * 100) / 100);
}"""


def ask(url: str, body: Any = None) -> bytes:
    headers = {"Content-Type": "application/json", "Origin": "/".join(url.split("/")[:3])}
    data = None if body is None else jsonlib.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers), timeout=600) as answer:
        return bytes(answer.read())


def strokes(base: str, plan: str) -> list[tuple[float, float, float, float]]:
    """Pairs of places on either side of a border within a community: (lat, lng) of the taker's cell and the giver's."""
    found = payload.decode(ask(f"{base}/{plan}/cells"))
    region = {g["label"]: g["region"]["id"] for g in jsonlib.loads(ask(f"{base}/{plan}/grids"))["grids"]}
    ids, labels = found.cells, found.columns["grid"].astype(int)
    near = cells.neighbours(ids)
    rng = np.random.default_rng(3)
    out: list[tuple[float, float, float, float]] = []
    used: set[int] = set()
    for at in rng.permutation(len(ids)).tolist():
        for other in near[at][near[at] >= 0].tolist():
            a, b = int(labels[at]), int(labels[other])
            if a != b and region[a] == region[b] and not used & {a, b} and len(out) < STROKES:
                lats, lngs = cells.centres(ids[[at, other]])
                used |= {a, b}
                out.append((float(lats[0]), float(lngs[0]), float(lats[1]), float(lngs[1])))
    return out


def edit(page: sync_api.Page, pairs: list[tuple[float, float, float, float]]) -> dict[str, list[float]]:
    """Pick a grid, paint across its border, and wait until the column tells what that does; in milliseconds."""
    page.evaluate("""() => {
        const {map} = GezhiBench;
        GezhiBench.at = (lat, lng) => {
            const {x, y} = map.latLngToContainerPoint([lat, lng]);
            const box = map.getContainer().getBoundingClientRect();
            return [box.x + x, box.y + y];
        };
    }""")
    told: dict[str, list[float]] = {"all": [], "server": [], "undo": []}
    for mine_lat, mine_lng, lat, lng in pairs:
        page.evaluate("([lat, lng]) => { GezhiBench.map.setView([lat, lng], 16, {animate: false}); }", [lat, lng])
        page.keyboard.press("p")
        with page.expect_response(lambda r: "/weighed" in r.url):
            page.mouse.click(*page.evaluate("([lat, lng]) => GezhiBench.at(lat, lng)", [mine_lat, mine_lng]))
        page.keyboard.press("b")
        page.mouse.move(*page.evaluate("([lat, lng]) => GezhiBench.at(lat, lng)", [lat, lng]))
        answered = stroke(page)
        if answered is None:
            continue
        told["all"].append(answered[0])
        told["server"].append(answered[1])
    for _ in range(min(8, len(told["all"]))):
        told["undo"].append(waited(page, "Control+z")[0])
    return told


def stroke(page: sync_api.Page) -> tuple[float, float] | None:
    page.evaluate(WATCH)
    page.mouse.down()
    page.mouse.up()
    return page.evaluate("() => GezhiBench.told")  # type: ignore[no-any-return]


def waited(page: sync_api.Page, key: str) -> tuple[float, float]:
    page.evaluate(WATCH)
    page.keyboard.press(key)
    return page.evaluate("() => GezhiBench.told")  # type: ignore[no-any-return]


WATCH = """() => {
    GezhiBench.told = new Promise((done) => {
        const real = window.fetch;
        window.fetch = async (...given) => {
            if (!String(given[0]).endsWith('/edits')) return real(...given);
            window.fetch = real;
            const sent = performance.now();
            const answer = await real(...given);
            const got = performance.now();
            if (!answer.ok) done(null);
            else requestAnimationFrame(() => setTimeout(() => done([performance.now() - sent, got - sent])));
            return answer;
        };
        setTimeout(() => done(null), 20000);
    });
}"""


def same(page: sync_api.Page, base: str, plan: str) -> bool:
    """Whether the page holds the labels that the server has."""
    found = payload.decode(ask(f"{base}/{plan}/cells"))
    shown = page.evaluate("() => Array.from(GezhiBench.layer._group).slice(1)")
    return bool(np.array_equal(np.array(shown), found.columns["grid"].astype(np.int64)))


def measure(browser: sync_api.Browser, wanted: int, home: Path) -> list[dict[str, Any]]:
    began = time.perf_counter()
    ctx = workbench_city.build(home, wanted)
    ctx.db.close()
    built = time.perf_counter() - began
    served = conftest.serve(home)
    try:
        base = f"{served.url}/api/cities/{workbench_city.CODE}/plans"
        plan = jsonlib.loads(ask(f"{base}/current/branch", {}))["id"]
        shown = payload.decode(ask(f"{base}/{plan}/cells"))
        row = ours(browser, f"{served.url}/city/{workbench_city.CODE}", base, plan)
    finally:
        conftest.stop(served.process)
    rows = [row | {"built_s": round(built)}]
    rows.append(peer(browser, shown.cells, shown.columns["grid"]))
    return rows + bench_map.ratios(rows[1], row, COMPARED)


def ours(browser: sync_api.Browser, address: str, base: str, plan: str) -> dict[str, Any]:
    pairs = strokes(base, plan)
    query = f"?job=redraw&plan={plan}&lang=en&layers=grids"
    opened(browser, address + query).context.close()
    page = opened(browser, address + query)
    painted = page.evaluate("() => GezhiBench.painted")
    page.get_by_role("tab", name="By hand").click()
    page.get_by_role("toolbar").wait_for()
    page.wait_for_load_state("networkidle")
    frames = page.evaluate(bench_map.FRAMES, [14, 16])
    dabs = page.evaluate(DAB)
    told = edit(page, pairs)
    row = {
        "work": "workbench", "cells": page.evaluate("() => GezhiBench.layer.data.n"), "paint_ms": round(painted),
        "frame_p50_ms": max(one[0] for one in frames.values()),
        "frame_p95_ms": max(one[1] for one in frames.values()), "dab_median_ms": dabs[0], "dab_p95_ms": dabs[1],
        "strokes": len(told["all"]),
        **{f"consequences_{k}": v for k, v in _spread(told["all"]).items()},
        **{f"server_{k}": v for k, v in _spread(told["server"]).items()},
        **{f"undo_{k}": v for k, v in _spread(told["undo"]).items()},
        "target_ms": TARGET_MS, "exact": same(page, base, plan),
    }  # fmt: skip
    page.context.close()
    return row


def opened(browser: sync_api.Browser, address: str) -> sync_api.Page:
    """The page of a draft in a browser that has never seen it, once its first view is drawn."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB").new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(f"({HOOK})()")
    page.goto(address)
    page.evaluate(f"async () => {{ GezhiBench.painted = await ({PAINT})(); }}")
    return page


def peer(browser: sync_api.Browser, ids: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    lats, lngs = cells.centres(ids)
    bounds = [float(lngs.min()), float(lats.min()), float(lngs.max()), float(lats.max())]
    text = bench_map.peer_page(bench_payload.frame(ids, labels), bounds)
    found = bench_map.peer_timings(browser, text, PEER_DAB, [14, 16])
    kept = ("paint_ms", "frame_p50_ms", "frame_p95_ms", "dab_median_ms", "dab_p95_ms")
    return {"work": "Leaflet GeoJSON canvas", "cells": len(ids), **{k: found[k] for k in kept if k in found}}


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {"median_ms": float("nan"), "p95_ms": float("nan")}
    return {
        "median_ms": round(float(np.median(values)), 1), "p95_ms": round(float(np.percentile(values, 95)), 1),
    }  # fmt: skip


def main(*, json: bool) -> None:
    executable = runner.chromium()
    if executable is None:
        raise SystemExit("bench workbench needs Chromium: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=bench_map.ARGUMENTS)
        for wanted in SIZES:
            folder = Path(tempfile.mkdtemp(prefix="gezhi-workbench-"))
            try:
                rows = measure(browser, wanted, folder / "home")
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            for row in rows:
                row["load"] = round(os.getloadavg()[0], 1)
                print(jsonlib.dumps(row) if json else "  ".join(f"{k}={v}" for k, v in row.items()), flush=True)
        browser.close()

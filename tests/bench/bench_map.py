"""The map in Chromium without a GPU: our hexagon layer beside Leaflet's GeoJSON on canvas as folium writes it.

Both sides are one file opened from disk with the network off, in the same window, showing the same cells coloured by
the same grids. Paint: from navigation until the whole first view is drawn. Frames: the map is panned 12 px a frame,
there and back, at the first zoom and deeper (at most ten seconds each). Dab: 127 cells in view change grid and are
drawn again, all of it counted. Exactness: the colour that our canvas shows at random cell centres is that of the cell's
grid. GeoJSON gets PEER_LIMIT_S to show anything; a page that does not, or that the browser gives up, is told as such.
`load` is what else the machine was doing: beyond the number of cores the milliseconds are those of the neighbours too.
"""

from __future__ import annotations

import json as jsonlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
from playwright import sync_api

from geo import cells
from layers import base, grids, style
from layers import page as pages
from tests import __main__ as runner
from tests.bench import bench_payload

PEERS: list[str] = []
SIZES = (81, 182, 408)  # rings round a cell: about 20 000, 100 000 and 500 000 cells
PEER_LIMIT_S = 300
COMPARED = ("page_mb", "paint_ms", "frame_p95_ms", "dab_median_ms")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

FRAMES = """async (zooms) => {
    const map = window.benchMap, frame = () => new Promise((done) => requestAnimationFrame(done));
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const out = {};
    for (const zoom of [map.getZoom(), ...zooms]) {
        map.setZoom(zoom, {animate: false});
        await pause(800);
        const times = [], begun = performance.now();
        let last = begun;
        for (let i = 0; i < 120 && last - begun < 10000; i++) {
            map.panBy(i < 60 ? [12, 5] : [-12, -5], {animate: false});
            await frame();
            const now = performance.now();
            times.push(now - last);
            last = now;
        }
        times.sort((a, b) => a - b);
        const at = (share) => times[Math.floor((times.length - 1) * share)];
        out[zoom] = [at(0.5), at(0.95), at(1)].map((ms) => Math.round(ms * 10) / 10);
    }
    return out;
}"""

OUR_PAINT = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const {layer} = gezhiSheet.entries[0];
    while (!layer || !layer.data || layer._queue.length) await frame();
    await frame(); await frame();
    window.benchMap = gezhiSheet.map;
    return performance.now();
}"""

OUR_DAB = """async () => {
    const {layer} = gezhiSheet.entries[0], map = gezhiSheet.map, times = [];
    for (const zoom of [map.getZoom(), 14, 16]) {
        map.setView([26.6, 111.6], zoom, {animate: false});
        await new Promise((done) => setTimeout(done, 1000));
        const middle = h3.latLngToCell(26.6, 111.6, 10);
        for (let i = 0; i < 20; i++) {
            const started = performance.now();
            layer.setGroup(h3.gridDisk(middle, 6), i % 2);
            times.push(performance.now() - started);
        }
    }
    times.sort((a, b) => a - b);
    return [times[30], times[57]].map((ms) => Math.round(ms * 100) / 100);
}"""

OUR_EXACT = """async (points) => {
    const {layer} = gezhiSheet.entries[0], map = gezhiSheet.map;
    let right = 0;
    for (const [lat, lng, css] of points) {
        map.setView([lat, lng], 17, {animate: false});
        layer.flush();
        const at = map.latLngToLayerPoint([lat, lng]);
        const tile = Object.values(layer._tiles).find(({el}) => {
            const p = L.DomUtil.getPosition(el);
            return at.x >= p.x && at.x < p.x + 256 && at.y >= p.y && at.y < p.y + 256;
        }).el;
        const p = L.DomUtil.getPosition(tile);
        const seen = tile.getContext('2d').getImageData(at.x - p.x, at.y - p.y, 1, 1).data;
        const wanted = [1, 3, 5].map((k) => parseInt(css.slice(k, k + 2), 16));
        right += wanted.every((one, k) => Math.abs(one - seen[k]) <= 2);
    }
    return right / points.length;
}"""

PEER_PAINT = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    if (document.readyState !== 'complete') await new Promise((done) => window.addEventListener('load', done));
    await frame(); await frame();
    window.benchMap = Object.values(window).find((one) => one instanceof L.Map);
    return performance.now();
}"""

PEER_DAB = """async () => {
    const layer = Object.values(window).find((one) => one instanceof L.GeoJSON), map = window.benchMap, times = [];
    const away = (one) => Math.hypot(one.getLatLngs()[0][0].lat - 26.6, one.getLatLngs()[0][0].lng - 111.6);
    const some = layer.getLayers().map((one) => [away(one), one]).sort((a, b) => a[0] - b[0]).slice(0, 127);
    for (const zoom of [map.getZoom(), 14, 16]) {
        map.setView([26.6, 111.6], zoom, {animate: false});
        await new Promise((done) => setTimeout(done, 1500));
        for (let i = 0, begun = performance.now(); i < 20 && performance.now() - begun < 10000; i++) {
            const started = performance.now();
            for (const [, one] of some) one.setStyle({fillColor: i % 2 ? '#ff0000' : '#00ff00'});
            some[0][1]._renderer._redraw();
            times.push(performance.now() - started);
        }
    }
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.floor((times.length - 1) * share)];
    return [at(0.5), at(0.95)].map((ms) => Math.round(ms * 100) / 100);
}"""


class LocalMap(folium.Map):  # type: ignore[misc]
    """The peer's map with Leaflet from disk, so that neither side waits for a network."""

    default_js = [("leaflet", (base.VENDOR / "leaflet.js").as_uri())]
    default_css = [("leaflet_css", (base.VENDOR / "leaflet.css").as_uri())]


def our_page(ids: np.ndarray, labels: np.ndarray, bounds: list[float]) -> str:
    data = grids.encode(ids, labels.astype(np.int32), neighbours=cells.neighbours(ids), meta={})
    return pages.export(
        "bench", [grids.fill(data, grids=[])], lang="en", footer="", classification="bench", settings={"bbox": bounds}
    )


def peer_page(table: gpd.GeoDataFrame, bounds: list[float]) -> str:
    west, south, east, north = bounds
    made = LocalMap(tiles=None, prefer_canvas=True, zoom_control=False)
    colours = np.array(style.GROUPS)[table["grid"].to_numpy() % len(style.GROUPS)]
    look = dict(zip(table["cell"], colours, strict=True))
    folium.GeoJson(
        table,
        style_function=lambda one: {"fillColor": look[one["properties"]["cell"]], "weight": 0, "fillOpacity": 0.62},
    ).add_to(made)
    made.fit_bounds([[south, west], [north, east]])
    return str(made.get_root().render())


@contextmanager
def opened(browser: sync_api.Browser, text: str, *, limit_s: int = 600) -> Iterator[sync_api.Page]:
    """A page opened from disk with the network off. Raises TimeoutError when it has not loaded within ``limit_s``."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.set_offline(True)
        page = context.new_page()
        page.set_default_timeout(limit_s * 1000)
        try:
            page.goto(file.as_uri(), wait_until="commit")
            page.wait_for_load_state("load")
            yield page
        finally:
            context.close()


def timings(page: sync_api.Page, text: str, paint: str, dab: str, zooms: list[int]) -> dict[str, Any]:
    painted = page.evaluate(paint)
    frames = page.evaluate(FRAMES, zooms)
    dabs = page.evaluate(dab)
    worst = max(frames.values(), key=lambda one: one[1])
    return {
        "page_mb": round(len(text.encode()) / 1e6, 1),
        "paint_ms": round(painted),
        "frame_p50_ms": max(one[0] for one in frames.values()),
        "frame_p95_ms": worst[1],
        "frame_max_ms": max(one[2] for one in frames.values()),
        "dab_median_ms": dabs[0],
        "dab_p95_ms": dabs[1],
    }


def peer_timings(browser: sync_api.Browser, text: str, dab: str, zooms: list[int]) -> dict[str, Any]:
    """The timings of a peer's page, or, as its paint, that there are none."""
    try:
        with opened(browser, text, limit_s=PEER_LIMIT_S) as page:
            return timings(page, text, PEER_PAINT, dab, zooms)
    except sync_api.TimeoutError:
        return {"paint_ms": f"not painted within {PEER_LIMIT_S} s"}
    except sync_api.Error as fault:
        return {"paint_ms": f"given up by the browser ({fault.message.splitlines()[0]})"}


def ratios(peer: dict[str, Any], ours: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row of peer over ours; none for a peer that was not painted."""
    if isinstance(peer["paint_ms"], str):
        return []
    found = {name: round(peer[name] / ours[name], 1) for name in names}
    return [{"work": "ratio, peer over ours", "cells": ours["cells"], **found}]


def measure(browser: sync_api.Browser, rings: int) -> list[dict[str, Any]]:
    ids, labels = bench_payload.town(rings)
    labels = np.unique(labels, return_inverse=True)[1].astype(np.uint16)
    lats, lngs = cells.centres(ids)
    bounds = [float(lngs.min()), float(lats.min()), float(lngs.max()), float(lats.max())]
    text = our_page(ids, labels, bounds)
    with opened(browser, text) as page:
        ours = timings(page, text, OUR_PAINT, OUR_DAB, [13, 15, 17])
        colours = page.evaluate("gezhiSheet.entries[0].spec.options.colour.colours")
        some = np.random.default_rng(2).choice(untouched(lats, lngs), 100, replace=False)
        points = [[float(lats[i]), float(lngs[i]), colours[int(labels[i])]] for i in some]
        rows = [{"work": "ours", "cells": len(ids), **ours, "pixels right": page.evaluate(OUR_EXACT, points)}]
    text = peer_page(bench_payload.frame(ids, labels), bounds)
    peer = peer_timings(browser, text, PEER_DAB, [13, 15])
    rows.append({"work": "folium GeoJson canvas", "cells": len(ids), **peer})
    return rows + ratios(peer, rows[0], COMPARED)


def untouched(lats: np.ndarray, lngs: np.ndarray) -> np.ndarray:
    """Positions of cells that the dabs have not touched."""
    return np.flatnonzero(np.hypot(lats - 26.6, lngs - 111.6) > 0.02)


def main(*, json: bool) -> None:
    executable = runner.chromium()
    if executable is None:
        raise SystemExit("bench map needs Chromium: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for rings in SIZES:
            for row in measure(browser, rings):
                row["load"] = round(os.getloadavg()[0], 1)
                print(jsonlib.dumps(row) if json else "  ".join(f"{k}={v}" for k, v in row.items()), flush=True)
        browser.close()

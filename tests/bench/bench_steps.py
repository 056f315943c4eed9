"""One step of the time slider in Chromium without a GPU: our hexagon layer beside Leaflet's GeoJSON on canvas.

Twelve steps of counts for the same cells, in pages opened from disk with the network off. Step: all cells take the
colours of the next step's class and are drawn again, all of it counted; in the view of a whole city and nearer.
Exactness: after the last step the colour at random cell centres is that of the cell's class. GeoJSON stops at the size
named in PEER_MOST. ``load`` is what else the machine was doing.
"""

from __future__ import annotations

import base64
import json as jsonlib
import os
from typing import Any

import numpy as np
from playwright import sync_api

from geo import cells
from layers import payload
from tests import __main__ as runner
from tests.bench import bench_map, bench_payload

PEERS: list[str] = []
SIZES = (57, 182, 408)  # rings round a cell: about 10 000, 100 000 and 500 000 cells
PEER_MOST = 100_000
STEPS = 12
ZOOMS = (12, 14)
CLASSES: list[dict[str, Any]] = [
    {"from": 0, "to": 1, "colour": "#f4e79b"}, {"from": 1, "to": 2, "colour": "#6fb98a"},
    {"from": 2, "to": 3, "colour": "#2d6a6a"}, {"from": 3, "to": None, "colour": "#331f5c"},
]  # fmt: skip

OURS = """async ([text, classes, steps, zooms]) => {
    const map = gezhiSheet.map, pause = (ms) => new Promise((done) => setTimeout(done, ms));
    for (const {layer} of gezhiSheet.entries) if (layer) layer.remove();
    const data = GezhiPayload.decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const colour = (k) => ({colour: {kind: 'value', column: `s${k}`, classes}, fillOpacity: 1});
    const layer = new GezhiHexagons({...colour(0), borders: false, cellLines: false});
    layer.addTo(map);
    await layer.setData(data);
    window.benchLayer = layer;
    const times = [];
    for (const zoom of zooms) {
        map.setView([26.6, 111.6], zoom, {animate: false});
        await pause(500);
        layer.flush();
        for (let k = 0; k < steps; k++) {
            const begun = performance.now();
            layer.setStyle(colour(k));
            times.push(performance.now() - begun);
            await new Promise((done) => requestAnimationFrame(done));
        }
    }
    return times;
}"""

PEER = """async ([columns, classes, steps, zooms]) => {
    const map = window.benchMap, pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const layer = Object.values(window).find((one) => one instanceof L.GeoJSON), times = [];
    const shapes = layer.getLayers();
    const byCell = new Map(columns.cells.map((cell, at) => [cell, at]));
    const place = new Map(shapes.map((one) => [one, byCell.get(one.feature.properties.cell)]));
    const css = (n) => classes.find(({to}) => to === null || n < to).colour;
    for (const zoom of zooms) {
        map.setView([26.6, 111.6], zoom, {animate: false});
        await pause(1500);
        for (let k = 0; k < steps; k++) {
            const counts = columns.steps[k], begun = performance.now();
            for (const one of shapes) one.setStyle({fillColor: css(counts[place.get(one)])});
            shapes[0]._renderer._redraw();
            times.push(performance.now() - begun);
        }
    }
    return times;
}"""

RIGHT = """(points) => {
    const layer = window.benchLayer, map = gezhiSheet.map;
    let right = 0;
    for (const [lat, lng, css] of points) {
        map.setView([lat, lng], 17, {animate: false});
        layer.flush();
        const at = map.latLngToLayerPoint([lat, lng]);
        for (const {el} of Object.values(layer._tiles)) {
            const {x, y} = L.DomUtil.getPosition(el);
            if (at.x < x || at.x >= x + 256 || at.y < y || at.y >= y + 256) continue;
            const seen = el.getContext('2d').getImageData(at.x - x, at.y - y, 1, 1).data;
            right += [1, 3, 5].every((one, k) => parseInt(css.slice(one, one + 2), 16) === seen[k]);
            break;
        }
    }
    return right / points.length;
}"""


def told(work: str, n: int, times: list[float]) -> dict[str, Any]:
    return {
        "work": work, "cells": n, "step_median_ms": round(float(np.median(times)), 1),
        "step_p95_ms": round(float(np.percentile(times, 95)), 1),
    }  # fmt: skip


def measure(browser: sync_api.Browser, rings: int) -> list[dict[str, Any]]:
    ids, labels = bench_payload.town(rings)
    labels = np.unique(labels, return_inverse=True)[1].astype(np.uint16)
    lats, lngs = cells.centres(ids)
    bounds = [float(lngs.min()), float(lats.min()), float(lngs.max()), float(lats.max())]
    rng = np.random.default_rng(1)
    steps = {f"s{k}": rng.poisson(1.2, ids.size).astype(np.uint16) for k in range(STEPS)}
    data = base64.b64encode(payload.encode(ids, steps, meta={})).decode()
    given = [data, CLASSES, STEPS, list(ZOOMS)]
    last = np.minimum(steps[f"s{STEPS - 1}"], 3)
    points = [[float(lats[i]), float(lngs[i]), CLASSES[last[i]]["colour"]] for i in rng.integers(ids.size, size=100)]
    with bench_map.opened(browser, bench_map.our_page(ids, labels, bounds)) as page:
        page.evaluate(bench_map.OUR_PAINT)
        rows = [told("ours", len(ids), page.evaluate(OURS, given)) | {"pixels right": page.evaluate(RIGHT, points)}]
    if len(ids) <= PEER_MOST:
        columns = {"cells": cells.to_hex(ids), "steps": [column.tolist() for column in steps.values()]}
        given = [columns, CLASSES, STEPS, list(ZOOMS)]
        with bench_map.opened(browser, bench_map.peer_page(bench_payload.frame(ids, labels), bounds)) as page:
            page.evaluate(bench_map.PEER_PAINT)
            rows.append(told("Leaflet GeoJSON canvas", len(ids), page.evaluate(PEER, given)))
        ratios = {name: round(rows[1][name] / rows[0][name], 1) for name in ("step_median_ms", "step_p95_ms")}
        rows.append({"work": "ratio, peer over ours", "cells": len(ids), **ratios})
    return rows


def main(*, json: bool) -> None:
    executable = runner.chromium()
    if executable is None:
        raise SystemExit("bench steps needs Chromium: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=bench_map.ARGUMENTS)
        for rings in SIZES:
            for row in measure(browser, rings):
                row["load"] = round(os.getloadavg()[0], 1)
                print(jsonlib.dumps(row) if json else "  ".join(f"{k}={v}" for k, v in row.items()), flush=True)
        browser.close()

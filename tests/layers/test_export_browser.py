"""The exported file in a real browser, opened from file:// with the network off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geo import cells as geo_cells
from layers import base, cameras, centres, features, grids, ground, incidents, page, regions, style, workers

pytestmark = pytest.mark.browser

LAT, LNG = 26.6, 111.6
CELLS = geo_cells.disk(int(geo_cells.from_points(np.array([LAT]), np.array([LNG]), 10)[0]), 14)
LATS, LNGS = geo_cells.centres(CELLS)
LABELS = ((LNGS > LNG).astype(np.int32) + 2 * (LATS > LAT)).astype(np.int32)
BBOX = [float(LNGS.min()), float(LATS.min()), float(LNGS.max()), float(LATS.max())]
NASTY = "{{7*7}}</script><img src=x onerror=alert(1)>${7*7}`\"'&<b>\ud800"


def rows(name: str) -> list[dict[str, Any]]:
    made = []
    for label in range(4):
        mine = label == LABELS
        made.append(
            {
                "label": label,
                "code": f"4311030010010{label}",
                "name": f"{name}{label}",
                "kind": "basic",
                "region": {"code": "431103001001", "name": name},
                "town": {"id": "1", "name": name},
                "households": 250 + 100 * label,
                "cells": int(mine.sum()),
                "area_km2": 1.25,
                "deviation": (-0.17, 0, 0, 0.1)[label],
                "worker": {"id": "1", "name": name},
                "centre": {"id": "1", "name": name, "tier": "community"},
                "lat": float(LATS[mine].mean()),
                "lng": float(LNGS[mine].mean()),
                "bbox": [
                    float(LNGS[mine].min()),
                    float(LATS[mine].min()),
                    float(LNGS[mine].max()),
                    float(LATS[mine].max()),
                ],
                "faults": [name],
            }
        )
    return made


def feature(kind: str, coordinates: Any, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def sheet(name: str = "东门", **changes: Any) -> str:
    items = rows(name)
    data = grids.encode(CELLS, LABELS, neighbours=geo_cells.neighbours(CELLS), meta={"plan": name})
    counts = np.arange(len(CELLS)) % 7
    heat_legend = incidents.heat_legend(
        counts, per="raw", n=int(counts.sum()), window=None, source={"zh": name, "en": name}
    )
    heat = incidents.encode(CELLS, counts.astype(float), counts, legend_object=heat_legend)
    point = {"lat": LAT, "lng": LNG}
    square = [[LNG - 0.01, LAT - 0.01], [LNG + 0.01, LAT - 0.01], [LNG + 0.01, LAT + 0.01], [LNG - 0.01, LAT - 0.01]]
    town = feature("Polygon", [square], level="town", name=name)
    road = feature("LineString", square, **{"class": name})
    centre = {"id": "z1", "name": name, "tier": "town", "lat": BBOX[1], "lng": LNG, "region": {"name": name}}
    worker = {"id": "w1", "name": name, "post": name, "lat": BBOX[3], "lng": LNG, "grids": [name]}
    camera = {**point, "id": name, "name": name, "kind": name, "status": name, "heading_deg": 90, "angle_deg": 60}
    layers: list[base.DataLayer] = [
        ground.ground({"road": collection(*[road] * 400)}),
        grids.fill(data, grids=items),
        grids.deviation(items, band=(300, 500)),
        incidents.heat(heat),
        grids.borders(show=False),
        regions.borders(collection(town), level="town"),
        regions.labels([{**point, "name": name}], level="town"),
        grids.labels(items),
        centres.symbols([centre]),
        workers.symbols([worker]),
        features.Features("places", kind="places", name={"zh": "场所", "en": "Places"}, data=[{**point, "name": name}]),
        cameras.sites([{**camera, "range_m": 80}]),
    ]
    settings = {
        "bbox": BBOX,
        "band": [300, 500],
        "plan": name,
        "date": "2024-01-06",
        "search": grids.search_rows(items),
    }
    texts = {"title": name, "lang": "zh", "footer": name, "classification": name, **changes}
    return page.export(layers=layers, settings=settings, **texts)


PLACE = """([lat, lng]) => {
    const box = gezhiSheet.map.getContainer().getBoundingClientRect();
    const at = gezhiSheet.map.latLngToContainerPoint([lat, lng]);
    return [box.x + at.x, box.y + at.y];
}"""
PIXEL = """([x, y]) => {
    const {layer} = gezhiSheet.entries.find((one) => one.shown && one.spec.kind === 'hexagons');
    for (const {el} of Object.values(layer._tiles)) {
        const tile = el.getBoundingClientRect(), k = el.width / tile.width;
        if (x < tile.left || y < tile.top || x >= tile.right || y >= tile.bottom) continue;
        const at = [Math.floor((x - tile.left) * k), Math.floor((y - tile.top) * k)];
        return Array.from(el.getContext('2d').getImageData(...at, 1, 1).data);
    }
    return null;
}"""
BRUSH = """([lat, lng]) => {
    const {layer} = gezhiSheet.entries.find((one) => one.spec.id === 'grids');
    layer.setGroup(h3.gridDisk(h3.latLngToCell(lat, lng, 10), 2), 0);
}"""


def middle_of(label: int) -> list[float]:
    """The centre of a cell well inside a grid: clear of every line."""
    lat, lng = LAT + (0.008 if label > 1 else -0.008), LNG + (0.008 if label % 2 else -0.008)
    nearest = int(np.argmin((LATS - lat) ** 2 + (LNGS - lng) ** 2))
    return [float(LATS[nearest]), float(LNGS[nearest])]


def click_at(opened: Any, lat: float, lng: float) -> None:
    opened.page.mouse.click(*opened.page.evaluate(PLACE, [lat, lng]))


def pixel_at(opened: Any, lat: float, lng: float) -> list[int]:
    """The colour (r, g, b, a) that the shown hexagon layer has at a point."""
    found: list[int] = opened.page.evaluate(PIXEL, opened.page.evaluate(PLACE, [lat, lng]))
    return found


def test_hostile_text_in_every_field_stays_text(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet(NASTY))
    assert opened.page.title() == NASTY.replace("\ud800", "\ufffd")
    assert opened.page.inner_text("h1") == NASTY
    assert NASTY in opened.page.inner_text(".sheet-foot")
    for entry in opened.page.query_selector_all(".sheet-layers input"):
        entry.evaluate("(input) => input.click()")
    opened.page.wait_for_timeout(200)
    opened.page.evaluate(
        "async () => { for (const e of gezhiSheet.entries) if (!e.shown) await gezhiSheet.switch(e, true); }"
    )
    click_at(opened, LATS[0], LNGS[0])
    assert NASTY in opened.page.inner_text(".sheet-panel")
    opened.page.fill(".sheet-search input", "{{7*7}}")
    assert opened.page.locator(".sheet-found li").count() == 4
    opened.page.press(".sheet-search input", "Enter")
    assert NASTY in opened.page.inner_text(".sheet-panel h2")
    click_at(opened, BBOX[1], LNG)
    assert opened.page.evaluate("document.querySelectorAll('img').length") == 0
    assert opened.complaints == []
    assert len(opened.requests) == 1


def test_clicking_a_cell_shows_its_grid_and_escape_closes(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    click_at(opened, LAT + 0.01, LNG + 0.01)
    text = opened.page.inner_text(".sheet-panel")
    assert "43110300100103" in text
    assert "550 户" in text
    assert "+10%" in text
    opened.page.keyboard.press("Escape")
    assert not opened.page.is_visible(".sheet-panel")


MEET = """async (place) => {
    const of = (kind) => gezhiSheet.entries.find((one) => one.spec.kind === kind);
    const [centres, workers] = [of('centres'), of('workers')];
    for (const entry of [centres, workers]) {
        await gezhiSheet.switch(entry, true);
        entry.layer.setItems(entry.layer.items.map((one) => ({...one, ...place})));
    }
    return [centres, workers].map(({layer}) => Number(getComputedStyle(layer._container).zIndex));
}"""


def test_a_centre_stands_above_a_worker_that_was_shown_later(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    centre, worker = opened.page.evaluate(MEET, {"lat": LAT + 0.01, "lng": LNG + 0.01})
    assert centre > worker
    click_at(opened, LAT + 0.01, LNG + 0.01)
    assert "镇（街道）" in opened.page.inner_text(".sheet-panel")


def test_the_keyboard_reaches_the_map_and_what_is_on_it(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    opened.page.focus("#map")
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_timeout(400)
    assert opened.page.is_visible(".gezhi-cross")
    opened.page.keyboard.press("Enter")
    assert opened.page.is_visible(".sheet-panel")


def test_fills_exclude_one_another_and_bring_their_legend(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    assert opened.page.locator(".gezhi-legend").count() == 0
    opened.page.get_by_label("户数偏离").check()
    opened.page.get_by_label("事件热力").check()
    opened.page.wait_for_selector(".gezhi-legend")
    assert opened.page.evaluate(
        "gezhiSheet.entries.filter((e) => e.shown && e.spec.group === 'fill').map((e) => e.spec.id)"
    ) == ["heat"]
    legend = opened.page.inner_text(".gezhi-legend")
    assert "事件数" in legend
    assert f"n = {int((np.arange(len(CELLS)) % 7).sum()):,}" in legend


def test_the_language_changes_every_word(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    opened.page.get_by_label("户数偏离").check()
    opened.page.wait_for_selector(".gezhi-legend")
    click_at(opened, LAT + 0.01, LNG + 0.01)
    opened.page.get_by_role("button", name="English").click()
    assert opened.page.evaluate("document.documentElement.lang") == "en"
    text = opened.page.inner_text("body")
    for words in ("Deviation in households", "Households off target (300–500)", "on target", "550 households"):
        assert words in text
    assert "图层" not in text


def test_tiles_show_the_colour_of_the_grid_and_a_brush_changes_it(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    colours = opened.page.evaluate("gezhiSheet.entries.find((e) => e.spec.id === 'grids').spec.options.colour.colours")
    assert set(colours) <= set(style.GROUPS)
    for label in range(4):
        inside = middle_of(label)
        red, green, blue, alpha = pixel_at(opened, *inside)
        wanted = [int(colours[label][k : k + 2], 16) for k in (1, 3, 5)]
        assert max(abs(one - other) for one, other in zip([red, green, blue], wanted, strict=True)) <= 2
        assert 0.55 <= alpha / 255 <= 0.7
    before = pixel_at(opened, *middle_of(3))
    opened.page.evaluate(BRUSH, middle_of(3))
    after = pixel_at(opened, *middle_of(3))
    assert before != after
    assert after == pixel_at(opened, *middle_of(0))


@pytest.mark.parametrize("ratio", [1, 1.25, 2])
def test_screens_of_any_density_get_their_own_pixels(open_file: Callable[..., Any], ratio: float) -> None:
    opened = open_file(sheet(), device_scale_factor=ratio)
    for zoom in (13, 13.5):
        opened.page.evaluate("(zoom) => gezhiSheet.map.setZoom(zoom, {animate: false})", zoom)
        opened.page.wait_for_timeout(150)
        sizes = opened.page.evaluate(
            """Object.values(gezhiSheet.entries.find((one) => one.spec.id === 'grids').layer._tiles)
                .map(({el}) => el.width / el.getBoundingClientRect().width)"""
        )
        assert sizes
        assert all(abs(size - ratio) < 0.01 for size in sizes)


def test_a_tile_is_painted_again_only_when_something_looks_different(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    painted = opened.page.evaluate(
        """() => {
            const {layer} = gezhiSheet.entries.find((one) => one.spec.id === 'grids');
            const real = layer._paintTile;
            let count = 0;
            layer._paintTile = (...given) => { count += 1; return real.apply(layer, given); };
            const paints = (work) => { count = 0; work(); return count > 0; };
            const {colour, borders, fillOpacity} = layer.options;
            const mixed = colour.colours.map((_, label) => (label ? colour.colours[label] : '#ff0000'));
            return [
                paints(() => layer.setStyle({colour: structuredClone(colour), borders, fillOpacity})),
                paints(() => layer.highlight()),
                paints(() => layer.setStyle({colour: {...colour, colours: mixed}})),
                paints(() => layer.setStyle({colour: layer.options.colour})),
                paints(() => layer.setFillOpacity(fillOpacity / 2)),
                paints(() => layer.highlight({groups: [1]})),
                paints(() => layer.highlight()),
            ];
        }"""
    )
    assert painted == [False, False, True, True, True, True, True]


def test_tiles_without_any_cell_are_left_alone(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    drawn = opened.page.evaluate(
        """() => {
            const {layer} = gezhiSheet.entries.find((one) => one.spec.id === 'grids');
            layer.flush();
            return Object.values(layer._tiles).map(({el}) => Boolean(el.gezhi.image));
        }"""
    )
    assert True in drawn and False in drawn


def test_print_is_a_sheet_with_its_fields(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    opened.page.get_by_label("户数偏离").check()
    opened.page.wait_for_selector(".gezhi-legend")
    pdf = opened.page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") == 1
    opened.page.emulate_media(media="print")
    opened.page.evaluate("gezhiSheet.printing(true)")
    for selector in ("h1", ".sheet-class", ".gezhi-legend", ".sheet-bar", ".sheet-north", ".sheet-foot"):
        assert opened.page.is_visible(selector)
    for selector in (".sheet-tools", ".sheet-search", ".sheet-layers"):
        assert not opened.page.is_visible(selector)


def test_symbols_answer_to_a_click(open_file: Callable[..., Any]) -> None:
    opened = open_file(sheet())
    click_at(opened, BBOX[1], LNG)
    assert "镇（街道）" in opened.page.inner_text(".sheet-panel")

"""The map shell and the export: local files only, no code from data, the same text each time."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser

import folium
import folium.plugins
import numpy as np
import pytest

from geo import cells as geo_cells
from layers import base, features, grids, hexagons, page, payload

CELLS = geo_cells.disk(int(geo_cells.from_points(np.array([26.6]), np.array([111.6]), 10)[0]), 3)
LABELS = (np.arange(len(CELLS)) // 13).astype(np.int32)
ROWS = [
    {
        "label": k,
        "code": f"43110300{k}",
        "name": f"第{k}网格",
        "lat": 26.6,
        "lng": 111.6,
        "deviation": 0,
        "households": 400,
    }
    for k in range(int(LABELS.max()) + 1)
]
NAME = {"zh": "层", "en": "Layer"}


class Links(HTMLParser):
    """Collects every address of a page and the inline scripts that would run."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.running = 0
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "action", "data")]
        if tag == "script" and "src" not in found and not (found.get("type") or "").startswith("application/"):
            self.running += 1


def links(text: str) -> Links:
    found = Links()
    found.feed(text)
    return found


def plan_layers() -> list[base.DataLayer]:
    data = grids.encode(CELLS, LABELS, neighbours=geo_cells.neighbours(CELLS), meta={"plan": "1"})
    return [grids.fill(data, grids=ROWS), grids.borders(show=False), grids.labels(ROWS)]


def export(layers: list[base.DataLayer], **changes: str) -> str:
    texts = {"title": "网格图", "lang": "zh", "footer": "综治中心", "classification": "内部资料", **changes}
    return page.export(layers=layers, settings={"bbox": [111, 26, 112, 27]}, **texts)  # type: ignore[arg-type]


def test_the_live_page_links_local_files_and_runs_nothing_inline() -> None:
    layer = features.Features("regions", kind="regions", name=NAME, url="/api/cities/C/regions?level=town")
    pieces = page.live({"city": "C"}, [layer], lang="zh", nonce="abc", static_url="/static")
    found = links(pieces.head + pieces.body + pieces.scripts)
    assert found.addresses
    assert all(one.startswith("/static/") for one in found.addresses)
    assert found.running == 0
    assert pieces.scripts.count('nonce="abc"') == len(base.SCRIPTS)


def test_every_linked_file_of_ours_is_there() -> None:
    assert [asset.path for asset in (*base.EXPORT_SCRIPTS, *base.STYLES) if not asset.file().is_file()] == []


def test_the_live_page_holds_no_data() -> None:
    with pytest.raises(ValueError, match="grids"):
        page.live({}, plan_layers(), lang="zh")


def test_an_export_names_no_address_at_all() -> None:
    found = links(export(plan_layers()))
    assert found.addresses == []
    assert "link" not in found.tags


def test_an_export_is_the_same_text_each_time_and_brings_its_own_policy() -> None:
    text = export(plan_layers())
    assert text == export(plan_layers())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy.group(1)
    assert policy.group(1).count("'sha256-") == len(base.EXPORT_SCRIPTS) + len(base.STYLES)


def test_an_export_holds_the_payload_once() -> None:
    text = export(plan_layers())
    assert text.count('id="payload-grids"') == 1
    specs = [json.loads(one) for one in re.findall(r'class="gezhi-layer">(.*?)</script>', text)]
    assert [spec["id"] for spec in specs] == ["grids", "grid-borders", "grid-labels"]
    assert specs[0]["payload"] == specs[1]["payload"] == "payload-grids"


def test_long_data_is_packed_and_reads_back() -> None:
    items = [{"id": str(k), "name": "{{7*7}}</script>", "lat": 26.6, "lng": 111.6} for k in range(2_000)]
    text = export([features.Features("workers", kind="workers", name=NAME, data=items)])
    spec = json.loads(re.findall(r'class="gezhi-layer">(.*?)</script>', text)[0])
    packed = re.findall(r'id="payload-workers"[^>]*>([^<]*)</script>', text)[0]
    assert spec["payload"] == "payload-workers"
    assert "data" not in spec
    assert json.loads(gzip.decompress(base64.b64decode(packed))) == items
    assert len(packed) < 0.1 * len(json.dumps(items))


@pytest.mark.parametrize("classification", ["", "  "])
def test_an_export_without_its_classification_is_refused(classification: str) -> None:
    with pytest.raises(ValueError, match="审图号"):
        export(plan_layers(), classification=classification)


def test_an_unknown_language_and_a_linked_layer_are_refused() -> None:
    with pytest.raises(ValueError, match="language"):
        export([], lang="fr")
    with pytest.raises(ValueError, match="url"):
        export([features.Features("regions", kind="regions", name=NAME, url="/x")])


def test_layer_ids_differ() -> None:
    twice = [grids.borders(), grids.borders()]
    with pytest.raises(ValueError, match="must differ"):
        export(twice)  # type: ignore[arg-type]


EMPTY = {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize(
    "stranger",
    [
        folium.TileLayer("OpenStreetMap"),
        folium.Marker((0, 0)),
        folium.plugins.HeatMap([[0, 0]]),
        folium.GeoJson(EMPTY),
    ],
)
def test_elements_with_links_or_scripts_of_their_own_are_refused(stranger: object) -> None:
    with pytest.raises(base.OutsideLink):
        base.OfflineMap(settings={}, title="").add_child(stranger)


def test_links_cannot_be_added_and_other_maps_stay_as_they_are() -> None:
    before = list(folium.Map.default_js)
    made = base.OfflineMap(settings={}, title="")
    for add in (made.add_js_link, made.add_css_link):
        with pytest.raises(base.OutsideLink):
            add("more", "https://example.org/x.js")
    assert folium.Map.default_js == before
    assert base.OfflineMap(settings={}, title="").default_js == made.default_js


def test_a_second_rendering_is_refused() -> None:
    made = base.OfflineMap(settings={}, title="")
    made.render()
    with pytest.raises(base.OutsideLink):
        made.render()


@pytest.mark.parametrize("sources", [{}, {"payload": b"", "url": "/x"}, {"url": "/x", "payload_of": "grids"}])
def test_a_hexagon_layer_has_one_source(sources: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        hexagons.Hexagons("a", name=NAME, colour={"kind": "plain", "colour": "#123456"}, **sources)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [1, 70_000])
def test_the_grid_column_is_wide_enough(k: int) -> None:
    labels = np.zeros(len(CELLS), np.int32)
    labels[-1] = k
    read = payload.decode(grids.encode(CELLS, labels, neighbours=geo_cells.neighbours(CELLS), meta={}))
    np.testing.assert_array_equal(read.columns["grid"], labels)
    assert len(read.meta["colours"]) == k + 1


def test_a_cell_without_a_grid_is_refused() -> None:
    with pytest.raises(payload.PayloadError, match="every cell"):
        grids.encode(CELLS, LABELS - 1, neighbours=geo_cells.neighbours(CELLS), meta={})

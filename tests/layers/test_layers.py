"""Each kind of layer: from plain values to what the page is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geo import cells as geo_cells
from layers import cameras, centres, features, grids, ground, incidents, legend, payload, regions, style

CELLS = geo_cells.disk(int(geo_cells.from_points(np.array([26.6]), np.array([111.6]), 10)[0]), 3)
NEAR = geo_cells.neighbours(CELLS)


def row(label: int, **fields: Any) -> dict[str, Any]:
    return {"label": label, "code": f"{label:03d}", "name": "", "lat": 26.6, "lng": 111.6, "faults": [], **fields}


def test_the_deviation_legend_counts_grids_and_names_those_without_a_target() -> None:
    rows = [row(0, deviation=0), row(1, deviation=0.3), row(2, deviation=None), row(3, deviation=-0.6)]
    layer = grids.deviation(rows, band=(300, 500))
    found = layer.spec["legend"]
    assert found["n"] == 3
    assert sum(one["count"] for one in found["classes"]) == 3
    assert found["title"]["en"] == "Households off target (300–500)"
    assert found["left_out"] == {"zh": "1 个不设户数目标的网格", "en": "1 grids without a target"}
    assert [one["label"]["en"] for one in found["classes"] if "label" in one] == ["on target"]
    assert layer.spec["options"]["colour"]["values"] == [0, 0.3, None, -0.6]
    assert [one["colour"] for one in layer.spec["options"]["colour"]["classes"]] == list(style.DEVIATION)


def test_borders_of_communities_and_towns_follow_the_grids() -> None:
    town = {"code": "1", "name": "东"}
    rows = [
        row(0, region={"code": "11", "name": "甲"}, town=town),
        row(1, region={"code": "12", "name": "乙"}, town=town),
        row(3, region={"code": "11", "name": "甲"}, town={"code": "2", "name": "西"}),
    ]
    community, towns = grids.levels(rows)
    assert (community["width"], towns["width"]) == (2.5, 3.5)
    assert community["of"][0] == community["of"][3] != community["of"][1]
    assert towns["of"][0] == towns["of"][1] != towns["of"][3]


def test_one_community_has_no_border_of_its_own() -> None:
    rows = [row(k, region={"code": "11", "name": "甲"}, town=None) for k in range(2)]
    assert grids.levels(rows) == []
    assert "levels" not in grids.borders(rows).spec["options"]


def test_search_rows_name_a_grid_and_where_it_is() -> None:
    rows = [row(7, code="4311", name="一格", region={"name": "甲社区"}, town={"name": "东镇"}, bbox=[1, 2, 3, 4])]
    assert grids.search_rows(rows) == [
        {
            "kind": "grid",
            "label": "4311 一格",
            "sub": "东镇 · 甲社区",
            "lat": 26.6,
            "lng": 111.6,
            "bbox": [1, 2, 3, 4],
            "group": 7,
        }
    ]


def test_a_value_layer_paints_with_the_classes_of_its_legend() -> None:
    counts = np.arange(len(CELLS))
    made = incidents.heat_legend(counts, per="raw", n=int(counts.sum()), window=("2024-01-01", "2024-02-01"))
    layer = incidents.heat(incidents.encode(CELLS, counts.astype(float), counts, legend_object=made))
    assert layer.spec["legend"] == made
    assert layer.spec["options"]["colour"]["classes"] == made["classes"]
    assert made["whole"]
    assert sum(one["count"] for one in made["classes"]) == np.count_nonzero(counts)
    assert (made["of"]["en"], made["each"]["en"]) == ("reports", "cells")


def test_coverage_and_gaps_carry_their_columns() -> None:
    value, covered, n = np.linspace(1, 9, len(CELLS)), np.linspace(0, 1, len(CELLS)), np.arange(len(CELLS))
    seen = cameras.encode_coverage(CELLS, value, covered, legend_object=cameras.coverage_legend(value, n=5))
    read = payload.decode(seen)
    assert {name: column.dtype.str for name, column in read.columns.items()} == {"value": "<f4", "covered": "<f4"}
    gaps = cameras.encode_gaps(CELLS, value, n, covered, legend_object=cameras.gaps_legend(value, n=5, window=None))
    assert list(payload.decode(gaps).columns) == ["value", "n", "covered"]
    assert cameras.coverage(seen).spec["legend"]["unit"]["en"] == "cameras per km²"


def test_cells_that_no_centre_serves_have_no_colour() -> None:
    centre = np.zeros(len(CELLS), np.int32)
    centre[:5] = -1
    centre[20:] = 1
    data = centres.encode_areas(
        CELLS, centre, neighbours=NEAR, centres=[{"id": "a", "name": "甲"}, {"id": "b", "name": "乙"}]
    )
    read = payload.decode(data)
    assert read.columns["centre"][:5].tolist() == [65535] * 5
    assert len(read.meta["colours"]) == 2
    assert len(set(read.meta["colours"])) == 2
    assert centres.areas(data, tier="town").spec["name"]["zh"] == "镇街级中心服务范围"


def test_only_columns_of_a_site_are_given_to_the_page() -> None:
    columns = {"id": "1", "name": "路口", "lat": 1.0, "lng": 2.0, "kind": "fixed", "status": "online"}
    site = {**columns, "heading_deg": 1.0, "angle_deg": 60.0, "range_m": 80.0, "owner": "x"}
    assert "owner" not in cameras.sites([site]).spec["data"][0]


def test_region_names_give_way_by_level() -> None:
    rows = [{"name": "东镇", "lat": 1.0, "lng": 2.0}]
    looks = [regions.labels(rows, level=level).spec["options"]["priority"] for level in ("county", "town", "community")]
    assert looks == sorted(looks, reverse=True)


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="lava"):
        ground.ground({"lava": {}})
    with pytest.raises(ValueError, match="volcano"):
        features.Features("a", kind="volcano", name={"zh": "火", "en": "fire"}, data=[])
    with pytest.raises(ValueError, match="either"):
        features.Features("a", kind="workers", name={"zh": "火", "en": "fire"})


def test_words_are_in_both_languages() -> None:
    with pytest.raises(ValueError, match="zh and en"):
        legend.words({"zh": "只有中文"})

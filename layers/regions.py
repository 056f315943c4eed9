"""Administrative regions: border lines whose weight rises with the level, and their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers import features

NAMES = {
    "county": {"zh": "县（区）界", "en": "County borders"},
    "town": {"zh": "镇（街道）界", "en": "Town borders"},
    "community": {"zh": "村（社区）界", "en": "Community borders"},
}
LABEL_NAMES = {
    "county": {"zh": "县（区）名", "en": "County names"},
    "town": {"zh": "镇（街道）名", "en": "Town names"},
    "community": {"zh": "村（社区）名", "en": "Community names"},
}
LABEL_LOOKS = {
    "county": {"size": 17, "weight": 600, "colour": "#2c1f45", "priority": 3},
    "town": {"size": 15, "weight": 600, "colour": "#3d2b56", "priority": 2},
    "community": {"size": 12.5, "weight": 600, "colour": "#54405e", "minZoom": 12, "priority": 1},
}


def borders(collection: Mapping[str, Any], *, level: str, show: bool = True) -> features.Features:
    """Border lines from a GeoJSON collection of the API (properties id, code, name, level, …)."""
    return features.Features(
        f"regions-{level}",
        kind="regions",
        name=NAMES[level],
        data=dict(collection),
        show=show,
        options={"level": level},
    )


def labels(rows: Sequence[Mapping[str, Any]], *, level: str, show: bool = True) -> features.Features:
    """Names. Rows have name, lat, lng and perhaps bbox [w, s, e, n]."""
    items = [
        {"lat": row["lat"], "lng": row["lng"], "lines": [str(row["name"])], "bbox": row.get("bbox"), "rank": 1}
        for row in rows
    ]
    return features.Features(
        f"names-{level}",
        kind="labels",
        name=LABEL_NAMES[level],
        data=items,
        show=show,
        options=LABEL_LOOKS[level],
    )

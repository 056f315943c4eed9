"""Hot and cold spots of incidents: by the size of the statistic, and by how they emerged over time.

Warm colours are hot, blue ones cold; the darker, the more it asks for attention. What may be chance has no colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from layers import hexagons, payload

NAME = {"zh": "热点与冷点", "en": "Hot and cold spots"}
CLASS_NAME = {"zh": "热点演变", "en": "How spots emerged"}
CLASSES: dict[str, tuple[str, str, str, str]] = {
    "intensifying": ("增强", "intensifying", "#7a1f02", "#0b2f66"),
    "persistent": ("持续", "persistent", "#a63603", "#1f4e8c"),
    "consecutive": ("连续", "consecutive", "#cf5a12", "#3a6db0"),
    "new": ("新增", "new", "#ee7b1f", "#5b8ccb"),
    "sporadic": ("零散", "sporadic", "#f7a35c", "#86addb"),
    "oscillating": ("冷热交替", "oscillating", "#d9a066", "#8fa6bd"),
    "diminishing": ("减弱", "diminishing", "#f8c79b", "#b3cbe6"),
    "historical": ("历史", "historical", "#cdb8a4", "#b4bec8"),
}
"""Class → Chinese, English, colour of hot, colour of cold; what asks for most attention first."""
SIDES = {"hot": ("热点", "hot"), "cold": ("冷点", "cold")}


def class_words(kind: str) -> dict[str, str]:
    """"hot new" in both languages: 新增热点, new hot spot; "" for none."""
    if not kind:
        return {"zh": "未定型", "en": "no class"}
    side, _, name = kind.partition(" ")
    zh, en = CLASSES[name][:2]
    return {"zh": f"{zh}{SIDES[side][0]}", "en": f"{en} {SIDES[side][1]} spot"}


def class_steps(kinds: Sequence[str], found: npt.ArrayLike) -> list[dict[str, Any]]:
    """Classes of a legend for the column ``class`` (index into ``kinds``), those that occur, hot before cold."""
    counts = np.bincount(np.asarray(found, dtype=np.int64), minlength=len(kinds))
    steps = []
    for side in SIDES:
        for name, (_, _, hot, cold) in CLASSES.items():
            number = kinds.index(f"{side} {name}")
            if counts[number]:
                steps.append({
                    "from": number, "to": number, "colour": hot if side == "hot" else cold,
                    "count": int(counts[number]), "label": class_words(kinds[number]),
                })  # fmt: skip
    return steps


def layers(
    cells: npt.NDArray[np.uint64], columns: Mapping[str, npt.NDArray[Any]], *, by_size: Mapping[str, Any],
    by_class: Mapping[str, Any],
) -> list[hexagons.Hexagons]:
    """Two layers of an export over one payload (columns z, p, class, n) with their legends."""
    data = payload.encode(cells, columns, meta={"legend": dict(by_size)})
    size = hexagons.Hexagons(
        "hotspots", name=NAME, colour={"kind": "value", "column": "z", "classes": by_size["classes"]}, payload=data,
        fill_opacity=0.72, legend_object=by_size,
    )  # fmt: skip
    emerged = hexagons.Hexagons(
        "hotspots-class", name=CLASS_NAME, payload_of="hotspots", show=False, fill_opacity=0.8,
        colour={"kind": "value", "column": "class", "classes": by_class["classes"]}, legend_object=by_class,
    )  # fmt: skip
    return [size, emerged]

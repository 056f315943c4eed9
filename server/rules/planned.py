"""What a plan divides a city into, and which rights it takes: grids within communities, or communities within towns."""

from __future__ import annotations

from typing import Any, Final, Literal

from server.rules import permissions

GRIDS: Final = "grids"
COMMUNITIES: Final = "communities"
EVERY: Final = (GRIDS, COMMUNITIES)

Doing = Literal["draw", "publish"]
_ACTION: Final[dict[tuple[str, str], str]] = {
    (GRIDS, "draw"): "plan.draw", (GRIDS, "publish"): "plan.publish",
    (COMMUNITIES, "draw"): "border.draw", (COMMUNITIES, "publish"): "border.publish",
}  # fmt: skip


def check(actor: permissions.Actor | None, row: dict[str, Any], doing: Doing) -> None:
    """Raise Denied unless ``actor`` may change, or put in force, the plan ``row`` (``kind``, ``across_towns``)."""
    permissions.check(actor, _ACTION[row["kind"], doing])
    if row["across_towns"]:
        permissions.check(actor, "border.cross")

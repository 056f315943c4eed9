"""Exact views of incidents that leave as a file: every one leaves a row in the audit log, without any place in it."""

from __future__ import annotations

from typing import Any

from server.rules import permissions
from server.store import audit, database
from server.usecases.context import Context


def note(ctx: Context, city: str, *, view: str, format: str, classification: str | None = None, **detail: Any) -> None:
    """Write down that a file with exact figures was made: ``view`` is city, heat, hotspots or month.

    What keeps the privacy floor may be handed to anyone and is not written down. ``detail`` with None is left out.
    """
    if not permissions.exact(ctx.actor):
        return
    told = {"view": view, "format": format, "classification": classification, **detail}
    with database.writing(ctx.db) as connection:
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="incident.export", city=city,
            detail={name: value for name, value in told.items() if value is not None},
        )

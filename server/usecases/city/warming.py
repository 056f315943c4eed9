"""Doing at the start what the first reader would wait for: compiled kernels loaded, the map's first layers computed."""

from __future__ import annotations

from server.rules import permissions
from server.usecases import errors
from server.usecases.cameras import coverage
from server.usecases.city import cities
from server.usecases.context import Context
from server.usecases.incidents import counting
from server.usecases.planning import plans
from server.usecases.workbench import editing

FIRST_CITIES = 3


def warm(ctx: Context) -> int:
    """Compute the first layers of the first cities into the context's cache; how many cities there were.

    A city that lacks something (no plan yet, no cells yet) is passed over.
    """
    host = ctx.acting(permissions.HOST)
    codes = [city["code"] for city in cities.list_(host)["cities"][:FIRST_CITIES]]
    for code in codes:
        for layer in (_outlines, _heat, _coverage, _desk):
            try:
                layer(host, code)
            except errors.UseCaseError:
                continue
    return len(codes)


def _outlines(ctx: Context, code: str) -> None:
    plans.outlines_of(ctx, code, plans.CURRENT)


def _heat(ctx: Context, code: str) -> None:
    counting.heat(ctx, code)


def _coverage(ctx: Context, code: str) -> None:
    coverage.density(ctx, code)


def _desk(ctx: Context, code: str) -> None:
    editing.weigh(ctx, code, plans.CURRENT, [0])

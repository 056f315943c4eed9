"""Who may do what: the one table of roles and actions, and the territory an actor is scoped to.

An *action* is a verb on a kind of thing (``plan.publish``). Every view names its action; use cases that can be reached
by several ways (web, command line, job) may ask again. *What* may be done is decided here; *where* is decided by the
actor's territory: a city, and optionally one region of it. What lies outside the territory does not exist for the
actor (the caller answers "not found", never "forbidden", so that nothing can be probed).

Exact places of people and devices (camera sites, workers, coverage gaps, incident counts below the privacy floor) are
for those who plan and operate; everyone else sees what ``server.rules.privacy`` leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class Denied(PermissionError):
    """The actor's role does not include the action. ``signed_in`` tells 401 (sign in first) from 403 (not you)."""

    def __init__(self, action: str, *, signed_in: bool) -> None:
        super().__init__(f"action {action!r} is not allowed for this role")
        self.action = action
        self.signed_in = signed_in


@dataclass(frozen=True)
class Actor:
    """Someone who acts: a signed-in user, a job acting for one, or the host's command line.

    ``city`` is a city's code, or None for every city; ``region_id`` is a region of that city, or None for all of it.
    """

    name: str
    role: str
    city: str | None = None
    region_id: int | None = None


PUBLIC: Final = frozenset(
    {"page.open", "session.read", "session.open", "session.close", "health.read", "document.read"}
)
"""Open to everyone, signed in or not: these answer with nothing about any city."""

_SEE: Final = PUBLIC | {
    "city.read", "region.read", "plan.read", "grid.read", "centre.read", "place.read", "ground.read",
    "heat.read", "coverage.read", "search.read", "here.read",
}  # fmt: skip
_OPERATE: Final = _SEE | {
    "exact.read",
    "worker.read",
    "camera.read",
    "gap.read",
    "job.read",
    "import.read",
    "plan.export",
    "incident.report",
}
_PLAN: Final = _OPERATE | {
    "plan.draw", "plan.publish", "plan.staff", "job.cancel", "import.run", "camera.propose", "camera.export",
    "archive.check", "alert.rule", "border.draw", "border.publish",
}  # fmt: skip

ACTIONS: Final[dict[str, frozenset[str]]] = {
    "viewer": frozenset(_SEE),
    "worker": frozenset(_SEE | {"incident.report"}),
    "operator": frozenset(_OPERATE),
    "planner": frozenset(_PLAN),
    "admin": frozenset(_PLAN | {"city.create", "user.manage", "approval.set", "border.cross"}),
}
"""Role → actions. A role that is not in the table may do nothing."""

ROLES: Final = tuple(ACTIONS)
EVERY_ACTION: Final = frozenset().union(*ACTIONS.values())

WHOLE_CITY: Final = frozenset({
    "plan.draw", "plan.publish", "plan.staff", "plan.export", "import.run", "import.read", "job.read", "job.cancel",
    "city.create", "user.manage", "approval.set", "camera.propose", "archive.check",
    "alert.rule", "border.draw", "border.publish", "border.cross",
})  # fmt: skip
"""Actions that reach the whole city: not for an actor who is scoped to one region of it."""

HOST: Final = Actor(name="host", role="admin")
"""The command line on the host: whoever can run it owns the files anyway."""


def allowed(actor: Actor | None) -> frozenset[str]:
    """Every action open to ``actor`` (None: nobody is signed in) somewhere in the actor's territory."""
    if actor is None:
        return PUBLIC
    actions = ACTIONS.get(actor.role, PUBLIC)
    return actions - WHOLE_CITY if actor.region_id is not None else actions


def may(actor: Actor | None, action: str) -> bool:
    """Whether the role of ``actor`` includes ``action``. Raises KeyError for an action that is in no table."""
    if action not in EVERY_ACTION:
        raise KeyError(f"{action!r} is not an action; add it to server/rules/permissions.py")
    return action in allowed(actor)


def check(actor: Actor | None, action: str) -> None:
    """Raise Denied unless ``actor`` may do ``action``."""
    if not may(actor, action):
        raise Denied(action, signed_in=actor is not None)


def reaches(actor: Actor | None, city: str) -> bool:
    """Whether ``city`` (a code) is in the actor's territory."""
    return actor is not None and (actor.city is None or actor.city == city)


def exact(actor: Actor | None) -> bool:
    """Whether the actor sees exact places and counts rather than what the privacy floor leaves."""
    return may(actor, "exact.read")

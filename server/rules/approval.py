"""The steps that a draft goes through before it may come into force: what a city may set, and who decides each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from server.rules import permissions

ROLES: Final = ("planner", "admin")
"""Who may decide a step: this role, or one that may more."""
MOST_STEPS: Final = 9
MOST_NAME: Final = 60
DEFAULT: Final = (
    {"zh": "乡镇（街道）划定", "en": "Town draws", "role": "planner"},
    {"zh": "县（市、区）审批", "en": "County approves", "role": "planner"},
    {"zh": "市级备案", "en": "City files", "role": "planner"},
)
"""The first step is the submission itself."""


def checked(steps: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Steps as they are kept. Raises ValueError for none or too many, a step without a name, or an unknown role."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"there are 1 to {MOST_STEPS} steps, not {len(steps)}")
    made = []
    for number, step in enumerate(steps, 1):
        names = {tongue: " ".join(str(step.get(tongue, "")).split()) for tongue in ("zh", "en")}
        for tongue, name in names.items():
            if not 0 < len(name) <= MOST_NAME or not name.isprintable():
                raise ValueError(f"step {number} has a name of 1 to {MOST_NAME} printable characters in {tongue}")
        if step.get("role") not in ROLES:
            raise ValueError(f"step {number} is decided by {' or '.join(ROLES)}, not by {step.get('role')!r}")
        made.append({**names, "role": str(step["role"])})
    return made


def may_decide(actor: permissions.Actor | None, step: dict[str, Any]) -> bool:
    """Whether the actor's role is the one that decides ``step``, or one that may more."""
    order = permissions.ROLES
    return actor is not None and actor.role in order and order.index(actor.role) >= order.index(step["role"])

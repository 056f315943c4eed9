"""What a use case can refuse, one class per answer. ``code`` is stable; the web words it in the reader's language.

``params`` fill the worded message; ``detail`` is a list of plain values for the reader (rows, cells, conflicts).
"""

from __future__ import annotations

from typing import Any


class UseCaseError(Exception):
    """A request that cannot be done. ``str()`` is the English sentence."""

    status = 422

    def __init__(self, code: str, message: str, *, detail: list[Any] | None = None, **params: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail if detail is not None else []
        self.params = params


class Invalid(UseCaseError):
    """The values do not make sense together: what was wrong, the value, what would be right."""


class NotFound(UseCaseError):
    """No such thing in the actor's territory; what lies outside it does not exist for the actor."""

    status = 404


class Conflict(UseCaseError):
    """The state does not allow it now: already there, not a draft, not valid."""

    status = 409


class Stale(UseCaseError):
    """The caller's version is not the current one; nothing was changed."""

    status = 412


class Required(UseCaseError):
    """The request must say which version it means (If-Match)."""

    status = 428


class Refused(UseCaseError):
    """A file that cannot be read as declared; ``code`` begins with ``E_``."""


class Unauthenticated(UseCaseError):
    """The name or the password is wrong, or the account is disabled: one answer for all three."""

    status = 401


class Limited(UseCaseError):
    """Too many attempts; ``params["seconds"]`` says how long to wait."""

    status = 429


class Cancelled(UseCaseError):
    """The work was cancelled while it ran; nothing was stored."""

    status = 409

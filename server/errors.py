"""One shape for everything that goes wrong, and one table from exceptions to statuses.

``{"error": {"code", "message", "detail": [...], "request_id"}}`` with the message in the reader's language. No stack
trace, SQL, path or library name ever leaves: what is unexpected is logged under the request's id and told as
``internal``. Pages get the same words as a page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import flask
import pydantic
import structlog
from werkzeug import exceptions as http

from geo.errors import GeoError
from server import language
from server.rules import permissions
from server.store import faults
from server.usecases import errors as refusals

STATUS: Final[dict[str, int]] = {
    "bad_request": 400, "host": 400,
    "unauthenticated": 401, "wrong_password": 401,
    "forbidden": 403, "cross_site": 403, "no_account": 403,
    "not_found": 404, "method": 405, "not_acceptable": 406,
    "conflict": 409, "stale": 412, "too_large": 413, "media_type": 415, "invalid": 422,
    "precondition_required": 428, "too_many": 429, "internal": 500, "busy": 503,
}  # fmt: skip
"""Every error code and its status."""

_BY_HTTP: Final = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method",
    406: "not_acceptable", 408: "bad_request", 409: "conflict", 411: "bad_request", 412: "stale", 413: "too_large",
    414: "too_large", 415: "media_type", 416: "bad_request", 422: "invalid", 428: "precondition_required",
    429: "too_many", 431: "too_large", 503: "busy",
}  # fmt: skip
_BY_REFUSAL: Final[tuple[tuple[type[refusals.UseCaseError], str], ...]] = (
    (refusals.Stale, "stale"), (refusals.Conflict, "conflict"), (refusals.Cancelled, "conflict"),
    (refusals.Required, "precondition_required"), (refusals.Unauthenticated, "wrong_password"),
    (refusals.Limited, "too_many"),
)  # fmt: skip
_RETRY_S: Final = 2

log = structlog.get_logger("gezhi.errors")


class Fault(Exception):
    """A refusal. ``code`` is one of STATUS; ``name`` is the finer code that is told (the code itself without one).

    ``detail`` is a list of plain values; ``values`` fill the blanks of the message.
    """

    def __init__(
        self,
        code: str,
        *detail: Any,
        headers: dict[str, str] | None = None,
        values: dict[str, object] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.name = name or code
        self.detail = list(detail)
        self.headers = headers or {}
        self.values = values or {}


def register(app: flask.Flask) -> None:
    """Make every exception of ``app`` answer in the one shape."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> flask.Response:
    """The response for ``error``."""
    fault = fault_of(error)
    if fault.code == "internal":
        log.error("unexpected", request_id=request_id(), exc_info=error)
    return respond(fault)


def fault_of(error: Exception) -> Fault:
    """The Fault that ``error`` is told as."""
    match error:
        case Fault():
            return error
        case permissions.Denied():
            return Fault("forbidden" if error.signed_in else "unauthenticated")
        case refusals.NotFound():
            return Fault("not_found")
        case refusals.UseCaseError():
            code = next((code for kind, code in _BY_REFUSAL if isinstance(error, kind)), "invalid")
            waiting = {"Retry-After": str(error.params["seconds"])} if code == "too_many" else None
            return Fault(code, error.message, *error.detail, values=error.params, name=error.code, headers=waiting)
        case GeoError():
            return Fault("invalid", str(error))
        case pydantic.ValidationError():
            return Fault("invalid", *faults_of_model(error))
        case http.HTTPException():
            return _of_http(error)
        case _ if isinstance(error, MemoryError) or faults.busy(error):
            log.warning("busy", request_id=request_id(), kind=type(error).__name__, reason=str(error)[:200])
            return Fault("busy", headers={"Retry-After": str(_RETRY_S)})
    return Fault("internal")


def faults_of_model(error: pydantic.ValidationError) -> list[dict[str, str]]:
    """What is wrong with each field, without the value that was sent."""
    return [
        {"field": ".".join(str(part) for part in fault["loc"])[:200], "reason": fault["msg"][:300]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)[:50]
    ]


def respond(fault: Fault) -> flask.Response:
    """``fault`` as JSON for the API, as a page for a browser that opened an address."""
    tongue = flask.g.get("language", "en")
    words = language.catalogue(tongue)
    finer = f"error.{fault.name}"
    message = language.say(tongue, finer if finer in words else f"error.{fault.code}", **fault.values)
    status = STATUS[fault.code]
    if wants_page():
        if fault.code == "unauthenticated":
            return led_to(flask.url_for("pages.sign_in", next=flask.request.full_path.rstrip("?")))
        body = flask.render_template(
            "error.html", status=status, message=message, detail=fault.detail, request_id=request_id(), language=tongue,
            say=lambda key: language.say(tongue, key), nonce=flask.g.get("nonce", ""),
        )  # fmt: skip
        response = flask.make_response(body, status)
    else:
        shape = {"code": fault.name, "message": message, "detail": fault.detail, "request_id": request_id()}
        body = json.dumps({"error": shape}, ensure_ascii=False, default=str)
        response = flask.make_response(body.encode("utf-8", "replace"), status)
        response.mimetype = "application/json"
    response.headers.update(fault.headers)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def led_to(address: str) -> flask.Response:
    """A redirect to a path of this site."""
    response = flask.make_response("", 302)
    response.headers["Location"] = address
    return response


def wants_page() -> bool:
    """Whether the request is a browser opening an address rather than a program asking the API."""
    path = flask.request.path
    return not path.startswith(("/api/", "/static/", "/healthz")) and flask.request.accept_mimetypes.accept_html


def request_id() -> str:
    """The id of the running request, as in the X-Request-Id header."""
    return str(flask.g.get("request_id", ""))


def _of_http(error: http.HTTPException) -> Fault:
    code = _BY_HTTP.get(error.code or 500, "internal" if (error.code or 500) >= 500 else "bad_request")
    headers: dict[str, str] = {}
    methods: Sequence[str] | None = getattr(error, "valid_methods", None)
    if methods:
        headers["Allow"] = ", ".join(sorted(methods))
    if code == "busy":
        headers["Retry-After"] = str(_RETRY_S)
    return Fault(code, headers=headers)

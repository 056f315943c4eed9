"""Open311 GeoReport v2 for a city: discovery, services, requests, in JSON and XML, with its own shape of errors.

The endpoint of a city is ``/api/cities/CODE/open311/v2``. Signing in is ours (session or bearer token); who may see
exact places sees requests, who may report may submit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final
from xml.sax import saxutils

import flask

from server import errors
from server.usecases import errors as refusals
from server.usecases.city import cities
from server.usecases.context import Context
from server.usecases.incidents import open311 as usecase
from server.views import answers, routes
from server.wire import open311 as wire

blueprint = flask.Blueprint("open311", __name__)
FORMATS: Final = {"json": "application/json", "xml": "text/xml"}
_AT = "/api/cities/<city>/open311"
_CHANGED: Final = "2026-01-01T00:00:00Z"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STATUS: Final = {422: 400, 415: 400, 413: 400, 405: 400, 412: 400}
Make = Callable[..., Any]


def told(root: str, item: str, rows: list[dict[str, Any]], *, form: str, status: int | None = None) -> answers.Reply:
    """Rows as the specification has them: an array in JSON, ``<root><item>…</item></root>`` in XML."""
    if form == "json":
        return answers.Reply(answers.dumps(rows), FORMATS[form], status=status)
    inner = "".join(_element(item, row) for row in rows)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<{root}>{inner}</{root}>\n'
    return answers.Reply(text.encode(), f"{FORMATS[form]}; charset=utf-8", status=status)


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        text = "".join(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, list):
        text = "".join(_element(name.removesuffix("s"), inner) for inner in value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = "" if value is None else saxutils.escape(_FORBIDDEN.sub("\ufffd", str(value)))
    return f"<{name}>{text}</{name}>"


@blueprint.errorhandler(Exception)
def refused(error: Exception) -> flask.Response:
    """An error as Open311 tells it: a list of code and description, status 400 for whatever is not 401, 403 or 404."""
    response = errors.answer(error)
    shape = json.loads(response.get_data())["error"]
    details = "; ".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in shape["detail"])
    status = _STATUS.get(response.status_code, response.status_code)
    description = f"{shape['message']} {details}".strip()
    form = "xml" if flask.request.path.endswith(".xml") else "json"
    reply = told("errors", "error", [{"code": status, "description": description}], form=form)
    response.set_data(reply.body)
    response.content_type = reply.media
    response.status_code = status
    return response


def _here(city: str, jurisdiction: str | None) -> None:
    if jurisdiction not in (None, "", city):
        raise refusals.NotFound("not_found", "jurisdiction_id was not found.")


def _several(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def discovery(form: str) -> Make:
    def made(ctx: Context, city: str, query: wire.Jurisdiction) -> Any:
        _here(city, query.jurisdiction_id)
        cities.get(ctx, city)
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": flask.request.host_url.rstrip("/") + f"/api/cities/{city}/open311/v2",
            "changeset": _CHANGED, "type": "production", "formats": list(FORMATS.values()),
        }  # fmt: skip
        whole = {"changeset": _CHANGED, "contact": "", "key_service": "", "endpoints": [endpoint]}
        if form == "json":
            return whole
        text = f'<?xml version="1.0" encoding="utf-8"?>\n{_element("discovery", whole)}\n'
        return answers.Reply(text.encode(), f"{FORMATS[form]}; charset=utf-8")

    return made


def services(form: str) -> Make:
    def made(ctx: Context, city: str, query: wire.Jurisdiction) -> Any:
        _here(city, query.jurisdiction_id)
        return told("services", "service", usecase.services(ctx, city, tongue=flask.g.language), form=form)

    return made


def requests(form: str) -> Make:
    def made(ctx: Context, city: str, query: wire.Requests) -> Any:
        _here(city, query.jurisdiction_id)
        found = usecase.requests(
            ctx, city, ids=_several(query.service_request_id), codes=_several(query.service_code),
            start=query.start_date, end=query.end_date, statuses=_several(query.status) or [], tongue=flask.g.language,
        )  # fmt: skip
        return told("service_requests", "request", found, form=form)

    return made


def request(form: str) -> Make:
    def made(ctx: Context, city: str, query: wire.Jurisdiction, **ids: str) -> Any:
        _here(city, query.jurisdiction_id)
        found = usecase.request(ctx, city, ids["request"], tongue=flask.g.language)
        return told("service_requests", "request", found, form=form)

    return made


def submit(form: str) -> Make:
    def made(ctx: Context, city: str, body: wire.Submission) -> Any:
        _here(city, body.jurisdiction_id)
        done = usecase.submit(
            ctx, city, code=body.service_code, lat=body.lat, lng=body.long, key=answers.key()
        )
        return told("service_requests", "request", [done], form=form, status=201)

    return made


_ROUTES: Final = (
    ("discovery", discovery, "GET", "city.read", "Open311: where the endpoint is", wire.Jurisdiction),
    ("v2/services", services, "GET", "city.read", "Open311: services, one per category", wire.Jurisdiction),
    ("v2/requests", requests, "GET", "exact.read", "Open311: service requests, the latest first", wire.Requests),
    ("v2/requests/<request>", request, "GET", "exact.read", "Open311: one service request", wire.Jurisdiction),
    ("v2/requests", submit, "POST", "incident.report", "Open311: a new service request", None),
)


def _register() -> None:
    for rule, make, method, action, summary, query in _ROUTES:
        for form, media in FORMATS.items():
            more: dict[str, Any] = {"query": query} if query else {"body": wire.Submission, "form": True, "status": 201}
            view = make(form)
            view.__name__ = f"open311_{make.__name__}_{form}"
            path = f"{_AT}/{rule}.{form}"
            routes.serve(blueprint, routes.Route(path, method, action, summary, answer=media, **more))(view)


_register()

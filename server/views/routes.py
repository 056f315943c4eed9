"""How a route is declared: its address, its action, what it reads, what it answers. The API document is made from this.

A view function receives the request's Context, the ids of the address by name, and what was asked (``query``, ``body``)
as models; it returns plain values (JSON), ``Columns`` (the binary payload) or a ``Reply`` (anything else). Before it
runs, the role and the territory have been checked and the parameters parsed; after it, the answer has been compressed
and labelled.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import flask
import pydantic

from server import auth, errors
from server.rules import permissions
from server.usecases import context
from server.usecases import errors as refusals
from server.views import answers
from server.wire import reading, requests

Keeping = Literal["data", "exact", "live"]
"""``data``: map data, revalidated by ETag; ``exact``: exact places, never stored; ``live``: changes by itself."""
View = Callable[..., Any]

IDS: Final = {
    "city": r"[A-Za-z0-9_-]{1,40}",
    "plan": r"[A-Za-z0-9_-]{1,64}",
    "import": r"[1-9][0-9]{0,17}",
    "label": r"0|[1-9][0-9]{0,8}",
    "tongue": r"[a-z]{2}",
    "job": r"[A-Za-z0-9_-]{1,64}",
    "request": r"[a-z][a-z0-9_-]{0,39}\.[^/\x00-\x1f]{1,200}",
    "camera": r"[1-9][0-9]{0,17}",
    "cell": r"8[0-9a-f]{14}",
    "proposal": r"[1-9][0-9]{0,17}",
    "net": r"[1-9][0-9]{0,17}",
    "workload": r"[A-Za-z0-9_.-]{1,60}",
}
"""The one spelling of every id in an address; any other spelling is an address where nothing is."""


@dataclass(frozen=True)
class Route:
    """One operation of the API. ``status`` is that of success.

    ``answer`` is a model (JSON), a media type, or None for nothing. ``listed``: in the API document. ``anonymous``:
    answered without asking who it is. ``open_query``: the page's own script reads the query, so it may say anything.
    ``matches``: the request says by If-Match which version it means. ``upload``: a multipart body of a file and, in
    the field ``options``, ``body`` as JSON. ``form``: ``body`` comes as a form.
    """

    rule: str
    method: str
    action: str
    summary: str
    answer: Any
    query: type[pydantic.BaseModel] = requests.Nothing
    body: type[pydantic.BaseModel] | None = None
    upload: bool = False
    form: bool = False
    keeping: Keeping = "live"
    status: int = 200
    listed: bool = True
    anonymous: bool = False
    open_query: bool = False
    matches: bool = False


def serve(blueprint: flask.Blueprint, route: Route) -> Callable[[View], View]:
    """Serve the decorated function at ``route``."""
    permissions.may(None, route.action)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def handle(**ids: str) -> flask.Response:
            if route.anonymous:
                return answers.response_of(view(auth.context(), **ids))
            ctx = _admit(route, ids)
            given = _given(route)
            if route.keeping == "data":
                make = functools.partial(view, ctx, **ids, **given)
                return answers.kept(ctx, ids["city"], make, plan=ids.get("plan"))
            return answers.response_of(view(ctx, **ids, **given), status=route.status)

        handle.route = route  # type: ignore[attr-defined]
        blueprint.add_url_rule(
            route.rule, endpoint=view.__name__, view_func=handle, methods=[route.method],
            provide_automatic_options=False,
        )  # fmt: skip
        return view

    return decorate


def of(view: Callable[..., Any] | None) -> Route | None:
    """The Route that ``view`` (a registered view function) was declared with, or None."""
    return getattr(view, "route", None)


def _admit(route: Route, ids: dict[str, str]) -> context.Context:
    """The request's context, once the actor may do the action here; raises Denied or NotFound."""
    actor = auth.actor()
    permissions.check(actor, route.action)
    if not all(re.fullmatch(IDS[name], value) for name, value in ids.items()):
        raise refusals.NotFound("not_found", "no such address")
    if "city" in ids and not permissions.reaches(actor, ids["city"]):
        raise refusals.NotFound("not_found", "outside the territory")
    return auth.context().acting(actor)


def _given(route: Route) -> dict[str, Any]:
    """What was asked, by the name of the view's parameter."""
    given: dict[str, Any] = {}
    if route.open_query:
        return given
    pairs = {name: values for name, values in flask.request.args.lists() if name != "lang"}
    try:
        query = reading.query(route.query, pairs)
        if route.query is not requests.Nothing:
            given["query"] = query
        if route.body is not None:
            read = _options if route.upload else _form if route.form else _json
            given["body"] = route.body.model_validate(read())
    except reading.Unreadable as error:
        raise errors.Fault("bad_request", str(error)) from None
    return given


def _options() -> Any:
    """The field ``options`` of a multipart body that holds exactly it and one file."""
    request = flask.request
    if request.mimetype != "multipart/form-data":
        raise errors.Fault("media_type", "send multipart/form-data")
    files, fields = request.files.lists(), request.form.lists()
    shape = {
        "files": {name: len(values) for name, values in files},
        "fields": {name: len(values) for name, values in fields},
    }
    if shape != {"files": {"file": 1}, "fields": {"options": 1}}:
        raise errors.Fault("invalid", {"field": "file, options", "reason": "send one file and one field options"})
    return reading.parse(request.form["options"].encode("utf-8", "surrogatepass"))


def _form() -> dict[str, str]:
    """The fields of a form, each given once; empty ones count as absent."""
    request = flask.request
    if request.mimetype not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise errors.Fault("media_type", "send a form")
    request.max_content_length = flask.current_app.config["MAX_JSON_BYTES"]
    twice = sorted(name for name, values in request.form.lists() if len(values) > 1)
    if twice:
        raise errors.Fault("bad_request", f"given more than once: {', '.join(twice)[:200]}")
    return {name: value for name, value in request.form.items() if value}


def _json() -> Any:
    request = flask.request
    if not request.content_length and not request.mimetype and "Transfer-Encoding" not in request.headers:
        return {}
    if request.mimetype != "application/json":
        raise errors.Fault("media_type", "send application/json")
    request.max_content_length = flask.current_app.config["MAX_JSON_BYTES"]
    return reading.parse(request.get_data(cache=False))

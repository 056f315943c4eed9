"""Signing in and out."""

from __future__ import annotations

from typing import Any

import flask

from server import auth, errors
from server.rules import permissions
from server.usecases import users
from server.usecases.context import Context
from server.views import answers, routes
from server.wire import replies, requests

blueprint = flask.Blueprint("session", __name__)


@routes.serve(
    blueprint, routes.Route("/api/session", "GET", "session.read", "Who is signed in", answer=replies.Session)
)
def session(ctx: Context) -> dict[str, Any]:
    return _told(ctx.actor)


@routes.serve(
    blueprint,
    routes.Route("/api/session", "POST", "session.open", "Sign in", body=requests.SignIn, answer=replies.SessionOpened),
)
def session_open(ctx: Context, body: requests.SignIn) -> flask.Response:
    settings = auth.config()
    if not users.exist(ctx):
        raise errors.Fault("no_account")
    limits = users.Limits(settings.login_window_s, settings.login_failures, settings.login_failures_all)
    opened = users.sign_in(ctx, body.name, body.password, life_s=settings.session_life_s, limits=limits)
    auth.end()
    told = _told(opened.actor) | {"demo": False}
    if body.token:
        return answers.fresh(told | {"token": opened.token, "expires": opened.expires_at})
    response = answers.fresh(told)
    auth.remember(response, opened)
    return response


@routes.serve(blueprint, routes.Route("/api/session", "DELETE", "session.close", "Sign out", answer=None, status=204))
def session_close(ctx: Context) -> flask.Response:
    auth.end()
    response = flask.current_app.response_class(status=204)
    auth.forget(response)
    return response


def _told(actor: permissions.Actor | None) -> dict[str, Any]:
    user = None
    if actor is not None:
        region = str(actor.region_id) if actor.region_id is not None else None
        user = {"name": actor.name, "role": actor.role, "city": actor.city, "region": region}
    return {"user": user, "demo": auth.demo(), "language": flask.g.language}

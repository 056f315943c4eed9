"""The API document (OpenAPI 3.1), made from the declared routes, and whether the service is well."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases import health as health_usecase
from server.usecases.context import Context
from server.views import openapi, routes
from server.wire import replies

blueprint = flask.Blueprint("document", __name__)


@routes.serve(
    blueprint,
    routes.Route("/api/openapi.json", "GET", "document.read", "This document", answer="application/json"),
)
def openapi_json(ctx: Context) -> Any:
    return openapi.document(flask.current_app)


@routes.serve(
    blueprint, routes.Route("/healthz", "GET", "health.read", "Whether the service is well", answer=replies.Health)
)
def healthz(ctx: Context) -> Any:
    health_usecase.check(ctx)
    return {"status": "ok"}

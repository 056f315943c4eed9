"""The steps that a city's drafts go through: read by those who read plans, set by the administrator."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.planning import approvals
from server.views import routes
from server.wire import approval as wire

blueprint = flask.Blueprint("approval", __name__)
_STEPS = "/api/cities/<city>/approval-steps"


@routes.serve(
    blueprint, routes.Route(_STEPS, "GET", "plan.read", "The steps that drafts go through", answer=wire.StepsTold)
)
def approval_steps(ctx: Context, city: str) -> Any:
    return approvals.steps(ctx, city)


@routes.serve(
    blueprint,
    routes.Route(
        _STEPS, "PUT", "approval.set", "Set the steps that drafts go through", body=wire.Steps, answer=wire.StepsTold
    ),
)
def approval_steps_put(ctx: Context, city: str, body: wire.Steps) -> Any:
    return approvals.set_steps(ctx, city, [step.model_dump() for step in body.steps])

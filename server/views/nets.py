"""多网合一: department layers, each held against the basic grids, and their common refinement."""

from __future__ import annotations

from typing import Any

import flask

from server.usecases.context import Context
from server.usecases.planning import nets as usecase
from server.usecases.workbench import netting
from server.views import answers, routes
from server.wire import nets as wire
from server.wire import plan_replies, replies

blueprint = flask.Blueprint("nets", __name__)
_NETS = "/api/cities/<city>/nets"
_NET = _NETS + "/<net>"


@routes.serve(blueprint, routes.Route(_NETS, "GET", "grid.read", "Department layers by department", answer=wire.Nets))
def nets(ctx: Context, city: str) -> Any:
    return usecase.list_(ctx, city)


@routes.serve(
    blueprint,
    routes.Route(
        _NET, "GET", "plan.draw", "A department's net held against the basic grids", query=wire.Held,
        answer=wire.NetReport,
    ),
)  # fmt: skip
def net(ctx: Context, city: str, net: str, query: wire.Held) -> Any:
    return usecase.report(ctx, city, int(net), query.plan)


@routes.serve(
    blueprint, routes.Route(_NET, "DELETE", "import.run", "Take a department's net away", answer=None, status=204)
)
def net_remove(ctx: Context, city: str, net: str) -> flask.Response:
    usecase.remove(ctx, city, int(net))
    return flask.current_app.response_class(status=204)


@routes.serve(
    blueprint,
    routes.Route(_NET + "/outlines", "GET", "grid.read", "A net's grids as GeoJSON", answer=replies.Features),
)
def net_outlines(ctx: Context, city: str, net: str) -> Any:
    return usecase.shapes(ctx, city, int(net))


@routes.serve(
    blueprint,
    routes.Route(
        "/api/cities/<city>/refinement", "GET", "plan.draw", "The common refinement of a plan and all nets",
        query=wire.Held, answer=wire.Refinement,
    ),
)  # fmt: skip
def refinement(ctx: Context, city: str, query: wire.Held) -> Any:
    return usecase.refine(ctx, city, query.plan)


@routes.serve(
    blueprint,
    routes.Route(
        "/api/cities/<city>/refinement/cells", "GET", "plan.draw", "The common refinement per cell", query=wire.Held,
        answer=answers.BINARY,
    ),
)  # fmt: skip
def refinement_cells(ctx: Context, city: str, query: wire.Held) -> Any:
    return usecase.refined_cells(ctx, city, query.plan)


@routes.serve(
    blueprint,
    routes.Route(
        "/api/cities/<city>/refinement", "POST", "plan.draw", "Take the common refinement over as a draft",
        body=wire.Adopt, answer=plan_replies.Plan, status=201,
    ),
)  # fmt: skip
def refinement_adopt(ctx: Context, city: str, body: wire.Adopt) -> Any:
    return netting.adopt(ctx, city, body.plan, name=body.name)

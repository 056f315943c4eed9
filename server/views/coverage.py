"""Camera coverage for planners and operators: figures, gaps, surplus, sight, next sites, cordons, outages, register."""

from __future__ import annotations

from typing import Any

import flask

from server import jobs
from server.usecases.cameras import (
    camera_effect,
    camera_gaps,
    camera_ledger,
    camera_proposals,
    camera_view,
    cordons,
    coverage_export,
    coverage_figures,
    outages,
)
from server.usecases.context import Context
from server.views import answers, routes, shown
from server.wire import coverage as wire
from server.wire import coverage_asked as asked
from server.wire import replies

blueprint = flask.Blueprint("coverage", __name__)
_AT = "/api/cities/<city>/coverage"
Route = routes.Route


@routes.serve(
    blueprint,
    Route(_AT + "/figures", "GET", "gap.read", "Figures of coverage by area, beside their targets",
          query=asked.Figures, answer=wire.FigureList, keeping="exact"),
)  # fmt: skip
def coverage_figures_(ctx: Context, city: str, query: asked.Figures) -> Any:
    return coverage_figures.figures(ctx, city, level=query.level, plan=query.plan, home_m=query.home_m)


@routes.serve(
    blueprint,
    Route(_AT + "/history", "GET", "gap.read", "Figures as they were kept", answer=wire.History, keeping="exact"),
)
def coverage_history(ctx: Context, city: str) -> Any:
    return coverage_figures.history(ctx, city)


@routes.serve(
    blueprint,
    Route(_AT + "/history", "POST", "camera.propose", "Keep today's figures", answer=wire.History, status=201),
)
def coverage_keep(ctx: Context, city: str) -> Any:
    return coverage_figures.keep(ctx, city)


@routes.serve(
    blueprint,
    Route(_AT + "/gaps", "GET", "gap.read", "Cells where the most need is out of sight", query=asked.Gaps,
          answer=wire.GapList, keeping="exact"),
)  # fmt: skip
def coverage_gaps(ctx: Context, city: str, query: asked.Gaps) -> Any:
    return camera_gaps.ranked(
        ctx, city, weights=query.weights(), start=query.from_, end=query.to, category=query.category, limit=query.limit
    )


@routes.serve(
    blueprint,
    Route(_AT + "/cells/<cell>", "GET", "gap.read", "Reports of a cell, and its share in view", query=asked.CellGap,
          answer=wire.CellGap, keeping="exact"),
)  # fmt: skip
def coverage_cell(ctx: Context, city: str, cell: str, query: asked.CellGap) -> Any:
    return camera_gaps.cell(
        ctx, city, cell, weights=query.weights(), start=query.from_, end=query.to, category=query.category
    )


@routes.serve(
    blueprint,
    Route(_AT + "/surplus", "GET", "gap.read", "More watching than needed, and private ground in view",
          query=asked.Limit, answer=wire.Surplus, keeping="exact"),
)  # fmt: skip
def coverage_surplus(ctx: Context, city: str, query: asked.Limit) -> Any:
    return camera_gaps.surplus(ctx, city, limit=query.limit)


@routes.serve(
    blueprint,
    Route(_AT + "/corridors", "GET", "gap.read", "Main roads and railways by seen share", query=asked.Limit,
          answer=wire.Corridors, keeping="exact"),
)  # fmt: skip
def coverage_corridors(ctx: Context, city: str, query: asked.Limit) -> Any:
    return camera_gaps.corridors(ctx, city, limit=query.limit)


@routes.serve(
    blueprint,
    Route(_AT + "/outages", "GET", "gap.read", "Offline, idle and critical cameras", query=asked.Limit,
          answer=wire.Outages, keeping="exact"),
)  # fmt: skip
def coverage_outages(ctx: Context, city: str, query: asked.Limit) -> Any:
    return outages.outages(ctx, city, limit=query.limit)


@routes.serve(
    blueprint,
    Route(_AT + "/cameras/<camera>/loss", "GET", "gap.read", "What the failure of a camera costs", answer=wire.Loss,
          keeping="exact"),
)  # fmt: skip
def coverage_loss(ctx: Context, city: str, camera: str) -> Any:
    return outages.loss(ctx, city, int(camera))


@routes.serve(
    blueprint,
    Route(_AT + "/ledger", "GET", "camera.read", "The register examined", query=asked.Limit, answer=wire.Ledger,
          keeping="exact"),
)  # fmt: skip
def coverage_ledger(ctx: Context, city: str, query: asked.Limit) -> Any:
    return camera_ledger.examine(ctx, city, limit=query.limit)


@routes.serve(
    blueprint,
    Route(_AT + "/views", "GET", "camera.read", "The ground that cameras see, behind buildings, as GeoJSON",
          query=asked.Views, answer=wire.ViewList, keeping="exact"),
)  # fmt: skip
def coverage_views(ctx: Context, city: str, query: asked.Views) -> Any:
    return camera_view.views(ctx, city, box=query.box, camera=query.camera)


@routes.serve(
    blueprint,
    Route(_AT + "/sight", "POST", "camera.read", "What a camera would see, and what that changes", body=asked.Sight,
          answer=wire.Seen),
)  # fmt: skip
def coverage_sight(ctx: Context, city: str, body: asked.Sight) -> Any:
    return camera_view.look(ctx, city, body.model_dump(exclude={"camera"}), camera=body.camera)


@routes.serve(
    blueprint,
    Route(_AT + "/cordon", "POST", "gap.read", "Whether the roads across a boundary are in view", body=asked.Cordon,
          answer=wire.Cordons),
)  # fmt: skip
def coverage_cordon(ctx: Context, city: str, body: asked.Cordon) -> Any:
    return cordons.closure(
        ctx, city, region=body.region, ring=body.ring, inwards_m=tuple(body.inwards_m), walked=body.walked
    )


@routes.serve(
    blueprint,
    Route(_AT + "/sites", "POST", "camera.propose", "Choose the next sites", body=asked.Sites,
          answer=replies.JobStarted, status=202),
)  # fmt: skip
def coverage_sites(ctx: Context, city: str, body: asked.Sites) -> Any:
    return shown.started(jobs.enqueue(ctx, "sites", city=city, payload=body.model_dump(mode="json"), key=answers.key()))


@routes.serve(
    blueprint,
    Route(_AT + "/proposals", "GET", "gap.read", "Cameras that are proposed", answer=wire.Proposals, keeping="exact"),
)
def coverage_proposals(ctx: Context, city: str) -> Any:
    return camera_proposals.list_(ctx, city)


@routes.serve(
    blueprint,
    Route(_AT + "/proposals", "POST", "camera.propose", "Propose a camera", body=asked.Propose, answer=wire.Proposal,
          status=201),
)  # fmt: skip
def coverage_propose(ctx: Context, city: str, body: asked.Propose) -> Any:
    return camera_proposals.propose(ctx, city, body.model_dump())


@routes.serve(
    blueprint,
    Route(_AT + "/effect", "GET", "gap.read", "Before and after the proposed cameras", query=asked.Limit,
          answer=wire.Effect, keeping="exact"),
)  # fmt: skip
def coverage_effect(ctx: Context, city: str, query: asked.Limit) -> Any:
    return camera_effect.effect(ctx, city, limit=query.limit)


@routes.serve(
    blueprint,
    Route(_AT + "/proposals/<proposal>", "POST", "camera.propose", "Approve or withdraw a proposal", body=asked.Decide,
          answer=wire.Proposal),
)  # fmt: skip
def coverage_decide(ctx: Context, city: str, proposal: str, body: asked.Decide) -> Any:
    return camera_proposals.decide(
        ctx, city, int(proposal), state=body.state, purpose=body.purpose, legal_basis=body.legal_basis
    )


@routes.serve(
    blueprint,
    Route(_AT + "/export", "GET", "coverage.read", "Coverage in bands as a file", query=asked.Export, answer="*/*"),
)
def coverage_export_(ctx: Context, city: str, query: asked.Export) -> Any:
    return shown.attachment(coverage_export.export(ctx, city, format=query.format))


@routes.serve(
    blueprint,
    Route(_AT + "/register", "GET", "camera.export", "The exact sites as a file, for a stated audience",
          query=asked.Register, answer="*/*"),
)  # fmt: skip
def coverage_register(ctx: Context, city: str, query: asked.Register) -> Any:
    made = coverage_export.export(ctx, city, format=query.format, exact=True, audience=query.audience)
    return shown.attachment(made)

"""The pages a browser opens: the start, the city's one page, sign-in, the API's description, and the words."""

from __future__ import annotations

import re
from typing import Any

import flask

from layers import page
from server import auth, errors, language
from server.rules import permissions
from server.usecases import errors as refusals
from server.usecases import users
from server.usecases.city import cities
from server.usecases.context import Context
from server.views import answers, openapi, routes

blueprint = flask.Blueprint("pages", __name__)


def _page(rule: str, action: str, summary: str, **more: Any) -> routes.Route:
    return routes.Route(rule, "GET", action, summary, answer="text/html", listed=False, **more)


@routes.serve(blueprint, _page("/", "city.read", "The first city's page, else how to make one", open_query=True))
def start(ctx: Context) -> flask.Response:
    found = cities.list_(ctx)["cities"]
    if not found:
        return _rendered("empty.html")
    query = flask.request.query_string.decode("ascii", "ignore")  # the view, the job and the language go along
    return errors.led_to(flask.url_for("pages.city_page", city=found[0]["code"]) + (f"?{query}" if query else ""))


@routes.serve(blueprint, _page("/city/<city>", "city.read", "The one page of a city", open_query=True))
def city_page(ctx: Context, city: str) -> flask.Response:
    found = cities.get(ctx, city)
    pieces = page.live({"bbox": found["bbox"], "city": city}, lang=flask.g.language, nonce=flask.g.nonce)
    shell = {"head": pieces.head, "body": pieces.body, "script": pieces.scripts}
    boot = {
        "city": city, "city_name": found["name"], "demo": auth.demo(), "language": flask.g.language,
        "fictional": found["demo"], "can": sorted(permissions.allowed(ctx.actor)),
        "accounts": users.named(ctx, (permissions.HOST.name, auth.DEMO.name)),
    }  # fmt: skip
    return _rendered("city.html", shell=shell, boot=boot, early=_early(found, flask.request.args.get("plan")))


@routes.serve(blueprint, _page("/sign-in", "page.open", "Sign in", open_query=True))
def sign_in(ctx: Context) -> flask.Response:
    after = auth.safe_next(flask.request.args.get("next"))
    if ctx.actor is not None and not auth.demo():
        return errors.led_to(after)
    return _rendered("sign_in.html", boot={"language": flask.g.language, "next": after})


@routes.serve(blueprint, _page("/api", "document.read", "What the API offers, to read"))
def api_page(ctx: Context) -> flask.Response:
    return _rendered("api.html", document=openapi.document(flask.current_app))


@routes.serve(blueprint, _page("/i18n/<tongue>.json", "page.open", "Every text in a language", open_query=True))
def words(ctx: Context, tongue: str) -> Any:
    if tongue not in language.LANGUAGES:
        raise refusals.NotFound("not_found", "no such language")
    return dict(language.catalogue(tongue))


def _early(city: dict[str, Any], plan: str | None) -> list[str]:
    """What the page's scripts will ask for first, in their very words, so that it comes while they are being read."""
    base = flask.url_for("cities.city", city=city["code"])
    shown = plan if plan and re.fullmatch(r"[A-Za-z0-9_]{1,40}", plan) else "current"
    in_force = city["plan_in_force"]
    known = {"current": in_force and in_force["id"], "newest": None}.get(shown, shown)
    cells = [f"{base}/plans/{known}/cells?gaps=true"] if known else []
    words = flask.url_for("pages.words", tongue=flask.g.language)
    regions = [f"{base}/regions?level={level}" for level in city["levels"]]
    grids = [f"{base}/plans/{shown}/grids"] if city["has_plan"] or shown != "current" else []
    return [flask.url_for("session.session"), base, words, *cells, *grids, *regions]


def _rendered(template: str, **values: Any) -> flask.Response:
    response = flask.make_response(flask.render_template(template, **values))
    response.headers["Vary"] = answers.VARY
    if flask.request.args.get("lang") in language.LANGUAGES:
        response.set_cookie(
            language.COOKIE, flask.g.language, max_age=365 * 86400, path="/", samesite="Lax",
            secure=flask.request.is_secure,
        )  # fmt: skip
    return response

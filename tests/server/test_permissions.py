"""Who may do what, held against the service's own route map: no route without an action, no way round a territory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask
import flask.testing
import pytest

from server.rules import permissions
from server.views import routes
from tests.server import tiny

ROOT = Path(__file__).resolve().parents[2]
ANYONE = permissions.PUBLIC
EXACT = {"exact.read", "worker.read", "camera.read", "gap.read"}
BODIES: dict[str, Any] = {
    "plan_draw": {"band": [150, 300], "seconds": 1},
    "session_open": {"name": "planner", "password": tiny.PASSWORD},
}
QUERIES = {
    "ground": {"kind": "road", "bbox": "114.29,30.49,114.33,30.53", "zoom": "14"},
    "search": {"q": "C11"},
    "here": {"lat": "30.505", "lng": "114.305"},
    "where": {"lat": "30.505", "lng": "114.305"},
}


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


@pytest.mark.parametrize("role", permissions.ROLES)
def test_each_role_may_at_least_what_is_open_to_anyone(role: str) -> None:
    assert permissions.ACTIONS[role] >= ANYONE


def test_each_role_may_more_than_the_one_before() -> None:
    order = ["viewer", "worker", "operator", "planner", "admin"]
    allowed = [permissions.ACTIONS[role] for role in order]
    assert all(lower <= upper for lower, upper in zip(allowed, allowed[1:], strict=False))


@pytest.mark.parametrize(
    ("role", "sees"), [("viewer", False), ("worker", False), ("operator", True), ("planner", True)]
)
def test_exact_places_are_for_those_who_plan_and_operate(role: str, sees: bool) -> None:
    actor = permissions.Actor("a", role, "tiny")
    assert {action for action in EXACT if permissions.may(actor, action)} == (EXACT if sees else set())
    assert permissions.exact(actor) is sees


def test_nobody_signed_in_and_an_unknown_role_may_only_what_is_open_to_anyone() -> None:
    assert permissions.allowed(None) == ANYONE
    assert permissions.allowed(permissions.Actor("a", "emperor")) == ANYONE


def test_an_action_outside_the_table_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        permissions.may(permissions.HOST, "plan.burn")


def test_an_actor_of_one_region_may_not_touch_the_whole_city() -> None:
    whole = permissions.Actor("a", "planner", "tiny")
    part = permissions.Actor("a", "planner", "tiny", region_id=1)
    assert permissions.allowed(whole) - permissions.allowed(part) == permissions.WHOLE_CITY & permissions.allowed(whole)


def test_every_route_names_an_action_of_the_table(app: flask.Flask) -> None:
    without = [endpoint for endpoint, view in app.view_functions.items() if routes.of(view) is None]
    assert without == []
    actions = {routes.of(view).action for view in app.view_functions.values()}  # type: ignore[union-attr]
    assert actions <= permissions.EVERY_ACTION


def test_every_action_that_a_role_has_is_used_by_a_route_or_is_the_hosts(app: flask.Flask) -> None:
    used = {routes.of(view).action for view in app.view_functions.values()}  # type: ignore[union-attr]
    asked = [*(ROOT / "server" / "usecases").rglob("*.py"), ROOT / "server" / "rules" / "planned.py"]
    commands = "".join(file.read_text(encoding="utf-8") for file in asked)
    idle = {action for action in permissions.EVERY_ACTION - used if f'"{action}"' not in commands}
    assert idle <= {"exact.read", "user.manage"}, "the first is asked by permissions.exact, accounts are the host's"


def _walk(app: flask.Flask) -> list[tuple[str, routes.Route]]:
    return [(endpoint, routes.of(view)) for endpoint, view in app.view_functions.items()]  # type: ignore[misc]


def _ask(client: flask.testing.FlaskClient, endpoint: str, route: routes.Route, ids: dict[str, str]) -> Any:
    """The answer of a route with plausible parameters."""
    path = route.rule
    for name, value in {**ids, "name": "icons/gezhi.svg", "tongue": "en", "job": "0" * 32}.items():
        path = path.replace(f"<path:{name}>", value).replace(f"<{name}>", value)
    name = endpoint.rpartition(".")[2]
    more: dict[str, Any] = {"query_string": QUERIES.get(name, {})}
    if route.method == "POST" and not route.upload:
        more["json"] = BODIES.get(name, {})
    if route.upload:
        more["data"] = {"options": json.dumps({"kind": "places"}), "file": (b"", "x.csv")}
    return client.open(path, method=route.method, **more)


OWN = {"city": "tiny", "plan": "current", "label": "0"}
FOREIGN = {"city": "other", "plan": "current", "label": "0"}
NOWHERE = {"city": "nowhere", "plan": "current", "label": "0"}


@pytest.mark.parametrize("role", [None, *permissions.ROLES])
def test_the_matrix_of_roles_and_routes_is_the_table(app: flask.Flask, role: str | None) -> None:
    """Own territory: refused exactly where the table does not allow it."""
    client = tiny.signed_in(app, role) if role else tiny.browser(app)
    actor = permissions.Actor("a", role, "tiny") if role else None
    wrong = []
    for endpoint, route in _walk(app):
        if route.action.startswith("session."):
            continue
        status = _ask(client, endpoint, route, OWN).status_code
        allowed = permissions.may(actor, route.action)
        refused = status in (401, 403)
        if refused is allowed or (refused and status != (403 if role else 401)) or status >= 500:
            wrong.append((endpoint, route.action, allowed, status))
    assert wrong == []


@pytest.mark.parametrize("name", ["viewer", "planner", "admin"])
def test_another_territory_answers_like_no_territory_at_all(app: flask.Flask, name: str) -> None:
    client = tiny.signed_in(app, name)
    for endpoint, route in _walk(app):
        if "<city>" not in route.rule:
            continue
        foreign, nowhere = (_ask(client, endpoint, route, ids) for ids in (FOREIGN, NOWHERE))
        assert foreign.status_code == nowhere.status_code, endpoint
        assert foreign.status_code in (403, 404), endpoint
        if foreign.is_json:
            told = [answer.get_json() for answer in (foreign, nowhere)]  # Open311 tells errors in a list
            bodies = [dict(one["error"], request_id="") if isinstance(one, dict) else one for one in told]
            assert bodies[0] == bodies[1], endpoint
        assert len(foreign.data) == len(nowhere.data), endpoint


def test_a_foreign_plan_or_job_is_as_absent_as_a_random_one(app: flask.Flask) -> None:
    theirs = tiny.signed_in(app, "outsider")
    plan = theirs.get("/api/cities/other/plans").get_json()["items"][0]["id"]
    job = theirs.post("/api/cities/other/plans", json={"seconds": 1}).get_json()["job"]["id"]
    ours = tiny.signed_in(app, "planner")
    pairs = [
        (f"/api/cities/tiny/plans/{plan}", f"/api/cities/tiny/plans/{'0' * len(plan)}"),
        (f"/api/cities/tiny/plans/{plan}/cells", f"/api/cities/tiny/plans/{'0' * len(plan)}/cells"),
        (f"/api/cities/tiny/plans/{plan}/export", f"/api/cities/tiny/plans/{'0' * len(plan)}/export"),
        (f"/api/jobs/{job}", f"/api/jobs/{'0' * 32}"),
    ]
    for theirs_, nothing in pairs:
        answers = [ours.get(address) for address in (theirs_, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({answer.get_data().replace(answer.headers["X-Request-Id"].encode(), b"") for answer in answers}) == 1
    assert ours.post(f"/api/jobs/{job}/cancel").status_code == 404
    assert theirs.get(f"/api/jobs/{job}").get_json()["status"] == "queued"


def test_lists_show_only_the_own_territory(app: flask.Flask) -> None:
    codes = {
        name: [city["code"] for city in tiny.signed_in(app, name).get("/api/cities").get_json()["cities"]]
        for name in ("planner", "outsider", "root")
    }
    assert codes == {"planner": ["tiny"], "outsider": ["other"], "root": ["other", "tiny"]}


def test_an_operator_of_one_town_sees_only_its_half(app: flask.Flask) -> None:
    town, whole = tiny.signed_in(app, "townsman"), tiny.signed_in(app, "operator")
    for path in ("plans/current/grids", "workers", "cameras", "places"):
        few, all_ = (client.get(f"/api/cities/tiny/{path}").get_json() for client in (town, whole))
        few, all_ = (answer.get("grids") or answer.get("items") for answer in (few, all_))
        assert 0 < len(few) < len(all_), path
        assert {str(one.get("id", one.get("label"))) for one in few} < {str(o.get("id", o.get("label"))) for o in all_}
    assert town.get("/api/cities/tiny/here?lat=30.505&lng=114.315").status_code == 404
    assert whole.get("/api/cities/tiny/here?lat=30.505&lng=114.315").status_code == 200
    assert town.post("/api/cities/tiny/plans", json={}).status_code == 403


@pytest.mark.parametrize(
    "code", ["Tiny", "tiny ", "tiny%20", "ｔｉｎｙ", "tiny;x=1", "%2e%2e", "tiny%00", "tiny/", "tin%79%2f"]
)
def test_an_id_has_one_spelling(app: flask.Flask, code: str) -> None:
    root = tiny.signed_in(app, "root")
    assert root.get(f"/api/cities/{code}").status_code == 404


@pytest.mark.parametrize("label", ["00", "01", "1.0", "+1", "-1", "１", "1e0", "0x1"])
def test_a_label_has_one_spelling(planner: flask.testing.FlaskClient, label: str) -> None:
    assert planner.get(f"/api/cities/tiny/plans/current/grids/{label}").status_code == 404

"""The API document: complete, sound, and true to what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import flask
import flask.testing
import jsonschema_rs
import markupsafe
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from werkzeug.routing import Rule

from layers import payload
from server.views import routes
from tests.server import tiny


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


IDS = {
    "city": "tiny", "plan": "current", "label": "0", "import": "1", "camera": "1", "proposal": "1", "net": "1",
    "request": "file.i5", "cell": "8940a6956c3ffff",
}


@pytest.fixture
def document(client: flask.testing.FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.get_json()
    return found


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _rules(app: flask.Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/") or rule.rule == "/healthz"]


def test_every_route_of_the_api_is_documented_and_nothing_else(app: flask.Flask, document: dict[str, Any]) -> None:
    served = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in _rules(app)
        for method in rule.methods or ()
        if method != "HEAD"
    }
    assert {(path, method) for path, method, _ in _operations(document)} == served


def test_the_document_is_openapi_3_1_with_sound_schemas(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", document["openapi"]) and document["info"]["title"] and document["info"]["version"]
    for name, schema in document["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    used = set(_references(document))
    assert used == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_operation_says_what_it_takes_and_answers(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(ids) == len(set(ids))
    for path, method, operation in _operations(document):
        parameters = [(one["in"], one["name"]) for one in operation["parameters"]]
        assert len(parameters) == len(set(parameters)), path
        assert {name for where, name in parameters if where == "path"} == set(re.findall(r"{(\w+)}", path))
        assert all("schema" in one for one in operation["parameters"])
        assert operation["summary"] and any(code.startswith("2") for code in operation["responses"])
        assert "requestBody" not in operation or method != "get", path
        for code, response in operation["responses"].items():
            assert response["description"] and (code < "400" or "$ref" in str(response["content"]))


def test_each_answer_is_as_documented(app: flask.Flask, document: dict[str, Any]) -> None:
    """Every JSON answer of the tiny city, for a planner and a viewer, against the schema it is documented with."""
    planner = tiny.signed_in(app, "planner")
    job = planner.post("/api/cities/tiny/plans", json={"seconds": 1}).get_json()["job"]["id"]
    ids = IDS | {"job": job}
    other = planner.get("/api/cities/tiny/plans").get_json()["items"][0]["id"]
    plausible = {"kind": "road", "bbox": "114.29,30.49,114.33,30.53", "q": "C11", "other": other, "audience": "office",
                 "lat": "30.505", "lng": "114.305", "grid": "0", "area": "0"}  # fmt: skip
    checked = 0
    for client in (planner, tiny.signed_in(app, "viewer")):
        for path, method, operation in _operations(document):
            if method != "get":
                continue
            needed = [one["name"] for one in operation["parameters"] if one["required"] and one["in"] == "query"]
            query = {name: plausible[name] for name in needed}
            if path.endswith(("/here", "/where")):
                query = {"lat": "30.505", "lng": "114.305"}
            answer = client.get(path.format_map(ids), query_string=query)
            if answer.status_code == 403 and client is not planner:
                continue
            assert answer.status_code == 200, (path, answer.get_data(as_text=True)[:500])
            ((media, content),) = operation["responses"]["200"]["content"].items()
            if media == "application/octet-stream":
                assert payload.decode(answer.data).cells.size >= 0
            elif media == "application/json" and "schema" in content:
                schema = {**content["schema"], "components": document["components"]}
                faults = [str(fault)[:300] for fault in jsonschema_rs.iter_errors(schema, answer.get_json())]
                assert faults == [], path
            checked += 1
    assert checked > 35


def test_the_readable_document_lists_every_operation(
    client: flask.testing.FlaskClient, document: dict[str, Any]
) -> None:
    text = client.get("/api?lang=en").get_data(as_text=True)
    for path, method, operation in _operations(document):
        assert path in text and str(markupsafe.escape(operation["summary"])) in text and method.upper() in text


@pytest.mark.slow
def test_whatever_the_document_allows_or_forbids_is_answered_as_documented(app: flask.Flask) -> None:
    """Generated requests, valid and not: a documented status every time, and never a fault of ours."""
    planner = tiny.signed_in(app, "planner")
    headers = {"Cookie": f"gezhi_session={planner.get_cookie('gezhi_session').value}"}  # type: ignore[union-attr]
    headers |= {"Host": tiny.HOST, "Sec-Fetch-Site": "same-origin"}
    job = planner.post("/api/cities/tiny/plans", json={"seconds": 1}).get_json()["job"]["id"]
    ids = IDS | {"job": job}
    wrong: list[tuple[str, int, str]] = []

    def ask(operation: Any) -> None:
        @settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def attempt(case: Any) -> None:
            case.path_parameters = {name: ids.get(name, "1") for name in case.path_parameters or {}}
            answer = case.call(headers=headers)
            if str(answer.status_code) not in operation.definition.raw["responses"]:
                wrong.append((operation.label, answer.status_code, case.as_curl_command()[:300]))

        attempt()

    for operation in schemathesis.openapi.from_wsgi("/api/openapi.json", app, headers=headers).get_all_operations():
        if operation.ok().path != "/api/session":
            ask(operation.ok())
    assert wrong == []


def test_every_declared_route_is_registered_under_its_own_name(app: flask.Flask) -> None:
    names = [endpoint.rpartition(".")[2] for endpoint in app.view_functions]
    assert len(names) == len(set(names))
    assert all(routes.of(view) for view in app.view_functions.values())

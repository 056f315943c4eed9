"""What every answer carries: policy, caching, compression, request id; and the Host that is listened to."""

from __future__ import annotations

import gzip
import re
from typing import Any

import flask
import flask.testing
import pytest

from server.app import known_host
from server.config import Config
from tests.server import tiny

DATA = ["", "/regions", "/plans/current", "/plans/current/cells", "/plans/current/grids",
        "/plans/current/outlines", "/plans/current/grids/0", "/centres", "/places", "/service-areas?tier=town",
        "/heat?res=8", "/coverage?res=8"]  # fmt: skip
EXACT = ["/workers", "/cameras", "/gaps?res=8", "/imports"]


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


@pytest.mark.parametrize(
    "path", ["/", "/api/cities", "/api/nothing", "/static/icons/gezhi.svg", "/healthz", "/sign-in"]
)
def test_every_answer_carries_the_policy(client: flask.testing.FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert "unsafe-eval" not in policy and not re.search(r"https?:", policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])
    assert re.fullmatch(r"app;dur=[0-9.]+", headers["Server-Timing"])


def test_scripts_need_a_nonce_that_is_new_each_time(client: flask.testing.FlaskClient) -> None:
    policies = {client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3
    assert all(re.search(r"script-src 'self' 'nonce-[\w-]{16,}';", policy) for policy in policies)


def test_over_tls_browsers_are_told_to_stay_there(client: flask.testing.FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    assert "Strict-Transport-Security" in client.get("/healthz", base_url="https://localhost").headers


@pytest.mark.parametrize("path", DATA)
def test_map_data_are_revalidated(planner: flask.testing.FlaskClient, path: str) -> None:
    first = planner.get(f"/api/cities/tiny{path}")
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in first.headers["Vary"]
    again = planner.get(f"/api/cities/tiny{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert planner.get(f"/api/cities/tiny{path}", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", EXACT)
def test_exact_places_are_never_stored(planner: flask.testing.FlaskClient, path: str) -> None:
    answer = planner.get(f"/api/cities/tiny{path}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store" and "ETag" not in answer.headers


def _tags(app: flask.Flask, name: str, path: str, **headers: str) -> Any:
    return tiny.signed_in(app, name).get(path, headers=headers).headers["ETag"]


def test_the_tag_tells_roles_territories_languages_and_parameters_apart(app: flask.Flask) -> None:
    path = "/api/cities/tiny/plans/current/grids"
    tags = [
        _tags(app, "planner", path), _tags(app, "viewer", path), _tags(app, "townsman", path), _tags(app, "root", path),
        _tags(app, "planner", f"{path}?lang=en"), _tags(app, "planner", "/api/cities/tiny/plans/current/outlines"),
    ]  # fmt: skip
    assert len(set(tags)) == len(tags)
    assert _tags(app, "planner", path) == tags[0]


def test_one_readers_tag_does_not_open_anothers_answer(app: flask.Flask) -> None:
    path = "/api/cities/tiny/plans/current/grids"
    tag = _tags(app, "planner", path)
    assert tiny.signed_in(app, "viewer").get(path, headers={"If-None-Match": tag}).status_code == 200
    assert tiny.signed_in(app, "outsider").get(path, headers={"If-None-Match": tag}).status_code == 404
    assert tiny.browser(app).get(path, headers={"If-None-Match": tag}).status_code == 401


def test_large_answers_are_compressed_for_those_who_take_it(planner: flask.testing.FlaskClient) -> None:
    path = "/api/cities/tiny/plans/current/outlines"
    plain = planner.get(path)
    packed = planner.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data and len(packed.data) < len(plain.data) / 3
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        assert planner.get(path, headers={"If-None-Match": tag}).status_code == 304
    refusing = planner.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refusing.headers


def test_a_head_request_is_a_get_without_its_body(planner: flask.testing.FlaskClient) -> None:
    path = "/api/cities/tiny/plans/current/grids"
    got, head = planner.get(path), planner.head(path)
    assert head.data == b"" and head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_anonymous_answers_never_come_from_what_was_kept_for_another(app: flask.Flask) -> None:
    paths = [f"/api/cities/tiny{path}" for path in DATA + EXACT]
    planner = tiny.signed_in(app, "planner")
    assert {planner.get(path).status_code for path in paths} == {200}
    nobody = tiny.browser(app)
    assert {nobody.get(path).status_code for path in paths} == {401}


def test_static_files_are_revalidated_and_may_be_kept_with_a_version(client: flask.testing.FlaskClient) -> None:
    path = "/static/css/tokens.css"
    first = client.get(path)
    assert (first.status_code, first.mimetype) == (200, "text/css")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert "immutable" in client.get(f"{path}?v=1").headers["Cache-Control"]
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize(("path", "media"), [
    ("/static/js/api.mjs", "text/javascript"), ("/static/layers/hexagons.js", "text/javascript"),
    ("/static/icons/gezhi.svg", "image/svg+xml"),
])  # fmt: skip
def test_static_files_are_served_as_what_they_are(client: flask.testing.FlaskClient, path: str, media: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, media)


@pytest.mark.parametrize("path", [
    "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd",
    "/static/layers/../page.py",
    "/static/", "/static/js", "/static/layers/", "/static/.%00", "/static/js/api.mjs%00.css",
])  # fmt: skip
def test_nothing_outside_the_static_folders_is_served(client: flask.testing.FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (308, 404)


HOSTS = [
    ("127.0.0.1", (), "localhost:8000", True), ("127.0.0.1", (), "127.0.0.1", True),
    ("127.0.0.1", (), "[::1]:80", True),
    ("127.0.0.1", (), "evil.example", False), ("127.0.0.1", (), "10.0.0.1", False), ("127.0.0.1", (), "", False),
    ("0.0.0.0", (), "10.0.0.1:8000", True), ("0.0.0.0", (), "[fe80::1]", True), ("0.0.0.0", (), "evil.example", False),
    ("0.0.0.0", ("map.city.example",), "MAP.city.example:443", True),
    ("0.0.0.0", ("map.city.example",), "10.0.0.1", False), ("0.0.0.0", ("map.city.example",), "localhost", False),
]  # fmt: skip


@pytest.mark.parametrize(("bound", "trusted", "host", "known"), HOSTS)
def test_only_our_own_names_are_listened_to(bound: str, trusted: tuple[str, ...], host: str, known: bool) -> None:
    assert known_host(host, Config(host=bound, trusted_hosts=trusted)) is known


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "BREW"])
def test_methods_that_a_route_does_not_have_are_refused(planner: flask.testing.FlaskClient, method: str) -> None:
    answer = planner.open("/api/cities", method=method)
    assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD"

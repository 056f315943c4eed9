"""Signing in and out, sessions, the demonstration's own sign-in, cross-site requests, where a sign-in leads."""

from __future__ import annotations

import datetime
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import argon2
import flask
import flask.testing
import pytest

from server import app as composition
from server import auth
from server.config import Config
from server.store import attempts, database
from server.usecases import users
from tests.server import tiny
from tests.server.conftest import Place


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


def _sign_in(client: flask.testing.FlaskClient, name: str, password: str, **more: Any) -> Any:
    return client.post("/api/session", json={"name": name, "password": password}, **more)


def _cookie(answer: Any) -> str:
    return next((line for line in answer.headers.getlist("Set-Cookie") if "gezhi_session" in line), "")


def test_a_session_begins_with_the_password_and_ends_with_sign_out(client: flask.testing.FlaskClient) -> None:
    assert client.get("/api/session").get_json()["user"] is None
    answer = _sign_in(client, "planner", tiny.PASSWORD)
    assert answer.status_code == 200
    assert answer.get_json()["user"] == {"name": "planner", "role": "planner", "city": "tiny", "region": None}
    assert client.get("/api/cities").status_code == 200
    kept = client.get_cookie(auth.COOKIE)
    assert kept is not None
    assert client.delete("/api/session").status_code == 204
    assert client.get("/api/cities").status_code == 401
    client.set_cookie(auth.COOKIE, kept.value, domain="localhost")
    assert client.get("/api/cities").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: flask.testing.FlaskClient) -> None:
    plain = _cookie(_sign_in(client, "planner", tiny.PASSWORD))
    assert plain.startswith("gezhi_session=") and "HttpOnly" in plain and "SameSite=Lax" in plain
    assert "Secure" not in plain and "Domain" not in plain
    over_tls = _cookie(_sign_in(client, "planner", tiny.PASSWORD, base_url="https://localhost"))
    assert over_tls.startswith("__Host-gezhi_session=") and "Secure" in over_tls and "Path=/" in over_tls


def test_over_tls_a_cookie_without_the_host_prefix_is_ignored(app: flask.Flask) -> None:
    client = tiny.browser(app)
    opened = client.post("/api/session", json={"name": "planner", "password": tiny.PASSWORD, "token": True})
    token = opened.get_json()["token"]
    stranger = app.test_client(use_cookies=False)
    assert stranger.get("/api/cities", headers={"Cookie": f"{auth.COOKIE}={token}"}).status_code == 200
    for name in (auth.COOKIE, "", "=__Host-gezhi_session"):
        answer = stranger.get("/api/cities", base_url="https://localhost", headers={"Cookie": f"{name}={token}"})
        assert answer.status_code == 401


def test_a_new_session_is_given_at_sign_in_whatever_the_browser_had(client: flask.testing.FlaskClient) -> None:
    client.set_cookie(auth.COOKIE, "planted", domain="localhost")
    _sign_in(client, "planner", tiny.PASSWORD)
    first = client.get_cookie(auth.COOKIE)
    assert first is not None and first.value != "planted"
    _sign_in(client, "planner", tiny.PASSWORD)
    second = client.get_cookie(auth.COOKIE)
    assert second is not None and second.value != first.value
    client.set_cookie(auth.COOKIE, first.value, domain="localhost")
    assert client.get("/api/cities").status_code == 401


def test_a_disabled_account_is_out_within_a_second(config: Config, city: Place) -> None:
    app = composition.create_app(config)
    planner = tiny.signed_in(app, "planner")
    assert planner.get("/api/cities").status_code == 200
    users.disable(city.open(), "planner")
    time.sleep(auth.TRUST_S)
    assert planner.get("/api/cities").status_code == 401
    assert _sign_in(tiny.browser(app), "planner", tiny.PASSWORD).status_code == 401


def test_a_session_ends_when_it_idles_and_when_its_life_is_over(city: Place) -> None:
    ctx = city.open()
    opened = users.sign_in(ctx, "planner", tiny.PASSWORD, life_s=3600)

    def at(seconds: float) -> Any:
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
        moved = type(ctx)(ctx.db, ctx.home, None, now=lambda: later)
        return users.actor_of(moved, opened.token, idle_s=600)

    assert at(0) is not None and at(590) is not None
    assert at(1180) is not None, "used at 590, so it idled for less than 600"
    assert at(1800) is None, "idle"
    assert at(3700) is None, "over"


@pytest.mark.parametrize(("name", "password"), [("planner", "wrong"), ("nobody", "wrong"), ("planner", "x" * 1024)])
def test_wrong_names_and_wrong_passwords_look_the_same(client: Any, name: str, password: str) -> None:
    answer = _sign_in(client, name, password)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"]) == (401, "wrong_password")
    assert _cookie(answer) == ""


def test_a_password_of_more_than_1024_characters_is_refused_unread(client: flask.testing.FlaskClient) -> None:
    assert _sign_in(client, "planner", "x" * 1025).status_code == 422


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "‮admin", "a" * 201, ""])
def test_a_name_that_is_no_name_is_refused(client: flask.testing.FlaskClient, name: str) -> None:
    assert _sign_in(client, name, "whatever").status_code in (400, 422)


def test_an_unknown_name_costs_the_same_work_as_a_known_one(city: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the time of an answer would tell which names exist."""
    ctx = city.open()
    worked: list[argon2.Parameters] = []
    verify = argon2.PasswordHasher.verify

    def watched(self: argon2.PasswordHasher, stored: str, password: str) -> bool:
        worked.append(argon2.extract_parameters(stored))
        return bool(verify(self, stored, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    for name in ("planner", "nobody"):
        with pytest.raises(Exception, match="wrong"):
            users.sign_in(ctx, name, "wrong password", life_s=60, limits=users.Limits(of_name=10, of_all=10))
    known, unknown = worked
    assert known == unknown


def test_failed_sign_ins_are_limited_by_name_and_by_all(city: Place) -> None:
    app = composition.create_app(
        Config(home=city.home, database_url=city.url, login_failures=3, login_failures_all=5, login_window_s=600)
    )
    client = tiny.browser(app)
    codes = [_sign_in(client, "planner", "wrong").status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]
    late = _sign_in(client, "planner", tiny.PASSWORD)
    assert late.status_code == 429 and 0 < int(late.headers["Retry-After"]) <= 600
    spoofed = [
        _sign_in(client, f"n{n}", "wrong", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(4)
    ]
    assert spoofed == [401, 401, 429, 429]


def test_the_right_password_forgets_earlier_mistakes(config: Config) -> None:
    client = tiny.browser(composition.create_app(config))
    for _ in range(3):
        codes = [_sign_in(client, "planner", "wrong").status_code for _ in range(8)]
        assert codes == [401] * 8
        assert _sign_in(client, "planner", tiny.PASSWORD).status_code == 200


def test_attempts_at_the_same_moment_cannot_pass_the_limit_together(city: Place) -> None:
    contexts = [city.open() for _ in range(4)]

    def attempt(n: int) -> bool:
        with database.writing(contexts[n % 4].db) as connection:
            return attempts.take(
                connection, "who", now_s=1000.0 + n / 1000, at="2025-01-01T00:00:00.000000Z", window_s=600, of_name=7,
                of_all=100,
            ) is None  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(attempt, range(40)))
    assert allowed == 7


def test_a_bearer_token_needs_no_cookie_and_no_browser(app: flask.Flask, client: flask.testing.FlaskClient) -> None:
    opened = client.post("/api/session", json={"name": "planner", "password": tiny.PASSWORD, "token": True})
    assert _cookie(opened) == ""
    program = app.test_client()
    bearer = {"Authorization": f"Bearer {opened.get_json()['token']}", "Host": tiny.HOST}
    assert program.get("/api/cities", headers=bearer).status_code == 200
    assert program.post("/api/cities/tiny/plans", json={"seconds": 1}, headers=bearer).status_code == 202
    assert program.get("/api/cities", headers={**bearer, "Authorization": "Bearer nonsense"}).status_code == 401
    assert program.delete("/api/session", headers=bearer).status_code == 204
    assert program.get("/api/cities", headers=bearer).status_code == 401


SITES: list[tuple[dict[str, str], bool]] = [
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": f"http://{tiny.HOST}"}, True),
    ({"Origin": f"http://{tiny.HOST}"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": f"http://{tiny.HOST}"}, False),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "http://localhost:9000"}, False),
    ({"Origin": f"http://{tiny.HOST}.evil.example"}, False),
    ({"Origin": f"https://{tiny.HOST}"}, False),
    ({"Origin": "null"}, False),
    ({}, False),
    ({"Referer": f"http://{tiny.HOST}/"}, False),
    ({"Sec-Fetch-Site": "cross-site", "X-HTTP-Method-Override": "GET"}, False),
]


@pytest.mark.parametrize(("headers", "ours"), SITES)
def test_only_our_own_pages_may_change_anything(planner: Any, headers: dict[str, str], ours: bool) -> None:
    del planner.environ_base["HTTP_SEC_FETCH_SITE"]
    answer = planner.post("/api/cities/tiny/plans", json={"seconds": 1}, headers=headers)
    assert answer.status_code == (202 if ours else 403)
    if not ours:
        assert answer.get_json()["error"]["code"] == "cross_site"


def test_a_bearer_token_beside_a_cookie_does_not_excuse_another_site(planner: flask.testing.FlaskClient) -> None:
    answer = planner.post(
        "/api/cities/tiny/plans", json={}, headers={"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_read_as_json(planner: flask.testing.FlaskClient, media: str) -> None:
    answer = planner.post("/api/cities/tiny/plans", data='{"seconds":1}', content_type=media)
    assert answer.status_code == 415


@pytest.fixture
def demo(place: Place) -> flask.Flask:
    """A service on loopback in which nobody has made an account."""
    return composition.create_app(Config(home=place.home, database_url=place.url))


def _demo_user(app: flask.Flask, *, host: str = tiny.HOST, remote: str = "127.0.0.1", **headers: str) -> Any:
    client = app.test_client(use_cookies=False)
    environ = {"REMOTE_ADDR": remote}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/api/session", headers={"Host": host, **named}, environ_overrides=environ)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_on_loopback_without_accounts_the_demonstration_planner_is_signed_in(demo: flask.Flask, host: str) -> None:
    told = _demo_user(demo, host=host).get_json()
    assert told["demo"] is True and told["user"]["role"] == "planner"


@pytest.mark.parametrize(
    "header", ["Forwarded", "Via", "X_Forwarded_For", "X_Forwarded_Host", "X_Forwarded_Proto", "X_Forwarded_Prefix"]
)
def test_a_request_that_came_through_a_proxy_is_nobodys(demo: flask.Flask, header: str) -> None:
    assert _demo_user(demo, **{header: "127.0.0.1"}).get_json()["user"] is None


def test_a_request_from_another_machine_is_nobodys(demo: flask.Flask) -> None:
    assert _demo_user(demo, remote="192.168.1.9").get_json()["user"] is None


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8000", "10.0.0.1"])
def test_another_host_is_not_even_answered(demo: flask.Flask, host: str) -> None:
    assert _demo_user(demo, host=host).status_code == 400


def test_the_first_account_ends_the_demonstration(demo: flask.Flask, place: Place) -> None:
    assert _demo_user(demo).get_json()["demo"] is True
    users.add(place.open(), "someone", tiny.PASSWORD, role="viewer")
    assert _demo_user(demo).get_json() == {"user": None, "demo": False, "language": "zh"}
    users.disable(place.open(), "someone")
    assert _demo_user(demo).get_json()["user"] is None


def test_a_wrong_token_is_nobodys_even_on_loopback(demo: flask.Flask) -> None:
    assert _demo_user(demo, Cookie=f"{auth.COOKIE}=nonsense").get_json()["user"] is None


def test_without_an_account_sign_in_says_how_to_make_one(demo: flask.Flask) -> None:
    answer = _sign_in(tiny.browser(demo), "planner", tiny.PASSWORD)
    assert answer.status_code == 403 and answer.get_json()["error"]["code"] == "no_account"


@pytest.mark.parametrize("settings", [{"host": "0.0.0.0"}, {"demo": False}, {"proxies": 1}])
def test_no_demonstration_where_others_could_reach_it_or_it_is_off(place: Place, settings: dict[str, Any]) -> None:
    app = composition.create_app(Config(home=place.home, database_url=place.url, **settings))
    assert _demo_user(app, host="127.0.0.1:8000").get_json()["user"] is None


@pytest.mark.parametrize("path", ["/", "/city/tiny", "/city/tiny?job=map&at=14/30.5/114.3", "/ok?u=//evil"])
def test_a_path_of_ours_is_a_safe_place_to_go(path: str) -> None:
    assert auth.safe_next(path) == path


@pytest.mark.parametrize(
    "address",
    [
        None, "", "//evil", "/\\evil", "///evil", "https:evil", "https://evil", "/%09/evil", "\t//evil", "http:///evil",
        "javascript:alert(1)", "@evil", "evil", "/\t/evil", "/a\nb", "/a//b", "/%5cevil", "\\/evil", "/" + "a" * 3000,
        " /x", "/x\x00", "/\u2028x",
    ],
)  # fmt: skip
def test_any_other_address_leads_to_the_start(address: str | None) -> None:
    assert auth.safe_next(address) == "/"


def test_after_sign_in_a_page_leads_back_but_only_to_us(planner: flask.testing.FlaskClient) -> None:
    assert planner.get("/sign-in?next=/city/tiny").headers["Location"] == "/city/tiny"
    assert planner.get("/sign-in?next=//evil.example/").headers["Location"] == "/"

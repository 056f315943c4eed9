"""The composition root, the one shape of errors, and everything a client may send that it should not."""

from __future__ import annotations

import json
from typing import Any

import flask
import flask.testing
import pytest
import sqlalchemy.exc
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from server import errors, language
from server.config import Config
from server.rules import permissions
from server.usecases import errors as refusals
from server.wire import reading, replies, requests
from tests.server import tiny

SECRETS = ("Traceback", "sqlalchemy", "sqlite", "psycopg", "/server/", ".py", "SELECT", 'File "')


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


def _refused(answer: Any, status: int) -> dict[str, Any]:
    """The error of an answer, in its one shape."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    text = answer.get_data(as_text=True)
    assert not [secret for secret in SECRETS if secret in text]
    error = replies.Error.model_validate(answer.get_json()).error
    assert error.request_id == answer.headers["X-Request-Id"]
    return error.model_dump()


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (refusals.NotFound("plan", "There is no plan 7."), 404, "not_found"),
        (refusals.Conflict("not_a_draft", "It is in force."), 409, "not_a_draft"),
        (refusals.Stale("stale", "It changed."), 412, "stale"),
        (refusals.Required("precondition_required", "Say which."), 428, "precondition_required"),
        (refusals.Invalid("resolution", "16 is no resolution."), 422, "resolution"),
        (refusals.Limited("too_many", "Wait.", seconds=30), 429, "too_many"),
        (GeoError("a cell of resolution 16"), 422, "invalid"),
        (permissions.Denied("plan.draw", signed_in=True), 403, "forbidden"),
        (permissions.Denied("plan.draw", signed_in=False), 401, "unauthenticated"),
        (sqlalchemy.exc.TimeoutError("QueuePool limit reached"), 503, "busy"),
        (MemoryError(), 503, "busy"),
        (RuntimeError("a secret at /etc/passwd"), 500, "internal"),
        (RecursionError(), 500, "internal"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_exception_has_one_status_and_tells_nothing_inner(
    app: flask.Flask, raised: Exception, status: int, code: str
) -> None:
    with app.test_request_context("/api/cities"):
        flask.g.request_id = "0123456789abcdef"
        answer = errors.answer(raised)
        answer.headers["X-Request-Id"] = flask.g.request_id
    assert _refused(answer, status)["code"] == code
    if status == 503:
        assert int(answer.headers["Retry-After"]) >= 1
    if status == 429:
        assert answer.headers["Retry-After"] == "30"


def test_every_code_has_words_in_both_languages() -> None:
    for tongue in language.LANGUAGES:
        words = language.catalogue(tongue)
        assert [code for code in errors.STATUS if f"error.{code}" not in words] == []


def test_both_languages_have_the_same_words() -> None:
    zh, en = (language.catalogue(tongue) for tongue in language.LANGUAGES)
    assert set(zh) ^ set(en) == set()
    blanks = {key for key in zh if sorted(zh[key].split("{")[1:]) and zh[key].count("{") != en[key].count("{")}
    assert blanks == set()


@pytest.mark.parametrize(
    ("asked", "cookie", "accepts", "spoken"),
    [
        (None, None, [], "zh"), (None, None, ["en-GB", "zh"], "en"), (None, None, ["fr", "zh-CN"], "zh"),
        (None, "en", ["zh"], "en"), ("zh", "en", ["en"], "zh"), ("xx", "yy", ["zz"], "zh"), ("EN", None, [], "zh"),
    ],
)  # fmt: skip
def test_the_language_is_the_readers(asked: Any, cookie: Any, accepts: list[str], spoken: str) -> None:
    assert language.negotiate(asked, cookie, accepts, default="zh") == spoken


def test_messages_are_in_the_language_of_the_request(client: flask.testing.FlaskClient) -> None:
    zh, en = (client.get(f"/api/cities?lang={tongue}").get_json()["error"]["message"] for tongue in ("zh", "en"))
    assert zh == "请先登录。" and en == "Please sign in first."


BAD_JSON: list[tuple[bytes, int]] = [
    (b"", 400), (b"{", 400), (b"[1]", 422), (b"null", 422), (b'"x"', 422),
    (b"[" * 100_000, 400), (b'{"a":' * 100_000, 400), (b'{"band":' + b"[" * 40 + b"]" * 40 + b"}", 400),
    (b'{"seconds": NaN}', 400), (b'{"seconds": Infinity}', 400), (b'{"seconds": -Infinity}', 400),
    (b'{"seconds": 1e999}', 400), (b'{"seed": ' + b"9" * 5000 + b"}", 400), (b'{"seed":1,"seed":2}', 400),
    (b'\xef\xbb\xbf{"seed":1}', 400), ('{"seed":1}'.encode("utf-16"), 400), (b'{"seed":"\xff"}', 400),
    (b'{"seed":"\\ud800"}', 400), (b'{"role":"admin","city":"other"}', 422), (b'{"is_published":true}', 422),
    (b'{"band":[500,300]}', 422), (b'{"band":[300]}', 422), (b'{"band":["a","b"]}', 422), (b'{"seconds":0}', 422),
    (b'{"seconds":99999}', 422), (b'{"seed":-1}', 422), (b'{"seed":1.5}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BAD_JSON, ids=lambda value: repr(value)[:40])
def test_json_that_has_no_one_meaning_is_refused(planner: flask.testing.FlaskClient, body: bytes, status: int) -> None:
    answer = planner.post("/api/cities/tiny/plans", data=body, content_type="application/json")
    _refused(answer, status)


def test_a_body_that_is_too_large_is_refused_unread(planner: flask.testing.FlaskClient) -> None:
    body = b'{"seed": 1, "x": "' + b"a" * 2_000_000 + b'"}'
    _refused(planner.post("/api/cities/tiny/plans", data=body, content_type="application/json"), 413)


BAD_QUERIES: list[tuple[str, int]] = [
    ("/heat?nonsense=1", 422), ("/heat?res=8&res=9", 400), ("/heat?res=99", 422), ("/heat?res=1e1", 422),
    ("/heat?res=-1", 422), ("/heat?from=yesterday", 422), ("/heat?from=2025-01-01T00:00:00", 422),
    ("/heat?from=2025-02-01T00:00:00Z&to=2025-01-01T00:00:00Z", 422), ("/heat?from=0001-01-01T00:00:00Z", 422),
    ("/heat?per=person", 422), ("/heat?smooth=99", 422), ("/heat?category=%00", 422),
    ("/heat?category=" + "a" * 500, 422),
    ("/here", 422), ("/here?lat=91&lng=181", 422), ("/here?lat=1e9&lng=1e9", 422), ("/here?lat=nan&lng=0", 422),
    ("/here?lat=inf&lng=0", 422), ("/here?lat=1", 422), ("/here?cell=115283473fffffff", 422),
    ("/here?cell=ABCDEF012345678", 422), ("/here?cell=0x8928308280fff", 422), ("/here?cell=%EF%BC%98" + "8" * 14, 422),
    ("/here?cell=fffffffffffffff", 422), ("/here?cell=" + "8" * 45, 422), ("/here?cell=x'%20OR%201=1", 422),
    ("/here?lat=1&lng=1&cell=8928308280fffff", 422), ("/search", 422), ("/search?q=" + "a" * 101, 422),
    ("/search?q=%00", 422), ("/search?q=%E2%80%AEabc", 422), ("/plans?limit=0", 422), ("/plans?limit=501", 422),
    ("/plans?limit=1%00", 422), ("/plans?cursor=x", 422), ("/plans?cursor=%27%20OR%201=1", 422),
    ("/plans?sort=name;DROP%20TABLE", 422), ("/regions?level=galaxy", 422), ("/service-areas?tier=planet", 422),
    ("/ground?kind=road", 422), ("/ground?kind=lava&bbox=1,1,2,2", 422), ("/ground?kind=road&bbox=1,1,2", 422),
    ("/ground?kind=road&bbox=2,2,1,1", 422), ("/ground?kind=road&bbox=nan,1,2,2", 422),
    ("/ground?kind=road&bbox=1,1,2,999", 422), ("/ground?kind=road&bbox=1,1,2,2&zoom=30", 422),
    ("/plans/current/export?format=exe", 422), ("/plans/current/export?format[]=csv", 422), ("/plans?id[]=1", 422),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), BAD_QUERIES)
def test_parameters_that_make_no_sense_are_refused(planner: flask.testing.FlaskClient, path: str, status: int) -> None:
    _refused(planner.get(f"/api/cities/tiny{path}"), status)


INJECTIONS = ["a' OR '1'='1", "name\"; DROP TABLE incidents;--", "%", "_", "\\", "(a+)+$", "{0.__class__}", "{{7*7}}",
              "jsonArrayContains(a,'/x','\\' OR 1=1--')", "__class__.__mro__"]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_search_finds_text_as_it_is_written(planner: flask.testing.FlaskClient, text: str) -> None:
    answer = planner.get("/api/cities/tiny/search", query_string={"q": text})
    assert answer.status_code == 200
    found = answer.get_json()["results"]
    assert all(text.casefold() in (hit["label"] + hit["sub"] + hit["id"]).casefold() for hit in found)
    assert bool(found) == (text == "{{7*7}}"), "only names that hold the very text"
    counted = planner.get("/api/cities/tiny/heat", query_string={"category": text, "res": 8})
    assert counted.status_code in (200, 422) and planner.get("/api/cities").status_code == 200


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = reading.parse(data)
    except reading.Unreadable:
        return
    assert json.loads(data) == value


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=20,
))  # fmt: skip
def test_json_that_we_write_is_read_back(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        assert reading.parse(data) == value
    except reading.Unreadable:
        assert reading.depth(data) > reading.DEPTH or b"\\ud" in data or not _encodable(data)


def _encodable(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@given(st.text(max_size=50))
def test_text_of_a_request_is_in_one_spelling_and_holds_no_controls(text: str) -> None:
    try:
        told = requests.Search(q=text).q
    except ValueError:
        return
    assert told.isprintable() or any(character.isspace() or not character.isprintable() for character in told)
    assert requests.Search(q=told).q == told and "\x00" not in told


def test_an_unknown_address_is_not_found_in_the_one_shape(client: flask.testing.FlaskClient) -> None:
    assert _refused(client.get("/api/nothing"), 404)["code"] == "not_found"
    assert _refused(client.get("/api/cities/tiny/nothing"), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    "path", ["/console", "/debug", "/admin", "/_debug", "/__debugger__?cmd=resource", "/api/debug"]
)
def test_there_is_no_debugging_surface(client: flask.testing.FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_settings_are_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("GEZHI_PORT", "9001")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/gezhi")
    config = Config(home=tmp_path)
    assert (config.port, config.address) == (9001, "postgresql://db/gezhi")
    assert all(field.description for field in Config.model_fields.values())
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)
    assert Config() == config


@pytest.mark.parametrize("host", ["example.com", "999.1.1.1", "", "localhost "])
def test_a_host_to_listen_on_is_an_address(host: str) -> None:
    with pytest.raises(ValueError, match="IP address"):
        Config(host=host)


def test_two_apps_do_not_share_anything(app: flask.Flask, place: Any) -> None:
    from server import app as composition

    other = composition.create_app(Config(home=place.home, database_url=place.url))
    assert tiny.signed_in(app, "planner").get("/api/cities").get_json()["cities"]
    assert tiny.browser(other).get("/api/cities").get_json()["cities"] == []

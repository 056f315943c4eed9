"""Open311 GeoReport v2: read and served as the specification says, and nothing personal is kept."""

from __future__ import annotations

import http.server
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

import flask
import flask.testing
import pytest
import sqlalchemy

from server.store import database, schema
from server.usecases import errors
from server.usecases.importing import imports
from server.usecases.incidents import archives, facts, open311_fetch, reporting
from tests.server import tiny
from tests.server.conftest import Place

AT = "/api/cities/tiny/open311"
V2 = f"{AT}/v2"
FIELDS = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
ABROAD = timezone(timedelta(hours=-5))
PERSONAL = {
    "first_name": "Zhangsan", "last_name": "Lisi", "email": "canary@example.org", "phone": "13800138000",
    "description": "canary free text", "address_string": "12 Canary Street", "media_url": "http://canary/x.jpg",
    "device_id": "canary-device", "account_id": "canary-account",
}  # fmt: skip


def _xml(answer: Any) -> ElementTree.Element:
    assert answer.mimetype == "text/xml", answer.mimetype
    return ElementTree.fromstring(answer.data)


def _everything(place: Place) -> bytes:
    return b"".join(path.read_bytes() for path in place.home.rglob("*") if path.is_file())


def test_discovery_names_the_endpoint(planner: flask.testing.FlaskClient) -> None:
    found = planner.get(f"{AT}/discovery.json").get_json()
    assert found["endpoints"][0]["url"].endswith(V2) and "text/xml" in found["endpoints"][0]["formats"]
    root = _xml(planner.get(f"{AT}/discovery.xml"))
    assert root.tag == "discovery"
    endpoint = root.find("endpoints/endpoint")
    assert endpoint is not None and [one.text for one in endpoint.findall("formats/format")] == [
        "application/json", "text/xml",
    ]  # fmt: skip


def test_services_are_the_categories_in_both_forms(planner: flask.testing.FlaskClient) -> None:
    found = planner.get(f"{V2}/services.json?lang=en").get_json()
    assert isinstance(found, list)
    by_code = {one["service_code"]: one for one in found}
    assert by_code["E01.02"]["service_name"] == "exposed refuse" and by_code["E01.02"]["group"] == "environment"
    assert set(tiny.CATEGORIES) <= set(by_code)
    assert all(one["type"] in ("realtime", "batch", "blackbox") and one["metadata"] is False for one in found)
    root = _xml(planner.get(f"{V2}/services.xml?lang=zh"))
    assert root.tag == "services" and {one.tag for one in root} == {"service"}
    assert {one.findtext("service_code") for one in root} == set(by_code)
    assert {one.findtext("metadata") for one in root} == {"false"}


def test_requests_have_the_fields_of_the_specification(planner: flask.testing.FlaskClient) -> None:
    found = planner.get(f"{V2}/requests.json").get_json()
    assert 0 < len(found) <= 1_000 and all(set(one) == FIELDS for one in found)
    times = [one["requested_datetime"] for one in found]
    assert times == sorted(times, reverse=True) and all(time.endswith("+08:00") for time in times)
    root = _xml(planner.get(f"{V2}/requests.xml"))
    assert root.tag == "service_requests" and len(root) == len(found)
    assert [one.findtext("service_request_id") for one in root] == [one["service_request_id"] for one in found]
    one = planner.get(f"{V2}/requests/{found[3]['service_request_id']}.json").get_json()
    assert one == [found[3]]
    assert _xml(planner.get(f"{V2}/requests/file.i5.xml")).findtext("request/service_request_id") == "file.i5"


def test_the_arguments_choose_as_the_specification_says(planner: flask.testing.FlaskClient) -> None:
    def ask(**query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = planner.get(f"{V2}/requests.json", query_string=query).get_json()
        return found

    everything = ask(start_date="2025-01-01T00:00:00+08:00", end_date="2025-04-01T00:00:00+08:00")
    assert len(everything) == tiny.INCIDENTS
    two = ask(service_request_id="file.i1, file.i2", service_code="no such", start_date="2025-03-30T00:00:00Z")
    assert {one["service_request_id"] for one in two} == {"file.i1", "file.i2"}, "ids override all other arguments"
    some = ask(service_code="noise,illegal_stall", start_date="2025-01-01T00:00:00Z")
    assert {one["service_code"] for one in some} == {"noise", "illegal_stall"}
    assert ask(status="open", start_date="2025-01-01T00:00:00Z") == []
    assert len(ask(status="closed,open", start_date="2025-01-01T00:00:00Z")) > 800
    day = ask(start_date="2025-02-01T00:00:00+08:00", end_date="2025-02-02T00:00:00+08:00")
    assert day == [one for one in everything if one["requested_datetime"].startswith("2025-02-01")]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("requests.json?start_date=2025-01-01T00:00:00Z&end_date=2025-06-01T00:00:00Z", 400),
        ("requests.json?start_date=yesterday", 400), ("requests.json?status=void", 400),
        ("requests.json?page=1&page=2", 400), ("requests/file.nowhere.json", 404),
        ("requests.json?jurisdiction_id=elsewhere.org", 404), ("services.json?jurisdiction_id=other", 404),
    ],
)  # fmt: skip
def test_errors_have_the_shape_of_the_specification(
    planner: flask.testing.FlaskClient, path: str, status: int
) -> None:
    answer = planner.get(f"{V2}/{path}")
    assert answer.status_code == status
    (error,) = answer.get_json()
    assert set(error) == {"code", "description"} and error["code"] == status and error["description"]
    root = _xml(planner.get(f"{V2}/{path.replace('.json', '.xml')}"))
    assert root.tag == "errors" and root.findtext("error/code") == str(status) and root.findtext("error/description")


def test_a_new_request_is_found_again_and_nothing_personal_of_it_is_kept(app: flask.Flask, city: Place) -> None:
    operator = tiny.signed_in(app, "operator")
    form = {"service_code": "E01.02", "lat": "30.509", "long": "114.309", **PERSONAL}
    answer = operator.post(f"{V2}/requests.json", data=form, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    (done,) = answer.get_json()
    assert set(done) == {"service_request_id", "service_notice", "account_id"} and done["account_id"] is None
    again = operator.post(f"{V2}/requests.json", data=form, headers={"Idempotency-Key": "other"}).get_json()[0]
    assert again["service_request_id"] != done["service_request_id"]
    (found,) = operator.get(f"{V2}/requests/{done['service_request_id']}.json?lang=en").get_json()
    assert (found["service_name"], found["status"], found["lat"]) == ("exposed refuse", "open", 30.509)
    assert found["description"] is None and found["address"] is None
    for value in PERSONAL.values():
        assert value.encode() not in _everything(city), value
    assert _xml(operator.post(f"{V2}/requests.xml", data=form)).find("request/service_request_id") is not None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"service_code": ""}, 400), ({"service_code": "E99.99"}, 404), ({"lat": ""}, 400), ({"lat": "91"}, 400),
        ({"lat": "31.9"}, 400), ({"long": "nan"}, 400), ({"attribute[X]": "1"}, 400),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_taken_is_refused(
    planner: flask.testing.FlaskClient, change: dict[str, str], status: int
) -> None:
    form = {"service_code": "E01.02", "lat": "30.509", "long": "114.309", **change}
    answer = planner.post(f"{V2}/requests.json", data=form)
    assert answer.status_code == status and set(answer.get_json()[0]) == {"code", "description"}


def test_exact_places_are_for_those_who_may_see_them(app: flask.Flask) -> None:
    viewer, townsman = tiny.signed_in(app, "viewer"), tiny.signed_in(app, "townsman")
    assert viewer.get(f"{V2}/requests.json").status_code == 403
    assert not {one["service_code"] for one in viewer.get(f"{V2}/services.json").get_json()} & set(tiny.CATEGORIES)
    half = townsman.get(f"{V2}/requests.json").get_json()
    assert half and all(one["long"] < 114.3125 for one in half)
    assert tiny.browser(app).get(f"{V2}/requests.xml").status_code == 401


def test_the_time_of_the_last_revision_is_told_before_and_after_sealing(app: flask.Flask, city: Place) -> None:
    planner = tiny.signed_in(app, "planner")
    row = {"time": "2026-03-01T08:00:00Z", "lat": 30.509, "lng": 114.309, "category": "noise", "id": "r"}

    def told() -> dict[str, Any]:
        (found,) = planner.get(f"{V2}/requests/api.r.json").get_json()
        return dict(found)

    assert planner.post("/api/cities/tiny/incidents", json=row).status_code == 201
    first = told()
    assert set(first) == FIELDS | {"updated_datetime"} and first["updated_datetime"].endswith("+08:00")
    assert planner.post("/api/cities/tiny/incidents", json={**row, "revision": 1}).status_code == 201
    ctx = city.open()
    with database.writing(ctx.db) as connection:
        at = sqlalchemy.update(schema.live_incidents).where(schema.live_incidents.c.revision == 1)
        connection.execute(at.values(received_at="2026-03-02T01:02:03.000004Z"))
    assert told()["updated_datetime"] == "2026-03-02T09:02:03+08:00", "that of the newest revision, on the city's clock"
    xml = _xml(planner.get(f"{V2}/requests/api.r.xml"))
    assert xml.findtext("request/updated_datetime") == "2026-03-02T09:02:03+08:00"
    window = f"{V2}/requests.json?start_date=2026-02-28T00:00:00Z"
    before = planner.get(window).get_json()
    assert [one["service_request_id"] for one in before] == ["api.r"]
    assert reporting.seal(ctx) == 2 and archives.check(ctx, "tiny")["ok"]
    ctx.db.close()
    assert planner.get(window).get_json() == before == [told()]
    (filed,) = planner.get(f"{V2}/requests/file.i5.json").get_json()
    assert set(filed) == FIELDS, "left out, not empty, of what came in a file"


def test_text_that_xml_cannot_hold_is_still_xml(app: flask.Flask, city: Place) -> None:
    planner = tiny.signed_in(app, "planner")
    url = "/api/cities/tiny/incidents"
    evil = "a<b>&\"'{{7*7}}]]>"
    row = {"time": "2026-03-01T08:00:00Z", "lat": 30.509, "lng": 114.309, "category": evil, "id": "x/1 ?#"}
    assert planner.post(url, json=row).status_code == 201
    root = _xml(planner.get(f"{V2}/requests.xml", query_string={"service_request_id": "api.x/1 ?#"}))
    assert root.findtext("request/service_code") == evil


JSON = """[
 {"service_request_id": 638344, "status": "closed", "status_notes": "Called Mr Canary", "service_name": "Sidewalk",
  "service_code": 006, "description": "canary free text", "requested_datetime": "2026-03-01T06:37:38+08:00",
  "updated_datetime": "2026-03-01T09:00:00+08:00", "address": "12 Canary Street", "lat": 30.509, "long": 114.309,
  "first_name": "Zhangsan", "email": "canary@example.org", "phone": "13800138000"},
 {"service_request_id": "638345", "status": "open", "service_name": "Sidewalk", "service_code": "001",
  "requested_datetime": "2026-03-02T06:37:38+08:00", "lat": "30.508", "long": "114.308"},
 {"service_request_id": "638346", "lat": NaN},
 {"service_request_id": "638347", "service_name": "Lost", "requested_datetime": "2026-03-02T06:37:38+08:00",
  "lat": null, "long": null}
]"""


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _xml_of(text: str) -> str:
    rows = json.loads(re.sub(r": 006", ': "006"', text).replace("NaN", "null"))
    inner = "".join(
        f"<request>{''.join(f'<{key}>{_plain(value)}</{key}>' for key, value in row.items())}</request>" for row in rows
    )
    return f'<?xml version="1.0" encoding="utf-8"?><service_requests>{inner}</service_requests>'


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_saved_answer_is_imported_without_what_is_personal(city: Place, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"requests.{form}"
    file.write_text(JSON if form == "json" else _xml_of(JSON))
    ctx = city.open()
    asked = imports.Asked(kind="incidents", fields={}, datum="wgs84")
    done = imports.run(ctx, "tiny", file, asked)
    assert (done["format"], done["rows"], done["accepted"], done["rejected"]) == ("open311", 4, 2, 2)
    assert any("address" in note and "email" in note for note in done["notes"])
    assert imports.run(ctx, "tiny", file, asked)["duplicate"] == 2
    for value in ("Canary", "canary", "Zhangsan", "13800138000"):
        assert value.encode() not in _everything(city)
    file.write_text(file.read_text().replace("2026-03-01T09:00", "2026-03-01T19:00").replace("30.509", "30.5095"))
    corrected = imports.run(ctx, "tiny", file, asked)
    assert (corrected["accepted"], corrected["duplicate"]) == (1, 1)
    with database.reading(ctx.db) as connection:
        assert sum(one.replaces for one in facts.of_city(ctx, connection, "tiny").segments) == 1


def test_what_another_service_serves_of_us_comes_in_again(app: flask.Flask, city: Place, tmp_path: Path) -> None:
    planner = tiny.signed_in(app, "planner")
    for form in ("json", "xml"):
        (tmp_path / f"served.{form}").write_bytes(planner.get(f"{V2}/requests.{form}").data)
    for form in ("json", "xml"):
        file = tmp_path / f"served.{form}"
        asked = imports.Asked(kind="incidents", fields={}, datum="wgs84")
        done = imports.run(city.open(), "tiny", file, asked)
        assert done["rejected"] == 0 and done["accepted" if form == "json" else "duplicate"] == done["rows"] > 800


class _Endpoint(http.server.BaseHTTPRequestHandler):
    """An endpoint of 130 requests over 200 days, three in a second, that gives 50 at a time, the latest first, and
    tells of people."""

    asked: ClassVar[list[str]] = []
    tokens: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        self.asked.append(address.path)
        self.tokens.append(self.headers["Authorization"])
        low, high = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        rows = []
        for number in range(130):
            at = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=200 * (number // 3) / 44)
            if low <= at < high:
                rows.append({
                    "service_request_id": f"r{number}", "status": "open", "service_name": "Refuse", "service_code": "1",
                    "requested_datetime": at.astimezone(ABROAD).isoformat(), "lat": 30.509, "long": 114.309,
                    "email": "canary@example.org", "address": "12 Canary Street",
                })  # fmt: skip
        body = json.dumps(rows[:50]).encode()
        self.send_response(200 if address.path.startswith("/v2/") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_an_endpoint_is_walked_back_through_its_windows(city: Place, endpoint: str) -> None:
    ctx = city.open()
    window = {"start": datetime(2025, 11, 1, tzinfo=UTC), "end": datetime(2026, 6, 2, tzinfo=UTC)}
    done = open311_fetch.run(ctx, "tiny", f"{endpoint}/v2", **window)
    assert (done["rows"], done["accepted"], done["rejected"]) == (130, 130, 0)
    assert open311_fetch.run(ctx, "tiny", f"{endpoint}/v2/requests.json", **window)["duplicate"] == 130
    latest = open311_fetch.run(ctx, "tiny", f"{endpoint}/v2", end=window["end"], dry_run=True, token="t")
    assert (_Endpoint.tokens[0], _Endpoint.tokens[-1]) == (None, "Bearer t")
    assert latest["dry_run"] and 50 < latest["rows"] < 70
    for value in (b"canary", b"Canary"):
        assert value not in _everything(city)
    assert not list(ctx.spool.iterdir())


def test_an_endpoint_that_does_not_answer_is_named(city: Place, endpoint: str) -> None:
    ctx = city.open()
    nowhere = "http://127.0.0.1:1/v2"
    for url, code in ((f"{endpoint}/v1", "E_ENDPOINT"), (nowhere, "E_ENDPOINT"), ("file:///etc", "url")):
        with pytest.raises(errors.UseCaseError) as refused:
            open311_fetch.run(ctx, "tiny", url)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1, 2", "E_TRUNCATED"), ("[" * 5_000, "E_DEPTH"), ('[{"a":' * 5_000, "E_DEPTH"), ("[1, 2]", "E_TYPE"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><service_requests/>', "E_XML"),
        ("<service_requests><request>", "E_TRUNCATED"),
    ],
)  # fmt: skip
def test_bad_answers_are_refused_by_name(city: Place, tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    with pytest.raises(errors.Refused) as refused:
        imports.run(city.open(), "tiny", file, imports.Asked(kind="incidents", fields={}, datum="wgs84"))
    assert refused.value.code == code

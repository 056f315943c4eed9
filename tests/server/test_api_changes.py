"""What the API changes: drawing, publishing, staffing and importing through jobs, on a city of the test's own."""

from __future__ import annotations

import io
import json
from typing import Any

import flask.testing
import pytest

from server import app as composition
from server import runner
from server.config import Config
from tests.server import tiny
from tests.server.conftest import Place

CITY = "/api/cities/tiny"


def _json(client: flask.testing.FlaskClient, path: str) -> Any:
    answer = client.get(f"{CITY}{path}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def _work(city: Place) -> None:
    """Do what waits in the queue."""
    ctx = city.open(None)
    while runner.run_one(ctx):
        pass
    ctx.db.close()


def test_a_drawn_plan_is_a_job_then_a_draft_then_in_force(planner: Any, city: Place) -> None:
    started = planner.post(f"{CITY}/plans", json={"band": [150, 300], "seed": 5, "seconds": 2})
    assert started.status_code == 202
    address = f"/api/jobs/{started.get_json()['job']['id']}"
    assert planner.get(address).get_json()["status"] == "queued"
    _work(city)
    job = planner.get(address).get_json()
    assert (job["status"], job["progress"]) == ("done", 1.0), job
    plan = f"{CITY}/plans/{job['result']['plan']}"
    read = planner.get(plan)
    assert read.get_json()["status"] == "draft"
    assert planner.post(f"{plan}/publish").status_code == 428
    for vague in ("*", '""', '"a", "b"'):
        assert planner.post(f"{plan}/publish", headers={"If-Match": vague}).status_code == 428
    assert planner.post(f"{plan}/publish", headers={"If-Match": '"x.1"'}).status_code == 412
    published = planner.post(f"{plan}/publish", headers={"If-Match": read.headers["ETag"]})
    assert (published.status_code, published.get_json()["status"]) == (200, "in_force")
    again = planner.post(f"{plan}/publish", headers={"If-Match": read.headers["ETag"]})
    assert again.status_code == 412
    assert _json(planner, "")["plan_in_force"]["id"] == job["result"]["plan"]


def test_publishing_changes_every_tag(planner: flask.testing.FlaskClient) -> None:
    draft = _json(planner, "/plans?limit=1")["items"][0]
    paths = ["/plans/current", "/plans/current/grids", ""]
    before = [planner.get(CITY + path).headers["ETag"] for path in paths]
    published = planner.post(f"{CITY}/plans/{draft['id']}/publish", headers={"If-Match": f'"{draft["tag"]}"'})
    assert published.status_code == 200
    for path, tag in zip(paths, before, strict=True):
        assert planner.get(CITY + path, headers={"If-None-Match": tag}).status_code == 200


def test_staffing_is_a_job(planner: flask.testing.FlaskClient, city: Place) -> None:
    started = planner.post(f"{CITY}/plans/current/staff").get_json()["job"]["id"]
    _work(city)
    assert planner.get(f"/api/jobs/{started}").get_json()["status"] == "done"
    assert all(grid["worker"] for grid in _json(planner, "/plans/current/grids")["grids"])


def test_a_waiting_job_can_be_cancelled(planner: flask.testing.FlaskClient) -> None:
    started = planner.post(f"{CITY}/plans", json={}).get_json()["job"]["id"]
    assert planner.post(f"/api/jobs/{started}/cancel").get_json()["status"] == "cancelled"


def _upload(client: Any, body: bytes, *, name: str = "x.csv", **options: Any) -> Any:
    data = {"options": json.dumps({"kind": "places", "datum": "wgs84", **options}), "file": (io.BytesIO(body), name)}
    return client.post(f"{CITY}/imports", data=data)


PLACES = b"id,name,kind,lat,lng\n90,new,school,30.505,114.305\n91,far,school,91,114.3\n"


@pytest.mark.parametrize("name", ["地点.csv", "../../x.csv", 'a"\r\nX: y.csv', "x" * 400 + ".csv"])
def test_an_upload_is_imported_and_its_refused_rows_explained(planner: Any, city: Place, name: str) -> None:
    answer = _upload(planner, PLACES, name=name)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    _work(city)
    job = planner.get(f"/api/jobs/{answer.get_json()['job']['id']}").get_json()
    assert job["status"] == "done", job
    newest = _json(planner, "/imports?limit=1")["items"][0]
    assert (newest["rows"], newest["accepted"], newest["rejected"], newest["duplicate"]) == (2, 1, 1, 0)
    (row,) = _json(planner, f"/imports/{newest['id']}/rejected")["items"]
    assert (row["row"], "lat" in row["field"]) == (2, True) and row["reason"]
    assert row["words"] == {"zh": "坐标超出范围", "en": "off the globe"}
    assert not list((city.home / "spool").iterdir())


def test_a_file_larger_than_what_is_read_at_once_is_imported(planner: Any, city: Place) -> None:
    rows = b"".join(b"%d,place %d,school,30.505,114.305\n" % (n, n) for n in range(1000, 16000))
    assert len(rows) > 8 * 64 * 1024
    answer = _upload(planner, PLACES.splitlines(keepends=True)[0] + rows, dry_run=True)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    _work(city)
    job = planner.get(f"/api/jobs/{answer.get_json()['job']['id']}").get_json()
    assert (job["status"], job["result"]["rows"]) == ("done", 15000), job


def test_an_upload_of_regions_says_their_level(planner: Any, city: Place) -> None:
    west, south, east, north = _json(planner, "")["bbox"]
    ring = [[west - 1, south - 1], [east + 1, south - 1], [east + 1, north + 1], [west - 1, north + 1]]
    town = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    feature = {"type": "Feature", "properties": {"code": "T9", "name": "新镇"}, "geometry": town}
    body = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    before = [found["properties"]["code"] for found in _json(planner, "/regions?level=community")["features"]]
    assert _upload(planner, body, name="towns.geojson", kind="regions", level="town").status_code == 202
    _work(city)
    assert [found["properties"]["code"] for found in _json(planner, "/regions?level=town")["features"]] == ["T9"]
    assert [found["properties"]["code"] for found in _json(planner, "/regions?level=community")["features"]] == before


def test_an_upload_has_exactly_a_file_and_options(planner: flask.testing.FlaskClient) -> None:
    file = (b"a", "a.csv")
    good = json.dumps({"kind": "places"})
    cases: list[tuple[dict[str, Any], int]] = [
        ({"options": good}, 422), ({"file": file}, 422), ({"options": good, "file": file, "more": "x"}, 422),
        ({"options": good, "file": [file, file]}, 422), ({"options": "{", "file": file}, 400),
        ({"options": '{"kind":"places","kind":"roads"}', "file": file}, 400),
        ({"options": '{"kind":"people"}', "file": file}, 422),
        ({"options": '{"kind":"places","path":"/etc/passwd"}', "file": file}, 422),
        ({"options": '{"kind":"places","crs":"http://canary/"}', "file": file}, 422),
        ({"options": '{"kind":"places","tz":"../../etc"}', "file": file}, 422),
    ]  # fmt: skip
    for data, status in cases:
        sent = {
            name: [(io.BytesIO(body), label) for body, label in value] if isinstance(value, list)
            else (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
            for name, value in data.items()
        }  # fmt: skip
        answer = planner.post(f"{CITY}/imports", data=sent, content_type="multipart/form-data")
        assert answer.status_code == status, data
    assert planner.post(f"{CITY}/imports", json={"kind": "places"}).status_code == 415


def test_an_upload_above_the_limit_is_refused(city: Place) -> None:
    app = composition.create_app(Config(home=city.home, database_url=city.url, max_upload_bytes=2000))
    planner = tiny.signed_in(app, "planner")
    assert _upload(planner, b"x" * 4000).status_code == 413
    assert not list((city.home / "spool").glob("*"))

"""The pages: where they lead, what they hold, and that text from a file stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import flask
import flask.testing
import pytest

from server import app as composition
from server import language
from server.config import Config
from server.usecases import users
from server.usecases.city import founding
from tests.server import tiny
from tests.server.conftest import Place


@pytest.fixture
def app(steady: flask.Flask) -> flask.Flask:
    """Nothing here changes the city, so all tests share one."""
    return steady


class Page(HTMLParser):
    """What a browser would see of a page: elements with their attributes, and the text of data blocks by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self.inline: list[str] = []
        self._open: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = dict(attrs) if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is None:
            return
        if self._open.get("type") == "application/json":
            self.blocks[self._open.get("id") or ""] = data
        elif data.strip():
            self.inline.append(data)


def _page(client: flask.testing.FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html"), path
    return Page(answer.get_data(as_text=True))


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(client: flask.testing.FlaskClient) -> None:
    answer = client.get("/city/tiny?job=map", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=/city/tiny?job%3Dmap"
    boot = json.loads(_page(client, answer.headers["Location"]).blocks["boot"])
    assert boot["next"] == "/city/tiny?job=map"


def test_the_start_leads_to_the_city(planner: flask.testing.FlaskClient) -> None:
    assert planner.get("/").headers["Location"] == "/city/tiny"


def test_a_service_without_a_city_says_how_to_make_one(place: Place) -> None:
    app = composition.create_app(Config(home=place.home, database_url=place.url))
    answer = tiny.browser(app).get("/?lang=en")
    assert answer.status_code == 200 and "new-city" in answer.get_data(as_text=True)


PAGES = ["/city/tiny", "/sign-in", "/api", "/city/tiny?lang=en"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_only_our_own_files_and_those_are_there(app: flask.Flask, path: str) -> None:
    client = tiny.signed_in(app, "planner") if path.startswith("/city") else tiny.browser(app)
    page = _page(client, path)
    linked = [
        str(attributes[name])
        for tag, attributes in page.elements
        for name in ("src", "href")
        if attributes.get(name) and tag in ("script", "link", "img")
    ]
    assert linked and all(re.match(r"/(static|i18n|api)/", address) for address in linked)
    missing = [address for address in linked if client.get(address).status_code != 200]
    assert missing == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_inline_script_and_no_inline_handler(app: flask.Flask, path: str) -> None:
    client = tiny.signed_in(app, "planner") if path.startswith("/city") else tiny.browser(app)
    page = _page(client, path)
    assert page.inline == []
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_page_begins_with_what_its_scripts_will_ask_for(planner: flask.testing.FlaskClient) -> None:
    def early(query: str) -> list[str]:
        elements = _page(planner, f"/city/tiny{query}").elements
        return [str(one["href"]) for tag, one in elements if tag == "link" and one.get("as") == "fetch"]

    city = "/api/cities/tiny"
    told = planner.get(city).json
    begun = ["/api/session", city, "/i18n/zh.json"]
    regions = [f"{city}/regions?level={level}" for level in told["levels"]]

    def wanted(of_plan: list[str]) -> list[str]:
        return begun + [f"{city}/plans/{one}" for one in of_plan] + regions

    in_force = wanted([f"{told['plan_in_force']['id']}/cells?gaps=true", "current/grids"])
    assert early("?lang=zh") == early("?lang=zh&plan=../../x") == in_force
    assert early("?lang=zh&plan=p1") == wanted(["p1/cells?gaps=true", "p1/grids"])
    assert early("?lang=zh&plan=newest") == wanted(["newest/grids"])


def test_text_from_a_file_is_text_on_the_page(planner: flask.testing.FlaskClient) -> None:
    answer = planner.get("/city/tiny")
    page = Page(answer.get_data(as_text=True))
    assert json.loads(page.blocks["boot"])["city_name"] == f"tiny {tiny.EVIL}"
    assert not [tag for tag, attributes in page.elements if tag == "img" and attributes.get("src") == "x"]
    random = r"[\w-]*nonce-[\w-]+|nonce=\"[\w-]+\"|/plans/[0-9a-f]{32}/"
    assert "49" not in re.sub(random, "", answer.get_data(as_text=True))


def test_text_from_a_file_is_text_in_every_json_answer(planner: flask.testing.FlaskClient) -> None:
    found = planner.get("/api/cities/tiny/places").get_json()["items"]
    assert {place["name"] for place in found} == {f"学校{n} {tiny.EVIL}" for n in range(6)}
    for path in ("workers", "cameras", "centres"):
        items = planner.get(f"/api/cities/tiny/{path}").get_json()["items"]
        assert items and all(item["name"].endswith(tiny.EVIL) for item in items)


def test_a_page_of_another_city_is_not_found_as_a_page(planner: flask.testing.FlaskClient) -> None:
    for code in ("other", "nowhere"):
        answer = planner.get(f"/city/{code}?lang=en", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        text = answer.get_data(as_text=True)
        assert "not in your territory" in text and answer.headers["X-Request-Id"] in text


def test_an_error_inside_a_page_is_told_as_a_page_without_its_cause(app: flask.Flask, monkeypatch: Any) -> None:
    client = tiny.signed_in(app, "planner")
    app.extensions["gezhi.context"].db.close()
    monkeypatch.setitem(app.extensions, "gezhi.context", None)
    answer = client.get("/city/tiny", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "Traceback" not in answer.get_data(as_text=True) and "NoneType" not in answer.get_data(as_text=True)


def test_the_language_is_kept_by_a_cookie(client: flask.testing.FlaskClient) -> None:
    assert _page(client, "/sign-in").elements[0][1]["lang"] == "zh-CN"
    assert _page(client, "/sign-in?lang=en").elements[0][1]["lang"] == "en"
    assert _page(client, "/sign-in").elements[0][1]["lang"] == "en"
    assert client.get("/api/session").get_json()["language"] == "en"


@pytest.mark.parametrize("tongue", language.LANGUAGES)
def test_the_words_are_served_to_the_page(client: flask.testing.FlaskClient, tongue: str) -> None:
    assert client.get(f"/i18n/{tongue}.json").get_json() == dict(language.catalogue(tongue))
    assert client.get("/i18n/xx.json").status_code == 404


def test_every_word_that_a_template_asks_for_exists() -> None:
    keys = {
        key
        for file in (composition.ROOT / "templates").glob("*.html")
        for key in re.findall(r"\bt\('([\w.]+)'\)", file.read_text(encoding="utf-8"))
    }
    assert keys and keys <= set(language.catalogue("zh"))


def test_the_demonstration_says_so(city: Place, place: Place) -> None:
    app = composition.create_app(Config(home=place.home, database_url=place.url))
    assert tiny.browser(app).get("/api/session").get_json()["demo"] is True
    signed_in = composition.create_app(Config(home=city.home, database_url=city.url))
    boot = json.loads(_page(tiny.signed_in(signed_in, "planner"), "/city/tiny").blocks["boot"])
    assert boot["demo"] is False


def test_an_account_that_bears_the_name_of_none_is_told_to_the_page(city: Place) -> None:
    ctx = city.open()
    app = composition.create_app(Config(home=city.home, database_url=city.url))
    browser = tiny.signed_in(app, "planner")
    assert json.loads(_page(browser, "/city/tiny").blocks["boot"])["accounts"] == []
    users.add(ctx, "host", tiny.PASSWORD, role="viewer", city="tiny")
    ctx.db.close()
    assert json.loads(_page(browser, "/city/tiny").blocks["boot"])["accounts"] == ["host"]


def test_somebodys_own_city_is_not_called_fictional_nor_asked_for_a_plan(place: Place, tmp_path: Path) -> None:
    tiny.write(tmp_path, *tiny.SOUTH_WEST["other"])
    ctx = place.open()
    founding.new_city(
        ctx, "own", name="Own", boundary_file=tmp_path / "boundary.geojson", tz="Asia/Shanghai", datum="wgs84"
    )
    ctx.db.close()
    app = composition.create_app(Config(home=place.home, database_url=place.url))
    elements = _page(tiny.browser(app), "/city/own").elements
    words = [attributes.get("data-t") for _, attributes in elements]
    assert "demo.banner_own" in words and "demo.banner" not in words
    assert not [one for _, one in elements if "/plans/" in (one.get("href") or "")], "it has no plan to begin with"

"""What leaves the house: Word and Excel, sheets to print, the sentences that say why, and whose a place is."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
import flask
import flask.testing
import numpy as np
import openpyxl
import pytest
from docx.oxml.ns import qn

from geo import cells
from server.rules import privacy
from server.store import database, imported
from server.usecases import errors
from server.usecases.city import territory, whose
from server.usecases.context import Context
from server.usecases.outputs import documents, office
from server.usecases.planning import plans
from server.usecases.workbench import explaining
from tests.server import tiny
from tests.server.conftest import Place

CITY = "/api/cities/tiny"


@pytest.fixture
def ctx(city: Place) -> Iterator[Context]:
    opened = city.open()
    yield opened
    opened.db.close()


def newest(ctx: Context) -> str:
    return str(plans.get(ctx, "tiny", plans.NEWEST)["id"])


def sheet_rows(body: bytes, sheet: int = 0) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(body))
    return list(book.worksheets[sheet].iter_rows(values_only=True))


def test_the_ledger_has_every_grid_with_its_figures(ctx: Context) -> None:
    made = documents.make(ctx, "tiny", "current", kind="ledger")
    rows = sheet_rows(made.body)
    grids = plans.grids(ctx, "tiny", "current")["grids"]
    assert rows[2][:2] == ("编码", "网格") and [row[0] for row in rows[3:]] == [grid["code"] for grid in grids]
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
        at = [row["cell"] for row in imported.rows(connection, "cameras", "tiny", names=("cell",))]
    inside = (cells.positions(place.base.cells, np.array(at, np.uint64)) >= 0).sum()
    assert sum(row[12] for row in rows[3:]) == inside, "every camera of the city stands in one grid"
    assert [row[5] for row in rows[3:]] == [grid["households"] for grid in grids]


def test_texts_are_never_formulas_and_every_font_is_named(ctx: Context) -> None:
    table = office.Table("表", [office.Column("a", 10), office.Column("b", 10, office.clean("0.0"))],
                         [["=1+1", 2.0], ["@SUM(A1)", 3], ["\x0b控制符", None]])  # fmt: skip
    body = office.workbook([table], title="表", at=ctx.now())
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert [row[0] for row in sheet_rows(body)[3:]] == ["=1+1", "@SUM(A1)", "控制符"]
    made = office.document("标题", [], [office.Section("一、节", ["段落"], [table])], mark="内部资料", at=ctx.now())
    word = docx.Document(io.BytesIO(made))
    in_cells = [one for row in word.tables[0].rows for cell in row.cells for one in cell.paragraphs]
    for paragraph in [*word.paragraphs, *in_cells]:
        for run in paragraph.runs:
            fonts = run._element.rPr.rFonts if run._element.rPr is not None else None
            named = fonts is not None and fonts.get(qn("w:eastAsia"))
            assert named or paragraph.style.name == "Normal", run.text
    normal = word.styles["Normal"].element.rPr.rFonts
    assert normal.get(qn("w:eastAsia")) == office.BODY_FONT


def test_the_proposal_holds_what_changes_and_room_for_seals(ctx: Context) -> None:
    made = documents.make(ctx, "tiny", newest(ctx), kind="proposal")
    word = docx.Document(io.BytesIO(made.body))
    headings = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 1"]
    assert [text[0] for text in headings] == list("一二三四五六")
    approval = word.tables[-1]
    assert approval.rows[0].cells[-1].text == "签字盖章" and len(approval.rows) == 4
    assert all(row.height is not None for row in approval.rows[1:])
    assert word.sections[0].header.paragraphs[0].text == "内部资料"
    english = docx.Document(io.BytesIO(documents.make(ctx, "tiny", newest(ctx), kind="proposal", lang="en").body))
    assert "1. Basis" in [paragraph.text for paragraph in english.paragraphs]


def test_before_and_after_lists_every_code_of_both(ctx: Context) -> None:
    plan = newest(ctx)
    rows = sheet_rows(documents.make(ctx, "tiny", plan, kind="compare").body)
    codes = {grid["code"] for ref in ("current", plan) for grid in plans.grids(ctx, "tiny", ref)["grids"]}
    assert [row[0] for row in rows[3:]] == sorted(codes)
    assert {row[2] for row in rows[3:]} <= {"新设", "停用", "调整", "不变"}


def test_the_plan_in_force_without_a_predecessor_cannot_be_compared(ctx: Context) -> None:
    with pytest.raises(errors.Conflict):
        documents.make(ctx, "tiny", "current", kind="handover")
    assert documents.make(ctx, "tiny", newest(ctx), kind="handover").name.endswith(".xlsx")


def test_every_grid_out_of_band_has_its_sentences_in_both_languages(ctx: Context) -> None:
    told = {one["code"]: one for one in explaining.odd(ctx, "tiny", "current")}
    for grid in plans.grids(ctx, "tiny", "current")["grids"]:
        if grid["deviation"] != 0:
            reasons = told[grid["code"]]["reasons"]
            assert any(one["about"] == "band" for one in reasons)
            assert all(one["zh"] and one["en"] and "{" not in one["en"].replace(tiny.EVIL, "") for one in reasons)
        border = explaining.grid(ctx, "tiny", "current", grid["label"])["border"]
        assert border["sides"] == sum(border[name] for name in ("outside", "region", "barrier", "soft", "open"))
    with pytest.raises(errors.NotFound):
        explaining.grid(ctx, "tiny", "current", 99_999)


def test_a_name_a_code_a_cell_a_point_and_an_address_lead_to_the_same_grid(ctx: Context) -> None:
    grid = plans.grids(ctx, "tiny", "current")["grids"][0]
    with database.reading(ctx.db) as connection:
        place = imported.rows(connection, "places", "tiny")[0]
    by_code = whose.ask(ctx, "tiny", text=grid["code"])
    assert by_code["here"]["grid"]["code"] == grid["code"] and by_code["matches"][0]["kind"] == "grid"
    assert whose.ask(ctx, "tiny", text=by_code["here"]["cell"])["here"]["grid"]["code"] == grid["code"]
    point = f"{by_code['here']['lat']}, {by_code['here']['lng']}"
    assert whose.ask(ctx, "tiny", text=point)["here"]["grid"]["code"] == grid["code"]
    by_name = whose.ask(ctx, "tiny", text=place["name"])
    by_address = whose.ask(ctx, "tiny", text=f"请到{place['name']}东门")
    cell = cells.to_hex(np.array([place["cell"]], np.uint64))[0]
    assert by_name["here"]["cell"] == by_address["here"]["cell"] == cell
    assert by_address["posts"][0]["role"] == "worker" and by_address["posts"][-1]["role"] == "city"
    road = whose.ask(ctx, "tiny", text=f"路 {tiny.EVIL}")
    assert road["here"] is None and len(road["along"]) > 1
    with pytest.raises(errors.NotFound):
        whose.ask(ctx, "tiny", text="无此地名")


def test_what_others_may_know_of_a_place(steady: flask.Flask) -> None:
    viewer, planner = tiny.signed_in(steady, "viewer"), tiny.signed_in(steady, "planner")
    told = viewer.get(f"{CITY}/where?q=C11").get_json()
    assert told["here"]["worker"] is None and "worker" not in {post["role"] for post in told["posts"]}
    assert "worker" in {post["role"] for post in planner.get(f"{CITY}/where?q=C11").get_json()["posts"]}
    for asked in ("", "?q=a&cell=8a403554bb07fff", "?lat=1"):
        assert planner.get(f"{CITY}/where{asked}").status_code == 422
    assert viewer.get(f"{CITY}/plans/current/report").status_code == 403


@pytest.mark.parametrize("kind", documents.KINDS)
def test_the_service_gives_every_report(planner: flask.testing.FlaskClient, kind: str) -> None:
    plan = planner.get(f"{CITY}/plans").get_json()["items"][0]["id"]
    answer = planner.get(f"{CITY}/plans/{plan}/report?kind={kind}&lang=en")
    assert answer.status_code == 200 and answer.mimetype.startswith("application/vnd.openxmlformats")
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.(docx|xlsx)"', answer.headers["Content-Disposition"])


def test_sheets_say_what_the_role_may_know(steady: flask.Flask) -> None:
    planner, viewer = tiny.signed_in(steady, "planner"), tiny.signed_in(steady, "viewer")
    page = planner.get("/city/tiny/sheets?kind=grid&region=C11").get_data(as_text=True)
    grids = planner.get(f"{CITY}/plans/current/grids").get_json()["grids"]
    mine = [one for one in grids if one["region"]["code"] == "C11"]
    assert page.count('<article class="sheet">') == len(mine) and "内部资料" in page
    assert tiny.EVIL not in page and "49" not in re.findall(r"<h1>(.*?)</h1>", page)[0]
    assert any("网格员" in one["worker"]["name"] for one in mine)
    hidden = viewer.get("/city/tiny/sheets?kind=grid&grids=0&lang=zh").get_data(as_text=True)
    assert "网格员1" not in hidden and "视频点位" not in hidden
    wall = planner.get("/city/tiny/sheets?kind=wall&region=T1&size=a3").get_data(as_text=True)
    assert wall.count('class="wall-swatch"') == sum(one["town"]["code"] == "T1" for one in grids)
    for asked, status in (("grids=9999", 404), ("region=nowhere", 404), ("kind=poster", 422), ("grids=1,x", 422)):
        assert planner.get(f"/city/tiny/sheets?{asked}").status_code == status
    townsman = tiny.signed_in(steady, "townsman")
    assert townsman.get("/city/tiny/sheets?kind=wall&region=T2").status_code == 404


def test_the_card_holds_nothing_below_the_floor_whoever_asks(steady: flask.Flask) -> None:
    cards = {
        role: tiny.signed_in(steady, role).get("/city/tiny/sheets?kind=card").get_data(as_text=True)
        for role in ("viewer", "planner")
    }
    hexagon = re.compile(r'<path d="[^"]*" fill="#[0-9a-f]{6}" fill-opacity="0.9"/>')
    drawn = {role: hexagon.findall(page) for role, page in cards.items()}
    assert drawn["viewer"] == drawn["planner"]
    for page in cards.values():
        legend = re.findall(r"<text x=\"8\">([\d,]+)(?:–([\d,]+))? ", page)
        numbers = [int(text.replace(",", "")) for pair in legend for text in pair if text]
        assert all(number >= privacy.FLOOR and number % privacy.STEP == 0 for number in numbers)
        assert 'data-marked="no"' in page

"""The month in sentences: its numbers are those of the archive, and its files open and hold no code of others."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import docx
import flask
import pytest
from click.testing import CliRunner

from server import cli
from server.usecases import errors
from server.usecases.incidents import areas, monthly
from tests.server import tiny
from tests.server.conftest import Place


def test_sentences_say_what_changed_and_what_did_not_with_their_numbers(city: Place) -> None:
    ctx = city.open()
    report = monthly.write(ctx, "tiny", month="2025-03")
    told = report.told
    assert [part["id"] for part in told["sections"]] == ["overall", "areas", "kinds", "spots", "alerts"]
    figures = areas.figures(
        ctx, "tiny", level="community", start=monthly.Month(2025, 3, report_zone()).start,
        end=monthly.Month(2025, 3, report_zone()).end,
    )  # fmt: skip
    overall, places, kinds = (part["sentences"] for part in told["sections"][:3])
    assert told["n"] == figures["n"] + figures["left_out"]
    assert f"{told['n']:,} reports in 2025-03" in overall[0]["en"]
    assert overall[1]["en"].startswith(f"{figures['left_out']} of them lie in no area")
    assert "ratio per day" in overall[2]["en"]
    assert "do not cover the same month a year ago (2024-03)" in overall[3]["en"]
    beyond = sum(one["verdict"] in ("up", "down") for one in figures["items"])
    assert places[0]["en"].startswith(f"Of 4 communities, {'none' if not beyond else f'only {beyond}'}")
    assert kinds[0]["en"].startswith("Of 3 categories")
    with pytest.raises(errors.Invalid):
        monthly.write(ctx, "tiny", month="2025-13")
    with pytest.raises(errors.Conflict):
        monthly.write(ctx, "other")
    ctx.db.close()


def report_zone() -> monthly.ZoneInfo:
    """The clock of the tiny city."""
    return monthly.ZoneInfo("Asia/Shanghai")


def test_months_follow_the_calendar() -> None:
    january = monthly.Month(2025, 1, report_zone())
    assert (january.shifted(-1).name, january.shifted(-12).name, january.shifted(1).name) == (
        "2024-12", "2024-01", "2025-02",
    )  # fmt: skip
    assert january.days == 31 and january.shifted(1).days == 28
    assert january.end == january.shifted(1).start and january.start.isoformat() == "2024-12-31T16:00:00+00:00"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_files_hold_the_sentences_and_the_maps_and_no_code(steady: flask.Flask, lang: str) -> None:
    planner = tiny.signed_in(steady, "planner")
    told = planner.get("/api/cities/tiny/incidents/month?month=2025-03").get_json()
    lines = [line[lang] for part in told["sections"] for line in part["sentences"]]
    at = f"/api/cities/tiny/incidents/month/file?month=2025-03&language={lang}"
    word = planner.get(f"{at}&format=docx")
    assert word.headers["Content-Disposition"] == 'attachment; filename="tiny-2025-03.docx"'
    document = docx.Document(io.BytesIO(word.data))
    paragraphs = [one.text for one in document.paragraphs]
    assert all(line in paragraphs for line in lines) and told["title"][lang] in paragraphs
    assert paragraphs[0] == "内部资料" and len(document.inline_shapes) == 2
    page = planner.get(f"{at}&format=html").get_data(as_text=True)
    assert page.count("data:image/png;base64,") == 2 and "default-src 'none'" in page
    assert "<script" not in page and "&lt;img src=x" in page and "{{7*7}}" in page
    assert "reports" in page if lang == "en" else "上报件数" in page
    captions = [text for text in paragraphs if "n = " in text]
    counted = r"n = [\d,]+ 件" if lang == "zh" else r"n = [\d,]+ reports"
    assert len(captions) == 2 and all(re.search(counted, text) for text in captions)
    assert len(re.findall(f"<figcaption>[^<]*{counted}", page)) == 2


def test_the_command_writes_the_same(city: Place, tmp_path: Path) -> None:
    run = CliRunner(env={"GEZHI_DATABASE_URL": city.url})
    base = ["--home", str(city.home), "--city", "tiny"]
    told = run.invoke(cli.cli, ["month", *base, "--month", "2025-03", "--json"])
    assert told.exit_code == 0 and json.loads(told.stdout)["month"] == "2025-03"
    out = tmp_path / "march.docx"
    assert run.invoke(cli.cli, ["month", *base, "--month", "2025-03", "--out", str(out)]).exit_code == 0
    assert docx.Document(str(out)).paragraphs
    shown = run.invoke(cli.cli, ["alerts", *base, "--level", "town", "--set", "period_days=5", "--set", "test=ewma"])
    assert shown.exit_code == 0 and "2025-03-31" in shown.output
    assert run.invoke(cli.cli, ["alerts", *base, "--set", "least=many"]).exit_code != 0
    spots = tmp_path / "spots.html"
    assert run.invoke(cli.cli, ["hotspots", *base, "--out", str(spots)]).exit_code == 0
    assert "</html>" in spots.read_text(encoding="utf-8")

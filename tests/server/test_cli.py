"""The command line: the fixed names, JSON on standard output, faults on standard error, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click.testing
import pytest

from server import cli
from server.cli import common, data
from server.store import database, migrate
from server.usecases import context
from server.usecases.planning import plans
from tests.server import tiny
from tests.server.conftest import Place

ROOT = Path(__file__).resolve().parents[2]
SOUTH, WEST = tiny.SOUTH_WEST["tiny"]
FIXED = {
    "serve": ["--host", "--port", "--home"],
    "new-city": ["--name", "--boundary", "--regions", "--res", "--tz", "--crs", "--datum", "--json"],
    "import": ["--city", "--field", "--crs", "--datum", "--tz", "--time-format", "--dry-run", "--json"],
    "draw": [
        "--city", "--band", "--seed", "--seconds", "--grids", "--workload", "--units", "--whole", "--dedicated",
        "--keep", "--exact", "--sweep", "--json",
    ],
    "rebalance": ["--city", "--plan", "--households", "--json"],
    "staff": ["--city", "--json"],
    "plan list": ["--json"],
    "plan show": ["--plan", "--json"],
    "plan publish": ["--plan", "--json"],
    "plan export": ["--plan", "--format", "--out"],
    "plan compare": ["--json"],
    "plan check": ["--city", "--out"],
    "heat": ["--city", "--from", "--to", "--category", "--res", "--per", "--smooth", "--out"],
    "hotspots": ["--city", "--from", "--to", "--category", "--res", "--per", "--out", "--json"],
    "coverage": ["--city", "--out"],
    "map": ["--city", "--out"],
    "user add": ["--role"],
    "user list": [],
    "user disable": [],
    "verify": ["--json"],
    "runner": ["--home"],
}


def call(place: Place, *args: str, text: str | None = None) -> click.testing.Result:
    """Run a command in this process on the data of ``place``."""
    env = {"GEZHI_HOME": str(place.home), "DATABASE_URL": place.url}
    return click.testing.CliRunner().invoke(cli.cli, list(args), env=env, input=text)


def answer(place: Place, *args: str) -> Any:
    """The JSON that a command writes."""
    result = call(place, *args, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.mark.parametrize("command", FIXED)
def test_every_fixed_command_has_its_options_and_help(command: str) -> None:
    result = click.testing.CliRunner().invoke(cli.cli, [*command.split(), "--help"])
    assert result.exit_code == 0
    for option in FIXED[command]:
        assert option in result.output


def test_a_city_goes_in_and_a_map_comes_out(place: Place, tmp_path: Path) -> None:
    tiny.write(tmp_path, SOUTH, WEST)
    made = answer(
        place, "new-city", "c", "--name", "城", "--boundary", str(tmp_path / "boundary.geojson"),
        "--regions", f"town={tmp_path / 'towns.geojson'},code=code,name=name",
        "--regions", f"community={tmp_path / 'communities.geojson'}", "--res", "9", "--datum", "wgs84",
    )  # fmt: skip
    assert made["regions"] == {"town": 2, "community": 4}
    for kind in ("households", "barriers", "incidents", "cameras", "workers", "centres", "places", "roads"):
        path = str(next(tmp_path.glob(f"{kind}.*")))
        report = answer(place, "import", kind, path, "--city", "c", "--datum", "wgs84")
        assert report["rows"] == report["accepted"] + report["rejected"] + report["duplicate"] > 0
        again = answer(place, "import", kind, path, "--city", "c", "--datum", "wgs84")
        assert (again["accepted"], again["duplicate"]) == (0, report["accepted"])
    drawn = answer(place, "draw", "--city", "c", "--band", "150:300", "--seed", "1", "--seconds", "1")
    assert isinstance(drawn["plan"], str)
    assert isinstance(drawn["grids"], int)
    assert isinstance(drawn["violations"], list)
    assert isinstance(drawn["measures"], dict)
    staffed = answer(place, "staff", "--city", "c")
    assert staffed["filled"] == drawn["grids"]
    assert answer(place, "plan", "publish", "--plan", drawn["plan"])["status"] == "in_force"
    assert [plan["id"] for plan in answer(place, "plan", "list")] == [drawn["plan"]]
    assert answer(place, "plan", "show")["hash"]
    for kind, name in (("csv", "p.csv"), ("geojson", "p.geojson"), ("gpkg", "p.gpkg")):
        assert call(place, "plan", "export", "--format", kind, "--out", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "p.csv").read_text().splitlines()[0].startswith("cell,grid,")
    for command, name in (("heat", "h.csv"), ("heat", "h.geojson"), ("coverage", "c.parquet")):
        assert call(place, command, "--city", "c", "--out", str(tmp_path / name)).exit_code == 0
    result = call(place, "map", "--city", "c", "--out", str(tmp_path / "m.html"))
    assert result.exit_code == 0, result.output
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "{{7*7}}</script>" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert answer(place, "verify")["ok"]


def test_a_public_map_holds_no_site_and_no_worker(city: Place, tmp_path: Path) -> None:
    internal, public = tmp_path / "i.html", tmp_path / "p.html"
    assert call(city, "map", "--city", "tiny", "--out", str(internal)).exit_code == 0
    result = call(city, "map", "--city", "tiny", "--public", "--out", str(public), "--lang", "en")
    assert result.exit_code == 0, result.output
    words = ("摄像机1", "网格员1")
    assert all(word in internal.read_text(encoding="utf-8") for word in words)
    assert not any(word in public.read_text(encoding="utf-8") for word in words)


def test_a_dry_run_stores_nothing(city: Place, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name,kind,lat,lng\nx,school,30.51,114.31\n", encoding="utf-8")
    report = answer(city, "import", "places", str(path), "--city", "tiny", "--datum", "wgs84", "--dry-run")
    assert report["dry_run"]
    assert answer(city, "import", "places", str(path), "--city", "tiny", "--datum", "wgs84")["accepted"] == 1


def test_refused_rows_are_told_in_both_languages(city: Place, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name,kind,lat,lng\nx,school,91,114.31\ny,school,30.51,114.31\n", encoding="utf-8")
    result = call(city, "import", "places", str(path), "--city", "tiny", "--datum", "wgs84")
    assert "坐标超出范围 / coordinates are not on the globe (rows 1" in result.stdout


def test_accounts(place: Place) -> None:
    result = call(place, "user", "add", "chen", "--role", "admin", text="long enough\n")
    assert result.exit_code == 0, result.output
    assert [user["name"] for user in answer(place, "user", "list")] == ["chen"]
    assert call(place, "user", "disable", "chen").exit_code == 0
    assert answer(place, "user", "list")[0]["disabled_at"]
    assert "password_hash" not in answer(place, "user", "list")[0]


@pytest.mark.parametrize(
    "text",
    ["town=a.geojson", "town=a.geojson,code=C", "town=a,b.geojson,name=N,code=C", "community=/x/y=z.gpkg,code=no,de"],
)
def test_region_files_as_they_are_typed(text: str) -> None:
    found = data.region_file(text)
    level, _, rest = text.partition("=")
    assert found.level == level
    assert rest.startswith(str(found.path))
    assert (found.code == "C") == ("code=C" in text)


@pytest.mark.parametrize("text", ["town", "town=", "=a"])
def test_a_region_file_needs_a_level_and_a_file(text: str) -> None:
    with pytest.raises(click.BadParameter):
        data.region_file(text)


@pytest.mark.parametrize("text", ["300", "a:b", ":", "300-500"])
def test_a_band_is_two_numbers(text: str) -> None:
    with pytest.raises(click.BadParameter):
        common.band(text)


def run(home: Path, *args: str, text: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, with ``text`` as what is typed."""
    own = {**os.environ, "GEZHI_HOME": str(home), "GEZHI_BOOTSTRAPPED": "1", **env}
    return subprocess.run(
        [sys.executable, "-m", "server", *args],
        cwd=ROOT, env=own, input=text, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


def test_the_data_lie_below_the_directory_where_the_program_was_started(tmp_path: Path) -> None:
    tiny.write(tmp_path, SOUTH, WEST)
    own = {name: value for name, value in os.environ.items() if name not in ("GEZHI_HOME", "DATABASE_URL")}
    for command in (
        ["new-city", "c", "--name", "城", "--boundary", "boundary.geojson", "--res", "9", "--datum", "wgs84"],
        ["import", "households", "households.csv", "--city", "c", "--datum", "wgs84"],
        ["draw", "--city", "c"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "server", *command], cwd=tmp_path, capture_output=True, text=True, timeout=180,
            env={**own, "PYTHONPATH": str(ROOT), "GEZHI_BOOTSTRAPPED": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "var" / "gezhi.sqlite").is_file()


def test_what_is_refused_is_told_on_standard_error(tmp_path: Path) -> None:
    own = context.open_(tmp_path, f"sqlite:///{tmp_path / 'gezhi.sqlite'}")
    result = run(tmp_path, "draw", "--city", "nowhere", "--json")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr
    with database.writing(own.db):
        result = run(tmp_path, "user", "add", "a", "--role", "viewer", text="a long password\n")
    assert (result.returncode, result.stdout) == (1, "")
    assert "busy" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_mistyped_directory_is_told_and_not_made(tmp_path: Path) -> None:
    result = run(tmp_path / "homme", "plan", "list")
    assert result.returncode == 1
    assert str(tmp_path / "homme" / "gezhi.sqlite") in result.stderr
    assert not (tmp_path / "homme").exists()


@pytest.mark.parametrize("command", ["plan list", "verify", "serve --port 0", "runner", "user add a --role viewer"])
def test_every_command_names_a_database_of_another_release(command: str, tmp_path: Path) -> None:
    own = context.open_(tmp_path, f"sqlite:///{tmp_path / 'gezhi.sqlite'}")
    with database.writing(own.db) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    own.db.close()
    result = run(tmp_path, *command.split())
    assert (result.returncode, result.stdout) == (1, "")
    assert "9999" in result.stderr
    assert migrate.head() in result.stderr
    assert str(tmp_path / "gezhi.sqlite") in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_not_understood_has_its_own_code(tmp_path: Path) -> None:
    result = run(tmp_path / "home", "draw")
    assert result.returncode == 2
    assert "--city" in result.stderr


def test_a_service_that_others_can_reach_needs_an_account(tmp_path: Path) -> None:
    result = run(tmp_path / "home", "--host", "0.0.0.0", "--port", "0")
    assert result.returncode == 1
    assert "user add" in result.stderr


def test_the_current_plan_is_named(city: Place) -> None:
    shown = answer(city, "plan", "show", "--city", "tiny")
    assert shown["id"] == plans.get(city.open(), "tiny", "current")["id"]
    result = call(city, "plan", "show")
    assert result.exit_code == 2
    assert "--city" in result.output

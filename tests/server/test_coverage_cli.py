"""The commands of camera coverage: each answers in JSON and in words, and refuses what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.usecases import errors
from server.usecases.cameras import camera_proposals
from tests.server.conftest import Place
from tests.server.test_cli import answer, call

POLES = "lat,lng\n" + "".join(f"{30.503 + 0.003 * n},{114.303 + 0.003 * n}\n" for n in range(5))
CORNERS = [[114.305, 30.505], [114.315, 30.505], [114.315, 30.515], [114.305, 30.505]]
RING = {"type": "Polygon", "coordinates": [CORNERS]}
COMMANDS = (
    ("figures",), ("figures", "--level", "town", "--home-m", "300", "--keep"), ("gaps", "--weights", "1:0:0"),
    ("surplus",),
    ("corridors",), ("sites", "--number", "2", "--poles", "{poles}", "--forbidden", "{ring}"), ("proposals",),
    ("cordon", "--ring", "{ring}", "--inwards", "0", "--inwards", "50"), ("outages",), ("outages", "--camera", "1"),
    ("ledger",),
)  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Poles and a ring."""
    poles, ring = tmp_path / "poles.csv", tmp_path / "ring.geojson"
    poles.write_text(POLES, encoding="utf-8")
    ring.write_text(json.dumps(RING), encoding="utf-8")
    return {"poles": str(poles), "ring": str(ring)}


def test_every_command_answers_in_json_and_in_words(city: Place, files: dict[str, str]) -> None:
    ctx = city.open()
    camera_proposals.propose(
        ctx, "tiny", {"kind": "dome", "lat": 30.505, "lng": 114.304, "angle_deg": 360.0, "range_m": 40.0}
    )
    ctx.db.close()
    for command in COMMANDS:
        words = [word.format(**files) for word in command]
        assert isinstance(answer(city, "coverage", *words, "--city", "tiny"), dict), command
        told = call(city, "coverage", *words, "--city", "tiny")
        assert told.exit_code == 0 and told.stdout.strip(), (command, told.output)


def test_a_wider_distance_counts_more_homes(city: Place) -> None:
    near, far = (
        answer(city, "coverage", "figures", "--city", "tiny", "--home-m", metres)["items"][0]["near"]
        for metres in ("20", "2000")
    )
    assert near < far <= 1


def test_cells_are_written_without_a_subcommand(city: Place, tmp_path: Path) -> None:
    out = tmp_path / "c.csv"
    told = answer(city, "coverage", "--city", "tiny", "--k", "2", "--no-buildings", "--out", str(out))
    assert told["cells"] == len(out.read_text(encoding="utf-8-sig").splitlines()) - 1


@pytest.mark.parametrize(
    "words",
    [("gaps", "--weights", "1:2"), ("gaps", "--weights", "0:0:0"), ("sites", "--poles", "{ring}"),
     ("cordon", "--ring", "{poles}"), ("figures", "--home-m", "1"), ("outages", "--camera", "999999")],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error(city: Place, files: dict[str, str], words: tuple[str, ...]) -> None:
    result = call(city, "coverage", *(word.format(**files) for word in words), "--city", "tiny")
    assert result.exit_code != 0
    assert result.stderr.strip() or isinstance(result.exception, errors.Invalid | errors.NotFound)
    assert not result.stdout.strip()


def test_direction_codes_are_declared_with_the_import(city: Place, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    rows = "".join(f"c{n},30.51,{114.31 + n / 1e3},枪机,{n}\n" for n in range(1, 6))
    path.write_text("id,lat,lng,kind,direction\n" + rows, encoding="utf-8")
    asked = ("import", "cameras", str(path), "--city", "tiny", "--datum", "wgs84")
    (told,) = [one for one in answer(city, *asked)["faults"] if one["code"] == "heading.codes"]
    assert told["count"] == 5
    declared = [word for n in range(1, 6) for word in ("--direction", f"{n}={n * 45}")]
    assert answer(city, *asked, *declared)["accepted"] == 5
    assert call(city, *asked, "--direction", "1=east").exit_code != 0

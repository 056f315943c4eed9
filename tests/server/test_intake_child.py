"""Whatever the child process does, the caller gets rows or an error with a code, and nobody is called."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pyogrio
import pytest

from server import intake
from server.intake import sandbox, values
from tests import conftest
from tests.server.bad import documents

OPTIONS = values.Options(datum="wgs84", tz="UTC")
ROOT = Path(__file__).resolve().parents[2]


def _places(path: Path, rows: int) -> Path:
    path.write_text("id,lat,lng\n" + "".join(f"{i},31.5,112.5\n" for i in range(rows)))
    return path


def _fails(path: Path, tmp_path: Path, limits: values.Limits | None = None) -> values.IntakeError:
    with pytest.raises(values.IntakeError) as failed:
        intake.read("places", path, options=OPTIONS, limits=limits or values.Limits.upload(), out_dir=tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    assert str(tmp_path) not in failed.value.message
    return failed.value


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address on loopback and the list of who called there."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                calls.append(str(address))
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", calls
        done.set()
        thread.join()


def _none_is_left(folder: Path) -> None:
    """No process works below ``folder`` any more; the kernel may take a moment to bury one that was killed."""
    last = time.monotonic() + conftest.PATIENCE_S
    while left := list(_working_in(folder)):
        assert time.monotonic() < last, f"still running: {left}"
        time.sleep(0.05)


def _working_in(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd().startswith(str(folder)):
                yield process


def test_rows_and_faults_are_all_that_stays(tmp_path: Path) -> None:
    told: list[float] = []
    path = _places(tmp_path / "p.csv", 1_000)
    parsed = intake.read("places", path, options=OPTIONS, limits=values.Limits.upload(), out_dir=tmp_path / "out",
                         progress=lambda done, message: told.append(done))  # fmt: skip
    assert sorted(item.name for item in (tmp_path / "out").iterdir()) == ["faults.parquet", "rows.parquet"]
    assert pq.read_table(parsed.rows).num_rows == parsed.report.accepted == 1_000
    assert told
    assert told == sorted(told)
    again = intake.read("places", path, options=OPTIONS, limits=values.Limits.upload(), out_dir=tmp_path / "again")
    assert again.rows.read_bytes() == parsed.rows.read_bytes()


def test_a_refusal_keeps_its_code_and_detail(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("a,b\n1,2\n")
    refused = _fails(path, tmp_path)
    assert (refused.code, refused.outcome) == ("E_FIELD", "rejected")
    assert refused.detail["columns"] == ["a", "b"]


def test_paths_are_files_of_this_machine_and_kinds_are_known(tmp_path: Path) -> None:
    """B13: nothing that a reader could take for an address gets that far."""
    for name in ("/vsicurl/http://127.0.0.1:9/x", "/vsisubfile/0_100,/etc/passwd", "CSV:/etc/passwd", "WFS:http://x",
                 "zip://x!../y", "{}", "/etc", "a\x00b"):  # fmt: skip
        with pytest.raises(values.IntakeError) as refused:
            intake.read("places", Path(name), options=OPTIONS, limits=values.Limits.upload(), out_dir=tmp_path)
        assert refused.value.code == "E_PATH"
    with pytest.raises(values.IntakeError) as refused:
        intake.read("people", Path(__file__), options=OPTIONS, limits=values.Limits.upload(), out_dir=tmp_path)
    assert refused.value.code == "E_KIND"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 000 features."""
    path = tmp_path_factory.mktemp("many") / "p.geojson"
    feature = documents.feature(documents.point(112.5, 31.5), name="x" * 200)
    path.write_text(documents.collection(*[feature] * 100_000))
    return path


@pytest.mark.parametrize(
    ("limits", "codes"),
    [
        (values.Limits(wall_s=0.2), {"E_WALL"}),
        (values.Limits(cpu_s=1, rows=10**7), {"E_CPU"}),
        (values.Limits(memory_bytes=300 * values.MIB), {"E_MEMORY", "E_CRASH"}),
        (values.Limits(write_bytes=values.MIB), {"E_SPACE", "E_CRASH"}),
        (values.Limits(file_bytes=1_000), {"E_BUDGET"}),
        (values.Limits(rows=999), {"E_BUDGET"}),
    ],
    ids=["wall", "cpu", "memory", "disk", "size", "rows"],
)  # fmt: skip
def test_every_limit_ends_the_reading_with_its_code(
    tmp_path: Path, many: Path, limits: values.Limits, codes: set[str]
) -> None:
    """F17."""
    failed = _fails(many, tmp_path, limits)
    assert failed.code in codes
    assert failed.outcome == ("rejected" if failed.code == "E_BUDGET" else "failed")
    _none_is_left(tmp_path)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("kill -SEGV $$", "E_CRASH"),
        ("kill -ABRT $$", "E_CRASH"),
        ("kill -KILL $$", "E_MEMORY"),
        ("exit 3", "E_CRASH"),
        ("exit 0", "E_OUTPUT"),
        ("echo nonsense; exit 0", "E_OUTPUT"),
        ('yes \'{"done":0.5,"message":""\' | tr -d \'\\n\' | head -c 1000000; exit 0', "E_OUTPUT"),
        ('D=$(dirname "$4"); echo "{}" > "$D/report.json"; exit 0', "E_OUTPUT"),
        ('D=$(dirname "$4"); echo "[" > "$D/report.json"; exit 0', "E_OUTPUT"),
        ('D=$(dirname "$4"); head -c 20000000 /dev/zero > "$D/report.json"; exit 0', "E_OUTPUT"),
        ('D=$(dirname "$4"); echo "[1]" > "$D/error.json"; exit 1', "E_OUTPUT"),
        ("trap '' TERM; exec sleep 3600", "E_WALL"),
        ("exec >&-; trap '' TERM; sleep 3600", "E_WALL"),
        ("sleep 3600 & exit 0", "E_WALL"),
    ],
)
def test_a_child_that_misbehaves_is_an_error_with_a_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str
) -> None:
    """F17: the interpreter is replaced by a programme that crashes, lies or hangs."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\n" + script + "\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(program))
    wall_s = 1.5 if code == "E_WALL" else conftest.PATIENCE_S
    failed = _fails(_places(tmp_path / "p.csv", 1), tmp_path, values.Limits(wall_s=wall_s))
    assert (failed.code, failed.outcome) == (code, "failed")
    _none_is_left(tmp_path)


def test_a_reading_can_be_cancelled(tmp_path: Path) -> None:
    path = _places(tmp_path / "p.csv", 200_000)
    began = time.monotonic()
    with pytest.raises(values.IntakeError) as stopped:
        intake.read("places", path, options=OPTIONS, limits=values.Limits.host(), out_dir=tmp_path / "out",
                    cancelled=lambda: time.monotonic() - began > 0.3)  # fmt: skip
    assert (stopped.value.code, stopped.value.outcome) == ("E_CANCELLED", "cancelled")
    _none_is_left(tmp_path)


def _run(code: str, *, prefix: list[str], work: Path) -> subprocess.CompletedProcess[str]:
    environment = sandbox.environment(work, ROOT, cut=bool(prefix))
    command = [*prefix, sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True, timeout=60, check=False)


def test_the_child_reaches_nobody_by_socket(tmp_path: Path, canary: tuple[str, list[str]]) -> None:
    address, calls = canary
    host, port = address.split(":")
    connect = f"import socket; socket.create_connection(('{host}', {port}), 2)"
    close = "from server.intake import sandbox; sandbox.close_doors(); "
    assert _run(connect, prefix=[], work=tmp_path).returncode == 0
    deadline = time.monotonic() + conftest.PATIENCE_S
    while not calls and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(calls) == 1
    assert _run(close + connect, prefix=[], work=tmp_path).returncode != 0
    if sandbox.prefix():
        assert _run(connect, prefix=sandbox.prefix(), work=tmp_path).returncode != 0
    assert len(calls) == 1


def test_the_child_starts_no_programs_and_sees_none_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEZHI_SECRET", "do-not-tell")
    shown = _run("import os; print(sorted(os.environ.items()))", prefix=[], work=tmp_path)
    assert "do-not-tell" not in shown.stdout
    assert "GDAL_SKIP" in shown.stdout
    close = "from server.intake import sandbox; sandbox.close_doors(); "
    for attempt in (
        "import os; os.system('true')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.fork()",
    ):
        assert "PermissionError" in _run(close + attempt, prefix=[], work=tmp_path).stderr
    assert "GDAL_ALGORITHM_ALLOW_WRITES_IN_STREAM" not in sandbox.environment(tmp_path, ROOT, cut=True)


def test_the_child_starts_without_pandas(tmp_path: Path) -> None:
    """Pyarrow loads it for any list where it can, which doubles what starting a child costs."""
    work, task = tmp_path / "work", tmp_path / "task.json"
    work.mkdir()
    asked = {
        "kind": "places", "path": str(_places(tmp_path / "p.csv", 1)), "work": str(work),
        "options": dataclasses.asdict(OPTIONS), "limits": dataclasses.asdict(values.Limits.upload()),
    }  # fmt: skip
    task.write_text(json.dumps(asked))
    code = (
        f"import sys; from pathlib import Path; from server.intake import child; child.main(Path({str(task)!r})); "
        "print([name for name in sys.modules if name.startswith('pandas')])"
    )
    told = _run(code, prefix=[], work=tmp_path)
    assert told.stdout.splitlines()[-1:] == ["[]"], told.stderr
    assert (work / values.REPORT_FILE).is_file()


def test_the_limits_hold_in_the_child(tmp_path: Path) -> None:
    code = (
        "import resource; from server.intake import sandbox, values; sandbox.lower_limits(values.Limits()); "
        "print([resource.getrlimit(r)[0] for r in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, "
        "resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)])"
    )
    assert _run(code, prefix=[], work=tmp_path).stdout.strip() == str([values.GIB, 60, 500 * values.MIB, 64, 0])


def test_gdal_is_left_with_one_driver(tmp_path: Path) -> None:
    here = set(pyogrio.list_drivers())
    assert here == {*sandbox.GDAL_KEPT, *sandbox.GDAL_SKIPPED}
    there = _run("import pyogrio; print(sorted(pyogrio.list_drivers()))", prefix=[], work=tmp_path)
    assert there.stdout.strip() == str(sorted(sandbox.GDAL_KEPT))


def test_no_description_calls_out_through_the_real_child(tmp_path: Path, canary: tuple[str, list[str]]) -> None:
    """B09–B12, B20."""
    address, calls = canary
    url = f"http://{address}/x"
    entity = f'<!DOCTYPE kml SYSTEM "{url}">'
    for name, text in (("a.geojson", documents.vrt(f"/vsicurl/{url}")), ("b.xml", documents.web_service(url)),
                       ("c.json", documents.pipeline(f"gdal vector pipeline ! read /vsicurl/{url} ! write y")),
                       ("d.kml", documents.kml("", head=entity))):  # fmt: skip
        path = tmp_path / name
        path.write_text(text)
        assert _fails(path, tmp_path).code in ("E_TYPE", "E_XML")
    assert calls == []


def test_no_process_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nsleep 3600 & echo $! > {tmp_path}/left; exit 0\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(program))
    _fails(_places(tmp_path / "p.csv", 1), tmp_path, values.Limits(wall_s=1))
    assert int((tmp_path / "left").read_text()) > 0
    _none_is_left(tmp_path)


def test_relative_directories_are_those_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _places(tmp_path / "p.csv", 3)
    monkeypatch.chdir(tmp_path)
    parsed = intake.read(
        "places", Path("p.csv"), options=OPTIONS, limits=values.Limits.upload(), out_dir=Path("var/spool/out")
    )
    assert parsed.report.accepted == 3

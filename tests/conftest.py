"""What all tests share: the order (fast ones first), one Chromium, and a server with the demonstration city.

Run by several processes, the tests of a file stay in one of them, because they share what took long to make: kernels
compiled, servers started, a city loaded.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright import sync_api

from server.rules import permissions
from server.usecases import context
from server.usecases.city import demo
from tests import __main__ as runner

ROOT = Path(__file__).resolve().parents[1]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
#: Begun first among their kind, so that no process is idle at the end. The tour loads the demonstration city and
#: compiles its kernels, once for all; the rules of the house, which need neither, run beside.
LONGEST = (
    "tests/readme/test_tour.py",
    "tests/rules/test_house.py",
    "tests/browser/test_first_visit.py",
    "tests/browser/test_borders.py",
    "tests/browser/test_redraw.py",
)
PATIENCE_S = 180.0
"""How long a test waits for what only a fault keeps from happening; a busy machine may take its time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def order(item: pytest.Item) -> tuple[int, int]:
        rank = 2 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("slow") else 0
        file = item.path.relative_to(ROOT).as_posix()
        return rank, LONGEST.index(file) if file in LONGEST else len(LONGEST)

    items.sort(key=order)


@pytest.fixture(scope="session")
def chromium() -> Iterator[sync_api.Browser]:
    """The one browser of this run; contexts are cheap, browsers are not."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=runner.chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demonstration city, loaded once for all processes of this run. Tests take a copy."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    home = folder / "demo"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            made = folder / "demo-unfinished"
            ctx = context.open_(made, f"sqlite:///{made / 'gezhi.sqlite'}", actor=permissions.HOST)
            try:
                demo.ensure(ctx)
            finally:
                ctx.db.close()
            made.rename(home)  # from now on nobody opens it: a copy needs it at rest
    return home


@dataclass(frozen=True)
class Served:
    """A running server: its address, its data directory and its process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]


def serve(home: Path) -> Served:
    """Start ``python -m server`` on a free port of this machine and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "server", "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return Served(url, home, process)
        except OSError:
            assert process.poll() is None, f"the server ended with {process.returncode} before it answered"
            time.sleep(0.2)
    stop(process)
    raise TimeoutError("the server did not answer within two minutes")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and all that it started."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def served(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demonstration city, served as a newcomer would."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(demo_home, home)
    running = serve(home)
    yield running
    stop(running.process)

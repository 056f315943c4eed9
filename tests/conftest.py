"""What all tests share: the order (fast ones first), one Chromium, and a server with the demonstration city.

Run by several processes, the slow tests of a file stay in one of them, because they share what took long to make.
"""

from __future__ import annotations

import os
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return 2 if item.get_closest_marker("browser") else 1 if item.get_closest_marker("slow") else 0

    items.sort(key=rank)
    for item in items:
        if rank(item):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{rank(item)}"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[sync_api.Browser]:
    """The one browser of this run; contexts are cheap, browsers are not."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=runner.chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demonstration city, loaded once. Tests that write take a copy."""
    home = tmp_path_factory.mktemp("demo")
    ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST)
    try:
        demo.ensure(ctx)
    finally:
        ctx.db.close()
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
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def served(demo_home: Path) -> Iterator[Served]:
    """The demonstration city, served as a newcomer would."""
    running = serve(demo_home)
    yield running
    stop(running.process)

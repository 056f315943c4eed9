"""What the browser tests share: a job of the page that may not complain, waiting, a server to write to, screenshots."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright import sync_api

from tests import conftest
from tests.conftest import Served

SHOTS = Path(__file__).resolve().parents[1] / "shots"
OFFICE, PHONE = (1366, 768), (390, 844)
REFUSED = "Failed to load resource"  # What Chromium writes on the console of every answer above 399


@contextmanager
def job_open(
    chromium: sync_api.Browser,
    url: str,
    job: str,
    *,
    size: tuple[int, int] = OFFICE,
    refusals: bool = False,
    shows: str = ".figures",
) -> Iterator[sync_api.Page]:
    """A job of the demonstration city in English, once what it ``shows`` is there; nothing may fail on the way.

    With ``refusals`` the server may refuse a request: such a story is about what the page says then.
    """
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(conftest.PATIENCE_S * 1000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(f"{url}/?job={job}&lang=en")
    page.wait_for_selector("html[data-ready=true]", timeout=180_000)
    page.wait_for_selector(f".work-body {shows}", timeout=180_000)
    yield page
    context.close()
    assert [said for said in complaints if not (refusals and said.startswith(REFUSED))] == []


def tab(page: sync_api.Page, name: str) -> None:
    """Turn to a tab of the job."""
    page.locator(".work-body").get_by_role("tab", name=name).click()


def until(page: sync_api.Page, true: Callable[[], bool]) -> None:
    """Wait until something holds; on a busy machine an answer may take its time."""
    last = time.monotonic() + conftest.PATIENCE_S
    while not true():
        assert time.monotonic() < last, f"it did not come to hold within {conftest.PATIENCE_S:.0f} s"
        page.wait_for_timeout(100)


@pytest.fixture(scope="module")
def own(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a copy of the demonstration city, for tests that write."""
    home = tmp_path_factory.mktemp("own") / "home"
    shutil.copytree(demo_home, home)
    running = conftest.serve(home)
    yield running
    conftest.stop(running.process)

"""A Chromium that can reach nothing but the file it is given, and that remembers every complaint."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api


@dataclasses.dataclass
class Opened:
    """A page opened from file:// with the network blocked; `complaints` are console errors, exceptions and dialogs."""

    page: sync_api.Page
    complaints: list[str]
    requests: list[str]


@pytest.fixture
def open_file(chromium: sync_api.Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Write a page's text to a file and open it as a user without a network would."""
    contexts = []

    def opened(text: str, **context_options: Any) -> Opened:
        file = tmp_path / "map.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, **context_options)
        contexts.append(context)
        context.set_default_timeout(180_000)
        context.set_offline(True)
        found = Opened(context.new_page(), [], [])
        found.page.on("console", lambda said: found.complaints.append(said.text) if said.type == "error" else None)
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("dialog", lambda dialog: (found.complaints.append(dialog.message), dialog.dismiss()))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(file.as_uri())
        found.page.wait_for_selector("html[data-ready=true]", state="attached")
        settle(found.page)
        return found

    yield opened
    for context in contexts:
        context.close()


IDLE = """() => gezhiSheet.entries.every(({layer, shown}) =>
    !shown || !layer._queue || (layer.data && !layer._queue.length))"""


def settle(page: sync_api.Page) -> None:
    """Wait until no layer has tiles left to draw (the page's own policy forbids waiting by a string of code)."""
    for _ in range(200):
        if page.evaluate(IDLE):
            return
        page.wait_for_timeout(25)
    raise TimeoutError("the layers did not come to rest within 5 s")

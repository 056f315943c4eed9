"""How soon the server answers: alone, while a plan is drawn, and while a file of incidents is imported.

The real server with its runner, on the demonstration city. Every request has a connection of its own, as that of
whoever watches the service has; they follow each other every ``PAUSE_S`` until the job has ended (``IDLE_S`` where
there is none). `health` is /healthz, whose ``TARGET_MS`` is to hold for 99 of 100 answers; `page` is the document that
a newcomer gets for the city's address, without what it links. The import is ``COPIES`` of the city's own reports
under other ids, so that every row is new. ``load`` is what else the machine was doing: beyond the number of cores the
milliseconds are those of the neighbours too.
"""

from __future__ import annotations

import http.client
import io
import json as jsonlib
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from server.rules import permissions
from server.usecases import context
from server.usecases.city import demo
from tests import conftest

PEERS: list[str] = []
TARGET_MS = 1000.0
IDLE_S = 10.0
DRAW_S = 20.0
PAUSE_S = 0.02
PAGE_EVERY = 10
COPIES = 5
BOUNDARY = "gezhi-bench"


def load(home: Path) -> str:
    """Load the demonstration city into ``home``; answers its code."""
    ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST)
    try:
        return str(demo.ensure(ctx))
    finally:
        ctx.db.close()


def answered_ms(url: str, path: str) -> float:
    """From asking until the last byte of the answer. Raises AssertionError for any answer but 200."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=conftest.PATIENCE_S)
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    assert answer.status == 200, f"{path} answered {answer.status}"
    return took


def ask(url: str, path: str, body: bytes | None = None, media: str = "application/json") -> Any:
    headers = {"Origin": url, "Content-Type": media}
    request = urllib.request.Request(url + path, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=conftest.PATIENCE_S) as answer:
        return jsonlib.load(answer)


def drawing(url: str, code: str) -> str:
    body = jsonlib.dumps({"seconds": DRAW_S, "seed": 1}).encode()
    return str(ask(url, f"/api/cities/{code}/plans", body)["job"]["id"])


def importing(url: str, code: str) -> str:
    manifest = jsonlib.loads((demo.FOLDER / "manifest.json").read_text(encoding="utf-8"))
    given = next(one for one in manifest["imports"] if one["kind"] == "incidents")
    rows = pd.read_parquet(demo.FOLDER / given["file"])
    file = io.BytesIO()
    pd.concat([rows.assign(id=f"{k}-" + rows["id"]) for k in range(COPIES)]).to_parquet(file)
    options = {name: given[name] for name in ("kind", "datum", "tz", "time_format")}
    body = b"".join((
        _part('name="options"', jsonlib.dumps(options).encode()),
        _part('name="file"; filename="again.parquet"', file.getvalue()),
        f"--{BOUNDARY}--\r\n".encode(),
    ))  # fmt: skip
    media = f"multipart/form-data; boundary={BOUNDARY}"
    return str(ask(url, f"/api/cities/{code}/imports", body, media)["job"]["id"])


def _part(names: str, content: bytes) -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {names}\r\n\r\n".encode() + content + b"\r\n"


def idle(_url: str, _code: str) -> None:
    """Nothing to work."""


WORK: dict[str, Callable[[str, str], str | None]] = {"idle": idle, "drawing": drawing, "import": importing}


def measure(url: str, code: str, work: str) -> list[dict[str, Any]]:
    """Ask until the work is done. Raises AssertionError where it fails, since then nothing was measured."""
    job = WORK[work](url, code)
    began = time.perf_counter()
    times: dict[str, list[float]] = {"health": [], "page": []}
    status = "running"
    while status in ("queued", "running"):
        for _ in range(PAGE_EVERY):
            times["health"].append(answered_ms(url, "/healthz"))
            time.sleep(PAUSE_S)
        times["page"].append(answered_ms(url, f"/city/{code}"))
        if job is not None:
            status = ask(url, f"/api/jobs/{job}")["status"]
        elif time.perf_counter() - began > IDLE_S:
            status = "done"
    assert status == "done", f"{work}: the job ended as {status}"
    seconds = time.perf_counter() - began
    rows = [told(f"{asked}, {work}", taken) | {"job_s": round(seconds, 1)} for asked, taken in times.items()]
    rows[0] |= {"target_ms": TARGET_MS, "met": rows[0]["p99_ms"] <= TARGET_MS}
    return rows


def told(work: str, times: list[float]) -> dict[str, Any]:
    p50, p99 = np.percentile(times, [50, 99])
    return {
        "work": work, "answers": len(times), "p50_ms": round(float(p50), 1), "p99_ms": round(float(p99), 1),
        "worst_ms": round(max(times), 1),
    }  # fmt: skip


def tell(rows: list[dict[str, Any]], *, json: bool) -> None:
    for row in rows:
        row["load"] = round(os.getloadavg()[0], 1)
        print(jsonlib.dumps(row) if json else "  ".join(f"{k}={v}" for k, v in row.items()), flush=True)


def main(*, json: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="gezhi-serving-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        code = load(home)
        served = conftest.serve(home)
        try:
            first = round(answered_ms(served.url, f"/city/{code}"), 1)
            tell([{"work": "page, the first since the start", "ms": first}], json=json)
            for work in WORK:
                tell(measure(served.url, code, work), json=json)
        finally:
            conftest.stop(served.process)

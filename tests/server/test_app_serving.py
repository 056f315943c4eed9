"""The service as it is started: refusing to start unsafely, answering over sockets, withstanding abuse, stopping."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from server import serve
from server.config import Config
from tests import conftest
from tests.server import tiny
from tests.server.conftest import Cluster, Place

ROOT = Path(__file__).resolve().parents[2]
START = "from server import config, serve; serve.run(config.Config())"


@pytest.mark.parametrize(
    ("settings", "accounts", "reason"),
    [
        ({"host": "0.0.0.0"}, False, "no account"),
        ({"host": "0.0.0.0", "insecure_http": True}, False, "no account"),
        ({"host": "192.168.1.5"}, True, "unencrypted"),
        ({"host": "::"}, True, "unencrypted"),
        ({"tls_certificate": "/a.pem"}, True, "both"),
        ({"host": "0.0.0.0", "tls_key": "/a.key"}, True, "both"),
    ],
)
def test_it_refuses_to_be_reached_unsafely(settings: dict[str, Any], accounts: bool, reason: str) -> None:
    with pytest.raises(serve.Refused, match=reason):
        serve.refuse_unsafe(Config(**settings), accounts=accounts)


@pytest.mark.parametrize(
    ("settings", "accounts"),
    [
        ({}, False), ({"host": "::1"}, False), ({"host": "0.0.0.0", "insecure_http": True}, True),
        ({"host": "0.0.0.0", "tls_certificate": "/a.pem", "tls_key": "/a.key"}, True),
    ],
)  # fmt: skip
def test_it_starts_where_that_is_safe(settings: dict[str, Any], accounts: bool) -> None:
    serve.refuse_unsafe(Config(**settings), accounts=accounts)


@pytest.mark.parametrize(("host", "address"), [
    ("127.0.0.1", "http://127.0.0.1:8000/"), ("::1", "http://[::1]:8000/"), ("0.0.0.0", "http://127.0.0.1:8000/"),
    ("::", "http://[::1]:8000/"),
])  # fmt: skip
def test_it_tells_an_address_that_a_browser_can_open(host: str, address: str) -> None:
    assert serve.address(Config(host=host)) == address


def test_the_process_that_watches_does_without_the_web() -> None:
    """Only its workers serve; what it loaded itself would be loaded twice at every start."""
    web = ("flask", "folium", "server.app")
    code = f"import sys; from server import serve; print([name for name in {web} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@dataclass(frozen=True)
class Running:
    """A service in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
        """One request over a connection of its own; the answer has been read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=conftest.PATIENCE_S)
        sent = {"Origin": f"http://127.0.0.1:{self.port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = json.dumps(body) if body is not None else None
        media = {"Content-Type": "application/json"} if data else {}
        connection.request(method, path, body=data, headers={**sent, **media})
        answer = connection.getresponse()
        answer.text = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def raw(self, data: bytes, *, patience_s: float = 10.0) -> bytes:
        """What comes back for bytes that are not quite HTTP, until the connection is closed or nothing more comes."""
        found = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience_s) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(data)
            with contextlib.suppress(OSError):
                while part := connection.recv(65536):
                    found += part
                    if b"\r\n\r\n" in found and len(found) > 200:
                        break
        return found

    def well(self) -> bool:
        """Whether it still answers."""
        return bool(self.ask("GET", "/healthz").status == 200)

    def token(self, name: str = "planner") -> str:
        """A bearer token."""
        answer = self.ask("POST", "/api/session", {"name": name, "password": tiny.PASSWORD, "token": True})
        return str(json.loads(answer.text)["token"])  # type: ignore[attr-defined]


@contextlib.contextmanager
def _running(config: Config) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-c", START], cwd=ROOT, env={**os.environ, **config.environment()}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            break
    else:
        raise AssertionError("".join(lines))
    rest = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    rest.start()
    try:
        yield Running(process, int(found.group(1)), lines)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=conftest.PATIENCE_S)
        rest.join(timeout=conftest.PATIENCE_S)


@pytest.fixture(scope="module")
def service(
    built: Callable[[str], Place], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Running]:
    """The tiny city on PostgreSQL, served by two processes, without a job runner."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(built("postgresql").home, home)
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.create("served", template="tiny")
    with _running(Config(home=home, database_url=url, port=0, workers=2, run_jobs=False)) as running:
        yield running
    cluster.drop("served")


@pytest.mark.slow
def test_it_serves_and_a_session_holds_in_every_process(service: Running) -> None:
    bearer = {"Authorization": f"Bearer {service.token()}"}
    for _ in range(12):
        answer = service.ask("GET", "/api/cities/tiny/plans/current/grids", **bearer)
        assert answer.status == 200 and answer.headers["ETag"]
    assert service.ask("DELETE", "/api/session", **bearer).status == 204
    time.sleep(0.6)
    assert {service.ask("GET", "/api/cities", **bearer).status for _ in range(12)} == {401}


@pytest.mark.slow
def test_the_sign_in_limit_holds_over_all_processes(service: Running) -> None:
    guess = {"name": "worker", "password": "wrong"}
    codes = [service.ask("POST", "/api/session", guess, X_Forwarded_For=f"10.0.0.{n}").status for n in range(24)]
    assert codes == [401] * 10 + [429] * 14


HEAD = b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
RAW: dict[str, bytes] = {
    "both lengths": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}",
    "odd coding": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "no host": b"GET /api/session HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "foreign host": b"GET /api/session HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "absolute address": b"GET http://evil.example/api/session HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "long headers": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(
        b"X-%d: " % n + b"a" * 8192 + b"\r\n" for n in range(200)) + b"\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: 1\r\n" * 5000 + b"\r\n",
    "long address": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300,
    "trace": b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "header injection": b"GET /sign-in?next=%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", RAW)
def test_malformed_http_is_refused_and_nothing_breaks(service: Running, name: str) -> None:
    answer = service.raw(RAW[name])
    status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    assert status is None or status.group(1)[:1] in (b"4", b"2" if name == "header injection" else b"4"), answer[:300]
    assert b"X-Evil" not in answer.partition(b"\r\n\r\n")[0] and b"Traceback" not in answer
    assert b'"user"' not in answer or name == "two hosts"
    assert service.well()


def _parts(n: int, size: int) -> bytes:
    part = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + b"a" * size + b"\r\n"
    return part * n + b"--b--\r\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (_parts(1001, 1), 413), (_parts(1, 600_000), 413),
        (b"--b\r\n" + b"\r\n" * 2_000_000, 422), (b"not multipart at all", 422),
    ],
    ids=["1001 parts", "600 kB field", "4 MB of line ends", "no parts"],
)  # fmt: skip
def test_a_hostile_form_is_refused(service: Running, body: bytes, status: int) -> None:
    head = (
        "POST /api/cities/tiny/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {service.token()}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    answer = service.raw(head.encode() + body, patience_s=60)
    assert re.match(rb"HTTP/1\.1 (\d{3})", answer).group(1) in (str(status).encode(), b"400"), answer[:300]  # type: ignore[union-attr]
    assert service.well()


@pytest.mark.slow
def test_fifty_sign_ins_at_once_take_bounded_memory(service: Running) -> None:
    workers = [psutil.Process(service.process.pid), *psutil.Process(service.process.pid).children(recursive=True)]
    before = sum(worker.memory_info().rss for worker in workers)
    codes: list[int] = []

    def attempt(n: int) -> None:
        codes.append(service.ask("POST", "/api/session", {"name": f"nobody{n}", "password": "x" * 900}).status)

    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {401, 429, 503} and len(codes) == 50
    after = sum(worker.memory_info().rss for worker in workers)
    assert after - before < 200 * 2**20
    assert service.well()


@pytest.mark.slow
def test_it_says_where_it_is_and_ends_when_asked(tmp_path: Path) -> None:
    with _running(Config(home=tmp_path / "new", port=0)) as running:
        told = running.ask("GET", "/api/session")
        assert json.loads(told.text)["demo"] is True  # type: ignore[attr-defined]
        children = psutil.Process(running.process.pid).children(recursive=True)
        commands = [" ".join(child.cmdline()) for child in children]
        assert sum("server.runner" in command for command in commands) == 1
        # A forked worker inherits the locks of threads that it does not have: one start in thirty never answered.
        assert all("server.runner" in command or "multiprocessing" in command for command in commands)
    assert running.process.returncode == 0
    assert "".join(running.lines).count("demonstration planner") == 1
    _, alive = psutil.wait_procs(children, timeout=conftest.PATIENCE_S)
    assert alive == []


@pytest.mark.slow
def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(serve.Refused, match="--port"):
            serve.run(Config(home=tmp_path, port=taken.getsockname()[1], run_jobs=False))

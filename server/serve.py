"""Serving: Granian in front of the Flask application, the job runner beside it, and when to refuse.

The first process only watches; worker processes import the application (``server.wsgi``) anew from the same settings.
SIGINT and SIGTERM let the requests under way end before the workers go.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Final

import granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from server.config import Config
from server.usecases import context, errors, users
from server.usecases.incidents import shared

_PATIENCE_S: Final = 60.0
_STOP_S: Final = 10
_LONG_HEADERS_MS: Final = 10_000


class Refused(RuntimeError):
    """The service must not start this way; the message says what would be right."""


def run(config: Config) -> None:
    """Serve until a signal ends it. Raises Refused, and ``faults.DatabaseError`` when the data cannot be opened."""
    accounts = _accounts(config)
    refuse_unsafe(config, accounts=accounts)
    config = config.model_copy(update={"port": _free_port(config)})
    os.environ.update(config.environment())
    # A forked worker inherits the locks that threads held at that moment, of imports too, and may wait for ever.
    multiprocessing.set_start_method("spawn", force=True)
    server = granian.Granian(
        "server.wsgi:application", factory=True, interface=Interfaces.WSGI, http=HTTPModes.http1,
        address=config.host, port=config.port, workers=config.workers, blocking_threads=config.threads,
        backpressure=config.threads * 8, respawn_failed_workers=True, workers_kill_timeout=_STOP_S,
        http1_settings=HTTP1Settings(header_read_timeout=_LONG_HEADERS_MS), ssl_cert=config.tls_certificate,
        ssl_key=config.tls_key, log_enabled=False,
    )  # fmt: skip
    runner = _start_runner(config)
    threading.Thread(target=_announce, args=(config, accounts), daemon=True).start()
    try:
        server.serve()
    finally:
        _stop(runner)


def refuse_unsafe(config: Config, *, accounts: bool) -> None:
    """Raise Refused when others than this machine could reach a service without accounts or over plain HTTP."""
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise Refused("TLS needs both a certificate and a key (GEZHI_TLS_CERTIFICATE, GEZHI_TLS_KEY).")
    if config.loopback:
        return
    if not accounts:
        raise Refused(
            f"{config.host} can be reached by others, and there is no account yet. Make one first: "
            "python3 -m server user add NAME --role admin"
        )
    if not config.tls and not config.insecure_http:
        raise Refused(
            f"{config.host} can be reached by others, and passwords would travel unencrypted. Give a certificate "
            "(GEZHI_TLS_CERTIFICATE, GEZHI_TLS_KEY), or say --insecure-http when a proxy in front speaks TLS."
        )


def address(config: Config) -> str:
    """Where a browser on this machine finds the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 - compared, not bound
    bracketed = f"[{host}]" if ":" in host and "[" not in host else host
    return f"{'https' if config.tls else 'http'}://{bracketed}:{config.port}/"


def _accounts(config: Config) -> bool:
    """Bring the database up to date before any worker opens it, and tell whether there is an account. Raises Refused
    when its incidents lie in another directory."""
    ctx = context.open_(config.home, config.address)
    try:
        shared.check(ctx)
        return users.exist(ctx)
    except errors.Conflict as error:
        raise Refused(error.message) from None
    finally:
        ctx.db.close()


def _free_port(config: Config) -> int:
    """The port to listen on; for port 0 one that is free. Raises Refused when another program has it."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise Refused(
                f"Cannot listen on {config.host} port {config.port} ({error.strerror}). Choose another with --port."
            ) from None
        return int(probe.getsockname()[1])


def _start_runner(config: Config) -> subprocess.Popen[bytes] | None:
    if not config.run_jobs:
        return None
    return subprocess.Popen([sys.executable, "-m", "server.runner"], env={**os.environ, **config.environment()})


def _stop(runner: subprocess.Popen[bytes] | None) -> None:
    if runner is None:
        return
    runner.terminate()
    try:
        runner.wait(timeout=_STOP_S)
    except subprocess.TimeoutExpired:
        runner.kill()
        runner.wait()


def _announce(config: Config, accounts: bool) -> None:
    """Say where the map is once it answers."""
    if not _answers(config):
        print(
            f"Gezhi does not answer at {address(config)} after {_PATIENCE_S:.0f} s; see the messages above.", flush=True
        )
        return
    print(f"Gezhi 格治 · {address(config)}", flush=True)
    if config.demo and config.loopback and not accounts and not config.proxies:
        print(
            "You are signed in as the demonstration planner, from this machine only, until an account is made.",
            flush=True,
        )
    if not config.address.startswith("sqlite"):
        print(
            f"Incidents lie in {config.home / 'archive'}: every host of this database must share {config.home}.",
            flush=True,
        )
    print("Stop with Ctrl+C.", flush=True)


def _answers(config: Config) -> bool:
    if config.tls:
        return _listens(config)
    until = time.monotonic() + _PATIENCE_S
    request = urllib.request.Request(f"{address(config)}healthz", headers={"Host": f"localhost:{config.port}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        try:
            with opener.open(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def _listens(config: Config) -> bool:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            with socket.create_connection((config.host, config.port), timeout=1):
                return True
        except OSError:
            time.sleep(0.1)
    return False

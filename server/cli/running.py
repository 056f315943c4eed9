"""Running the service: ``serve``, ``runner`` and ``verify``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from server import log, terminal
from server.cli import common
from server.rules import permissions
from server.usecases import context, health, users, verify
from server.usecases.city import demo


@click.command("serve")
@common.home
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port to listen on (default 8000).")
@click.option("--insecure-http", is_flag=True, help="Allow plain HTTP on an address that others can reach.")
def serve_command(home: Path | None, host: str | None, port: int | None, insecure_http: bool) -> None:
    """Serve the map; loads the demonstration city on first use."""
    from server import serve  # the web's parts are loaded only where they are used

    given: dict[str, Any] = {"host": host, "port": port, "insecure_http": insecure_http or None}
    own = common.settings(home, **given)
    log.set_up("warning")
    ctx = context.open_(own.home, own.address, actor=permissions.HOST)
    try:
        health.examine(ctx)
        serve.refuse_unsafe(own, accounts=users.exist(ctx))
        with terminal.progress() as progress:
            demo.ensure(ctx, progress=progress)
    except serve.Refused as error:
        raise click.ClickException(str(error)) from None
    finally:
        ctx.db.close()
    try:
        serve.run(own)
    except serve.Refused as error:
        raise click.ClickException(str(error)) from None


@click.command("verify")
@common.as_json
@common.opened
def verify_(ctx: context.Context, as_json: bool) -> None:
    """Check what must always be true of the stored data; exit code 1 when something is not."""
    with terminal.progress() as progress:
        found = verify.run(ctx, progress=progress)
    common.answer(found, as_json, terminal.tell_checks)
    if not found["ok"]:
        raise click.exceptions.Exit(1)


@click.command("runner")
@common.home
def runner_(home: Path | None) -> None:
    """Work the queue of long jobs (the server starts one by itself)."""
    from server import runner

    os.environ.update(common.settings(home).environment())
    runner.main()

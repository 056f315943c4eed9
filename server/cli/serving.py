"""Serving the map: ``serve``, which loads little, so that it is there at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server import log, serve, terminal
from server.cli import common
from server.rules import permissions
from server.usecases import context, health, users
from server.usecases.city import beginning


@click.command("serve")
@common.home
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port to listen on (default 8000).")
@click.option("--insecure-http", is_flag=True, help="Allow plain HTTP on an address that others can reach.")
def serve_command(home: Path | None, host: str | None, port: int | None, insecure_http: bool) -> None:
    """Serve the map; loads the demonstration city on first use."""
    given: dict[str, Any] = {"host": host, "port": port, "insecure_http": insecure_http or None}
    own = common.settings(home, **given)
    log.set_up("warning")
    ctx = context.open_(own.home, own.address, actor=permissions.HOST)
    try:
        health.examine(ctx)
        serve.refuse_unsafe(own, accounts=users.exist(ctx))
        if beginning.wanted(ctx):
            _load_demonstration(ctx)
    except serve.Refused as error:
        raise click.ClickException(str(error)) from None
    finally:
        ctx.db.close()
    try:
        serve.run(own)
    except serve.Refused as error:
        raise click.ClickException(str(error)) from None


def _load_demonstration(ctx: context.Context) -> None:
    from server import kernels  # all that computes and reads files, needed once
    from server.usecases.city import demo

    kernels.start()
    click.echo("Loading the demonstration city (once; up to a minute)", err=True)
    with terminal.progress() as progress:
        demo.ensure(ctx, progress=progress)

"""Beside the service: ``runner`` and ``verify``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from server import terminal
from server.cli import common
from server.usecases import context, verify


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

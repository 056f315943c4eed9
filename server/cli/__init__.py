"""The command line: one command per use case, results on standard output, progress and faults on standard error.

Commands run on the host act as administrator. Exit codes: 0 done (rejected rows are a result), 1 refused or not sound,
2 the command was not understood, 130 stopped by the user. ``--json`` writes one JSON value.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click
from sqlalchemy.exc import DBAPIError, TimeoutError

from geo.errors import GeoError
from server import terminal
from server.archive.values import ArchiveError
from server.rules import permissions
from server.store import faults
from server.usecases import errors

EXPECTED = (errors.UseCaseError, faults.DatabaseError, GeoError, ArchiveError, permissions.Denied)


COMMANDS: Final = {
    "aggregate": "archive.aggregate", "alerts": "watching.alerts", "approval": "approval.approval",
    "archive": "archive.archive", "areas": "watching.areas_told", "borders": "borders.borders",
    "coverage": "coverage.coverage", "draw": "drawing.draw", "heat": "maps.heat", "hotspots": "trends.hotspots",
    "import": "data.import_", "import-open311": "archive.import_open311", "map": "maps.map_", "month": "watching.month",
    "nets": "nets.nets", "new-city": "data.new_city", "plan": "plans.plan", "rebalance": "drawing.rebalance",
    "runner": "running.runner_", "serve": "serving.serve_command", "staff": "plans.staff", "user": "accounts.user",
    "verify": "running.verify_", "where": "outputs.where", "workload": "drawing.formulas",
}  # fmt: skip
"""The module and name of every command: it is loaded when it is called, and no other with it."""


class Commands(click.Group):
    """A group whose command is ``serve`` when none is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(".")
        command: click.Command = getattr(importlib.import_module(f"server.cli.{module}"), attribute)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


def main() -> None:
    """Run the command line and exit."""
    try:
        cli.main(prog_name="python3 -m server", standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(error.exit_code)
    except EXPECTED as error:
        terminal.tell_error(error)
        sys.exit(1)
    except (DBAPIError, TimeoutError) as error:
        if not faults.busy(error):
            raise
        click.echo("Error: the database is busy or away; try again, or end what holds it.", err=True)
        sys.exit(1)


cli = Commands(
    "gezhi",
    help="Gezhi 格治: grid management of a city. Without a command it serves the map.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
"""Every command by its name."""

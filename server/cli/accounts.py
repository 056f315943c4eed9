"""Accounts: ``user add|list|disable``."""

from __future__ import annotations

import sys

import click

from server import terminal
from server.cli import common
from server.rules import permissions
from server.usecases import context, users


@click.group("user")
def user() -> None:
    """Accounts: add, list, disable."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(permissions.ROLES), required=True)
@click.option("--city", default=None, metavar="CODE", help="Only this city.")
@click.option("--region", default=None, metavar="CODE", help="Only this region of the city.")
@common.as_json
@common.founding
def user_add(
    ctx: context.Context, name: str, role: str, city: str | None, region: str | None, as_json: bool
) -> None:
    """Make an account; the password is asked for, or read as one line from standard input."""
    made = users.add(ctx, name, _password(), role=role, city=city, region=region)
    common.answer(made, as_json, lambda told: click.echo(f"{told['name']} may sign in as {told['role']}."))


@user.command("list")
@common.as_json
@common.opened
def user_list(ctx: context.Context, as_json: bool) -> None:
    """All accounts."""
    common.answer(users.list_(ctx), as_json, terminal.tell_users)


@user.command("disable")
@click.argument("name")
@common.opened
def user_disable(ctx: context.Context, name: str) -> None:
    """Close an account and end its sessions."""
    users.disable(ctx, name)
    click.echo(f"{name} can no longer sign in.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")

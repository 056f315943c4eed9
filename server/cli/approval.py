"""The steps that drafts go through: ``approval [--step ROLE=ZH|EN]…``."""

from __future__ import annotations

from typing import Any

import click

from server.cli import common
from server.rules import approval as rule
from server.usecases import context
from server.usecases.planning import approvals


@click.command("approval")
@common.any_city
@click.option(
    "--step", "wanted", multiple=True, metavar="ROLE=ZH|EN",
    help="Set the steps, one option for each in order: who decides it (planner, admin) and its name in both languages.",
)  # fmt: skip
@click.option("--default", "usual", is_flag=True, help="Set the steps of a new city again.")
@common.as_json
@common.opened
def approval(ctx: context.Context, city: str | None, wanted: tuple[str, ...], usual: bool, as_json: bool) -> None:
    """The steps from a draft to a plan in force; with --step or --default they are set first."""
    if usual and wanted:
        raise click.UsageError("Say --step or --default, not both.")
    code = common.only_city(ctx, city, None)
    if usual:
        found = approvals.set_steps(ctx, code, [dict(step) for step in rule.DEFAULT])
    elif wanted:
        found = approvals.set_steps(ctx, code, [_step(text) for text in wanted])
    else:
        found = approvals.steps(ctx, code)
    common.answer(found, as_json, _tell)


def _step(text: str) -> dict[str, str]:
    role, equals, names = text.partition("=")
    zh, bar, en = names.partition("|")
    if not equals or not bar:
        raise click.BadParameter(f"{text!r} is not ROLE=ZH|EN, like planner=乡镇划定|Town draws", param_hint="--step")
    return {"role": role.strip(), "zh": zh, "en": en}


def _tell(found: dict[str, Any]) -> None:
    for number, step in enumerate(found["steps"], 1):
        click.echo(f"{number}  {step['role']:<8} {step['zh']}  {step['en']}")

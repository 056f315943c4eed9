"""The steps that drafts go through before they come into force, asked and answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from server.wire.replies import Told
from server.wire.requests import Asked

Name = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Step(Asked):
    """A step with its name in both languages and the role that decides it, or one that may more."""

    zh: Name
    en: Name
    role: Literal["planner", "admin"] = "planner"


class Steps(Asked):
    """PUT …/approval-steps: all steps in order; the first is the submission."""

    steps: Annotated[list[Step], Field(min_length=1, max_length=9)]


class StepTold(Told):
    zh: str
    en: str
    role: str


class StepsTold(Told):
    steps: list[StepTold]
    default: list[StepTold]
    roles: list[str]

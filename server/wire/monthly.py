"""What requests about the month in sentences may say, and what it looks like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from server.wire.replies import Told, Words
from server.wire.requests import Asked, Text

Named = Annotated[str, StringConstraints(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$")]


class Month(Asked):
    """GET …/incidents/month: by default the last whole month."""

    month: Named | None = None


class MonthFile(Month):
    """GET …/incidents/month/file."""

    format: Literal["html", "docx"] = "html"
    language: Literal["zh", "en"] = "zh"
    classification: Text = "内部资料"


class Section(Told):
    id: Literal["overall", "areas", "kinds", "spots", "alerts"]
    title: Words
    sentences: list[Words]


class MonthReport(Told):
    city: str
    name: str
    month: str
    n: int
    title: Words
    sections: list[Section]
    note: Words

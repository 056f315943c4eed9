"""What redrawing asks and answers: changes of a draft, its history, comparison, review and notes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from server.wire.plan_replies import PlanShort
from server.wire.replies import Bounds, RegionShort, Told
from server.wire.requests import Asked, CellId, Latitude, Longitude, Text

Operation = Literal[
    "assign", "adopt", "new", "split", "merge", "repair", "rename", "kind", "lock", "unlock", "undo", "redo",
]  # fmt: skip
Label = Annotated[int, Field(ge=0, le=999_999_999)]
Long = Annotated[str, StringConstraints(max_length=2000)]


class Edit(Asked):
    """POST …/edits: one change. ``cells`` for assign, new and adopt (with as many ``labels``); ``to`` for assign,
    split, rename, kind; ``grids`` for merge, repair, lock, unlock; ``parts`` or ``line`` (lat, lng) for split.
    ``since``: the log's last number that was seen; a change that touches nothing that others changed after it is then
    made on top of theirs."""

    op: Operation
    cells: Annotated[list[CellId], Field(max_length=200_000)] = []
    to: Label | None = None
    grids: Annotated[list[Label], Field(max_length=5_000)] = []
    parts: Annotated[int, Field(ge=2, le=50)] = 2
    line: Annotated[list[tuple[Latitude, Longitude]], Field(max_length=500)] = []
    name: Annotated[str, StringConstraints(max_length=80)] = ""
    kind: Literal["", "basic", "dedicated", "professional"] = ""
    labels: Annotated[list[Label], Field(max_length=200_000)] = []
    since: Label | None = None


class Branch(Asked):
    """POST …/branch: begin a draft from this version."""

    name: Annotated[str, StringConstraints(max_length=80)] = ""


class Rebalance(Asked):
    """POST …/rebalance: grids that may change (empty: all), grids that may not, the seed and the time."""

    only: Annotated[list[Label], Field(max_length=20_000)] = []
    locked: Annotated[list[Label], Field(max_length=20_000)] = []
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 30.0


class Propose(Asked):
    """POST …/propose: the grids to rebalance among themselves, the seed and the time."""

    only: Annotated[list[Label], Field(min_length=1, max_length=20_000)]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 15.0


class Flood(Asked):
    """GET …/flood: a place, and whether its building or its whole compound is meant."""

    lat: Latitude
    lng: Longitude
    of: Literal["building", "compound"] = "compound"


class Weigh(Asked):
    """GET …/weighed: one grid by its label."""

    grid: Label


class Suggest(Asked):
    """GET …/suggestions: for one grid, or for the worst."""

    label: Label | None = None
    limit: Annotated[int, Field(ge=1, le=20)] = 3


class Meet(Asked):
    """GET …/merge: the plan to be merged into this one; the plan in force unless another is named."""

    other: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "current"


class Merge(Meet):
    """POST …/merge: also whose change counts where both changed the same."""

    prefer: Literal["ours", "theirs"] | None = None


class RollBack(Asked):
    """POST …/plans/P/roll-back: why the last publication is taken back."""

    reason: Long = ""


class Compare(Asked):
    """GET …/plans/P/compare: the other plan."""

    other: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Submit(Asked):
    """POST …/submit."""

    post: Annotated[str, StringConstraints(max_length=200)] = ""
    opinion: Long = ""


class Decide(Asked):
    """POST …/decide: the next step approves, or the draft is returned or withdrawn."""

    decision: Literal["approved", "returned", "withdrawn"]
    post: Text
    document: Annotated[str, StringConstraints(max_length=200)] = ""
    opinion: Long = ""


class Note(Asked):
    """POST …/notes: on a grid by its code, or on the plan."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    code: Annotated[str, StringConstraints(max_length=60)] = ""


class GridWeighed(Told):
    """A grid with what a planner weighs. ``workload``: 1 is the mean grid of the plan, half by households, half by
    reports; ``load``: what the band counts; ``crossings``: touching cells with a soft barrier between them;
    ``reports`` of the whole archive; metres in straight lines."""

    label: int
    code: str
    name: str
    kind: str
    locked: bool
    households: float
    load: float
    cells: int
    area_km2: float
    deviation: float
    pieces: int
    faults: list[str]
    workload: float
    crossings: int
    reports: int
    cameras: int
    round_m: int
    centre_m: int | None
    lat: float
    lng: float
    bbox: Bounds


class CellsChanged(Told):
    cells: list[str]
    labels: list[int]


class Piece(Told):
    n: int
    households: float
    cells: list[str]


class Pieces(Told):
    label: int
    pieces: list[Piece]


class Entry(Told):
    seq: int
    at: str
    by: str
    kind: str
    op: str
    n: int
    grids: list[str]
    undone: bool


class CutGrid(Told):
    label: int
    code: str
    name: str
    parts: int
    households: float
    cells: int


class Cut(Told):
    """How many grids in force the borders of communities cut, and those that this change touches."""

    before: int
    after: int
    grids: list[CutGrid]


class Edited(Told):
    tag: str
    seq: int
    op: str
    entry: Entry
    before: list[GridWeighed]
    after: list[GridWeighed]
    gone: list[int]
    changed: CellsChanged
    pieces: list[Pieces]
    cut: Cut | None
    can_undo: bool
    can_redo: bool


class History(Told):
    items: list[Entry]
    can_undo: bool
    can_redo: bool


class Move(Told):
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    cells: int
    households: float


class Comparison(Told):
    a: PlanShort
    b: PlanShort
    measures: dict[str, list[float | None]]
    moved_cells: int
    moved_households: float
    share: float
    moves: list[Move]
    grids: dict[str, list[str]]
    workers: dict[str, int]


class Finding(Told):
    code: str
    label: int | None
    grid: str | None
    name: str | None
    households: float
    region: RegionShort | None
    cells: int
    proved: bool
    grave: int
    zh: str
    en: str


class Checkup(Told):
    """``words`` names each code found and ``summary`` is the whole in a sentence, both by language."""

    plan: PlanShort
    city: str
    band: list[float]
    grids: int
    sound: int
    households: float
    uncovered: int
    findings: list[Finding]
    counts: dict[str, int]
    words: dict[str, dict[str, str]]
    summary: dict[str, str]


class Review(Told):
    steps: list[dict[str, Any]]
    under_review: bool
    approved: bool
    next: int | None
    faults: int


class NoteTold(Told):
    id: str
    code: str
    text: str
    at: str
    by: str


class Notes(Told):
    items: list[NoteTold]


class Weighed(Told):
    items: list[GridWeighed]


class Flooded(Told):
    of: str
    name: str
    buildings: int
    cells: list[str]


class Suggestion(Told):
    op: str
    to: int | None
    grids: list[int]
    parts: int
    cells: list[str]
    n: int
    households: float
    outside: list[float]


class Suggested(Told):
    label: int
    code: str
    name: str
    pieces: int
    households: float
    options: list[Suggestion]


class Suggestions(Told):
    items: list[Suggested]


class Collisions(Told):
    n: int
    cells: list[str]
    grids: list[str]
    facts: list[str]


class Meeting(Told):
    """What a merge would do: how many cells each side changed since ``base``, and where both changed the same."""

    base: PlanShort
    ours: PlanShort
    theirs: PlanShort
    cells: dict[str, int]
    collisions: Collisions
    grids: dict[str, list[str]]
    clean: bool


class GridFigures(Told):
    label: int
    households: float
    workload: float
    cells: int
    deviation: float
    pieces: int
    reports: int
    cameras: int
    round_m: int
    centre_m: int | None
    lat: float
    lng: float
    bbox: Bounds


class GridBeside(Told):
    code: str
    name: str
    a: GridFigures | None
    b: GridFigures | None


class Beside(Told):
    measures: dict[str, list[float | None]]
    grids: list[GridBeside]

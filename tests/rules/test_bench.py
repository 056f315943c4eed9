"""``tests bench``: what it does not know is refused before anything is installed or measured."""

from __future__ import annotations

import pytest

from tests.bench import __main__ as bench
from tests.bench import bench_cells


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["cells", "--exactt=7"], ["--exactt", *(f"--{name}=" for name in bench_cells.OPTIONS)]),
     (["payload", "--exact=7"], ["--exact", "payload", "no option"]),
     (["payload", "cells", "--exact=7", "--no=1"], ["--no", "--exact="]),
     (["cellz"], ["usage", "cells"]),
     (["cells", "--jsn"], ["usage", "--json"])],
)  # fmt: skip
def test_an_unknown_option_or_name_is_refused(
    arguments: list[str], told: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_install", lambda peers: pytest.fail("nothing is begun"))
    assert bench.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for word in told:
        assert word in said.err

"""Compiled loops read and write nothing beyond their arrays: numba checks every index when it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import numpy as np
from geo import cells

rng = np.random.default_rng(1)
for n in (1, 3, 1023, 1025, 9000):
    lats, lngs = np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)
    for res in (0, 5, 10):
        cells.from_points(lats, lngs, res)
    found = cells.make(cells.from_points(lats, lngs, 9))
    cells.centres(found), cells.boundaries(found), cells.neighbours(found), cells.areas_m2(found)
    near = cells.make(cells.from_points(30 + 0.02 * rng.random(n), 114 + 0.02 * rng.random(n), 10))
    cells.neighbours(near), cells.boundaries(near), cells.centres(near)
print("inside")
"""


@pytest.mark.slow
def test_bulk_kernels_stay_inside_their_arrays(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", SCRIPT], cwd=root, env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "inside\n"), run.stderr

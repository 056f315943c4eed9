"""What is compiled beside the first load is what the first readers of a city ask for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from server import kernels
from server.rules import permissions
from server.usecases import context
from server.usecases.city import warming

def compiled():
    return {
        f"{room}.{name}": len(value.signatures)
        for room, module in list(sys.modules.items()) if room.startswith("geo.")
        for name, value in vars(module).items() if isinstance(value, Dispatcher)
    }

kernels.main()
before = compiled()
home = Path(sys.argv[1])
ctx = context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}", actor=permissions.HOST, upgrade=False)
cities = warming.warm(ctx)
ctx.db.close()
late = {name: number for name, number in compiled().items() if number > before.get(name, 0)}
print(json.dumps({"cities": cities, "before": sum(before.values()), "late": late}))
"""


def test_the_first_readers_of_a_city_wait_for_no_compiler(demo_home: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(demo_home)], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["cities"] == 1 and told["before"] > 40
    assert told["late"] == {}

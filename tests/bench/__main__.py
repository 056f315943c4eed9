"""``python3 -m tests bench [NAME…] [--json]``: ours and the named peers side by side in one run.

Each ``bench_NAME.py`` beside this file has ``main(*, json: bool) -> None`` and names its peers in ``PEERS``; one with
``OPTIONS`` (name → default) also takes ``--name=value`` and gets them as ``main(…, options=…)``; an option that no
bench of the run knows is refused. Peers are installed beside the environment, not into it, and come last on the path:
what Gezhi pins is what both sides use.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from server import bootstrap

HERE = Path(__file__).parent
PEERS = bootstrap.ROOT / ".venv" / "bench-peers"


def _names() -> list[str]:
    return sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))


def _install(peers: list[str]) -> None:
    """Install each peer once; one that has no wheel here is named and its rows are left out by the benchmark."""
    sys.path.append(str(PEERS))
    for peer in peers:
        stamp = PEERS / f".{peer.replace('=', '_')}"
        if stamp.exists():
            continue
        print(f"installing {peer}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "pip", "install", "-q", "--upgrade", "--target", str(PEERS), peer]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"{peer} cannot be installed here: {done.stderr.strip()[-300:]}", file=sys.stderr)
        else:
            stamp.touch()
    importlib.invalidate_caches()


def main(arguments: list[str]) -> int:
    wanted = [name for name in arguments if not name.startswith("-")]
    known = _names()
    unknown = [name for name in wanted if name not in known]
    given = dict(flag[2:].split("=", 1) for flag in arguments if flag.startswith("--") and "=" in flag)
    if unknown or any(flag != "--json" and "=" not in flag for flag in arguments if flag.startswith("-")):
        print(f"usage: python3 -m tests bench [{'|'.join(known)}]… [--json]", file=sys.stderr)
        return 2
    modules = {name: importlib.import_module(f"tests.bench.bench_{name}") for name in wanted or known}
    taken = {name: getattr(module, "OPTIONS", {}) for name, module in modules.items()}
    strange = sorted(given.keys() - {option for options in taken.values() for option in options})
    if strange:
        print(f"no such option: {', '.join(f'--{option}' for option in strange)}", file=sys.stderr)
        for name, options in taken.items():
            own = " ".join(f"--{option}={default}" for option, default in options.items())
            print(f"  {name} knows {own or 'no option'}", file=sys.stderr)
        return 2
    for name, module in modules.items():
        _install(list(module.PEERS))
        more = {}
        if taken[name]:
            more["options"] = taken[name] | {option: value for option, value in given.items() if option in taken[name]}
        module.main(json="--json" in arguments, **more)
    return 0

"""``python3 -m tests [PYTEST ARGS…]`` sets up everything and runs the tests; ``… bench [NAME]`` measures.

Without arguments all tests run, in as many processes as the machine has cores; with arguments, pytest gets just those.

Browser tests drive Debian's Chromium. Where it is missing and may be installed (root, apt-get) it is; elsewhere the
packages are named, only the browser tests are left out, and the last line says so. With ``CI`` set that is a failure.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (before any import that an older Python could not even read)
    sys.exit("Gezhi needs Python 3.11 or newer. Start it with a newer one; this is " + sys.version.split()[0])

import os
import shutil
import subprocess
from pathlib import Path

from server import bootstrap

PACKAGES = ("chromium", "fonts-noto-cjk")
MOST_PROCESSES = 4  # each may hold a Chromium, a PostgreSQL and the demonstration city
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The path of an installed Chromium, or None. ``GEZHI_CHROMIUM`` names one that is somewhere else."""
    named = os.environ.get("GEZHI_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def have_chromium() -> str | None:
    """Find Chromium, installing Debian's packages where that is allowed."""
    found = chromium()
    if found or not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return found
    print(f"Installing {' '.join(PACKAGES)} for the browser tests", file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-q", "update"],
        ["apt-get", "-q", "install", "-y", "--no-install-recommends", *PACKAGES],
    ):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr.strip()[-600:], file=sys.stderr)
            return None
    return chromium()


def everything() -> list[str]:
    """How pytest runs the whole suite: in several processes, each file in one of them, in the order that was given.

    Not by ``loadgroup``: pytest 9.2 does not see the groups that xdist 3.8 gives, and spreads every file silently.
    """
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "15"]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["bench"]:
        from tests.bench import __main__ as bench

        return bench.main(arguments[1:])
    browser = have_chromium()
    environment = {**os.environ, "GEZHI_CHROMIUM": browser or ""}
    left_out = [] if browser else ["-m", "not browser"]
    status = subprocess.run(
        [sys.executable, "-m", "pytest", *left_out, *(arguments or everything())], cwd=bootstrap.ROOT, env=environment
    ).returncode
    if not browser:
        print(
            f"\nThe browser tests were left out: no Chromium. Next step: apt install {' '.join(PACKAGES)}",
            file=sys.stderr,
        )
        if os.environ.get("CI"):
            return status or 1
    return status


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    bootstrap.ready("tests", bootstrap.TEST)
    raise SystemExit(main(sys.argv[1:]))

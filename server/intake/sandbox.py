"""The walls of the child process: environment, limits of the machine, and no network.

The parent wipes the environment and, where the kernel allows, starts the child in a network namespace of its own; the
child lowers its own limits before it imports anything large, and closes the door to sockets and programs for good.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

from server.intake import values

#: The one GDAL driver that is used, and all others of the wheel, which are switched off before GDAL starts. The child
#: refuses to read a Shapefile when the two lists do not match the installed GDAL.
GDAL_KEPT = ("ESRI Shapefile",)
GDAL_SKIPPED = (
    "ADBC",
    "AIVector",
    "AVCBin",
    "AVCE00",
    "AmigoCloud",
    "CSV",
    "CSW",
    "Carto",
    "DGN",
    "DXF",
    "EDIGEO",
    "EEDA",
    "ESRIJSON",
    "Elasticsearch",
    "FlatGeobuf",
    "GDALG",
    "GML",
    "GPKG",
    "GPSBabel",
    "GPX",
    "GTFS",
    "GeoJSON",
    "GeoJSONSeq",
    "GeoRSS",
    "HTTP",
    "Idrisi",
    "JML",
    "JSONFG",
    "KML",
    "LIBKML",
    "LVBAG",
    "MBTiles",
    "MEM",
    "MVT",
    "MapInfo File",
    "MapML",
    "MiraMonVector",
    "NGW",
    "OAPIF",
    "ODS",
    "OGCAPI",
    "OGR_GMT",
    "OGR_PDS",
    "OGR_VRT",
    "OSM",
    "OpenFileGDB",
    "PCIDSK",
    "PDF",
    "PDS4",
    "PGDUMP",
    "PLSCENES",
    "PMTiles",
    "S57",
    "SQLite",
    "SXF",
    "Selafin",
    "TopoJSON",
    "VDV",
    "VFK",
    "VICAR",
    "WAsP",
    "WFS",
    "XLSX",
)
_DEAD_PROXY = "http://127.0.0.1:9"
_DENIED = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "sqlite3.load_extension",
)


def environment(work: Path, root: Path, *, cut: bool) -> dict[str, str]:
    """The whole environment of the child. ``cut``: the kernel already keeps it off the network."""
    made = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(root),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
        "PROJ_NETWORK": "OFF",
        "GDAL_SKIP": ",".join(GDAL_SKIPPED),
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "CPL_CURL_ENABLE_VSIMEM": "NO",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OPENPYXL_LXML": "False",
        "OSMIUM_POOL_THREADS": "1",
        "GDAL_HTTP_PROXY": _DEAD_PROXY,
        "HTTP_PROXY": _DEAD_PROXY,
        "HTTPS_PROXY": _DEAD_PROXY,
        "ALL_PROXY": _DEAD_PROXY,
        "GEZHI_INTAKE_CUT": "1" if cut else "0",
    }
    if "SYSTEMROOT" in os.environ:
        made["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return made


def prefix() -> list[str]:
    """The command that starts a process without network, or nothing where the kernel does not allow it."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    try:
        done = subprocess.run([unshare, "-rn", "--", "true"], capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [unshare, "-rn", "--"] if done.returncode == 0 else []


def lower_limits(limits: values.Limits) -> None:
    """Lower this process's limits: address space, processor time, file size, open files, no core file."""
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: limits.write_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in wanted.items():
        _, hard = resource.getrlimit(which)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        last = ceiling + 2 if which == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else ceiling
        resource.setrlimit(which, (ceiling, last))


def leave_out_pandas() -> None:
    """Make importing pandas fail in this process. Pyarrow would load it at the first list that it is given, to ask
    whether that is a Series: half of the child's processor time for a small file, and nothing here uses it."""

    def refuse(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out of the reading of files", name=name)

    sys.meta_path.insert(0, types.SimpleNamespace(find_spec=refuse))  # type: ignore[arg-type]


def close_doors() -> None:
    """From now on this process opens no socket and starts no program."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _DENIED:
            raise PermissionError(f"{event} is not allowed while reading a file")

    sys.addaudithook(refuse)

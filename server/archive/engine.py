"""DuckDB, opened for one question: no extensions, no network, only the archive's directory, interruptible.

The relation ``facts`` is a view over the Parquet files of the manifest and an Arrow table of live incidents.
"""

from __future__ import annotations

import contextlib
import glob
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from server.archive import sql, values

_POLL_S = 0.1


@contextlib.contextmanager
def connect(engine: values.Engine) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory DuckDB under the engine's limits."""
    settings: dict[str, Any] = {
        "threads": engine.threads,
        "memory_limit": f"{engine.memory_mib}MiB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
        "preserve_insertion_order": False,
        "temp_directory": "" if engine.spill is None else str(engine.spill),
    }
    connection = duckdb.connect(":memory:", config=settings)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def open_facts(
    facts: values.Facts, engine: values.Engine, *, start_us: int | None = None, end_us: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose view ``facts`` reads the segments that can lie in the window. Raises ArchiveError
    E_SEGMENT_MISSING when a file of the manifest is not there."""
    chosen = [segment for segment in facts.segments if _overlaps(segment, start_us, end_us)]
    replaced = any(segment.replaces for segment in facts.segments) or _live_replaces(facts.live)
    if replaced:
        chosen = list(facts.segments)
    paths: dict[int, list[str]] = {}
    for segment in chosen:
        path = facts.directory / segment.file
        if not path.is_file():
            raise values.ArchiveError(
                "E_SEGMENT_MISSING", f"the archive names {segment.file}, but the file is not there", file=segment.file
            )
        paths.setdefault(segment.layout, []).append(glob.escape(str(path)).replace("'", "''"))
    live = facts.live if facts.live is not None and facts.live.num_rows else None
    with connect(engine) as connection:
        if paths:
            held = " UNION ALL ".join(_files(layout, named) for layout, named in sorted(paths.items()))
            try:
                connection.execute(f"CREATE VIEW segments AS {held}")
            except duckdb.Error as error:
                raise damaged() from error
        if live is not None or not paths:
            table = values.SCHEMA.empty_table() if live is None else live.select(values.SCHEMA.names)
            connection.register("live_table", table.cast(values.SCHEMA))
            connection.execute(f"CREATE VIEW live AS SELECT {_project()} FROM live_table")
        everything = sql.facts(segments=bool(paths), live=live is not None or not paths, replaced=replaced)
        connection.execute(f"CREATE VIEW facts AS {everything}")
        yield connection


def fetch(
    connection: duckdb.DuckDBPyConnection,
    text: str,
    parameters: dict[str, Any] | None = None,
    *,
    cancelled: Callable[[], bool] | None = None,
) -> pa.Table:
    """The answer as an Arrow table. ``cancelled`` is polled; when it says so, the query stops (ArchiveError
    E_CANCELLED). A damaged file raises ArchiveError E_SEGMENT_DAMAGED."""
    done = threading.Event()
    stopped = threading.Event()

    def watch(asked: Callable[[], bool]) -> None:
        while not done.wait(_POLL_S):
            if asked():
                stopped.set()
                connection.interrupt()

    watcher = None if cancelled is None else threading.Thread(target=watch, args=(cancelled,), daemon=True)
    if watcher is not None:
        watcher.start()
    try:
        answer = connection.sql(text, params=parameters or None)
        return answer.to_arrow_table()
    except duckdb.InterruptException as error:
        if stopped.is_set():
            raise values.ArchiveError("E_CANCELLED", "the query was cancelled") from error
        raise
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise damaged() from error
    finally:
        done.set()
        if watcher is not None:
            watcher.join()


def damaged() -> values.ArchiveError:
    """What is raised for a file that is there and cannot be read."""
    return values.ArchiveError("E_SEGMENT_DAMAGED", "a file of the archive cannot be read; archive check names it")


def column(table: pa.Table, name: str, dtype: type) -> np.ndarray:
    """A column of an answer as a NumPy array."""
    return np.asarray(table[name].to_numpy(), dtype=dtype)


def _files(layout: int, paths: Sequence[str]) -> str:
    """Rows of files of one layout; what the layout lacks is null."""
    files = ", ".join(f"'{path}'" for path in paths)
    return f"SELECT {_project(values.LACKING.get(layout, ()))} FROM read_parquet([{files}])"


def _project(lacking: Sequence[str] = ()) -> str:
    """Every column of the archive, times as microseconds."""
    named = {"time": "us", "received": "received_us"}
    columns = []
    for name in values.SCHEMA.names:
        text = f'"{name}"' if name not in named else f"epoch_us({name}) AS {named[name]}"
        columns.append(f"CAST(NULL AS BIGINT) AS {named.get(name, name)}" if name in lacking else text)
    return ", ".join(columns)


def _overlaps(segment: values.Segment, start_us: int | None, end_us: int | None) -> bool:
    return (end_us is None or segment.min_us < end_us) and (start_us is None or segment.max_us >= start_us)


def _live_replaces(live: pa.Table | None) -> bool:
    return live is not None and live.num_rows > 0 and live["replaces"].null_count < live.num_rows

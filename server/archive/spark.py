"""Spark, where one machine is too small: the archive's SQL text, run unchanged on as many machines as Spark has.

Spark is no part of what Gezhi installs: ``pip install -r server/archive/requirements-spark.txt`` and a system Java 17
bring it. ``SPARK_MASTER`` names a cluster (default: every core of this machine); its workers need this environment,
since points become cells by the same kernel there.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from geo import cells
from server.archive import sql, values

_CELLS = "cell bigint, category string, weight int"


def aggregate(paths: Sequence[Path], *, res: int, stored: bool) -> pa.Table:
    """cell, category, n of Parquet files, in no order: by their stored cells, or from their points (WGS-84 degrees).

    Raises ArchiveError E_NO_SPARK where pyspark is not installed.
    """
    session = _session()
    try:
        rows = session.read.parquet(*(str(path.absolute()) for path in paths))
        if stored:
            facts = rows.select("cell", "category", "weight")
        else:
            points = rows.selectExpr(
                "CAST(lat AS double) AS lat", "CAST(lng AS double) AS lng", "CAST(category AS string) AS category"
            )
            facts = points.mapInArrow(_placed(res), _CELLS)
        facts.createOrReplaceTempView("facts")
        return session.sql(sql.aggregate(res)).toArrow()
    finally:
        session.stop()


def _session() -> Any:
    try:
        spark = importlib.import_module("pyspark.sql")
    except ImportError:
        raise values.ArchiveError(
            "E_NO_SPARK",
            "Spark is not installed: python3 -m pip install -r server/archive/requirements-spark.txt, and Java 17",
        ) from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    root = str(Path(__file__).resolve().parents[2])
    os.environ["PYTHONPATH"] = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
    build = (
        spark.SparkSession.builder.master(os.environ.get("SPARK_MASTER", "local[*]"))
        .appName("gezhi aggregate")
        .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(1 << 18))
    )
    session = build.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _placed(res: int) -> Any:
    """Batches of points → batches of cells with weight 1; rows without a place on the globe are left out."""

    def place(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lats, lngs = (np.asarray(batch.column(at).to_numpy(zero_copy_only=False), float) for at in (0, 1))
            with np.errstate(invalid="ignore"):
                there = (np.abs(lats) <= 90) & (np.abs(lngs) <= 180)
            ids = cells.from_points(lats[there], lngs[there], res).astype(np.int64)
            category = batch.column(2).filter(pa.array(there))
            ones = pa.array(np.ones(ids.size, np.int32))
            yield pa.RecordBatch.from_arrays([pa.array(ids), category, ones], ["cell", "category", "weight"])

    return place

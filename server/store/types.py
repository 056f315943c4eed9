"""The column types of the schema: what SQLite's STRICT tables and PostgreSQL both hold without conversion.

Times are text in ISO 8601 UTC ending in ``Z``; text of one form sorts as time does in both databases. Arrays are
little-endian bytes of a fixed dtype, named beside the column. H3 ids fit in 63 bits, so a cell is a plain integer.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import BigInteger, Double, LargeBinary, Text, types
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

Integer = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
Real: TypeEngine[float] = Double().with_variant(sqlite.REAL(), "sqlite")
String = Text()
Blob = LargeBinary()


class Json(types.TypeDecorator[Any]):
    """A JSON value kept as text: the same bytes in both databases, keys sorted, no NaN."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)

"""Arrays in and out of blob columns: little-endian bytes of a dtype that the schema names. Read arrays are views."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack(values: NDArray[Any], dtype: str) -> bytes:
    """The bytes of ``values`` as ``dtype`` (for example ``<i4``). Raises OverflowError where a value does not fit."""
    wanted = np.dtype(dtype)
    array = np.ascontiguousarray(values)
    if array.dtype.kind in "iu" and wanted.kind in "iu" and array.size:
        bounds = np.iinfo(wanted)
        if int(array.max()) > bounds.max or int(array.min()) < bounds.min:
            raise OverflowError(f"values {array.min()}…{array.max()} do not fit {wanted}")
    return array.astype(wanted, copy=False).tobytes()


def unpack(data: bytes, dtype: str) -> NDArray[Any]:
    """The array of ``data``; a view of the bytes."""
    return np.frombuffer(data, dtype=np.dtype(dtype))

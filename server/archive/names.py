"""Categories as numbers while they are counted, by the order in which they are met."""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


class Names:
    """Every category met so far, no category (null) among them, and its number from 0. Threads may share one."""

    def __init__(self) -> None:
        self._numbers: dict[str | None, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def numbered(self, category: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """A small code for each row of a column of texts or of a dictionary of them, and the number that each code
        means. Raises ArrowInvalid where a row names what the dictionary has not."""
        if not pa.types.is_dictionary(category.type):
            category = category.cast(pa.string()).dictionary_encode()
        words = [*category.dictionary.to_pylist(), None]
        with self._lock:
            known = np.array([self._numbers.setdefault(word, len(self._numbers)) for word in words], np.int32)
        indices = category.indices.cast(pa.int32())
        codes = (pc.fill_null(indices, len(words) - 1) if indices.null_count else indices).to_numpy()
        if codes.view(np.uint32).max(initial=0) >= len(words):
            raise pa.ArrowInvalid(f"a row names category {codes.max()} of {len(words) - 1}")
        return codes, known

    def ranks(self) -> NDArray[np.int64]:
        """The place of every number in the order of the texts, no category last."""
        words = pa.array(list(self._numbers), pa.string())
        rank = np.empty(len(words), np.int64)
        rank[np.asarray(pc.sort_indices(words))] = np.arange(len(words))
        return rank

    def texts(self, numbers: NDArray[np.int32]) -> pa.DictionaryArray:
        """The categories that the numbers mean."""
        words = pa.array(list(self._numbers), pa.string()).fill_null("")
        return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers == self._numbers.get(None, -1)), words)

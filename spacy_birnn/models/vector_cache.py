"""A cache of word vectors, so that frequent words are embedded once."""

from itertools import count, islice
from typing import Any, Callable, Dict, Iterator, Tuple

import numpy as np
from numpy.typing import NDArray
from thinc.api import Ops
from thinc.types import Floats2d

# The row of each word, the vectors, and the free rows.
Store = Tuple[Dict[int, int], Floats2d, Iterator[int]]


class VectorCache:
    """Keeps vectors by key. When it is full, it is emptied.

    It is safe for threads: a row is written before its key is visible, and never again.

    size (int): Maximum number of vectors.
    ops (Ops): Allocates the vectors.
    """

    def __init__(self, size: int, ops: Ops) -> None:
        self.size = size
        self.ops = ops
        self._store = self._make_store(width=0)

    def __call__(
        self, keys: NDArray[np.uint64], compute: Callable[[NDArray[np.int64]], Floats2d]
    ) -> Floats2d:
        """Look up vectors, and compute those that are missing.

        keys (NDArray[np.uint64]): Shape (words,), all distinct.
        compute (Callable): Computes the vectors of the words at some positions, shape
            (positions, width).
        RETURNS (Floats2d): Shape (words, width).
        """
        rows_of, vectors, _ = self._store
        rows: Any = np.array([rows_of.get(key, -1) for key in keys.tolist()], dtype=np.int64)
        missing: Any = np.flatnonzero(rows < 0)
        if len(missing) == len(keys):
            found = computed = compute(missing)
        else:
            found = vectors[self.ops.asarray1i(rows)]
            if not len(missing):
                return found
            computed = compute(missing)
            found[self.ops.asarray1i(missing)] = computed
        self._keep(keys[missing], computed)
        return found

    def _keep(self, keys: NDArray[np.uint64], computed: Floats2d) -> None:
        n_new = len(keys)
        if not 0 < n_new <= self.size:
            return
        rows_of, vectors, free = self._store
        rows = list(islice(free, n_new))
        if vectors.shape[1] != computed.shape[1] or rows[-1] >= self.size:
            self._store = rows_of, vectors, free = self._make_store(computed.shape[1])
            rows = list(islice(free, n_new))
        vectors[rows[0] : rows[0] + n_new] = computed
        rows_of.update(zip(keys.tolist(), rows))

    def _make_store(self, width: int) -> Store:
        return {}, self.ops.alloc2f(self.size, width, zeros=False), count()

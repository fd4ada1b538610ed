"""Hash embeddings of features in NumPy: the tables of a compiled embedding."""

from typing import Any, Mapping

import numpy as np
from numpy.typing import NDArray

from ..tags.windows import IntArray

FloatArray = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]


class RowTable:
    """A table of vectors, in one of three types.

    rows (NDArray): Shape (rows, width): float32, float16, or int8 with a scale for each row.
    scales (Optional[NDArray[np.float32]]): Shape (rows,), for int8.

    prefix (str): Prefix of the names of its arrays.
    arrays (Arrays): The arrays "rows" and, for int8, "scales".
    """

    def __init__(self, prefix: str, arrays: Arrays) -> None:
        self.rows = arrays[f"{prefix}.rows"]
        self.scales = arrays.get(f"{prefix}.scales")

    def __getitem__(self, ids: IntArray) -> FloatArray:
        """Look up vectors.

        ids (IntArray): Rows, of any shape.
        RETURNS (FloatArray): Their vectors: the same shape, with the width as a further axis.
        """
        vectors = self.rows[ids].astype(np.float32, copy=False)
        return vectors if self.scales is None else vectors * self.scales[ids][..., None]


class HashTable:
    """Vectors of the values of some features, as `FeatureTable` computes them in prediction.

    prefix (str): Prefix of the names of its arrays.
    arrays (Arrays): The arrays of a `RowTable`; "unknown", shape (features, 1, width), the vectors
        of unknown values; and "seen", bits of the slots with known values.
    """

    def __init__(self, prefix: str, arrays: Arrays) -> None:
        self.table = RowTable(prefix, arrays)
        self.unknown = arrays[f"{prefix}.unknown"]
        self.seen = arrays[f"{prefix}.seen"]

    def __call__(self, ids: IntArray, slots: IntArray) -> FloatArray:
        """Look up the vectors of words.

        ids (IntArray): Shape (features, words, hashes): rows of the table.
        slots (IntArray): Shape (features, words).
        RETURNS (FloatArray): Shape (words, features * width).
        """
        known = (self.seen[slots >> 3] >> (slots & 7).astype(np.uint8)) & 1
        vectors = self.table[ids[..., 0]]
        for i in range(1, ids.shape[2]):
            vectors = vectors + self.table[ids[..., i]]
        chosen = np.where(known[..., None] > 0, vectors, self.unknown)
        return chosen.transpose(1, 0, 2).reshape(slots.shape[1], -1)

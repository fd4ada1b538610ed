"""Length buckets: which sequences are padded together, so that little work is padding."""

from dataclasses import dataclass
from typing import List, Sequence

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

# Opening a bucket costs about as much as padding this many rows by one step each: the
# kernels of a recurrent step do not get faster below that number of rows.
ROW_OVERHEAD = 8


@dataclass(frozen=True)
class Bucket:
    """Sequences of similar length, as left-aligned columns of a padded array.

    gather (IntArray): Shape (steps, rows): for each cell the row of the flat input to copy.
        Padding repeats the last item of its sequence, so that it is always a valid row.
    reverse (IntArray): Shape (steps, rows): for each cell the flat index (step * rows + row)
        of the mirrored cell of the same sequence. Padding maps onto itself.
    """

    gather: IntArray
    reverse: IntArray


@dataclass(frozen=True)
class BucketPlan:
    """How a batch of sequences is cut into buckets, and how results find their way back.

    buckets (List[Bucket]): The buckets, longest sequences first.
    scatter (IntArray): Shape (items,): for each item of the flat input its row in the
        flattened and concatenated outputs of all buckets.
    """

    buckets: List[Bucket]
    scatter: IntArray


def plan_buckets(lengths: Sequence[int], max_steps: int) -> BucketPlan:
    """Group sequences by length.

    Sequences are taken from long to short. A bucket is closed when it is full, or when the
    padding it holds has cost more than opening a new one would.

    lengths (Sequence[int]): Length of each sequence, zero allowed.
    max_steps (int): Most padded cells (steps x rows) of a bucket of several sequences, which
        bounds the memory that one bucket needs.
    RETURNS (BucketPlan): The plan. Empty sequences are in no bucket.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    order = np.argsort(-sizes, kind="stable")
    order = order[: np.count_nonzero(sizes)]
    scatter = np.empty(int(sizes.sum()), dtype=np.int64)
    buckets = []
    first = offset = 0
    for last in _bucket_ends(sizes[order].tolist(), max_steps):
        rows = order[first:last]
        bucket, valid = _make_bucket(starts[rows], sizes[rows])
        scatter[bucket.gather.ravel()[valid]] = offset + valid
        buckets.append(bucket)
        offset += bucket.gather.size
        first = last
    return BucketPlan(buckets, scatter)


def _bucket_ends(sizes: List[int], max_steps: int) -> List[int]:
    ends = []
    first = padding = 0
    for i, size in enumerate(sizes):
        full = (i + 1 - first) * sizes[first] > max_steps
        if i > first and (full or padding > ROW_OVERHEAD * size):
            ends.append(i)
            first, padding = i, 0
        padding += sizes[first] - size
    if sizes:
        ends.append(len(sizes))
    return ends


def _make_bucket(starts: IntArray, sizes: IntArray) -> "tuple[Bucket, IntArray]":
    steps = np.arange(sizes[0])[:, None]
    inside = steps < sizes
    gather = starts + np.minimum(steps, sizes - 1)
    mirrored = np.where(inside, sizes - 1 - steps, steps)
    reverse = mirrored * len(sizes) + np.arange(len(sizes))
    return Bucket(gather, reverse), np.flatnonzero(inside)

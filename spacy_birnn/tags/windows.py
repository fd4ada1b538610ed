"""Windows of sequences that are too long to be read as a whole."""

from dataclasses import dataclass
from typing import Sequence

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Windows of concatenated sequences. A short sequence is one window.

    parents (IntArray): Shape (windows,): number of the sequence of each window.
    starts (IntArray): Shape (windows,): first item.
    sizes (IntArray): Shape (windows,): number of items, zero allowed.
    own_starts (IntArray): Shape (windows,): the first step whose result is kept.
    own_ends (IntArray): Shape (windows,): the step after the last one whose result is kept.
    """

    parents: IntArray
    starts: IntArray
    sizes: IntArray
    own_starts: IntArray
    own_ends: IntArray


def cut_windows(lengths: Sequence[int], window: int = 0, overlap: int = 0) -> Windows:
    """Cut sequences that are longer than a window into windows of about equal length.

    lengths (Sequence[int]): Length of each sequence.
    window (int): Greatest length of a window, more than twice the overlap; 0 for no limit.
    overlap (int): Steps of context on either side of a window's own steps.
    RETURNS (Windows): The windows, in order. Every item is the own item of one window.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if not window or max(lengths, default=0) <= window:
        numbers = np.arange(len(sizes))
        return Windows(numbers, np.cumsum(sizes) - sizes, sizes, np.zeros_like(sizes), sizes)
    counts = np.where(sizes > window, -(-sizes // (window - 2 * overlap)), 1)
    parents = np.repeat(np.arange(len(sizes)), counts)
    ranks = np.arange(len(parents)) - (np.cumsum(counts) - counts)[parents]
    sizes, counts, starts = sizes[parents], counts[parents], (np.cumsum(sizes) - sizes)[parents]
    own_starts, own_ends = sizes * ranks // counts, sizes * (ranks + 1) // counts
    first = np.maximum(own_starts - overlap, 0)
    last = np.minimum(own_ends + overlap, sizes)
    return Windows(parents, starts + first, last - first, own_starts - first, own_ends - first)

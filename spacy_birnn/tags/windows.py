"""Windows of sequences that are too long to be read as a whole."""

from dataclasses import dataclass
from typing import Sequence

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """Sequences to read, each a part of the flat input.

    parents (IntArray): Shape (pieces,): number of the sequence that it is a piece of.
    starts (IntArray): Shape (pieces,): first item.
    sizes (IntArray): Shape (pieces,): number of items, zero allowed.
    own_starts (IntArray): Shape (pieces,): the first step whose result is kept.
    own_ends (IntArray): Shape (pieces,): the step after the last one whose result is kept.
    """

    parents: IntArray
    starts: IntArray
    sizes: IntArray
    own_starts: IntArray
    own_ends: IntArray


def cut_windows(lengths: Sequence[int], window: int = 0, overlap: int = 0) -> Pieces:
    """Cut sequences that are longer than a window into windows of about equal length.

    lengths (Sequence[int]): Length of each sequence; they stand one after the other.
    window (int): Longest piece; 0 for no limit. More than twice the overlap.
    overlap (int): Steps that a piece reads on either side of its own as context.
    RETURNS (Pieces): The pieces, in order. Every item is the own item of one piece.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if not window or max(lengths, default=0) <= window:
        numbers = np.arange(len(sizes))
        return Pieces(numbers, np.cumsum(sizes) - sizes, sizes, np.zeros_like(sizes), sizes)
    counts = np.where(sizes > window, -(-sizes // (window - 2 * overlap)), 1)
    parents = np.repeat(np.arange(len(sizes)), counts)
    ranks = np.arange(len(parents)) - (np.cumsum(counts) - counts)[parents]
    sizes, counts, starts = sizes[parents], counts[parents], (np.cumsum(sizes) - sizes)[parents]
    own_starts, own_ends = sizes * ranks // counts, sizes * (ranks + 1) // counts
    first = np.maximum(own_starts - overlap, 0)
    last = np.minimum(own_ends + overlap, sizes)
    return Pieces(parents, starts + first, last - first, own_starts - first, own_ends - first)

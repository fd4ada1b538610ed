"""How a batch of sequences is laid out for the kernels of a recurrent layer."""

from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from ..tags.windows import IntArray, Pieces

# What a call of a recurrent kernel costs, in cells: once, and for each of its steps.
CALL_COST = 60
STEP_COST = 2
# A call works on at most so many cells, which bounds its scratch memory.
MAX_CELLS = 8192


@dataclass(frozen=True)
class Layout:
    """Sequences as left-aligned columns of an array of cells, cut into strips.

    The sequences are sorted from long to short, and a strip is a rectangle of consecutive
    steps of all sequences that are not over yet, so little of it is padding. It takes the
    place of a `PackedSequence`, which has one strip a step. The cells of a strip are
    flattened step by step; the strips stand one after the other.

    strips (List[Tuple[int, int]]): Steps and rows of each strip. Rows never increase.
    gather (IntArray): Shape (cells,): for each cell the item of the flat input to copy.
        Padding repeats the last item of its sequence, so that it is always a valid item.
    reverse (IntArray): Shape (cells,): for each cell the mirrored cell of the same sequence.
        Padding maps onto itself.
    scatter (IntArray): Shape (items,): for each item of the flat input its cell.
    """

    strips: List[Tuple[int, int]]
    gather: IntArray
    reverse: IntArray
    scatter: IntArray


def plan_layout(pieces: Pieces, cut: int = 0) -> Layout:
    """Lay out a batch.

    pieces (Pieces): The sequences.
    cut (int): End a strip at every multiple of so many steps; 0 for anywhere.
    RETURNS (Layout): The layout. Empty sequences have no row.
    """
    order = np.argsort(-pieces.sizes, kind="stable")
    order = order[: np.count_nonzero(pieces.sizes)]
    sizes, starts = pieces.sizes[order], pieces.starts[order]
    strips = plan_strips(sizes, cut)
    strip_steps, strip_rows = np.array(strips, dtype=np.int64).reshape(-1, 2).T
    rows_of_step = np.repeat(strip_rows, strip_steps)
    first_cell = np.cumsum(rows_of_step) - rows_of_step
    steps = np.repeat(np.arange(len(rows_of_step)), rows_of_step)
    rows = np.arange(len(steps)) - first_cell[steps]
    last_step = sizes[rows] - 1
    gather = starts[rows] + np.minimum(steps, last_step)
    mirrored = np.where(steps <= last_step, last_step - steps, steps)
    reverse = first_cell[mirrored] + rows
    own_starts, own_ends = pieces.own_starts[order], pieces.own_ends[order]
    own = np.flatnonzero((own_starts[rows] <= steps) & (steps < own_ends[rows]))
    scatter = np.empty(len(own), dtype=np.int64)
    scatter[gather[own]] = own
    return Layout(strips, gather, reverse, scatter)


def plan_strips(sizes: IntArray, cut: int = 0) -> List[Tuple[int, int]]:
    """Choose the strips that cost least, calls and padding together.

    Steps and rows are rounded, because the kernels of some backends are compiled for each
    new shape.

    sizes (IntArray): Length of each sequence, from long to short, none zero.
    cut (int): End a strip at every multiple of so many steps; 0 for anywhere.
    RETURNS (List[Tuple[int, int]]): Steps and rows of each strip.
    """
    if not len(sizes):
        return []
    # Equal lengths, as of a single sequence, leave nothing to choose.
    ends = sizes[:1]
    if sizes[0] > sizes[-1]:
        ends = np.unique(np.minimum(_round_up(np.unique(sizes)), sizes[0]))
    starts = np.append(0, ends[:-1])
    active = len(sizes) - np.searchsorted(sizes[::-1], starts, side="right")
    rows = np.minimum(_round_up(active), len(sizes))
    # The cost from each start to the end, and where the strip that begins there ends.
    costs, stops = np.zeros(len(ends) + 1), np.zeros(len(ends), dtype=np.int64)
    for i in reversed(range(len(ends))):
        choices = (rows[i] + STEP_COST) * (ends[i:] - starts[i]) + costs[i + 1 :]
        best = choices.argmin()
        costs[i], stops[i] = choices[best] + CALL_COST, i + best + 1
    strips, i = [], 0
    while i < len(ends):
        step, stop = int(starts[i]), int(ends[stops[i] - 1])
        most = max(1, MAX_CELLS // int(rows[i]))
        while step < stop:
            end = min(step + most, stop)
            if cut:
                end = min(end, (step // cut + 1) * cut)
            strips.append((end - step, int(rows[i])))
            step = end
        i = stops[i]
    return strips


def _round_up(sizes: IntArray) -> IntArray:
    """Round to four binary digits: exact up to 16, then to even numbers, to fours and so on."""
    unit = 2 ** np.maximum(np.frexp(sizes)[1].astype(np.int64) - 4, 0)
    return -(-sizes // unit) * unit

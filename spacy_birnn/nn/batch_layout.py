"""The layout of a batch of sequences for the kernels of a recurrent layer."""

from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from ..tags.windows import IntArray, Windows

# The overhead of a kernel, in positions: per call in prediction and in training, which converts the
# weights in each call, and per step of a call.
CALL_COST = 60
TRAINING_CALL_COST = 200
STEP_COST = 2
# Positions of a call, which bound its scratch memory.
MAX_POSITIONS = 8192


@dataclass(frozen=True)
class Layout:
    """The blocks of a padded batch, and the indices that lead to it and back.

    The sequences are sorted by length, the longest first. A block is a rectangle of consecutive
    steps of all sequences that have not ended, so little of it is padding. A `PackedSequence`
    has one block per step instead. The positions of a block are flattened step by step; the
    blocks follow each other.

    blocks (List[Tuple[int, int]]): Steps and rows of each block. Rows never increase.
    gather (IntArray): Shape (positions,): for each position the item of the flat input to copy.
        Padding repeats the last item of its sequence, so it is always a valid item.
    reverse (IntArray): Shape (positions,): for each position the mirrored one of the same
        sequence. Padding maps to itself.
    scatter (IntArray): Shape (items,): for each item of the flat input its position.
    """

    blocks: List[Tuple[int, int]]
    gather: IntArray
    reverse: IntArray
    scatter: IntArray


def plan_layout(windows: Windows, bptt: int = 0, call_cost: int = CALL_COST) -> Layout:
    """Lay out a batch.

    windows (Windows): The sequences.
    bptt (int): End a block at every multiple of this number of steps; 0 for anywhere.
    call_cost (int): The overhead of a block, in positions.
    RETURNS (Layout): The layout. Empty sequences have no row.
    """
    order = np.argsort(-windows.sizes, kind="stable")
    order = order[: np.count_nonzero(windows.sizes)]
    sizes, starts = windows.sizes[order], windows.starts[order]
    blocks = plan_blocks(sizes, bptt, call_cost)
    block_steps, block_rows = np.array(blocks, dtype=np.int64).reshape(-1, 2).T
    rows_of_step = np.repeat(block_rows, block_steps)
    first_position = np.cumsum(rows_of_step) - rows_of_step
    steps = np.repeat(np.arange(len(rows_of_step)), rows_of_step)
    rows = np.arange(len(steps)) - first_position[steps]
    last_step = sizes[rows] - 1
    gather = starts[rows] + np.minimum(steps, last_step)
    mirrored = np.where(steps <= last_step, last_step - steps, steps)
    reverse = first_position[mirrored] + rows
    own_starts, own_ends = windows.own_starts[order], windows.own_ends[order]
    own = np.flatnonzero((own_starts[rows] <= steps) & (steps < own_ends[rows]))
    scatter = np.empty(len(own), dtype=np.int64)
    scatter[gather[own]] = own
    return Layout(blocks, gather, reverse, scatter)


def plan_blocks(
    sizes: IntArray, bptt: int = 0, call_cost: int = CALL_COST
) -> List[Tuple[int, int]]:
    """Choose the blocks with the lowest cost of calls and padding together.

    Steps and rows are rounded, because some backends compile a kernel for each new shape.

    sizes (IntArray): Length of each sequence, in descending order, none zero.
    bptt (int): End a block at every multiple of this number of steps; 0 for anywhere.
    call_cost (int): The overhead of a block, in positions.
    RETURNS (List[Tuple[int, int]]): Steps and rows of each block.
    """
    if not len(sizes):
        return []
    # Equal lengths, such as that of a single sequence, leave nothing to choose.
    ends = sizes[:1]
    if sizes[0] > sizes[-1]:
        ends = np.unique(np.minimum(_round_up(np.unique(sizes)), sizes[0]))
    starts = np.append(0, ends[:-1])
    active = len(sizes) - np.searchsorted(sizes[::-1], starts, side="right")
    rows = np.minimum(_round_up(active), len(sizes))
    # The cost from each start to the end, and the number of the block after the one that starts
    # there.
    costs, following = np.zeros(len(ends) + 1), np.zeros(len(ends), dtype=np.int64)
    for i in reversed(range(len(ends))):
        choices = (rows[i] + STEP_COST) * (ends[i:] - starts[i]) + costs[i + 1 :]
        best = choices.argmin()
        costs[i], following[i] = choices[best] + call_cost, i + best + 1
    blocks, i = [], 0
    while i < len(ends):
        step, last = int(starts[i]), int(ends[following[i] - 1])
        max_steps = max(1, MAX_POSITIONS // int(rows[i]))
        while step < last:
            end = min(step + max_steps, last)
            if bptt:
                end = min(end, (step // bptt + 1) * bptt)
            blocks.append((end - step, int(rows[i])))
            step = end
        i = following[i]
    return blocks


def _round_up(sizes: IntArray) -> IntArray:
    """Round to four binary digits: exact up to 16, then to even numbers, to fours and so on."""
    unit = 2 ** np.maximum(np.frexp(sizes)[1].astype(np.int64) - 4, 0)
    return -(-sizes // unit) * unit

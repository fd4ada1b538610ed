"""Batches of bounded length, into which long documents are cut."""

import sys
from typing import Iterator, List, NamedTuple, Sequence

import numpy as np

from ..tags.windows import cut_windows
from .units import Unit, cut_unit


class Window(NamedTuple):
    """A unit, or a part of one.

    parent (int): Number of the unit.
    unit (Unit): What the model reads.
    own (slice): That of it of which the labels count; the rest is context.
    """

    parent: int
    unit: Unit
    own: slice


def make_batches(
    units: Sequence[Unit], max_length: int, overlap: int, may_cut: bool
) -> Iterator[List[Window]]:
    """Deal documents or texts out to batches, and cut those that are too long for one.

    units (Sequence[Unit]): The documents or texts.
    max_length (int): Greatest length of a batch, context included; 0 for no limit.
    overlap (int): What a part of a unit reads on either side as context.
    may_cut (bool): Whether units may be cut; otherwise one that is too long
        makes a batch of its own.
    YIELDS (List[Window]): The batches, with the windows of each unit in order. Empty units may
        be missing.
    """
    lengths = [len(unit) for unit in units]
    limit = max_length or sys.maxsize
    if sum(lengths) <= limit:
        if any(lengths):
            yield [Window(i, unit, slice(None)) for i, unit in enumerate(units)]
        return
    windows = cut_windows(lengths, limit if may_cut else 0, overlap)
    starts = windows.starts - (np.cumsum(lengths) - lengths)[windows.parents]
    # All batches get about as much, because a small one is slow.
    total = int(windows.sizes.sum())
    share = total / max(1, -(-total // limit))
    batch: List[Window] = []
    filled = 0
    columns = (windows.parents, starts, windows.sizes, windows.own_starts, windows.own_ends)
    for parent, start, size, own_start, own_end in zip(*(c.tolist() for c in columns)):
        if filled and (filled >= share or filled + size > limit):
            yield batch
            batch, filled = [], 0
        unit = units[parent]
        part = unit if size == len(unit) else cut_unit(unit, start, start + size)
        batch.append(Window(parent, part, slice(own_start, own_end)))
        filled += size
    if filled:
        yield batch

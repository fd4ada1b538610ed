"""Batches of limited length, with long documents cut into windows."""

import sys
from typing import Iterator, List, NamedTuple, Sequence

import numpy as np

from ..tags.windows import cut_windows
from .units import Unit, cut_unit


class Window(NamedTuple):
    """A part of a document that the model reads at once, or all of it.

    parent (int): Index of the document in its batch.
    unit (Unit): The part.
    own (slice): Tokens whose labels are used; the others are context.
    """

    parent: int
    unit: Unit
    own: slice


def make_batches(
    units: Sequence[Unit], max_length: int, overlap: int, may_cut: bool
) -> Iterator[List[Window]]:
    """Group documents into batches, and cut documents that are longer than a batch.

    units (Sequence[Unit]): The documents or texts.
    max_length (int): Maximum length of a batch, context included; 0 for no limit.
    overlap (int): Context that a window reads on either side.
    may_cut (bool): Whether documents may be cut. Otherwise one that is too long is a batch of its
        own.
    YIELDS (List[Window]): The batches, with the windows of each document in order. Empty
        documents may be missing.
    """
    lengths = [len(unit) for unit in units]
    limit = max_length or sys.maxsize
    if sum(lengths) <= limit:
        if any(lengths):
            yield [Window(i, unit, slice(None)) for i, unit in enumerate(units)]
        return
    windows = cut_windows(lengths, limit if may_cut else 0, overlap)
    starts = windows.starts - (np.cumsum(lengths) - lengths)[windows.parents]
    # Batches of about equal length, because a small one is slow.
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

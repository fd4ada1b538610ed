"""Repair of illegal sequences of tags, such as those joined from parts of a document."""

from typing import Optional

import numpy as np
from numpy.typing import NDArray

from .schemes import OUTSIDE, IntArray, TagSet
from .viterbi import viterbi

# A tag of the same type is a smaller change than a tag of another one.
SAME, SAME_TYPE = 1.0, 0.25


def repair(tags: IntArray, mask: Optional[NDArray[np.bool_]], tag_set: TagSet) -> IntArray:
    """Find the legal sequence that differs from a given one in the fewest tags.

    Only the segments around illegal tags are searched, from one border between spans to the next.

    tags (IntArray): Shape (tokens,): the sequence.
    mask (Optional[NDArray[np.bool_]]): Shape (tokens, tags): which tags each token may have; None
        for all. At least one legal sequence must be left.
    tag_set (TagSet): The tags, of a scheme that marks ends.
    RETURNS (IntArray): The legal sequence.
    """
    n, transitions = len(tags), tag_set.transitions
    begins, ends = np.isin(tags, transitions.starters), np.isin(tags, transitions.enders)
    faulty = np.zeros(n, dtype=bool) if mask is None else ~mask[np.arange(n), tags]
    faulty[:1] |= ~begins[:1]
    faulty[-1:] |= ~ends[-1:]
    broken = ~transitions.allowed()[tags[:-1], tags[1:]]
    faulty[:-1] |= broken
    faulty[1:] |= broken
    if not faulty.any():
        return tags
    first = np.ones(n, dtype=bool)
    first[1:] = ends[:-1] & begins[1:] & ~(faulty[:-1] | faulty[1:])
    segment = np.cumsum(first) - 1
    searched = np.zeros(segment[-1] + 1, dtype=bool)
    searched[segment[faulty]] = True
    tokens = np.flatnonzero(searched[segment])
    old = tags[tokens]
    types = (np.arange(tag_set.n_tags) - 1) // len(tag_set.letters)
    likeness = np.where(types[old][:, None] == types, SAME_TYPE, 0.0).astype(np.float32)
    likeness[old == OUTSIDE] = 0.0
    likeness[np.arange(len(old)), old] = SAME
    if mask is not None:
        likeness[~mask[tokens]] = -np.inf
    repaired = tags.copy()
    repaired[tokens] = viterbi(likeness, np.bincount(segment)[searched].tolist(), transitions)
    return repaired

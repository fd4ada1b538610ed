"""Masks: the tags that each token may have."""

from typing import Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from .labels import LabelIds, allowed_labels
from .lattice import Lattice
from .schemes import Transitions

BoolArray = NDArray[np.bool_]

# Score of a masked tag. Its exponential is exactly zero, and unlike -inf it has a gradient.
MASKED = -1e4


def join_masks(
    masks: Sequence[Optional[BoolArray]], lengths: Sequence[int], n_tags: int
) -> Optional[BoolArray]:
    """Join the masks of a batch.

    masks (Sequence[Optional[BoolArray]]): For each sequence, shape (tokens, tags): whether the tag
        is allowed; None if all are.
    lengths (Sequence[int]): Length of each sequence.
    n_tags (int): Number of tags.
    RETURNS (Optional[BoolArray]): Shape (all tokens, tags); None if all tags are allowed.
    """
    if all(mask is None for mask in masks):
        return None
    joined = np.ones((sum(lengths), n_tags), dtype=bool)
    ends = np.cumsum(lengths).tolist()
    for start, end, mask in zip([0, *ends], ends, masks):
        if mask is not None:
            joined[start:end] = mask
    return joined


def admit_gold(
    mask: BoolArray, gold: LabelIds, lengths: Sequence[int], transitions: Transitions
) -> BoolArray:
    """Allow gold labels that a mask forbids, so that their probability is not zero.

    mask (BoolArray): Shape (tokens, tags): whether the tag is allowed.
    gold (LabelIds): Shape (tokens,).
    lengths (Sequence[int]): Length of each sequence.
    transitions (Transitions): The legal transitions.
    RETURNS (BoolArray): The mask, with these labels. It leaves a legal sequence that fits the gold
        labels, if there is one.
    """
    fits = allowed_labels(gold, mask.shape[1])
    broken: BoolArray = np.logical_not((mask & fits).any(axis=1))
    mask = mask | (fits & broken[:, None])
    incomplete = gold < 0
    if incomplete.any():
        # A tag that fits a token may still not fit the gold labels of its neighbours.
        blocked = incomplete & _is_blocked(mask & fits, lengths, transitions)
        mask |= fits & blocked[:, None]
    return mask


def _is_blocked(allowed: BoolArray, lengths: Sequence[int], transitions: Transitions) -> BoolArray:
    """Find the tokens of sequences that have no legal tags left."""
    lattice, legal = Lattice(lengths), transitions.allowed()
    starters, enders = (np.isin(np.arange(len(legal)), tags) for tags in transitions[:2])
    reached = np.zeros_like(allowed)
    reached[lattice.first] = allowed[lattice.first] & starters
    for here in lattice.forwards():
        reached[here] = (reached[here - 1] @ legal) & allowed[here]
    ended = (reached[lattice.last] & enders).any(axis=1)
    blocked = np.zeros(len(allowed), dtype=bool)
    for first, last in zip(lattice.first[~ended], lattice.last[~ended]):
        blocked[first : last + 1] = True
    return blocked

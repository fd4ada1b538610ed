"""The best legal sequence of tags (Viterbi 1967), for a batch of sequences at once."""

from typing import NamedTuple, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from .lattice import Lattice
from .schemes import IntArray, Transitions

FloatArray = NDArray[np.float32]


class Weights(NamedTuple):
    """Scores of transitions, as a CRF learns them. Those of illegal ones do not matter.

    start (FloatArray): Shape (tags,): of the first tag.
    between (FloatArray): Shape (tags, tags): of the second tag after the first.
    end (FloatArray): Shape (tags,): of the last tag.
    """

    start: FloatArray
    between: FloatArray
    end: FloatArray


def viterbi(
    scores: FloatArray,
    lengths: Sequence[int],
    transitions: Transitions,
    weights: Optional[Weights] = None,
) -> IntArray:
    """Find the legal sequences with the highest sum of scores.

    scores (FloatArray): Shape (tokens, tags): all sequences one after the other. A tag is ruled
        out by -inf; at least one legal sequence must be left.
    lengths (Sequence[int]): Length of each sequence.
    transitions (Transitions): The legal transitions.
    weights (Optional[Weights]): Scores of the transitions; all zero if None.
    RETURNS (IntArray): Shape (tokens,): the tags.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if weights is not None:
        return _search(scores, sizes, transitions, weights)
    # The best tag of each token on its own cannot be beaten where it is legal.
    tags = scores.argmax(axis=1)
    bad = np.flatnonzero(~_is_legal(tags, sizes, transitions))
    if len(bad):
        starts = np.cumsum(sizes) - sizes
        tokens = np.concatenate([np.arange(starts[i], starts[i] + sizes[i]) for i in bad])
        tags[tokens] = _search(scores[tokens], sizes[bad], transitions, None)
    return tags


def _is_legal(tags: IntArray, sizes: IntArray, transitions: Transitions) -> NDArray[np.bool_]:
    """Shape (sequences,)."""
    n_tags = len(transitions.starters) + len(transitions.continuers)
    may_start, may_end = np.zeros((2, n_tags), dtype=bool)
    may_start[transitions.starters] = True
    may_end[transitions.enders] = True
    ends = np.cumsum(sizes)[sizes > 0]
    starts = ends - sizes[sizes > 0]
    good = np.ones(len(tags), dtype=bool)
    good[1:] = transitions.allowed()[tags[:-1], tags[1:]]
    good[starts] = may_start[tags[starts]]
    good[ends - 1] &= may_end[tags[ends - 1]]
    legal = np.ones(len(sizes), dtype=bool)
    if len(starts):
        legal[sizes > 0] = np.logical_and.reduceat(good, starts)
    return legal


def _search(
    scores: FloatArray, sizes: IntArray, transitions: Transitions, weights: Optional[Weights]
) -> IntArray:
    starters, enders, continuers, before = transitions
    lattice = Lattice(sizes)
    between = np.where(transitions.allowed(), 0.0, -np.inf).astype(scores.dtype)
    if weights is not None:
        between += weights.between
        to_starters = between[np.ix_(enders, starters)][:, :, None]
        to_continuers = between[before, continuers[:, None]][:, :, None]

    # The best sum of a path that ends with each tag. Within a step the sequences are the last
    # axis, because NumPy reduces the first one much faster.
    best = np.full(scores.shape, -np.inf, dtype=scores.dtype)
    begin = np.full(scores.shape[1], -np.inf, dtype=scores.dtype)
    begin[starters] = 0.0 if weights is None else weights.start[starters]
    best[lattice.first] = scores[lattice.first] + begin
    paths = np.ascontiguousarray(best[lattice.first].T)
    for here in lattice.forwards():
        ended, pairs = paths[enders, : len(here)], paths[before, : len(here)]
        paths = np.ascontiguousarray(scores[here].T)
        if weights is None:
            paths[starters] += ended.max(axis=0)
            paths[continuers] += pairs.max(axis=1)
        else:
            paths[starters] += (ended[:, None] + to_starters).max(axis=0)
            paths[continuers] += (pairs + to_continuers).max(axis=1)
        best[here] = paths.T

    tags = np.empty(len(scores), dtype=np.int64)
    final = np.full(scores.shape[1], -np.inf, dtype=scores.dtype)
    final[enders] = 0.0 if weights is None else weights.end[enders]
    tags[lattice.last] = (best[lattice.last] + final).argmax(axis=1)
    for here in lattice.backwards():
        tags[here - 1] = (best[here - 1] + between.T[tags[here]]).argmax(axis=1)
    return tags

"""The Viterbi algorithm (Viterbi 1967) over legal sequences of tags, for a batch at once."""

from typing import NamedTuple, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from .lattice import Lattice
from .schemes import IntArray, Transitions

FloatArray = NDArray[np.float32]

# Tokens on either side of an illegal transition that the first search reads.
MIN_CONTEXT = 4


class Weights(NamedTuple):
    """Scores of transitions, as a CRF learns them. The scores of illegal ones are ignored.

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

    scores (FloatArray): Shape (tokens, tags): the scores of all sequences, concatenated. -inf masks
        a tag; at least one legal sequence must be left.
    lengths (Sequence[int]): Length of each sequence.
    transitions (Transitions): The legal transitions.
    weights (Optional[Weights]): Scores of the transitions; all zero if None.
    RETURNS (IntArray): Shape (tokens,): the tags.
    RAISES (ValueError): If a score is NaN or +inf, or if no legal sequence is left.
    """
    if not (scores < np.inf).all():
        raise ValueError("Some scores of the tags are NaN or infinite: train the model again.")
    sizes = np.asarray(lengths, dtype=np.int64)
    sizes = sizes[sizes > 0]
    lasts = np.cumsum(sizes) - 1
    firsts = lasts - sizes + 1
    # A common shift of the scores of a token changes no decision, and sums stay precise.
    highest = scores.max(axis=1, keepdims=True, initial=-np.inf)
    scores = scores - np.where(np.isneginf(highest), 0.0, highest).astype(scores.dtype)
    # The tags that cannot begin or end a sequence are masked.
    tags = np.arange(scores.shape[1])
    scores[firsts[:, None], np.setdiff1d(tags, transitions.starters)] = -np.inf
    scores[lasts[:, None], np.setdiff1d(tags, transitions.enders)] = -np.inf
    if weights is None:
        return _search_segments(scores, firsts, transitions)
    scores[firsts] += weights.start
    scores[lasts] += weights.end
    return _search(scores, sizes, transitions, weights.between)


def _search_segments(scores: FloatArray, firsts: IntArray, transitions: Transitions) -> IntArray:
    """Search segments independently, and join them only where their tags do not fit together.

    The best tags of independent segments are an upper bound: where the transitions between them
    are legal, they are the best tags of the sequence. At first each token is a segment.
    """
    tags = scores.argmax(axis=1)
    allowed = transitions.allowed()
    inner = np.ones(len(tags), dtype=bool)
    inner[firsts] = False
    joined = np.zeros(len(tags), dtype=bool)  # To the token before.
    context = MIN_CONTEXT
    while len(misfits := np.flatnonzero(inner[1:] & ~allowed[tags[:-1], tags[1:]]) + 1):
        near = misfits[:, None] + np.arange(-context, context + 1)
        if context > 2 * len(tags):
            raise ValueError("No legal sequence of tags is left: mask fewer of them.")
        joined[near.clip(0, len(tags) - 1)] = True
        joined &= inner
        segment = np.cumsum(~joined) - 1
        changed = np.zeros(segment[-1] + 1, dtype=bool)
        changed[segment[misfits]] = True
        tokens = np.flatnonzero(changed[segment])
        sizes = np.bincount(segment)[changed]
        tags[tokens] = _search(scores[tokens], sizes, transitions, None)
        context *= 2
    return tags


def _search(
    scores: FloatArray,
    sizes: IntArray,
    transitions: Transitions,
    weights: Optional[FloatArray],
) -> IntArray:
    """Run the algorithm, in which any tag may begin and end a sequence."""
    starters, enders, continuers, before = transitions
    lattice = Lattice(sizes)
    between = np.where(transitions.allowed(), 0.0, -np.inf).astype(scores.dtype)
    if weights is not None:
        between += weights
        to_starters = between[np.ix_(enders, starters)][:, :, None]
        to_continuers = between[before, continuers[:, None]][:, :, None]

    # The best sum of a path that ends with each tag. Within a step the sequences are the last
    # axis, because NumPy reduces the first one much faster.
    best = scores.copy()
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
            # The same for sums over long sequences.
            paths -= paths.max(axis=0)
        best[here] = paths.T

    tags = np.empty(len(scores), dtype=np.int64)
    tags[lattice.last] = best[lattice.last].argmax(axis=1)
    for here in lattice.backwards():
        tags[here - 1] = (best[here - 1] + between.T[tags[here]]).argmax(axis=1)
    return tags

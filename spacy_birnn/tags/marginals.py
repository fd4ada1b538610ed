"""Probabilities of tags and spans among all legal sequences, for a batch of sequences at once."""

from typing import NamedTuple, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from .lattice import Lattice
from .schemes import IntArray, Spans, Transitions
from .viterbi import FloatArray, Weights

DoubleArray = NDArray[np.float64]


class PathProbs(NamedTuple):
    """Log-probabilities along one sequence of tags.

    tags (DoubleArray): Shape (tokens,): of each tag.
    steps (DoubleArray): Shape (tokens,): of each tag, given the one before it. (The first one is
        undefined.)
    """

    tags: DoubleArray
    steps: DoubleArray

    def of_spans(self, spans: Spans) -> DoubleArray:
        """Compute the log-probabilities of spans.

        spans (Spans): Spans of the sequence, in a scheme that marks ends: there a span is in
            a sequence if and only if its tags are.
        RETURNS (DoubleArray): Shape (spans,): the log-probability of each, with its borders and
            its type.
        """
        factors = np.append(self.steps, 0.0)
        factors[spans.starts] = self.tags[spans.starts]
        borders = np.stack([spans.starts, spans.ends], axis=1).ravel()
        return np.add.reduceat(factors, borders)[::2]


class Marginals:
    """Marginal probabilities of the distribution over legal sequences.

    The probability of a sequence is proportional to the exponential of the sum of its scores. With
    weights this is a linear-chain CRF (Lafferty et al. 2001), without weights the product of
    independent softmaxes, given that the sequence is legal. Computed by the forward-backward
    algorithm (Rabiner 1989), in log space and double precision.

    scores (FloatArray): Shape (tokens, tags): the scores of all sequences, concatenated. -inf masks
        a tag; at least one legal sequence must be left.
    lengths (Sequence[int]): Length of each sequence.
    transitions (Transitions): The legal transitions; no scheme, or one that marks ends.
    weights (Optional[Weights]): Scores of the transitions; all zero if None.
    """

    def __init__(
        self,
        scores: FloatArray,
        lengths: Sequence[int],
        transitions: Transitions,
        weights: Optional[Weights] = None,
    ) -> None:
        self._scores = _log_softmax(scores.astype(np.float64))
        n_tags = scores.shape[1]
        zeros = np.zeros(n_tags)
        start, between, end = weights or (zeros, np.zeros((n_tags, n_tags)), zeros)
        self._between = between.astype(np.float64)
        if weights is None and not len(transitions.continuers):
            # Independent tokens.
            self._after = np.zeros_like(self._scores)
            self._tags = self._scores
            return
        # A common shift of all transitions has no effect, but its exponential may overflow.
        self._between -= self._between[transitions.allowed()].max()
        lattice = Lattice(lengths)
        forward = _Step(transitions, self._between)
        backward = _Step(transitions.reversed(), self._between.T)
        before = np.full_like(self._scores, -np.inf)
        before[lattice.first[:, None], transitions.starters] = start[transitions.starters]
        before[lattice.first] += self._scores[lattice.first]
        for here in lattice.forwards():
            before[here] = forward(before[here - 1]) + self._scores[here]
        after = np.full_like(self._scores, -np.inf)
        after[lattice.last[:, None], transitions.enders] = end[transitions.enders]
        for here in lattice.backwards():
            after[here - 1] = backward(after[here] + self._scores[here])
        self._after = after
        self._tags = _log_softmax(before + after)

    def of_tags(self) -> DoubleArray:
        """Get the log-probabilities of all tags.

        RETURNS (DoubleArray): Shape (tokens, tags): log-probability of each tag.
        """
        return self._tags

    def of_path(self, tags: IntArray) -> PathProbs:
        """Get the log-probabilities along sequences of tags.

        tags (IntArray): Shape (tokens,): legal sequences.
        RETURNS (PathProbs): Log-probabilities of these tags.
        """
        tokens = np.arange(len(tags))
        probs = self._tags[tokens, tags]
        steps = probs.copy()
        steps[1:] = (
            self._between[tags[:-1], tags[1:]]
            + (self._scores + self._after)[tokens[1:], tags[1:]]
            - self._after[tokens[:-1], tags[:-1]]
        )
        return PathProbs(probs, steps)


class _Step:
    """A step of the forward algorithm over the legal transitions.

    transitions (Transitions): The legal transitions.
    weights (DoubleArray): Shape (tags, tags): score of the second tag after the first.
    """

    def __init__(self, transitions: Transitions, weights: DoubleArray) -> None:
        self._transitions = transitions
        starters, enders, continuers, before = transitions
        self._to_starters = np.exp(weights[np.ix_(enders, starters)])
        self._to_continuers = weights[before, continuers[:, None]]

    def __call__(self, paths: DoubleArray) -> DoubleArray:
        """Extend all paths by a tag.

        paths (DoubleArray): Shape (sequences, tags): the log-sum-exp of the paths to each tag.
        RETURNS (DoubleArray): Shape (sequences, tags): the same one step later, without the scores
            of the new tags.
        """
        starters, enders, continuers, before = self._transitions
        after = np.empty_like(paths)
        ended = paths[:, enders]
        highest = ended.max(axis=1, keepdims=True)
        highest[np.isneginf(highest)] = 0.0
        with np.errstate(divide="ignore"):
            after[:, starters] = np.log(np.exp(ended - highest) @ self._to_starters) + highest
        pairs = paths[:, before] + self._to_continuers
        after[:, continuers] = np.logaddexp(pairs[:, :, 0], pairs[:, :, 1])
        return after


def _log_softmax(scores: DoubleArray) -> DoubleArray:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

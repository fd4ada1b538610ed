"""A linear-chain conditional random field (Lafferty et al. 2001), in single-precision log space."""

from typing import Sequence, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from ..tags.masks import MASKED
from ..tags.schemes import Transitions


def pad_scores(scores: Tensor, lengths: Sequence[int]) -> Tuple[Tensor, Tensor]:
    """Pad concatenated sequences with zeros.

    scores (Tensor): Shape (tokens, tags): the scores of all sequences, concatenated.
    lengths (Sequence[int]): Length of each sequence; empty ones are left out.
    RETURNS (Tuple[Tensor, Tensor]): The scores, shape (steps, sequences, tags), and the lengths,
        shape (sequences,).
    """
    sizes = np.array([n for n in lengths if n], dtype=np.int64)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    steps = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    positions = torch.from_numpy(steps * len(sizes) + rows).to(scores.device)
    padded = scores.new_zeros((int(sizes.max(initial=0)) * len(sizes), scores.shape[1]))
    padded = padded.index_copy(0, positions, scores)
    emissions = padded.view(-1, len(sizes), scores.shape[1])
    return emissions, torch.from_numpy(sizes).to(scores.device)


class LinearChainCRF(nn.Module):
    """Scores of transitions, and the probabilities of legal sequences of tags.

    The probability of a legal sequence is proportional to the exponential of the sum of its
    scores, and zero for an illegal one. A common shift of the scores of a token, or of all
    transitions, has no effect.

    n_tags (int): Number of tags.
    """

    def __init__(self, n_tags: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(n_tags))
        self.between = nn.Parameter(torch.zeros(n_tags, n_tags))
        self.end = nn.Parameter(torch.zeros(n_tags))

    def forward(
        self, scores: Tensor, allowed: Tensor, lengths: Sequence[int], transitions: Transitions
    ) -> Tensor:
        """Compute the negative log-likelihood of the gold tags.

        scores (Tensor): Shape (tokens, tags): the scores of all sequences, concatenated.
        allowed (Tensor): Shape (tokens, tags), boolean: the gold tag; or all tags that are
            possible where the annotation is incomplete, whose probabilities are summed.
        lengths (Sequence[int]): Length of each sequence.
        transitions (Transitions): The legal transitions.
        RETURNS (Tensor): Shape (sequences,): the loss of each sequence that is not empty.
        """
        if not any(lengths):
            return scores.new_zeros(0)
        # Adam is not neutral to a common shift of the scores. Normalized, the gradient of a token
        # sums to zero however far they have moved.
        normalized = scores.log_softmax(1)
        both = torch.cat([normalized, normalized.masked_fill(~allowed, MASKED)])
        emissions, sizes = pad_scores(both, [*lengths, *lengths])
        everything, gold = self.log_partition(emissions, sizes, transitions).chunk(2)
        return (everything - gold).to(scores.dtype)

    def log_partition(self, emissions: Tensor, lengths: Tensor, transitions: Transitions) -> Tensor:
        """Compute the log of the partition function.

        emissions (Tensor): Shape (steps, sequences, tags): the scores, padded.
        lengths (Tensor): Shape (sequences,), none zero.
        transitions (Transitions): The legal transitions.
        RETURNS (Tensor): Shape (sequences,): the log-sum-exp of all legal sequences, in double
            precision.
        """
        forward = ForwardStep(transitions, self.between)
        alpha = forward.begin(self.start) + emissions[0]
        shifts = [alpha.new_zeros((alpha.shape[0], 1))]
        for step, scores in enumerate(emissions.unbind()[1:], start=1):
            # Sums over long sequences would lose digits, and with them the gradient. The shift is
            # added at the end, so it is a constant.
            shifts.append(alpha.detach().amax(1, keepdim=True))
            alpha = alpha - shifts[-1]
            active = (lengths > step)[:, None]
            alpha = torch.where(active, forward.step(alpha) + scores, alpha)
        total = torch.cat(shifts, dim=1).sum(1, dtype=torch.float64)
        return forward.finish(alpha, self.end) + total


class ForwardStep:
    """A step of the forward algorithm over the legal transitions.

    transitions (Transitions): The legal transitions.
    weights (Tensor): Shape (tags, tags): score of the second tag after the first.
    """

    def __init__(self, transitions: Transitions, weights: Tensor) -> None:
        self.starters, self.enders, self.continuers, self.before = (
            torch.from_numpy(tags).to(weights.device) for tags in transitions
        )
        self.to_starters = weights[self.enders][:, self.starters]
        self.to_continuers = weights[self.before, self.continuers[:, None]]
        self.in_order = torch.cat([self.starters, self.continuers]).argsort()

    def begin(self, start: Tensor) -> Tensor:
        """Mask the tags that cannot begin a sequence.

        start (Tensor): Shape (tags,): scores of the first tag.
        RETURNS (Tensor): Shape (tags,): the masked scores.
        """
        return start.index_fill(0, self.continuers, MASKED)

    def step(self, paths: Tensor) -> Tensor:
        """Extend all paths by a tag.

        paths (Tensor): Shape (sequences, tags): the log-sum-exp of the paths to each tag.
        RETURNS (Tensor): Shape (sequences, tags): the same one step later, without the scores
            of the new tags.
        """
        starters = (paths[:, self.enders, None] + self.to_starters).logsumexp(1)
        continuers = (paths[:, self.before] + self.to_continuers).logsumexp(2)
        return torch.cat([starters, continuers], dim=1).index_select(1, self.in_order)

    def finish(self, paths: Tensor, end: Tensor) -> Tensor:
        """Sum over the tags that can end a sequence.

        paths (Tensor): Shape (sequences, tags): the log-sum-exp of the paths to each tag.
        end (Tensor): Shape (tags,): scores of the last tag.
        RETURNS (Tensor): Shape (sequences,): the log-sum-exp of all paths.
        """
        return (paths + end).index_select(1, self.enders).logsumexp(1)

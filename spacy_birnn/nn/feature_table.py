"""Hash embeddings of features, with a vector for values that are out of vocabulary."""

from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Counts are int32 and saturate here.
MAX_COUNT = 2**31 - 1
# Stored in one byte; the few counts beyond are stored one by one.
MAX_BYTE = 255


class FeatureTable(nn.Module):
    """Vectors for the values of some features, without a vocabulary.

    A vector is the sum of several rows of a table, so two values rarely share all of them (hash
    embeddings, Svenstrup et al. 2017). Values that do not occur in training share one vector for
    "unknown", which is learned on rare ones.

    features (int): Number of features, each with its own rows and slots.
    rows (int): Rows of each feature.
    width (int): Width of a vector.
    seen_slots (int): Slots of each feature in the table of counts. Two values in one slot cannot
        be told apart, so there should be many times more slots than words in the vocabulary.
    hashes (int): Rows that are summed into a vector.
    sparse (bool): Make a sparse gradient, of the rows that were used.
    zero (bool): Start with vectors of zeros, for features with many rare values: those, and
        collisions, do little harm. Otherwise vectors start with unit variance.
    """

    seen: Tensor
    # Within `undo_on_failure`, the slots and the counts before each change.
    _replaced: Optional[List[Tuple[Tensor, Tensor]]] = None

    def __init__(
        self,
        features: int,
        rows: int,
        width: int,
        seen_slots: int,
        hashes: int,
        sparse: bool = False,
        zero: bool = False,
    ) -> None:
        super().__init__()
        self.sparse = sparse
        bound = (3 / hashes) ** 0.5
        self.weight = nn.Parameter(torch.empty(features * rows, width).uniform_(-bound, bound))
        if zero:
            nn.init.zeros_(self.weight)
        self.unknown = nn.Parameter(torch.zeros(features, 1, width))
        self.register_buffer("seen", torch.zeros(features * seen_slots, dtype=torch.int32))

    def forward(
        self, ids: Tensor, slots: Tensor, counts: Optional[Tensor] = None, dropout: float = 0.0
    ) -> Tensor:
        """Look up the vectors of words.

        ids (Tensor): Shape (features, words, hashes): rows of the table.
        slots (Tensor): Shape (features, words): slots of the table of counts.
        counts (Optional[Tensor]): Shape (words,): in training, the count of each word in the
            batch, which is added to the table.
        dropout (float): In training, a value that has occurred n times so far is treated as
            unknown with probability dropout / (dropout + n).
        RETURNS (Tensor): Shape (words, features * width).
        """
        if counts is None:
            known = self.seen[slots] > 0
        else:
            total = self._count(slots, counts)
            probs = dropout / (dropout + total)
            known = torch.rand_like(probs) >= probs
        # A batch uses few rows of a large table.
        vectors = F.embedding_bag(ids.flatten(0, 1), self.weight, mode="sum", sparse=self.sparse)
        vectors = vectors.view(*slots.shape, -1)
        return torch.where(known[..., None], vectors, self.unknown).transpose(0, 1).flatten(1)

    @contextmanager
    def undo_on_failure(self) -> Iterator[None]:
        """Restore the counts if a block fails, so that a second try counts once."""
        self._replaced = []
        try:
            yield
        except BaseException:
            for slots, counts in reversed(self._replaced):
                self.seen[slots] = counts
            raise
        finally:
            self._replaced = None

    def get_extra_state(self) -> Tensor:
        """Get the counts that do not fit into a byte, for storage.

        RETURNS (Tensor): Shape (2, counts): their slots, and the counts.
        """
        slots = (self.seen > MAX_BYTE).nonzero().flatten()
        return torch.stack([slots.int(), self.seen[slots].int()])

    def set_extra_state(self, state: Tensor) -> None:
        """Restore the counts that do not fit into a byte.

        state (Tensor): The result of `get_extra_state`.
        """
        slots, counts = state.to(self.seen.device)
        self.seen[slots.long()] = counts

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[f"{prefix}seen"] = self.seen.clamp(max=MAX_BYTE).to(torch.uint8)

    def _count(self, slots: Tensor, counts: Tensor) -> Tensor:
        """Add counts to the table.

        RETURNS (Tensor): Shape (features, words): the count of each value so far.
        """
        distinct, inverse = slots.unique(return_inverse=True)
        before = self.seen[distinct]
        if self._replaced is not None:
            self._replaced.append((distinct, before))
        totals = before.long()
        totals.index_add_(0, inverse.flatten(), counts.expand_as(slots).flatten())
        self.seen[distinct] = totals.clamp_(max=MAX_COUNT).to(self.seen.dtype)
        return totals[inverse]

"""Word vectors from hashed features and from the characters of the word."""

from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .char_encoders import CharEncoder

# Counts are stored as int32 and stop here.
MAX_COUNT = 2**31 - 1


class FeatureTable(nn.Module):
    """Vectors of the values of some features, without a vocabulary.

    A vector is the sum of several rows of a table, so that two values rarely share them all
    (hash embeddings, Svenstrup et al. 2017). Values that did not occur in training get one vector
    for "unknown", which is learnt on rare ones.

    features (int): Number of features, each with rows and slots of its own.
    rows (int): Rows of each feature.
    width (int): Width of a vector.
    seen_slots (int): Slots of each feature in the table of counts. Two values in one slot cannot
        be told apart, so there should be many times more than words in the vocabulary.
    hashes (int): Rows summed into a vector.
    sparse (bool): The gradient has only the rows that were used.
    """

    seen: Tensor
    # In a block that may fail, what its counts were at first.
    _replaced: Optional[List[Tuple[Tensor, Tensor]]] = None

    def __init__(
        self,
        features: int,
        rows: int,
        width: int,
        seen_slots: int,
        hashes: int,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        self.sparse = sparse
        # Vectors start with unit variance.
        bound = (3 / hashes) ** 0.5
        self.weight = nn.Parameter(torch.empty(features * rows, width).uniform_(-bound, bound))
        self.unknown = nn.Parameter(torch.zeros(features, 1, width))
        self.register_buffer("seen", torch.zeros(features * seen_slots, dtype=torch.int32))

    def forward(
        self, ids: Tensor, slots: Tensor, counts: Optional[Tensor] = None, dropout: float = 0.0
    ) -> Tensor:
        """
        ids (Tensor): Shape (features, words, hashes): rows of the table.
        slots (Tensor): Shape (features, words): slots of the table of counts.
        counts (Optional[Tensor]): Shape (words,): in training, how often each word occurs in the
            batch, which is added to the table.
        dropout (float): In training, a value that has occurred n times so far is treated as
            unknown with probability dropout / (dropout + n).
        RETURNS (Tensor): Shape (words, features * width).
        """
        if counts is None:
            known = self.seen[slots] > 0
        else:
            total = self._count(slots, counts)
            chances = dropout / (dropout + total)
            known = torch.rand_like(chances) >= chances
        # A batch uses few rows of a large table.
        vectors = F.embedding_bag(ids.flatten(0, 1), self.weight, mode="sum", sparse=self.sparse)
        vectors = vectors.view(*slots.shape, -1)
        return torch.where(known[..., None], vectors, self.unknown).transpose(0, 1).flatten(1)

    @contextmanager
    def undo_on_failure(self) -> Iterator[None]:
        """Take the counts of a block back if it fails, so that a second try counts once."""
        self._replaced = []
        try:
            yield
        except BaseException:
            for slots, found in reversed(self._replaced):
                self.seen[slots] = found
            raise
        finally:
            self._replaced = None

    def _count(self, slots: Tensor, counts: Tensor) -> Tensor:
        """RETURNS (Tensor): Shape (features, words): how often each value has occurred so far."""
        distinct, inverse = slots.unique(return_inverse=True)
        found = self.seen[distinct]
        if self._replaced is not None:
            self._replaced.append((distinct, found))
        totals = found.long()
        totals.index_add_(0, inverse.flatten(), counts.expand_as(slots).flatten())
        self.seen[distinct] = totals.clamp_(max=MAX_COUNT).to(self.seen.dtype)
        return totals[inverse]


class WordCharEmbedding(nn.Module):
    """Concatenate the vectors of a word's features, and of its characters.

    Everything is computed once per distinct word and then copied to the tokens. The word
    itself is the first feature.

    word_rows (int): Rows of the table of words.
    word_width (int): Width of a word's vector.
    word_scale (float): What it is multiplied by (Vaswani et al. 2017). Adam's steps are of the same
        size whatever the gradient, so words are learnt as many times faster.
    affixes (int): Number of the other features.
    affix_rows (int): Rows of each.
    affix_width (int): Width of the vector of each.
    char_width (int): Width of the character encoder's output, 0 for none.
    make_chars (Callable[[], CharEncoder]): Makes the character encoder.
    **tables (Any): See `FeatureTable`.
    """

    def __init__(
        self,
        word_rows: int,
        word_width: int,
        word_scale: float,
        affixes: int,
        affix_rows: int,
        affix_width: int,
        char_width: int,
        make_chars: Callable[[], CharEncoder],
        **tables: Any,
    ) -> None:
        super().__init__()
        self.words = FeatureTable(1, word_rows, word_width, sparse=True, **tables)
        # A word says nothing before it is learnt: rare ones and collisions do little harm.
        nn.init.zeros_(self.words.weight)
        self.word_scale = word_scale
        self.affixes = FeatureTable(affixes, affix_rows, affix_width, **tables)
        self.chars = make_chars() if char_width else None
        self.width = word_width + affixes * affix_width + char_width

    def forward(
        self,
        ids: Tensor,
        slots: Tensor,
        chars: Tensor,
        windows: Tensor,
        offsets: Tensor,
        index: Tensor,
        lengths: Sequence[int] = (),
        learn: bool = False,
        word_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> Tensor:
        """
        ids (Tensor): Shape (features, words, hashes): table rows of distinct words.
        slots (Tensor): Shape (features, words): slots of the tables of counts.
        chars (Tensor): See `CharCNN.forward` or `CharBiRNN.forward`.
        windows (Tensor): See `CharCNN.forward` or `CharBiRNN.forward`.
        offsets (Tensor): See `CharCNN.forward` or `CharBiRNN.forward`.
        index (Tensor): Shape (tokens,): the word of each token.
        lengths (Sequence[int]): Tokens of each document; not used.
        learn (bool): Count the features.
        word_dropout (float): See `FeatureTable.forward`, if `learn`.
        dropout (float): Rate of the dropout on the output.
        RETURNS (Tensor): Shape (tokens, sum of all widths).
        """
        if not len(index):
            return ids.new_zeros((0, self.width), dtype=torch.float32)
        counts = torch.bincount(index, minlength=ids.shape[1]) if learn else None
        parts = [
            self.words(ids[:1], slots[:1], counts, word_dropout) * self.word_scale,
            self.affixes(ids[1:], slots[1:], counts, word_dropout),
        ]
        if self.chars is not None:
            parts.append(self.chars(chars, windows, offsets))
        tokens = torch.cat(parts, dim=1).index_select(0, index)
        return F.dropout(tokens, dropout, training=dropout > 0)

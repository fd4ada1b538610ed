"""Vectors of pairs of neighbouring characters."""

from typing import Any, Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .feature_table import FeatureTable


class BigramTable(FeatureTable):
    """Vectors of bigrams, looked up for the two bigrams that each item ends and begins.

    rows (int): Rows of the table.
    width (int): Width of a vector.
    **table (Any): See `FeatureTable`.
    """

    def __init__(self, rows: int, width: int, **table: Any) -> None:
        super().__init__(1, rows, width, sparse=True, zero=True, **table)

    def embed_items(
        self,
        ids: Tensor,
        slots: Tensor,
        ended: Tensor,
        begun: Tensor,
        lengths: Sequence[int],
        learn: bool = False,
        dropout: float = 0.0,
    ) -> Tensor:
        """Concatenate the vectors of the bigrams that each item ends and begins.

        ids (Tensor): Shape (1, distinct, hashes): table rows of distinct bigrams.
        slots (Tensor): Shape (1, distinct): their slots of the table of counts.
        ended (Tensor): Shape (items,): the distinct bigram that each item ends.
        begun (Tensor): Shape (items,): the distinct bigram that each item begins.
        lengths (Sequence[int]): Items of each sequence.
        learn (bool): Count the bigrams.
        dropout (float): See `FeatureTable.forward`, if `learn`.
        RETURNS (Tensor): Shape (items, 2 * width).
        """
        counts: Optional[Tensor] = None
        if learn:
            # The first bigram of a sequence is begun by none of its items.
            sizes = torch.as_tensor(lengths, device=ended.device)
            firsts = ended[(sizes.cumsum(0) - sizes)[sizes > 0]]
            counts = torch.bincount(torch.cat([firsts, begun]), minlength=ids.shape[1])
        vectors = self(ids, slots, counts, dropout)
        both = [vectors.index_select(0, ended), vectors.index_select(0, begun)]
        return torch.cat(both, dim=1)


class BigramEmbedding(nn.Module):
    """The concatenated vectors of the bigrams at both borders of each word.

    rows (int): Rows of the table.
    width (int): Width of a bigram's vector.
    **table (Any): See `FeatureTable`.
    """

    def __init__(self, rows: int, width: int, **table: Any) -> None:
        super().__init__()
        self.bigrams = BigramTable(rows, width, **table)
        self.width = 2 * width

    def forward(
        self,
        ids: Tensor,
        slots: Tensor,
        ended: Tensor,
        begun: Tensor,
        lengths: Sequence[int] = (),
        learn: bool = False,
        word_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> Tensor:
        """Embed words.

        ids (Tensor): See `BigramTable.embed_items`, whose items are words.
        slots (Tensor): See `BigramTable.embed_items`.
        ended (Tensor): See `BigramTable.embed_items`.
        begun (Tensor): See `BigramTable.embed_items`.
        lengths (Sequence[int]): Words of each document.
        learn (bool): Count the bigrams.
        word_dropout (float): See `FeatureTable.forward`, if `learn`.
        dropout (float): Rate of the dropout on the output.
        RETURNS (Tensor): Shape (words, 2 * width).
        """
        if not len(ended):
            return ids.new_zeros((0, self.width), dtype=torch.float32)
        vectors = self.bigrams.embed_items(ids, slots, ended, begun, lengths, learn, word_dropout)
        return F.dropout(vectors, dropout, training=dropout > 0)

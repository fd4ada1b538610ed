"""Word vectors from hashed features and from the characters of the word."""

from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FeatureTable(nn.Module):
    """Vectors of the values of one feature, without a vocabulary.

    A vector is the sum of several rows of a table, so that two values rarely share them all
    (hash embeddings, Svenstrup et al. 2017). Values that were never seen in training get one
    vector for "unknown", which is learnt on rare words.

    rows (int): Rows of the table.
    width (int): Width of a vector.
    hashes (int): Rows summed into a vector.
    seen_slots (int): Slots of the table of seen values. Two values in one slot cannot be told
        apart, so it should be many times larger than the vocabulary.
    """

    seen: Tensor

    def __init__(self, rows: int, width: int, hashes: int, seen_slots: int) -> None:
        super().__init__()
        # Vectors start with unit variance.
        bound = (3 / hashes) ** 0.5
        self.weight = nn.Parameter(torch.empty(rows, width).uniform_(-bound, bound))
        self.unknown = nn.Parameter(torch.zeros(width))
        self.register_buffer("seen", torch.zeros(seen_slots, dtype=torch.bool))

    def forward(self, ids: Tensor, slots: Tensor, drop: Optional[Tensor] = None) -> Tensor:
        """
        ids (Tensor): Shape (words, hashes): rows of the table.
        slots (Tensor): Shape (words,): slots of the table of seen values.
        drop (Optional[Tensor]): Shape (words,): in training, the probability with which each
            word's value is treated as unknown. The values are then remembered as seen.
        RETURNS (Tensor): Shape (words, width).
        """
        if drop is None:
            known = self.seen[slots]
        else:
            self.seen[slots] = True
            known = torch.rand_like(drop) >= drop
        vectors = F.embedding_bag(ids, self.weight, mode="sum")
        return torch.where(known[:, None], vectors, self.unknown)


class CharCNN(nn.Module):
    """Convolution over the characters of a word, max-pooled (Ma & Hovy 2016).

    rows (int): Rows of the character table.
    embed_width (int): Width of a character's vector.
    width (int): Width of the output.
    window (int): Characters a filter sees, an odd number.
    """

    def __init__(self, rows: int, embed_width: int, width: int, window: int) -> None:
        super().__init__()
        bound = (3 / embed_width) ** 0.5
        self.weight = nn.Parameter(torch.empty(rows, embed_width).uniform_(-bound, bound))
        self.filters = nn.Linear(embed_width * window, width)
        nn.init.xavier_uniform_(self.filters.weight)
        nn.init.zeros_(self.filters.bias)
        self.window = window

    def forward(self, chars: Tensor, windows: Tensor, offsets: Tensor) -> Tensor:
        """
        chars (Tensor): Shape (slots,): rows of the characters of all words, with padding
            between the words.
        windows (Tensor): Shape (characters,): for each character its window's first slot.
        offsets (Tensor): Shape (words,): where a word begins in `windows`. No word is empty.
        RETURNS (Tensor): Shape (words, width).
        """
        embedded = F.embedding(chars, self.weight)
        slots = len(chars) - self.window + 1
        stacked = torch.cat([embedded[i : i + slots] for i in range(self.window)], dim=1)
        return F.embedding_bag(windows, self.filters(stacked), offsets, mode="max")


class WordCharEmbedding(nn.Module):
    """Concatenate the vectors of a word's features, and of its characters.

    Everything is computed once per distinct word and then copied to the tokens. The word
    itself is the first feature.

    rows (Sequence[int]): Rows of the table of each feature.
    widths (Sequence[int]): Width of each feature's vector.
    hashes (int): Rows summed into a vector.
    seen_slots (int): Slots of each feature's table of seen values.
    char_rows (int): Rows of the character table.
    char_embed_width (int): Width of a character's vector.
    char_width (int): Width of the character encoder's output, 0 for none.
    char_window (int): Characters that a filter sees.
    """

    def __init__(
        self,
        rows: Sequence[int],
        widths: Sequence[int],
        hashes: int,
        seen_slots: int,
        char_rows: int,
        char_embed_width: int,
        char_width: int,
        char_window: int,
    ) -> None:
        super().__init__()
        tables = [FeatureTable(r, w, hashes, seen_slots) for r, w in zip(rows, widths)]
        # A word says nothing before it is learnt: rare ones and collisions do little harm.
        nn.init.zeros_(tables[0].weight)
        self.tables = nn.ModuleList(tables)
        self.chars = (
            CharCNN(char_rows, char_embed_width, char_width, char_window) if char_width else None
        )
        self.width = sum(widths) + char_width

    def forward(
        self,
        ids: Tensor,
        slots: Tensor,
        chars: Tensor,
        windows: Tensor,
        offsets: Tensor,
        index: Tensor,
        lengths: Sequence[int],
        learn: bool = False,
        word_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> Tensor:
        """
        ids (Tensor): Shape (features, words, hashes): table rows of distinct words.
        slots (Tensor): Shape (features, words): slots of the tables of seen values.
        chars (Tensor): See `CharCNN.forward`.
        windows (Tensor): See `CharCNN.forward`.
        offsets (Tensor): See `CharCNN.forward`.
        index (Tensor): Shape (tokens,): the word of each token.
        lengths (Sequence[int]): Tokens of each document; not used.
        learn (bool): Remember the features as seen.
        word_dropout (float): If `learn`, each feature of a word that occurs n times in the
            batch is treated as unknown with probability word_dropout / (word_dropout + n).
        dropout (float): Rate of the dropout on the output.
        RETURNS (Tensor): Shape (tokens, sum of all widths).
        """
        if not len(index):
            return ids.new_zeros((0, self.width), dtype=torch.float32)
        drop = None
        if learn:
            counts = torch.bincount(index, minlength=ids.shape[1])
            drop = word_dropout / (word_dropout + counts)
        parts = [table(*feature, drop) for table, *feature in zip(self.tables, ids, slots)]
        if self.chars is not None:
            parts.append(self.chars(chars, windows, offsets))
        tokens = torch.cat(parts, dim=1).index_select(0, index)
        return F.dropout(tokens, dropout, training=dropout > 0)

"""Word vectors from hashed features and from the characters of the word."""

from typing import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class HashTable(nn.Module):
    """An embedding table read by hashed keys: a vector is the sum of several rows, so that
    two keys rarely share them all (hash embeddings, Svenstrup et al. 2017). Vectors start with
    unit variance.

    rows (int): Rows of the table.
    width (int): Width of a vector.
    hashes (int): Rows summed into a vector.
    """

    def __init__(self, rows: int, width: int, hashes: int) -> None:
        super().__init__()
        bound = (3 / hashes) ** 0.5
        self.weight = nn.Parameter(torch.empty(rows, width).uniform_(-bound, bound))

    def forward(self, ids: Tensor) -> Tensor:
        """
        ids (Tensor): Shape (keys, hashes): the rows of each key.
        RETURNS (Tensor): Shape (keys, width).
        """
        return F.embedding_bag(ids, self.weight, mode="sum")


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
    itself is the first feature; a word that was never seen in training gets the vector of the
    unknown word, which is trained on words dropped at random.

    rows (Sequence[int]): Rows of the table of each feature.
    widths (Sequence[int]): Width of each feature's vector.
    hashes (int): Rows summed into a vector.
    seen_slots (int): Slots of the table of seen words. Two words in one slot cannot be told
        apart, so it should be many times larger than the vocabulary.
    char_rows (int): Rows of the character table.
    char_embed_width (int): Width of a character's vector.
    char_width (int): Width of the character encoder's output, 0 for none.
    char_window (int): Characters that a filter sees.
    """

    seen: Tensor

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
        tables = [HashTable(r, w, hashes) for r, w in zip(rows, widths)]
        # A word says nothing before it is learnt: rare ones and collisions do little harm.
        nn.init.zeros_(tables[0].weight)
        self.tables = nn.ModuleList(tables)
        self.width = sum(widths) + char_width
        self.unknown = nn.Parameter(torch.zeros(widths[0]))
        self.register_buffer("seen", torch.zeros(seen_slots, dtype=torch.bool))
        self.chars = (
            CharCNN(char_rows, char_embed_width, char_width, char_window) if char_width else None
        )

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
        slots (Tensor): Shape (words,): slot of each word in the table of seen words.
        chars (Tensor): See `CharCNN.forward`.
        windows (Tensor): See `CharCNN.forward`.
        offsets (Tensor): See `CharCNN.forward`.
        index (Tensor): Shape (tokens,): the word of each token.
        learn (bool): Remember the words as seen.
        word_dropout (float): If `learn`, a word that occurs n times in the batch is treated as
            unknown with probability word_dropout / (word_dropout + n).
        dropout (float): Rate of the dropout on the output.
        RETURNS (Tensor): Shape (tokens, sum of all widths).
        """
        if not len(index):
            return self.unknown.new_zeros((0, self.width))
        if learn:
            self.seen[slots] = True
            counts = torch.bincount(index, minlength=len(slots))
            chances = torch.rand(len(slots), device=slots.device)
            known = chances * (word_dropout + counts) >= word_dropout
        else:
            known = self.seen[slots]
        parts = [table(feature) for table, feature in zip(self.tables, ids)]
        parts[0] = torch.where(known[:, None], parts[0], self.unknown)
        if self.chars is not None:
            parts.append(self.chars(chars, windows, offsets))
        tokens = torch.cat(parts, dim=1).index_select(0, index)
        return F.dropout(tokens, dropout, training=dropout > 0)

"""Word vectors from hashed features and from the characters of the word."""

from typing import Any, Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .char_encoders import CharEncoder
from .feature_table import FeatureTable


class WordCharEmbedding(nn.Module):
    """The concatenated vectors of a word's features and of its characters.

    Everything is computed once per distinct word and then copied to the tokens. The word
    itself is the first feature.

    word_rows (int): Rows of the table of words.
    word_width (int): Width of a word's vector.
    word_scale (float): Factor of this vector (Vaswani et al. 2017). The size of Adam's steps does
        not depend on the gradient, so words are learned faster by this factor.
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
        self.words = FeatureTable(1, word_rows, word_width, sparse=True, zero=True, **tables)
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
        """Embed tokens.

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

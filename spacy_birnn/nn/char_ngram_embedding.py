"""Character vectors from the character, its bigrams, its class and a lexicon."""

from typing import Any, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .bigram_embedding import BigramTable
from .feature_table import FeatureTable


class CharNgramEmbedding(nn.Module):
    """The concatenated vectors of a character, of the bigrams that it ends and begins and of its
    class (Ma, Ganchev & Weiss 2018; classes as in Zhao et al. 2006), and matches with a lexicon.

    Vectors are looked up once per distinct character or bigram and then copied.

    char_rows (int): Rows of the table of characters.
    char_width (int): Width of a character's vector.
    bigram_rows (int): Rows of the table of bigrams.
    bigram_width (int): Width of a bigram's vector.
    classes (int): Number of classes.
    class_width (int): Width of a class's vector.
    n_matches (int): Number of features of matches with a lexicon.
    lexicon_size (int): Number of words of the lexicon, which is stored with the weights.
    **tables (Any): See `FeatureTable`.
    """

    def __init__(
        self,
        char_rows: int,
        char_width: int,
        bigram_rows: int,
        bigram_width: int,
        classes: int,
        class_width: int,
        n_matches: int,
        lexicon_size: int,
        **tables: Any,
    ) -> None:
        super().__init__()
        self.chars = FeatureTable(1, char_rows, char_width, **tables)
        self.bigrams = BigramTable(bigram_rows, bigram_width, **tables)
        self.classes = nn.Embedding(classes, class_width)
        for name in ("lexicon", "lexicon_counts"):
            self.register_buffer(name, torch.zeros(lexicon_size, dtype=torch.int64))
        self.width = char_width + 2 * bigram_width + class_width + n_matches

    def forward(
        self,
        char_ids: Tensor,
        char_slots: Tensor,
        chars: Tensor,
        bigram_ids: Tensor,
        bigram_slots: Tensor,
        ended: Tensor,
        begun: Tensor,
        classes: Tensor,
        matches: Tensor,
        lengths: Sequence[int] = (),
        learn: bool = False,
        ngram_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> Tensor:
        """Embed characters.

        char_ids (Tensor): Shape (1, distinct, hashes): table rows of distinct characters.
        char_slots (Tensor): Shape (1, distinct): their slots of the table of counts.
        chars (Tensor): Shape (characters,): the distinct character of each.
        bigram_ids (Tensor): Shape (1, distinct, hashes): table rows of distinct bigrams.
        bigram_slots (Tensor): Shape (1, distinct): their slots of the table of counts.
        ended (Tensor): Shape (characters,): the distinct bigram that each ends.
        begun (Tensor): Shape (characters,): the distinct bigram that each begins.
        classes (Tensor): Shape (characters,): the class of each.
        matches (Tensor): Shape (characters, n_matches): features of matches with the lexicon.
        lengths (Sequence[int]): Characters of each text.
        learn (bool): Count characters and bigrams.
        ngram_dropout (float): See `FeatureTable.forward`, if `learn`.
        dropout (float): Rate of the dropout on the output.
        RETURNS (Tensor): Shape (characters, sum of all widths).
        """
        if not len(chars):
            return char_ids.new_zeros((0, self.width), dtype=torch.float32)
        n_chars = torch.bincount(chars, minlength=char_ids.shape[1]) if learn else None
        parts = [
            self.chars(char_ids, char_slots, n_chars, ngram_dropout).index_select(0, chars),
            self.bigrams.embed_items(
                bigram_ids, bigram_slots, ended, begun, lengths, learn, ngram_dropout
            ),
            self.classes(classes),
            matches,
        ]
        return F.dropout(torch.cat(parts, dim=1), dropout, training=dropout > 0)

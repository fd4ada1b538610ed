"""Word vectors from the characters of the word."""

from typing import Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .birnn import BiRNN


class CharCNN(nn.Module):
    """A convolution over the characters of a word, max-pooled (Ma & Hovy 2016).

    rows (int): Rows of the character table.
    embed_width (int): Width of a character's vector.
    width (int): Width of the output.
    window (int): Characters that a filter sees, an odd number.
    """

    def __init__(self, rows: int, embed_width: int, width: int, window: int) -> None:
        super().__init__()
        self.weight = make_table(rows, embed_width)
        self.filters = nn.Linear(embed_width * window, width)
        nn.init.xavier_uniform_(self.filters.weight)
        nn.init.zeros_(self.filters.bias)
        self.window = window

    def forward(self, chars: Tensor, windows: Tensor, offsets: Tensor) -> Tensor:
        """Encode words.

        chars (Tensor): Shape (positions,): table rows of the characters of all words, with
            padding between the words.
        windows (Tensor): Shape (characters,): for each character the first position of its window.
        offsets (Tensor): Shape (words,): start of each word in `windows`. No word is empty.
        RETURNS (Tensor): Shape (words, width).
        """
        embedded = F.embedding(chars, self.weight)
        n_windows = len(chars) - self.window + 1
        stacked = torch.cat([embedded[i : i + n_windows] for i in range(self.window)], dim=1)
        return F.embedding_bag(windows, self.filters(stacked), offsets, mode="max")


class CharBiRNN(nn.Module):
    """A bidirectional LSTM over the characters of a word, whose final states are concatenated
    (Lample et al. 2016).

    rows (int): Rows of the character table.
    embed_width (int): Width of a character's vector.
    width (int): Width of the output, at least 2; the forward direction gets the larger half of
        an odd width.
    """

    def __init__(self, rows: int, embed_width: int, width: int) -> None:
        super().__init__()
        self.weight = make_table(rows, embed_width)
        self.rnn = BiRNN(embed_width, [width])
        self.widths = [width - width // 2, width // 2]

    def forward(self, chars: Tensor, windows: Tensor, offsets: Tensor) -> Tensor:
        """Encode words.

        chars (Tensor): Shape (characters,): table rows of the characters of all words, without
            padding.
        windows (Tensor): Shape (characters,): not used, because a window is one character.
        offsets (Tensor): Shape (words,): start of each word in `chars`. No word is empty.
        RETURNS (Tensor): Shape (words, width).
        """
        ends = torch.cat([offsets[1:], offsets.new_tensor([len(chars)])])
        states = self.rnn(F.embedding(chars, self.weight), (ends - offsets).tolist())
        forward, backward = states.split(self.widths, dim=1)
        # The backward direction ends at the first character.
        return torch.cat([forward[ends - 1], backward[offsets]], dim=1)


CharEncoder = Union[CharCNN, CharBiRNN]


def make_table(rows: int, width: int) -> nn.Parameter:
    """Make a table of random vectors, whose expected length is one.

    rows (int): Number of vectors.
    width (int): Width of a vector.
    RETURNS (nn.Parameter): The table, shape (rows, width).
    """
    bound = (3 / width) ** 0.5
    return nn.Parameter(torch.empty(rows, width).uniform_(-bound, bound))

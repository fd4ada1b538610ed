"""Embedding blocks: from documents to one vector a token, context-free."""

from functools import partial
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..nn.shim import TorchShim
from ..nn.wordchar import WordCharEmbedding
from .checks import check_at_least, check_rate
from .features import WordFeatures, extract_word_features, mix, ranges

InT = List[Doc]
OutT = List[Floats2d]


def WordCharEmbed(
    word_width: int = 100,
    word_rows: int = 10000,
    affix_width: int = 32,
    affix_rows: int = 2000,
    prefixes: Sequence[int] = (1, 3),
    suffixes: Sequence[int] = (2, 3, 4),
    hashes: int = 2,
    char_width: int = 64,
    char_embed_width: int = 32,
    char_rows: int = 1000,
    char_window: int = 3,
    max_chars: int = 20,
    word_dropout: float = 0.05,
    seen_slots: int = 2**20,
    dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Embed words by hashed features and a convolution over their characters.

    The vectors of the normalised word, its prefixes, suffixes, shape and characters are
    concatenated. There is no mixing layer: the first recurrent layer is the mixer.

    word_width (int): Width of the normalised word's vector.
    word_rows (int): Rows of its hash table.
    affix_width (int): Width of the vector of each prefix, each suffix and the shape.
    affix_rows (int): Rows of the hash table of each of these.
    prefixes (Sequence[int]): Lengths of the prefixes, in characters.
    suffixes (Sequence[int]): Lengths of the suffixes.
    hashes (int): Rows of a hash table that are summed into one vector.
    char_width (int): Width of the character encoder's output; 0 switches it off.
    char_embed_width (int): Width of a character's vector.
    char_rows (int): Rows of the character table.
    char_window (int): Characters that a filter of the convolution sees, an odd number.
    max_chars (int): Characters of a word that the encoder reads.
    word_dropout (float): Share of the distinct words of a training batch whose word vector
        is replaced by that of the unknown word.
    dropout (float): Dropout rate of the output. `[training] dropout` replaces it.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, width).
    RAISES (ValueError): If a setting is out of its range.
    """
    for name, value in (
        ("word_width", word_width), ("word_rows", word_rows), ("affix_width", affix_width),
        ("affix_rows", affix_rows), ("hashes", hashes), ("char_embed_width", char_embed_width),
        ("char_rows", char_rows), ("max_chars", max_chars),
        *(("prefixes", n) for n in prefixes), *(("suffixes", n) for n in suffixes),
    ):
        check_at_least("WordCharEmbed", name, value, 1)
    n_affixes = len(prefixes) + len(suffixes) + 1
    widths = [word_width] + [affix_width] * n_affixes
    rows = [word_rows] + [affix_rows] * n_affixes
    build = partial(
        WordCharEmbedding,
        rows=rows,
        widths=widths,
        n_rows_summed=hashes,
        char_rows=char_rows,
        char_embed_width=char_embed_width,
        char_width=char_width,
        char_window=char_window,
        seen_slots=seen_slots,
    )
    return Model(
        "wordchar_embed",
        forward,
        init=init,
        dims={"nO": sum(widths) + char_width},
        attrs={
            "rows": rows, "hashes": hashes, "prefixes": list(prefixes), "suffixes": list(suffixes),
            "char_rows": char_rows, "char_window": char_window, "max_chars": max_chars,
            "word_dropout": word_dropout, "seen_slots": seen_slots, "dropout_rate": dropout,
        },
        shims=[TorchShim(build)],
    )


def init(model, X=None, Y=None) -> None:
    model.shims[0].initialize()


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> Tuple[OutT, Callable]:
    attrs = model.attrs
    features = extract_word_features(docs, attrs["prefixes"], attrs["suffixes"], attrs["max_chars"])
    arrays = _table_rows(features, attrs)
    lengths = [len(doc) for doc in docs]
    shim = model.shims[0]
    if not is_train:
        return model.ops.unflatten(shim.predict(*arrays, lengths=lengths), lengths), _no_gradient
    Y, backprop_torch = shim.begin_update(*arrays, lengths=lengths, learn=True, word_dropout=attrs["word_dropout"], dropout=attrs["dropout_rate"])

    def backprop(dYs: OutT) -> InT:
        backprop_torch(model.ops.flatten(dYs))
        return []

    return model.ops.unflatten(Y, lengths), backprop


def _table_rows(features: WordFeatures, attrs):
    seeds = mix(np.arange(1, attrs["hashes"] + 1, dtype=np.uint64))
    keys = features.keys
    hashed = mix(keys[..., None] + seeds)
    ids = hashed % np.array(attrs["rows"], dtype=np.uint64)[:, None, None]
    margin = attrs["char_window"] // 2
    sizes = features.char_counts + 2 * margin
    starts = np.cumsum(sizes) - sizes
    chars = np.zeros(int(sizes.sum()), dtype=np.int64)
    windows = ranges(starts, features.char_counts)
    chars[windows + margin] = mix(features.chars) % np.uint64(attrs["char_rows"] - 1) + np.uint64(1)
    offsets = np.cumsum(features.char_counts) - features.char_counts
    return ids.astype(np.int64), (keys[0] % np.uint64(attrs["seen_slots"])).astype(np.int64), chars, windows, offsets, features.index


def _no_gradient(dYs: OutT) -> InT:
    return []

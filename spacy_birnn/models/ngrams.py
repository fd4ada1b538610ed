"""Embedding of the characters of a text, for word segmentation."""

from functools import partial
from typing import Any, Callable, List, NamedTuple, Optional, Protocol, Sequence, Tuple

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..nn.ngrams import CharNgramEmbedding
from ..nn.shim import TorchShim
from ..tags.codepoints import BOUNDARY, CLASSES, IntArray, classify, code_points, fold
from .checks import check, check_at_least, check_rate
from .features import HashArray, mix
from .torch_layer import get_shim, run_module


class HasText(Protocol):
    """Anything with a text, such as a document."""

    @property
    def text(self) -> str: ...


InT = List[HasText]
OutT = List[Floats2d]


def CharNgramEmbed(
    char_width: int = 128,
    char_rows: int = 8000,
    bigram_width: int = 128,
    bigram_rows: int = 40000,
    class_width: int = 16,
    hashes: int = 2,
    ngram_dropout: float = 0.25,
    seen_slots: int = 2**22,
    dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Embed the characters of a text: each by itself, by the two bigrams that it is part of, and
    by its class, side by side (Ma, Ganchev & Weiss 2018).

    It reads the text and no tokens. Characters are normalised (NFKC, lower case, digits folded
    to 0) inside the features only. Nothing needs a vocabulary; what was not seen in training
    gets a vector for "unknown".

    char_width (int): Width of a character's vector.
    char_rows (int): Rows of the hash table of characters.
    bigram_width (int): Width of a bigram's vector.
    bigram_rows (int): Rows of the hash table of bigrams.
    class_width (int): Width of the vector of the class: Han, kana, Hangul, other letters,
        digits, punctuation, white space or other.
    hashes (int): Rows of a hash table that are summed into one vector (Svenstrup et al. 2017).
    ngram_dropout (float): In training, a character or bigram that occurs n times in the batch
        is treated as unknown with probability ngram_dropout / (ngram_dropout + n). `[training]
        dropout = 0` switches it off, too.
    seen_slots (int): Size of the tables of seen characters and of seen bigrams, in bytes: many
        times their number.
    dropout (float): Rate of the dropout on the output. `[training] dropout` replaces it while
        a pipeline is trained.
    RETURNS (Model[List[HasText], List[Floats2d]]): The model, for documents or anything else
        with a `text`. Output shape (characters, width).
    RAISES (ConfigValidationError): If a setting is out of its range.
    """
    block = "CharNgramEmbed"
    sizes = {
        "char_width": char_width,
        "char_rows": char_rows,
        "bigram_width": bigram_width,
        "bigram_rows": bigram_rows,
        "class_width": class_width,
        "hashes": hashes,
        "seen_slots": seen_slots,
    }
    for name, size in sizes.items():
        check_at_least(block, name, size, 1)
    check(ngram_dropout >= 0, block, "ngram_dropout", f"{ngram_dropout} must not be negative")
    check_rate(block, "dropout", dropout)
    build = partial(CharNgramEmbedding, classes=len(CLASSES), **sizes)
    return Model(
        "char_ngram_embed",
        partial(forward, Tables(char_rows, bigram_rows, hashes, seen_slots)),
        init=init,
        dims={"nO": char_width + 2 * bigram_width + class_width},
        attrs={"ngram_dropout": ngram_dropout, "dropout_rate": dropout},
        shims=[TorchShim(build)],
    )


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    get_shim(model).initialize()


class Tables(NamedTuple):
    """Sizes of the hash tables. See `CharNgramEmbed`."""

    char_rows: int
    bigram_rows: int
    hashes: int
    seen_slots: int


def forward(
    tables: Tables, model: Model[InT, OutT], items: InT, is_train: bool
) -> Tuple[OutT, Callable]:
    texts = [item.text for item in items]
    arrays = char_ngrams(texts, tables)
    settings = {}
    if is_train:
        dropout = model.attrs["dropout_rate"]
        ngram_dropout = model.attrs["ngram_dropout"] if dropout else 0.0
        settings = {"learn": True, "ngram_dropout": ngram_dropout, "dropout": dropout}
    return run_module(model, arrays, [len(text) for text in texts], is_train, **settings)


def char_ngrams(texts: Sequence[str], tables: Tables) -> List[IntArray]:
    """
    texts (Sequence[str]): The texts.
    tables (Tables): Sizes of the hash tables.
    RETURNS (List[IntArray]): The arguments of `CharNgramEmbedding`, from `char_ids` to `classes`.
    """
    codes, starts, sizes = code_points(texts)
    # A boundary before each text and after the last, and where the characters are then.
    bounded = np.insert(codes, np.append(starts, len(codes)), BOUNDARY)
    places = np.arange(len(codes)) + np.repeat(np.arange(1, len(sizes) + 1), sizes)
    folded = fold(bounded)
    bigrams = (folded[:-1] << 21) | folded[1:]
    char_keys, chars = np.unique(folded[places], return_inverse=True)
    bigram_keys, inverse = np.unique(bigrams, return_inverse=True)
    return [
        *_place(char_keys, tables.char_rows, tables),
        chars,
        *_place(bigram_keys, tables.bigram_rows, tables),
        inverse[places - 1],
        inverse[places],
        classify(codes),
    ]


def _place(keys: IntArray, rows: int, tables: Tables) -> Tuple[IntArray, IntArray]:
    """Rows of distinct keys, shape (1, keys, hashes), and their slots, shape (1, keys)."""
    hashed: HashArray = mix(keys.astype(np.uint64))
    seeds = mix(np.arange(1, tables.hashes + 1, dtype=np.uint64))
    ids: Any = mix(hashed[:, None] + seeds) % np.uint64(rows)
    slots: Any = hashed % np.uint64(tables.seen_slots)
    return ids[None].astype(np.int64), slots[None].astype(np.int64)

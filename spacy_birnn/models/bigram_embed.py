"""The vectors of the bigrams between words beside those of an embedding block."""

from functools import partial
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model, chain, concatenate, list2ragged, ragged2list
from thinc.types import Floats2d

from ..nn.bigram_embedding import BigramEmbedding
from ..nn.shim import TorchShim
from ..tags.codepoints import BOUNDARY, code_points, fold
from .torch_layer import counting, get_shim, run_module
from .word_features import distinct_words, place

InT = List[Doc]
OutT = List[Floats2d]


def with_bigrams(
    embed: Model[InT, OutT],
    width: int,
    features: "BigramFeatures",
    word_dropout: float,
    dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Concatenate to an embedding the vectors of two bigrams of characters for each word: the last
    of the word before it with its first, and its last with the first of the word after it. Where
    words are single characters, these are all bigrams of the text.

    embed (Model[List[Doc], List[Floats2d]]): The embedding, of known width.
    width (int): Width of a bigram's vector.
    features (BigramFeatures): Finds the bigrams.
    word_dropout (float): How often a rare bigram of a training batch is treated as unknown.
    dropout (float): Rate of the dropout on the vectors.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, width of the
        embedding + 2 * width).
    """
    table = {"seen_slots": features.seen_slots, "hashes": features.hashes}
    build = partial(BigramEmbedding, rows=features.rows, width=width, **table)
    bigrams: Model[InT, OutT] = Model(
        "bigram_embed",
        partial(forward, features, word_dropout),
        init=init,
        dims={"nO": 2 * width},
        attrs={"dropout_rate": dropout},
        shims=[TorchShim(build)],
    )
    both: Any = concatenate(chain(embed, list2ragged()), chain(bigrams, list2ragged()))
    model: Model[InT, OutT] = chain(both, ragged2list())
    model.set_dim("nO", embed.get_dim("nO") + 2 * width)
    return model


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    get_shim(model).initialize()


def forward(
    features: "BigramFeatures",
    word_dropout: float,
    model: Model[InT, OutT],
    docs: InT,
    is_train: bool,
) -> Tuple[OutT, Callable]:
    settings = counting(model, "word_dropout", word_dropout) if is_train else {}
    return run_module(model, features(docs), [len(doc) for doc in docs], is_train, **settings)


class BigramFeatures(NamedTuple):
    """Turns documents into arguments of `BigramEmbedding`. Characters are normalised, and an end of
    the document counts as one.

    rows (int): Rows of the hash table.
    seen_slots (int): Counts in the table of counts, 4 bytes each.
    hashes (int): Rows that are summed into one vector.
    max_chars (int): Words of more characters count as an end; 0 for none.
    """

    rows: int
    seen_slots: int
    hashes: int
    max_chars: int = 0

    def __call__(self, docs: InT) -> List[Any]:
        """
        docs (List[Doc]): The documents.
        RETURNS (List[numpy.ndarray]): The arguments from `ids` to `begun`.
        """
        lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
        orths, _, index = distinct_words(docs)
        words = [docs[0].vocab.strings[orth] for orth in orths.tolist()]
        # The empty word, which has no characters, is an end.
        codes, starts, sizes = code_points([*words, ""])
        folded = np.append(fold(codes), BOUNDARY)
        counts = (sizes > 0) & (sizes <= (self.max_chars or sizes))
        first = np.where(counts, folded[starts], BOUNDARY)
        last = np.where(counts, folded[starts + sizes - 1], BOUNDARY)
        # An end before each document and after the last, and where the words are then.
        ends = np.append(np.cumsum(lengths) - lengths, len(index))
        bounded = np.insert(index, ends, len(words))
        places = np.arange(len(index)) + np.repeat(np.arange(1, len(docs) + 1), lengths)
        bigrams = (last[bounded[:-1]] << 21) | first[bounded[1:]]
        keys, inverse = np.unique(bigrams, return_inverse=True)
        return [
            *place(keys, self.rows, self.seen_slots, self.hashes),
            inverse[places - 1],
            inverse[places],
        ]

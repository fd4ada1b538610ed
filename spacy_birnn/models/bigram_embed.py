"""An embedding of the bigrams of characters at the borders of words."""

from functools import partial
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model, chain, concatenate, list2ragged, ragged2list
from thinc.types import Floats2d

from ..nn.shim import TorchShim
from ..tags.codepoints import BOUNDARY, IntArray, code_points, fold
from .hashing import assign_rows
from .torch_layer import get_shim, run_module, training_settings
from .word_features import distinct_words

InT = List[Doc]
OutT = List[Floats2d]


def with_bigrams(
    embed: Model[InT, OutT],
    width: int,
    features: "BigramFeatures",
    word_dropout: float,
    dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Concatenate to an embedding the vectors of the two bigrams of characters at the borders of
    each word: its first character with the one before it, and its last with the one after it. If
    words are single characters, these are all bigrams of the text.

    embed (Model[List[Doc], List[Floats2d]]): The embedding, of known width.
    width (int): Width of a bigram's vector.
    features (BigramFeatures): Finds the bigrams.
    word_dropout (float): Rate at which rare bigrams are treated as unknown in training, see
        `FeatureTable.forward`.
    dropout (float): Rate of the dropout on the vectors.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, width of the
        embedding + 2 * width).
    """
    table = {"seen_slots": features.seen_slots, "hashes": features.hashes}
    build = partial(build_module, rows=features.rows, width=width, **table)
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


def build_module(**settings: Any) -> Any:
    """Build the module of `with_bigrams`.

    **settings (Any): See `BigramEmbedding`.
    RETURNS (BigramEmbedding): The module.
    """
    # Imported here: a compiled model runs without PyTorch.
    from ..nn.bigram_embedding import BigramEmbedding

    return BigramEmbedding(**settings)


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    get_shim(model).initialize()


def forward(
    features: "BigramFeatures",
    word_dropout: float,
    model: Model[InT, OutT],
    docs: InT,
    is_train: bool,
) -> Tuple[OutT, Callable]:
    settings = training_settings(model, "word_dropout", word_dropout) if is_train else {}
    return run_module(model, features(docs), [len(doc) for doc in docs], is_train, **settings)


class BigramFeatures(NamedTuple):
    """Turns documents into arguments of `BigramEmbedding`.

    Characters are normalized, and the borders of a document count as a character.

    rows (int): Rows of the hash table.
    seen_slots (int): Counts in the table of counts, 4 bytes each.
    hashes (int): Rows that are summed into one vector.
    max_chars (int): Words of more characters count as a border; 0 for none.
    """

    rows: int
    seen_slots: int
    hashes: int
    max_chars: int = 0

    def __call__(self, docs: InT) -> List[IntArray]:
        """Find the bigrams of documents.

        docs (List[Doc]): The documents.
        RETURNS (List[IntArray]): The arguments from `ids` to `begun`.
        """
        lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
        orths, _, index = distinct_words(docs)
        words = [docs[0].vocab.strings[orth] for orth in orths.tolist()]
        # The empty word stands for the borders of documents.
        codes, starts, sizes = code_points([*words, ""])
        folded = np.append(fold(codes), BOUNDARY)
        counts = (sizes > 0) & (sizes <= (self.max_chars or sizes))
        first = np.where(counts, folded[starts], BOUNDARY)
        last = np.where(counts, folded[starts + sizes - 1], BOUNDARY)
        bounded, positions = insert_boundaries(index, lengths, len(words))
        table = self.rows, self.seen_slots, self.hashes
        return find_bigrams(first[bounded], last[bounded], positions, *table)


def insert_boundaries(
    items: IntArray, lengths: IntArray, boundary: int
) -> Tuple[IntArray, IntArray]:
    """Insert a boundary before each sequence and after the last one.

    items (IntArray): The items of all sequences.
    lengths (IntArray): Length of each sequence.
    boundary (int): The boundary.
    RETURNS (Tuple[IntArray, IntArray]): Items and boundaries, and the new position of each item.
    """
    borders = np.append(np.cumsum(lengths) - lengths, len(items))
    positions = np.arange(len(items)) + np.repeat(np.arange(1, len(lengths) + 1), lengths)
    return np.insert(items, borders, boundary), positions


def find_bigrams(
    first: IntArray,
    last: IntArray,
    positions: IntArray,
    rows: int,
    seen_slots: int,
    hashes: int,
) -> List[IntArray]:
    """Find the bigrams that items end and begin.

    first (IntArray): First character of each item or boundary.
    last (IntArray): Last character of each item or boundary.
    positions (IntArray): Positions of the items among these.
    rows (int): Rows of the hash table.
    seen_slots (int): Slots of the table of counts.
    hashes (int): Rows that are summed into one vector.
    RETURNS (List[IntArray]): The arguments of `BigramTable.embed_items` from `ids` to `begun`.
    """
    bigrams = (last[:-1] << 21) | first[1:]
    keys, inverse = np.unique(bigrams, return_inverse=True)
    placed = assign_rows(keys, rows, seen_slots, hashes)
    return [*placed, inverse[positions - 1], inverse[positions]]

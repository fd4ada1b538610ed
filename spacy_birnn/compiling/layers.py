"""The settings and arrays of compiled layers, from their PyTorch modules."""

from typing import Any, Callable, Dict, Tuple

import numpy as np
from numpy.typing import NDArray

from ..nn.bigram_embedding import BigramEmbedding
from ..nn.birnn import BiRNN
from ..nn.char_encoders import CharBiRNN
from ..nn.char_ngram_embedding import CharNgramEmbedding
from ..nn.crf import LinearChainCRF
from ..nn.feature_table import FeatureTable
from ..nn.word_char_embedding import WordCharEmbedding
from .recurrent_graph import make_graph, to_array

Arrays = Dict[str, NDArray[Any]]
# The settings, as JSON, and the arrays by name.
Compiled = Tuple[Dict[str, Any], Arrays]


def compile_rows(prefix: str, weight: Any) -> Arrays:
    """Compile the rows of a table.

    prefix (str): Prefix of the names of the arrays.
    weight (Tensor): Shape (rows, width).
    RETURNS (Arrays): See `runtime.tables.RowTable`.
    """
    return {f"{prefix}.rows": to_array(weight)}


def compile_table(prefix: str, table: FeatureTable) -> Arrays:
    """Compile a table of features.

    prefix (str): Prefix of the names of the arrays.
    table (FeatureTable): The module.
    RETURNS (Arrays): See `runtime.tables.HashTable`.
    """
    return {
        **compile_rows(prefix, table.weight),
        f"{prefix}.unknown": to_array(table.unknown),
        f"{prefix}.seen": np.packbits(to_array(table.seen) > 0, bitorder="little"),
    }


def compile_stack(stack: BiRNN) -> Compiled:
    """Compile a recurrent stack.

    stack (BiRNN): The module.
    RETURNS (Compiled): See `runtime.recurrence.Recurrence`.
    """
    settings = {"width": stack.width, "window": stack.window, "overlap": stack.overlap}
    return settings, {"graph": make_graph(stack)}


def compile_word_char(module: WordCharEmbedding) -> Compiled:
    """Compile an embedding of words.

    module (WordCharEmbedding): The module.
    RETURNS (Compiled): See `runtime.embeddings.CompiledWordChar`.
    """
    settings: Dict[str, Any] = {
        "width": module.width,
        "word_scale": module.word_scale,
        "chars": None,
    }
    arrays = {**compile_table("words", module.words), **compile_table("affixes", module.affixes)}
    if module.chars is not None:
        settings["chars"] = {}
        arrays.update(compile_rows("chars", module.chars.weight))
    if isinstance(module.chars, CharBiRNN):
        settings["chars"], of_stack = compile_stack(module.chars.rnn)
        arrays.update(of_stack)
    elif module.chars is not None:
        filters = module.chars.filters
        arrays["filters.weight"] = to_array(filters.weight)
        arrays["filters.bias"] = to_array(filters.bias)
    return settings, arrays


def compile_bigrams(module: BigramEmbedding) -> Compiled:
    """Compile an embedding of bigrams.

    module (BigramEmbedding): The module.
    RETURNS (Compiled): See `runtime.embeddings.CompiledBigrams`.
    """
    return {"width": module.width}, compile_table("bigrams", module.bigrams)


def compile_char_ngrams(module: CharNgramEmbedding) -> Compiled:
    """Compile an embedding of characters.

    module (CharNgramEmbedding): The module.
    RETURNS (Compiled): See `runtime.embeddings.CompiledCharNgrams`.
    """
    arrays = {
        **compile_table("chars", module.chars),
        **compile_table("bigrams", module.bigrams),
        **compile_rows("classes", module.classes.weight),
        "lexicon": to_array(module.get_buffer("lexicon")),
    }
    return {"width": module.width}, arrays


def compile_crf(module: LinearChainCRF) -> Compiled:
    """Compile the transitions of a CRF, which Thinc and NumPy use.

    module (LinearChainCRF): The module.
    RETURNS (Compiled): The scores of the transitions.
    """
    return {}, {name: to_array(weight) for name, weight in module.named_parameters()}


# By the type of the module.
COMPILERS: Dict[type, Callable[[Any], Compiled]] = {
    BiRNN: compile_stack,
    WordCharEmbedding: compile_word_char,
    BigramEmbedding: compile_bigrams,
    CharNgramEmbedding: compile_char_ngrams,
    LinearChainCRF: compile_crf,
}

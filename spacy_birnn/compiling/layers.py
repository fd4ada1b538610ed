"""The settings and arrays of compiled layers, from their PyTorch modules."""

from typing import Any, Callable, Dict, NamedTuple, Tuple

import numpy as np
from numpy.typing import NDArray

from ..nn.bigram_embedding import BigramEmbedding
from ..nn.birnn import BiRNN
from ..nn.char_encoders import CharBiRNN
from ..nn.char_ngram_embedding import CharNgramEmbedding
from ..nn.crf import LinearChainCRF
from ..nn.feature_table import FeatureTable
from ..nn.word_char_embedding import WordCharEmbedding
from .quantized_graph import Ranges, make_quantized_graph
from .recurrent_graph import make_graph, to_array

Arrays = Dict[str, NDArray[Any]]
# The settings, as JSON, and the arrays by name.
Compiled = Tuple[Dict[str, Any], Arrays]


class Types(NamedTuple):
    """The types of the numbers of a compiled model.

    networks (str): Type of the recurrent layers, "float32" or "int8".
    tables (str): Type of the tables of embeddings, "float32", "float16" or "int8".
    ranges (Ranges): The ranges of the inputs of recurrent layers, for "int8".
    """

    networks: str
    tables: str
    ranges: Ranges


def compile_rows(prefix: str, weight: Any, types: Types) -> Arrays:
    """Compile the rows of a table.

    prefix (str): Prefix of the names of the arrays.
    weight (Tensor): Shape (rows, width).
    types (Types): The types.
    RETURNS (Arrays): See `runtime.tables.RowTable`.
    """
    rows = to_array(weight)
    if types.tables != "int8":
        return {f"{prefix}.rows": rows.astype(types.tables)}
    largest = np.abs(rows).max(axis=1)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    rounded = np.rint(rows / scales[:, None]).astype(np.int8)
    return {f"{prefix}.rows": rounded, f"{prefix}.scales": scales}


def compile_table(prefix: str, table: FeatureTable, types: Types) -> Arrays:
    """Compile a table of features.

    prefix (str): Prefix of the names of the arrays.
    table (FeatureTable): The module.
    types (Types): The types.
    RETURNS (Arrays): See `runtime.tables.HashTable`.
    """
    return {
        **compile_rows(prefix, table.weight, types),
        f"{prefix}.unknown": to_array(table.unknown),
        f"{prefix}.seen": np.packbits(to_array(table.seen) > 0, bitorder="little"),
    }


def compile_stack(stack: BiRNN, types: Types) -> Compiled:
    """Compile a recurrent stack.

    stack (BiRNN): The module.
    types (Types): The types.
    RETURNS (Compiled): See `runtime.recurrence.Recurrence`.
    """
    settings = {"width": stack.width, "window": stack.window, "overlap": stack.overlap}
    if types.networks == "int8":
        return settings, {"graph": make_quantized_graph(stack, types.ranges)}
    return settings, {"graph": make_graph(stack)}


def compile_word_char(module: WordCharEmbedding, types: Types) -> Compiled:
    """Compile an embedding of words.

    module (WordCharEmbedding): The module.
    types (Types): The types.
    RETURNS (Compiled): See `runtime.embeddings.CompiledWordChar`.
    """
    settings: Dict[str, Any] = {
        "width": module.width,
        "word_scale": module.word_scale,
        "chars": None,
    }
    arrays = {
        **compile_table("words", module.words, types),
        **compile_table("affixes", module.affixes, types),
    }
    if module.chars is not None:
        settings["chars"] = {}
        arrays.update(compile_rows("chars", module.chars.weight, types))
    if isinstance(module.chars, CharBiRNN):
        # The vectors of frequent words are cached, so there is little to gain.
        settings["chars"], of_stack = compile_stack(
            module.chars.rnn, types._replace(networks="float32")
        )
        arrays.update(of_stack)
    elif module.chars is not None:
        filters = module.chars.filters
        arrays["filters.weight"] = to_array(filters.weight)
        arrays["filters.bias"] = to_array(filters.bias)
    return settings, arrays


def compile_bigrams(module: BigramEmbedding, types: Types) -> Compiled:
    """Compile an embedding of bigrams.

    module (BigramEmbedding): The module.
    types (Types): The types.
    RETURNS (Compiled): See `runtime.embeddings.CompiledBigrams`.
    """
    return {"width": module.width}, compile_table("bigrams", module.bigrams, types)


def compile_char_ngrams(module: CharNgramEmbedding, types: Types) -> Compiled:
    """Compile an embedding of characters.

    module (CharNgramEmbedding): The module.
    types (Types): The types.
    RETURNS (Compiled): See `runtime.embeddings.CompiledCharNgrams`.
    """
    arrays = {
        **compile_table("chars", module.chars, types),
        **compile_table("bigrams", module.bigrams, types),
        **compile_rows("classes", module.classes.weight, types),
        "lexicon": to_array(module.get_buffer("lexicon")),
    }
    return {"width": module.width}, arrays


def compile_crf(module: LinearChainCRF, types: Types) -> Compiled:
    """Compile the transitions of a CRF, which Thinc and NumPy use.

    module (LinearChainCRF): The module.
    types (Types): Not used.
    RETURNS (Compiled): The scores of the transitions.
    """
    return {}, {name: to_array(weight) for name, weight in module.named_parameters()}


# By the type of the module.
COMPILERS: Dict[type, Callable[[Any, Types], Compiled]] = {
    BiRNN: compile_stack,
    WordCharEmbedding: compile_word_char,
    BigramEmbedding: compile_bigrams,
    CharNgramEmbedding: compile_char_ngrams,
    LinearChainCRF: compile_crf,
}

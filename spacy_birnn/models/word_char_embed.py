"""An embedding of words by hashed features and by their characters, without context."""

from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..nn.shim import TorchShim
from .bigram_embed import BigramFeatures, with_bigrams
from .checks import check, check_at_least, check_choice, check_rate
from .static_vectors import with_static_vectors
from .torch_layer import get_shim, no_backprop, run_module, training_settings
from .vector_cache import VectorCache
from .word_features import IntArray, WordFeatures, distinct_words

InT = List[Doc]
OutT = List[Floats2d]


def WordCharEmbed(
    word_width: int = 100,
    word_rows: int = 10000,
    word_scale: float = 10.0,
    affix_width: int = 32,
    affix_rows: int = 2000,
    prefixes: Sequence[int] = (1, 3),
    suffixes: Sequence[int] = (2, 3, 4),
    hashes: int = 2,
    char_encoder: str = "cnn",
    char_width: int = 64,
    char_embed_width: int = 32,
    char_rows: int = 1000,
    char_window: int = 3,
    max_chars: int = 20,
    word_dropout: float = 4.0,
    seen_slots: int = 2**18,
    cache_words: int = 20000,
    bigram_width: int = 0,
    bigram_rows: int = 131072,
    bigram_slots: int = 2**22,
    bigram_max_chars: int = 0,
    include_static_vectors: bool = False,
    static_width: int = 100,
    dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Embed words by hashed features and by their characters.

    The vectors of the normalized word, its prefixes, its suffixes, its shape and its
    characters are concatenated, and optionally those of the bigrams at its borders and its static
    vector. There is no mixing layer: the first recurrent layer mixes. There is no vocabulary: words
    and affixes that do not occur in the training data get a vector for "unknown".

    word_width (int): Width of the normalized word's vector.
    word_rows (int): Rows of its hash table. With twice as many rows as words, few words share all
        of their rows.
    word_scale (float): Factor of the word's vector (Vaswani et al. 2017): words are learned faster
        by this factor, which is good for rare ones.
    affix_width (int): Width of the vectors of each prefix, each suffix and the shape.
    affix_rows (int): Rows of the hash table of each of these.
    prefixes (Sequence[int]): Lengths of the prefixes, in characters.
    suffixes (Sequence[int]): Lengths of the suffixes.
    hashes (int): Rows of a hash table that are summed into one vector (Svenstrup et al. 2017).
    char_encoder (str): How the characters are read: "cnn" for a convolution (Ma & Hovy 2016) or
        "birnn" for a bidirectional LSTM (Lample et al. 2016).
    char_width (int): Width of the character encoder's output, of "birnn" both directions
        together; 0 for none.
    char_embed_width (int): Width of a character's vector.
    char_rows (int): Rows of the characters' hash table.
    char_window (int): Characters that a filter of "cnn" sees, an odd number.
    max_chars (int): Characters of a word that the encoder reads, from its beginning.
    word_dropout (float): In training, a feature of a word that has occurred n times so far is
        treated as unknown with probability word_dropout / (word_dropout + n) (Kiperwasser &
        Goldberg 2016), independently of `[training] dropout`. 0 switches it off: "unknown" then
        learns nothing.
    seen_slots (int): Slots of each feature's table of counts, 4 bytes each: many times the
        vocabulary.
    cache_words (int): Number of words whose vectors are cached in prediction; 0 for none.
    bigram_width (int): Width of the vectors of the bigrams of characters at both borders of a
        word (see `with_bigrams`); 0 for none.
    bigram_rows (int): Rows of their hash table.
    bigram_slots (int): Slots of their table of counts, 4 bytes each.
    bigram_max_chars (int): Words of more characters count as a border of the text there; 0 for
        none.
    include_static_vectors (bool): Use the word vectors of the vocabulary as well, which are not
        changed in training.
    static_width (int): Width to which a learned matrix projects them.
    dropout (float): Rate of the dropout on the output. `[training] dropout` replaces it while
        a pipeline is trained.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, width).
    RAISES (ConfigValidationError): If a setting is out of its range.
    """
    block = "WordCharEmbed"
    sizes = {
        "word_width": word_width,
        "word_rows": word_rows,
        "affix_width": affix_width,
        "affix_rows": affix_rows,
        "shortest of prefixes": min(prefixes, default=1),
        "shortest of suffixes": min(suffixes, default=1),
        "hashes": hashes,
        "char_embed_width": char_embed_width,
        "max_chars": max_chars,
        "seen_slots": seen_slots,
        "bigram_rows": bigram_rows,
        "bigram_slots": bigram_slots,
        "static_width": static_width,
    }
    check_at_least(block, 1, **sizes)
    optional = {"bigram_width": bigram_width, "bigram_max_chars": bigram_max_chars}
    check_at_least(block, 0, char_width=char_width, cache_words=cache_words, **optional)
    check_at_least(block, 2, char_rows=char_rows)
    check_at_least(block, 1, char_window=char_window)
    check(char_window % 2 == 1, block, "char_window", f"{char_window} must be odd")
    table = {"rows": char_rows, "embed_width": char_embed_width, "width": char_width}
    encoders = {"cnn": {**table, "window": char_window}, "birnn": table}
    check_choice(block, "char_encoder", char_encoder, encoders)
    halved = char_encoder == "cnn" or char_width != 1
    check(halved, block, "char_width", '1 is too small for "birnn", it must be 0 or at least 2')
    check(word_scale > 0, block, "word_scale", f"{word_scale} must be greater than 0")
    check(word_dropout >= 0, block, "word_dropout", f"{word_dropout} must not be negative")
    check_rate(block, "dropout", dropout)
    affixes = len(prefixes) + len(suffixes) + 1
    features = WordFeatures(
        prefixes=tuple(prefixes),
        suffixes=tuple(suffixes),
        word_rows=word_rows,
        affix_rows=affix_rows,
        hashes=hashes,
        seen_slots=seen_slots,
        char_rows=char_rows,
        # An RNN reads the characters one by one, without padding between the words.
        char_window=char_window if char_encoder == "cnn" else 1,
        max_chars=max_chars,
    )
    build = partial(
        build_module,
        word_rows=word_rows,
        word_width=word_width,
        word_scale=word_scale,
        affixes=affixes,
        affix_rows=affix_rows,
        affix_width=affix_width,
        char_width=char_width,
        char_encoder=char_encoder,
        char_settings=encoders[char_encoder],
        seen_slots=seen_slots,
        hashes=hashes,
    )
    embed: Model[InT, OutT] = Model(
        "word_char_embed",
        partial(forward, features, word_dropout, cache_words),
        init=init,
        dims={"nO": word_width + affixes * affix_width + char_width},
        attrs={"dropout_rate": dropout},
        shims=[TorchShim(build)],
    )
    if bigram_width:
        embed = with_bigrams(
            embed,
            bigram_width,
            BigramFeatures(bigram_rows, bigram_slots, hashes, bigram_max_chars),
            word_dropout,
            dropout,
        )
    return with_static_vectors(embed, static_width, dropout) if include_static_vectors else embed


def build_module(char_encoder: str, char_settings: Dict[str, int], **settings: Any) -> Any:
    """Build the module of `WordCharEmbed`.

    char_encoder (str): "cnn" or "birnn".
    char_settings (Dict[str, int]): See `CharCNN` and `CharBiRNN`.
    **settings (Any): See `WordCharEmbedding`.
    RETURNS (WordCharEmbedding): The module.
    """
    # Imported here: a compiled model runs without PyTorch.
    from ..nn.char_encoders import CharBiRNN, CharCNN
    from ..nn.word_char_embedding import WordCharEmbedding

    encoder = {"cnn": CharCNN, "birnn": CharBiRNN}[char_encoder]
    return WordCharEmbedding(make_chars=partial(encoder, **char_settings), **settings)


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    get_shim(model).initialize()


def forward(
    features: WordFeatures,
    word_dropout: float,
    cache_words: int,
    model: Model[InT, OutT],
    docs: InT,
    is_train: bool,
) -> Tuple[OutT, Callable]:
    lengths = [len(doc) for doc in docs]
    orths, shapes, index = distinct_words(docs)

    def arguments(which: IntArray) -> List[Any]:
        words = [docs[0].vocab.strings[orth] for orth in orths[which].tolist()]
        return [*features(words, shapes[which])]

    if is_train:
        arrays = [*arguments(np.arange(len(orths))), index]
        settings = training_settings(model, "word_dropout", word_dropout)
        return run_module(model, arrays, lengths, is_train, **settings)
    shim = get_shim(model)

    def embed(which: IntArray) -> Floats2d:
        index: Any = np.arange(len(which))
        vectors: Any = shim.predict(*arguments(which), index)
        return model.ops.asarray2f(vectors)

    cache: Any = shim.memo.get("vectors")
    if cache is None:
        cache = shim.memo["vectors"] = VectorCache(cache_words, model.ops)
    vectors: Floats2d = cache(orths, embed)[index]
    return model.ops.unflatten(vectors, cast(Ints1d, np.asarray(lengths, dtype="i"))), no_backprop

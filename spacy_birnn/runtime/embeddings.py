"""Compiled embeddings: what the modules of embeddings compute in prediction, in NumPy."""

from typing import Any, Dict, Sequence

import numpy as np

from ..tags.windows import IntArray
from .recurrence import Recurrence
from .tables import Arrays, FloatArray, HashTable, RowTable


class CharConvolution:
    """The compiled form of `CharCNN`.

    arrays (Arrays): The table "chars" and the arrays "filters.weight" and "filters.bias".
    """

    def __init__(self, arrays: Arrays) -> None:
        self.table = RowTable("chars", arrays)
        self.weight = np.ascontiguousarray(arrays["filters.weight"].T)
        self.bias = arrays["filters.bias"]

    def __call__(self, chars: IntArray, windows: IntArray, offsets: IntArray) -> FloatArray:
        """Encode words, see `CharCNN.forward`."""
        embedded = self.table[chars]
        size = len(self.weight) // embedded.shape[1]
        n_windows = len(chars) - size + 1
        stacked = np.hstack([embedded[i : i + n_windows] for i in range(size)])
        filtered = stacked[windows] @ self.weight + self.bias
        return np.maximum.reduceat(filtered, offsets, axis=0)


class CharRecurrence:
    """The compiled form of `CharBiRNN`.

    settings (Dict[str, Any]): See `Recurrence`.
    arrays (Arrays): The table "chars" and the array "graph".
    threads (int): See `Recurrence`.
    """

    def __init__(self, settings: Dict[str, Any], arrays: Arrays, threads: int) -> None:
        self.table = RowTable("chars", arrays)
        self.recurrence = Recurrence(settings, arrays, threads)

    def __call__(self, chars: IntArray, windows: IntArray, offsets: IntArray) -> FloatArray:
        """Encode words, see `CharBiRNN.forward`."""
        ends = np.append(offsets[1:], len(chars))
        states = self.recurrence(self.table[chars], lengths=(ends - offsets).tolist())
        middle = states.shape[1] - states.shape[1] // 2
        return np.hstack([states[ends - 1, :middle], states[offsets, middle:]])


class CompiledWordChar:
    """The compiled form of `WordCharEmbedding`.

    settings (Dict[str, Any]): `width`, `word_scale`, and `chars`: the settings of the character
        encoder, None if there is none.
    arrays (Arrays): The tables "words" and "affixes", and the arrays of the character encoder.
    threads (int): See `Recurrence`.
    """

    def __init__(self, settings: Dict[str, Any], arrays: Arrays, threads: int) -> None:
        self.width, self.word_scale = settings["width"], np.float32(settings["word_scale"])
        self.words = HashTable("words", arrays)
        self.affixes = HashTable("affixes", arrays)
        self.chars: Any = None
        if settings["chars"] is not None:
            recurrent = "graph" in arrays
            self.chars = (
                CharRecurrence(settings["chars"], arrays, threads)
                if recurrent
                else CharConvolution(arrays)
            )

    def __call__(
        self,
        ids: IntArray,
        slots: IntArray,
        chars: IntArray,
        windows: IntArray,
        offsets: IntArray,
        index: IntArray,
        lengths: Sequence[int] = (),
    ) -> FloatArray:
        """Embed tokens, see `WordCharEmbedding.forward`."""
        if not len(index):
            return np.zeros((0, self.width), dtype=np.float32)
        parts = [self.words(ids[:1], slots[:1]) * self.word_scale, self.affixes(ids[1:], slots[1:])]
        if self.chars is not None:
            parts.append(self.chars(chars, windows, offsets))
        return np.hstack(parts)[index]


class CompiledBigrams:
    """The compiled form of `BigramEmbedding`.

    settings (Dict[str, Any]): `width`.
    arrays (Arrays): The table "bigrams".
    threads (int): Not used.
    """

    def __init__(self, settings: Dict[str, Any], arrays: Arrays, threads: int) -> None:
        self.width = settings["width"]
        self.bigrams = HashTable("bigrams", arrays)

    def __call__(
        self,
        ids: IntArray,
        slots: IntArray,
        ended: IntArray,
        begun: IntArray,
        lengths: Sequence[int] = (),
    ) -> FloatArray:
        """Embed words, see `BigramEmbedding.forward`."""
        if not len(ended):
            return np.zeros((0, self.width), dtype=np.float32)
        vectors = self.bigrams(ids, slots)
        return np.hstack([vectors[ended], vectors[begun]])


class CompiledCharNgrams:
    """The compiled form of `CharNgramEmbedding`.

    settings (Dict[str, Any]): `width`.
    arrays (Arrays): The tables "chars", "bigrams" and "classes".
    threads (int): Not used.
    """

    def __init__(self, settings: Dict[str, Any], arrays: Arrays, threads: int) -> None:
        self.width = settings["width"]
        self.chars = HashTable("chars", arrays)
        self.bigrams = HashTable("bigrams", arrays)
        self.classes = RowTable("classes", arrays)

    def __call__(
        self,
        char_ids: IntArray,
        char_slots: IntArray,
        chars: IntArray,
        bigram_ids: IntArray,
        bigram_slots: IntArray,
        ended: IntArray,
        begun: IntArray,
        classes: IntArray,
        matches: FloatArray,
        lengths: Sequence[int] = (),
    ) -> FloatArray:
        """Embed characters, see `CharNgramEmbedding.forward`."""
        if not len(chars):
            return np.zeros((0, self.width), dtype=np.float32)
        bigrams = self.bigrams(bigram_ids, bigram_slots)
        parts = [
            self.chars(char_ids, char_slots)[chars],
            bigrams[ended],
            bigrams[begun],
            self.classes[classes],
            matches,
        ]
        return np.hstack(parts)

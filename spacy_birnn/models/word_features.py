"""Word features as arrays of hashes, computed for all distinct words of a batch at once."""

from dataclasses import dataclass
from typing import Any, List, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ORTH, SHAPE
from spacy.tokens import Doc

from ..tags.codepoints import BOUNDARY, IntArray, code_points, fold

HashArray = NDArray[np.uint64]


@dataclass(frozen=True)
class WordFeatures:
    """Turns words into arguments of `nn.wordchar.WordCharEmbedding`.

    The features of a word are the normalised word, a prefix and a suffix of each given
    length, and spaCy's shape. Words are normalised by NFKC, lower case and digits folded to
    0; the text of the documents is never changed.

    prefixes (Tuple[int, ...]): Lengths of the prefixes, in characters.
    suffixes (Tuple[int, ...]): Lengths of the suffixes.
    word_rows (int): Rows of the hash table of words.
    affix_rows (int): Rows of each other feature in the other table.
    hashes (int): Rows that are summed into one vector.
    seen_slots (int): Slots of each feature's table of counts.
    char_rows (int): Rows of the characters' table. Row 0 is the padding.
    char_window (int): Characters that a filter sees.
    max_chars (int): Characters of a word that are read.
    """

    prefixes: Tuple[int, ...]
    suffixes: Tuple[int, ...]
    word_rows: int
    affix_rows: int
    hashes: int
    seen_slots: int
    char_rows: int
    char_window: int
    max_chars: int

    def __call__(self, words: Sequence[str], shapes: HashArray) -> List[IntArray]:
        """
        words (Sequence[str]): Words, each of them once.
        shapes (HashArray): The hash of the shape of each.
        RETURNS (List[IntArray]): The arguments ids, slots, chars, windows and offsets.
        """
        codes, starts, sizes = code_points(words)
        folded = fold(codes).astype(np.uint64)
        whole = hash_words(folded, starts, sizes)
        affixes = hash_affixes(folded, starts, sizes, self.prefixes, self.suffixes)
        hashed = mix(np.concatenate([whole[None], affixes, shapes[None]]))
        seeds = mix(np.arange(1, self.hashes + 1, dtype=np.uint64))
        ids = self._place(mix(hashed[..., None] + seeds), self.word_rows, self.affix_rows)
        slots = self._place(hashed, self.seen_slots, self.seen_slots)
        return [ids, slots, *self._char_windows(codes, starts, sizes)]

    def _place(self, hashed: HashArray, word_rows: int, affix_rows: int) -> IntArray:
        """Map the hashes of the words to the rows of one table, and those of all other
        features to the rows of another, where they stand one after the other."""
        placed = np.empty(hashed.shape, dtype=np.int64)
        placed[0] = hashed[0] % np.uint64(word_rows)
        placed[1:] = hashed[1:] % np.uint64(affix_rows)
        first_rows = affix_rows * np.arange(len(hashed) - 1)
        placed[1:] += first_rows.reshape(-1, *[1] * (hashed.ndim - 1))
        return placed

    def _char_windows(
        self, codes: IntArray, starts: IntArray, sizes: IntArray
    ) -> Tuple[IntArray, IntArray, IntArray]:
        kept = np.minimum(sizes, self.max_chars)
        margin = self.char_window // 2
        slots = kept + 2 * margin
        windows = ranges(np.cumsum(slots) - slots, kept)
        chars = np.zeros(int(slots.sum()), dtype=np.int64)
        read = codes[ranges(starts, kept)].astype(np.uint64)
        hashed = mix(read) % np.uint64(self.char_rows - 1)
        chars[windows + margin] = hashed.astype(np.int64) + 1
        return chars, windows, np.cumsum(kept) - kept


def distinct_words(docs: Sequence[Doc]) -> Tuple[HashArray, HashArray, IntArray]:
    """
    docs (Sequence[Doc]): The documents.
    RETURNS (Tuple[HashArray, HashArray, IntArray]): The hashes (`ORTH`) of the distinct words,
        the hash of the shape of each, and for each token of all documents the number of its
        word.
    """
    none = np.zeros((0, 2), dtype=np.uint64)
    attrs = np.concatenate([none, *(doc.to_array([ORTH, SHAPE]) for doc in docs)])
    orths, first, index = np.unique(attrs[:, 0], return_index=True, return_inverse=True)
    return orths, attrs[first, 1], index


def mix(keys: HashArray) -> HashArray:
    """Scramble 64-bit keys (the finaliser of SplitMix64, Steele et al. 2014).

    keys (HashArray): Any shape.
    RETURNS (HashArray): The same shape.
    """
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def place(keys: NDArray[Any], rows: int, seen_slots: int, hashes: int) -> Tuple[IntArray, IntArray]:
    """Where a feature's values stand in its tables.

    keys (NDArray): Shape (keys,): distinct integers.
    rows (int): Rows of the hash table.
    seen_slots (int): Slots of the table of counts.
    hashes (int): Rows that are summed into one vector.
    RETURNS (Tuple[IntArray, IntArray]): Rows, shape (1, keys, hashes), and slots, shape (1, keys).
    """
    hashed = mix(keys.astype(np.uint64))
    seeds = mix(np.arange(1, hashes + 1, dtype=np.uint64))
    ids = mix(hashed[:, None] + seeds) % np.uint64(rows)
    slots = hashed % np.uint64(seen_slots)
    return ids[None].astype(np.int64), slots[None].astype(np.int64)


def ranges(starts: IntArray, sizes: IntArray) -> IntArray:
    """Concatenate the ranges start, start + 1, … start + size - 1.

    starts (IntArray): Shape (n,).
    sizes (IntArray): Shape (n,).
    RETURNS (IntArray): Shape (sum of sizes,).
    """
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)


def hash_words(codes: HashArray, starts: IntArray, sizes: IntArray) -> HashArray:
    """
    codes (HashArray): Code points of all words.
    starts (IntArray): Where each word starts.
    sizes (IntArray): Length of each word.
    RETURNS (HashArray): A hash of each word.
    """
    position = np.arange(len(codes)) - np.repeat(starts, sizes)
    total = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(mix(codes + mix(position.astype(np.uint64) + np.uint64(1))), out=total[1:])
    return total[starts + sizes] - total[starts]


def hash_affixes(
    codes: HashArray,
    starts: IntArray,
    sizes: IntArray,
    prefixes: Sequence[int],
    suffixes: Sequence[int],
) -> HashArray:
    """
    codes (HashArray): Code points of all words.
    starts (IntArray): Where each word starts.
    sizes (IntArray): Length of each word.
    prefixes (Sequence[int]): Lengths of the prefixes.
    suffixes (Sequence[int]): Lengths of the suffixes.
    RETURNS (HashArray): Shape (affixes, words): for each length a hash of each word's affix.
        That of a shorter word is the whole word.
    """
    # The characters of the longest affixes, from the outer ones inwards.
    forwards = np.arange(max(prefixes, default=0))[:, None]
    backwards = np.arange(max(suffixes, default=0))[:, None]
    steps = np.concatenate([forwards, backwards])
    offsets = np.concatenate([forwards + 0 * sizes, sizes - 1 - backwards])
    places = np.where(steps < sizes, starts + offsets, len(codes))
    mixed = mix(
        np.append(codes, np.uint64(BOUNDARY))[places] + mix(steps.astype(np.uint64) + np.uint64(1))
    )
    # The hash of an affix is the sum over its characters.
    total = np.zeros((len(steps) + 1, len(starts)), dtype=np.uint64)
    np.cumsum(mixed, axis=0, out=total[1:])
    first = [0] * len(prefixes) + [len(forwards)] * len(suffixes)
    last = [*prefixes, *(len(forwards) + n for n in suffixes)]
    return total[last] - total[first]

"""Word features as arrays of hashes, computed for all distinct words of a batch at once."""

from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np
from spacy.attrs import ORTH, SHAPE
from spacy.tokens import Doc

from ..tags.codepoints import IntArray, code_points, fold
from .hashing import HashArray, hash_affixes, hash_words, mix, rehash


@dataclass(frozen=True)
class WordFeatures:
    """Turns words into arguments of `WordCharEmbedding`.

    The features of a word are the normalized word, a prefix and a suffix of each given
    length, and spaCy's shape. Words are normalized by NFKC, lower case and digits folded to
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
        """Compute the features of words.

        words (Sequence[str]): Distinct words.
        shapes (HashArray): The hash of the shape of each.
        RETURNS (List[IntArray]): The arguments ids, slots, chars, windows and offsets.
        """
        codes, starts, sizes = code_points(words)
        folded = fold(codes).astype(np.uint64)
        whole = hash_words(folded, starts, sizes)
        affixes = hash_affixes(folded, starts, sizes, self.prefixes, self.suffixes)
        hashed = mix(np.concatenate([whole[None], affixes, shapes[None]]))
        ids = self._assign(rehash(hashed, self.hashes), self.word_rows, self.affix_rows)
        slots = self._assign(hashed, self.seen_slots, self.seen_slots)
        return [ids, slots, *self._char_windows(codes, starts, sizes)]

    def _assign(self, hashed: HashArray, word_rows: int, affix_rows: int) -> IntArray:
        """Map the hashes of the words to the rows of one table, and the hashes of each other
        feature to its own part of the rows of another table.
        """
        rows = np.empty(hashed.shape, dtype=np.int64)
        rows[0] = hashed[0] % np.uint64(word_rows)
        rows[1:] = hashed[1:] % np.uint64(affix_rows)
        first_rows = affix_rows * np.arange(len(hashed) - 1)
        rows[1:] += first_rows.reshape(-1, *[1] * (hashed.ndim - 1))
        return rows

    def _char_windows(
        self, codes: IntArray, starts: IntArray, sizes: IntArray
    ) -> Tuple[IntArray, IntArray, IntArray]:
        kept = np.minimum(sizes, self.max_chars)
        margin = self.char_window // 2
        padded = kept + 2 * margin
        windows = concatenate_ranges(np.cumsum(padded) - padded, kept)
        chars = np.zeros(int(padded.sum()), dtype=np.int64)
        read = codes[concatenate_ranges(starts, kept)].astype(np.uint64)
        hashed = mix(read) % np.uint64(self.char_rows - 1)
        chars[windows + margin] = hashed.astype(np.int64) + 1
        return chars, windows, np.cumsum(kept) - kept


def distinct_words(docs: Sequence[Doc]) -> Tuple[HashArray, HashArray, IntArray]:
    """Find the distinct words of documents.

    docs (Sequence[Doc]): The documents.
    RETURNS (Tuple[HashArray, HashArray, IntArray]): The hashes (`ORTH`) of the distinct words,
        the hash of the shape of each, and for each token of all documents the number of its
        word.
    """
    none = np.zeros((0, 2), dtype=np.uint64)
    attrs = np.concatenate([none, *(doc.to_array([ORTH, SHAPE]) for doc in docs)])
    orths, first, index = np.unique(attrs[:, 0], return_index=True, return_inverse=True)
    return orths, attrs[first, 1], index


def concatenate_ranges(starts: IntArray, sizes: IntArray) -> IntArray:
    """Concatenate the ranges start, start + 1, … start + size - 1.

    starts (IntArray): Shape (n,).
    sizes (IntArray): Shape (n,).
    RETURNS (IntArray): Shape (sum of sizes,).
    """
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)

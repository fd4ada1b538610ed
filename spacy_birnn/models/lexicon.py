"""A lexicon whose words are found in texts, at all positions and in all lengths at once."""

from typing import List, Mapping, Tuple

import numpy as np
from numpy.typing import NDArray

from ..tags.codepoints import IntArray, code_points, fold
from .hashing import HashArray, mix

# Binary logarithm of the size of a lexicon's table, which is many times its number of words.
FIRST_BITS = 20
SHIFT = np.uint64(64 - FIRST_BITS)


def hash_strings(codes: IntArray, max_length: int) -> List[HashArray]:
    """Hash all substrings up to a length.

    codes (IntArray): Code points.
    max_length (int): Greatest length of a string.
    RETURNS (List[HashArray]): For each length from 1 on, a hash of the string that begins at
        each code point, as far as it ends within the code points.
    """
    mixed = mix(codes.astype(np.uint64) + np.uint64(1))
    hashes: List[HashArray] = []
    for length in range(1, max_length + 1):
        last = mixed[length - 1 :]
        # Mixed before the sum, because the order of the characters counts.
        hashes.append(mix(hashes[-1][: len(last)]) + last if hashes else last)
    return hashes


def make_lexicon(counts: Mapping[str, int], max_length: int) -> Tuple[HashArray, IntArray]:
    """Hash the words of a lexicon.

    counts (Mapping[str, int]): Count of each word. Words longer than `max_length` are left out.
    max_length (int): Greatest length of a word.
    RETURNS (Tuple[HashArray, IntArray]): The hashes, sorted, and the count of each.
    """
    short = [word for word in counts if len(word) <= max_length]
    codes, starts, sizes = code_points(short)
    hashes = np.zeros(len(short), dtype=np.uint64)
    for length, hashed in enumerate(hash_strings(fold(codes), max_length), start=1):
        hashes[sizes == length] = hashed[starts[sizes == length]]
    distinct, inverse = np.unique(hashes, return_inverse=True)
    totals = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(totals, inverse, [counts[word] for word in short])
    return distinct, totals


class Lexicon:
    """A set of words that is searched for all substrings of a text.

    Most substrings are not words, and a table by the first bits of a hash excludes most of them
    faster than a binary search.

    hashes (HashArray): Hashes of the words, sorted.
    """

    def __init__(self, hashes: HashArray) -> None:
        self.hashes = hashes
        self.first_bits = np.zeros(2**FIRST_BITS, dtype=bool)
        self.first_bits[hashes >> SHIFT] = True

    def match(self, codes: IntArray, max_length: int) -> NDArray[np.float32]:
        """Find words in texts.

        codes (IntArray): Normalized code points, with a boundary between texts.
        max_length (int): Greatest length of a word.
        RETURNS (NDArray[np.float32]): Shape (code points, 2 * max_length): 1 where a word of
            each length begins, and where it ends; otherwise 0.
        """
        matches = np.zeros((len(codes), 2 * max_length), dtype=np.float32)
        for i, hashed in enumerate(hash_strings(codes, max_length)):
            candidates = np.flatnonzero(self.first_bits[hashed >> SHIFT])
            places = np.searchsorted(self.hashes, hashed[candidates])
            found = candidates[self.hashes.take(places, mode="clip") == hashed[candidates]]
            matches[found, i] = 1.0
            matches[found + i, max_length + i] = 1.0
        return matches

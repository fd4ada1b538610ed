"""Which strings of a text are words of a lexicon, for all places and lengths at once."""

from typing import List, Mapping, Tuple

import numpy as np
from numpy.typing import NDArray

from ..tags.codepoints import IntArray, code_points, fold
from .word_features import HashArray, mix

# Size of the table of a lexicon, as the binary logarithm: many times its words.
FIRST_BITS = 20
SHIFT = np.uint64(64 - FIRST_BITS)


def hash_strings(codes: IntArray, max_length: int) -> List[HashArray]:
    """
    codes (IntArray): Code points.
    max_length (int): Greatest length of a string.
    RETURNS (List[HashArray]): For each length from 1 on, a hash of the string that begins at
        each code point; fewer where it would go beyond the last one.
    """
    mixed = mix(codes.astype(np.uint64) + np.uint64(1))
    hashes: List[HashArray] = []
    for length in range(1, max_length + 1):
        last = mixed[length - 1 :]
        # Mixed before the sum, because the order of the characters counts.
        hashes.append(mix(hashes[-1][: len(last)]) + last if hashes else last)
    return hashes


def make_lexicon(counts: Mapping[str, int], max_length: int) -> Tuple[HashArray, IntArray]:
    """counts (Mapping[str, int]): How often each word occurs. Those that are longer than
        `max_length` are left out.
    max_length (int): Greatest length of a word.
    RETURNS (Tuple[HashArray, IntArray]): Their hashes, sorted, and how often each occurs.
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
    """Words that are looked up in texts.

    Most strings are no word, and a table by the first bits of a hash tells so for most of them
    in less time than the search for the hash takes.

    hashes (HashArray): Hashes of the words, sorted.
    """

    def __init__(self, hashes: HashArray) -> None:
        self.hashes = hashes
        self.first_bits = np.zeros(2**FIRST_BITS, dtype=bool)
        self.first_bits[hashes >> SHIFT] = True

    def match(self, codes: IntArray, max_length: int) -> NDArray[np.float32]:
        """codes (IntArray): Normalised code points, with a boundary between texts.
        max_length (int): Greatest length of a word.
        RETURNS (NDArray[np.float32]): Shape (code points, 2 * max_length): 1 where a word of
            each length begins, and where one ends; otherwise 0.
        """
        matches = np.zeros((len(codes), 2 * max_length), dtype=np.float32)
        for i, hashed in enumerate(hash_strings(codes, max_length)):
            maybe = np.flatnonzero(self.first_bits[hashed >> SHIFT])
            places = np.searchsorted(self.hashes, hashed[maybe])
            found = maybe[self.hashes.take(places, mode="clip") == hashed[maybe]]
            matches[found, i] = 1.0
            matches[found + i, max_length + i] = 1.0
        return matches

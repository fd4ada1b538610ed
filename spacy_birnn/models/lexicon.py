"""Which strings of a text are words of a lexicon, for all places and lengths at once."""

from typing import Iterable, List

import numpy as np
from numpy.typing import NDArray

from ..tags.codepoints import IntArray, code_points, fold
from .features import HashArray, mix


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


def make_lexicon(words: Iterable[str], max_length: int) -> HashArray:
    """words (Iterable[str]): Words. Those that are longer than `max_length` are left out.
    max_length (int): Greatest length of a word.
    RETURNS (HashArray): Their hashes, sorted.
    """
    short = sorted({word for word in words if len(word) <= max_length})
    codes, starts, sizes = code_points(short)
    hashed = hash_strings(fold(codes), max_length)
    found = [of_length[starts[sizes == n]] for n, of_length in enumerate(hashed, start=1)]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)


def match_lexicon(codes: IntArray, lexicon: HashArray, max_length: int) -> NDArray[np.float32]:
    """codes (IntArray): Normalised code points, with a boundary between texts.
    lexicon (HashArray): What `make_lexicon` returned, or some of it in the same order.
    max_length (int): Greatest length of a word.
    RETURNS (NDArray[np.float32]): Shape (code points, 2 * max_length): 1 where a word of each
        length begins, and where one ends; otherwise 0.
    """
    matches = np.zeros((len(codes), 2 * max_length), dtype=np.float32)
    if len(lexicon):
        for i, hashed in enumerate(hash_strings(codes, max_length)):
            places = np.minimum(np.searchsorted(lexicon, hashed), len(lexicon) - 1)
            found = np.flatnonzero(lexicon[places] == hashed)
            matches[found, i] = 1.0
            matches[found + i, max_length + i] = 1.0
    return matches

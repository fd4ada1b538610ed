"""Word features as arrays of hashes, computed for all distinct words of a batch at once."""

import unicodedata
from dataclasses import dataclass
from typing import List, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ORTH, SHAPE
from spacy.tokens import Doc

IntArray = NDArray[np.int64]
HashArray = NDArray[np.uint64]

# Stands before and after the characters of every word; no code point has this number.
BOUNDARY = 0x110000


@dataclass(frozen=True)
class WordFeatures:
    """The distinct words of a batch.

    keys (HashArray): Shape (features, words): 64-bit hash of each feature.
    chars (HashArray): Shape (characters,): code points of all words, one word after the other.
    char_counts (IntArray): Shape (words,): how many characters each word has in `chars`.
    index (IntArray): Shape (tokens,): for each token of the batch the number of its word.
    """

    keys: HashArray
    chars: HashArray
    char_counts: IntArray
    index: IntArray


def extract_word_features(
    docs: Sequence[Doc], prefixes: Sequence[int], suffixes: Sequence[int], max_chars: int
) -> WordFeatures:
    """Find the distinct words of a batch and hash their features.

    The features are, in this order: the normalised word, a prefix of each length in
    `prefixes`, a suffix of each length in `suffixes`, and spaCy's shape. Words are
    normalised by NFKC, lower case and digits folded to 0; `doc.text` is never changed.

    docs (Sequence[Doc]): The documents.
    prefixes (Sequence[int]): Lengths of the prefixes, in characters.
    suffixes (Sequence[int]): Lengths of the suffixes.
    max_chars (int): Characters kept of a word in `chars`.
    RETURNS (WordFeatures): The features.
    """
    attrs = np.concatenate([doc.to_array([ORTH, SHAPE]) for doc in docs])
    orths, first, index = np.unique(attrs[:, 0], return_index=True, return_inverse=True)
    strings = docs[0].vocab.strings
    words = [strings[orth] for orth in orths.tolist()]
    codes, starts, sizes = _code_points(words)
    folded = _fold(codes)
    keys = [_hash_words(folded, starts, sizes)]
    keys += [_hash_affixes(folded, starts, sizes, n) for n in prefixes]
    keys += [_hash_affixes(folded, starts, sizes, -n) for n in suffixes]
    keys.append(attrs[first, 1])
    seeds = np.arange(len(keys), dtype=np.uint64)[:, None]
    kept = np.minimum(sizes, max_chars)
    return WordFeatures(
        keys=mix(np.stack(keys) + mix(seeds)),
        chars=codes[ranges(starts, kept)],
        char_counts=kept,
        index=index,
    )


def mix(keys: HashArray) -> HashArray:
    """Scramble 64-bit keys (the finaliser of SplitMix64, Steele et al. 2014).

    keys (HashArray): Any shape.
    RETURNS (HashArray): The same shape.
    """
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def ranges(starts: IntArray, sizes: IntArray) -> IntArray:
    """Concatenate the ranges start, start + 1, … start + size - 1.

    starts (IntArray): Shape (n,).
    sizes (IntArray): Shape (n,).
    RETURNS (IntArray): Shape (sum of sizes,).
    """
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)


def _code_points(words: List[str]) -> "tuple[HashArray, IntArray, IntArray]":
    text = "".join(words).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(text, dtype="<u4").astype(np.uint64)
    sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    return codes, np.cumsum(sizes) - sizes, sizes


def _fold(codes: HashArray) -> HashArray:
    distinct, inverse = np.unique(codes, return_inverse=True)
    folded = [_fold_char(code) for code in distinct.tolist()]
    return np.array(folded, dtype=np.uint64)[inverse]


def _fold_char(code: int) -> int:
    char = unicodedata.normalize("NFKC", chr(code)).lower()
    if char.isdecimal():
        return ord("0")
    return ord(char) if len(char) == 1 else code


def _hash_words(codes: HashArray, starts: IntArray, sizes: IntArray) -> HashArray:
    position = np.arange(len(codes)) - np.repeat(starts, sizes)
    mixed = mix(codes + mix(position.astype(np.uint64)))
    total = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    return total[starts + sizes] - total[starts]


def _hash_affixes(codes: HashArray, starts: IntArray, sizes: IntArray, n: int) -> HashArray:
    """The first n characters of each word, or the last -n; shorter words are padded."""
    padded = np.append(codes, np.uint64(BOUNDARY))
    key = np.zeros(len(starts), dtype=np.uint64)
    for i in range(abs(n)):
        offset = i if n > 0 else sizes - 1 - i
        position = np.where((i < sizes), starts + offset, len(codes))
        key = mix(key + padded[position] + np.uint64(1))
    return key

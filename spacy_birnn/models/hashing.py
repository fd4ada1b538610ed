"""Hashes of words, affixes and other keys, for all of them at once."""

from typing import Any, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ..tags.codepoints import BOUNDARY, IntArray

HashArray = NDArray[np.uint64]


def mix(keys: HashArray) -> HashArray:
    """Scramble 64-bit keys (the finalizer of SplitMix64, Steele et al. 2014).

    keys (HashArray): Any shape.
    RETURNS (HashArray): The same shape.
    """
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def rehash(hashed: HashArray, hashes: int) -> HashArray:
    """Derive several hashes from one.

    hashed (HashArray): Any shape.
    hashes (int): Number of hashes.
    RETURNS (HashArray): The same shape with one more axis of length `hashes`.
    """
    seeds = mix(np.arange(1, hashes + 1, dtype=np.uint64))
    return mix(hashed[..., None] + seeds)


def assign_rows(
    keys: NDArray[Any], rows: int, seen_slots: int, hashes: int
) -> Tuple[IntArray, IntArray]:
    """Assign the values of a feature to rows of its hash table and slots of its table of counts.

    keys (NDArray): Shape (keys,): distinct integers.
    rows (int): Rows of the hash table.
    seen_slots (int): Slots of the table of counts.
    hashes (int): Rows that are summed into one vector.
    RETURNS (Tuple[IntArray, IntArray]): Rows, shape (1, keys, hashes), and slots, shape (1, keys).
    """
    hashed = mix(keys.astype(np.uint64))
    ids, slots = rehash(hashed, hashes) % np.uint64(rows), hashed % np.uint64(seen_slots)
    return ids[None].astype(np.int64), slots[None].astype(np.int64)


def hash_words(codes: HashArray, starts: IntArray, sizes: IntArray) -> HashArray:
    """Hash words.

    codes (HashArray): Code points of all words.
    starts (IntArray): Start of each word.
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
    """Hash the prefixes and the suffixes of words.

    codes (HashArray): Code points of all words.
    starts (IntArray): Start of each word.
    sizes (IntArray): Length of each word.
    prefixes (Sequence[int]): Lengths of the prefixes.
    suffixes (Sequence[int]): Lengths of the suffixes.
    RETURNS (HashArray): Shape (affixes, words): for each length a hash of each word's affix.
        The affix of a shorter word is the whole word.
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

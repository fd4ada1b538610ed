"""People whose surname and given name are separate words, as in the PFR corpus."""

from collections import Counter
from typing import Iterable, List, Sequence, Set


def find_surnames(runs: Iterable[Sequence[str]]) -> Set[str]:
    """Find surnames, words that start more two-word names than they end.

    runs (Iterable[Sequence[str]]): Adjacent words of names, such as 江 泽民.
    RETURNS (Set[str]): The surnames.
    """
    pairs = [run for run in runs if len(run) == 2]
    opened = Counter(first for first, _ in pairs)
    closed = Counter(last for _, last in pairs)
    return {word for word, n in opened.items() if n > closed[word]}


def split_names(run: Sequence[str], surnames: Set[str]) -> List[int]:
    """Split adjacent words of names into people.

    Words of an even number are paired. In an odd number, a person is one word and all surnames
    directly before it.

    run (Sequence[str]): Adjacent words of names, such as 吴 希曾 刘 伯根 岑红.
    surnames (Set[str]): The surnames.
    RETURNS (List[int]): The number of words of each person, such as 2, 2 and 1.
    """
    # Pairs need no surnames, of which rare ones are unknown and some, such as 石, are given names.
    if len(run) % 2 == 0:
        return [2] * (len(run) // 2)
    ends = [i for i, word in enumerate(run, start=1) if word not in surnames or i == len(run)]
    return [end - start for start, end in zip([0, *ends], ends)]

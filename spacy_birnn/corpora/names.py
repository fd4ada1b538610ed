"""People's names whose surname and given name are words of their own, as in the PFR corpus."""

from collections import Counter
from typing import Iterable, List, Sequence, Set


def find_surnames(runs: Iterable[Sequence[str]]) -> Set[str]:
    """Learn surnames: the words that open more runs of two words than they close.

    runs (Iterable[Sequence[str]]): Neighbouring words of names, such as 江 泽民.
    RETURNS (Set[str]): The surnames.
    """
    pairs = [run for run in runs if len(run) == 2]
    opened = Counter(first for first, _ in pairs)
    closed = Counter(last for _, last in pairs)
    return {word for word, n in opened.items() if n > closed[word]}


def split_names(run: Sequence[str], surnames: Set[str]) -> List[int]:
    """Split neighbouring words of names into people.

    A run of an even length is pairs of surname and given name. In one of an odd length, a
    person is one word and all surnames right before it.

    run (Sequence[str]): Neighbouring words of names, such as 吴 希曾 刘 伯根 岑红.
    surnames (Set[str]): The surnames.
    RETURNS (List[int]): The number of words of each person, such as 2, 2 and 1.
    """
    # Without the surnames: rare ones are unknown, and some are given names, too, such as 石.
    if len(run) % 2 == 0:
        return [2] * (len(run) // 2)
    ends = [i for i, word in enumerate(run, start=1) if word not in surnames or i == len(run)]
    return [end - start for start, end in zip([0, *ends], ends)]

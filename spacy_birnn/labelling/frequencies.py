"""Entries of jieba and HanLP dictionaries: a word, its frequency and its tag.

A number may belong to a word, as in "iPhone 15", so all entries together decide what it is.
"""

import re
from typing import List, NamedTuple, Optional, Pattern, Sequence

from ..tags.text import EDGES
from .dictionary_entries import MAX_LENGTH

# The end of a word in a script without spaces: a space after it does not belong to the word.
_UNSPACED = "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_ENDS = re.compile(f".*{_UNSPACED}")
_NUMBER = re.compile(r"\s[0-9]")
# Tags that do not follow the number in the name of a product.
_SHORT_TAG = re.compile("[a-z]{1,2}|eng|nrt|nrfg")
# The share of entries with a frequency that decides if none has a short tag.
SHARE = 0.5


class Entry(NamedTuple):
    """The parts of an entry.

    word (str): The word.
    frequency (str): Its frequency; "" if it has none.
    tag (str): Its tag; "" if it has none.
    ends (bool): Whether the word certainly ends before the frequency: by a tab, or because its
        script has no spaces.
    """

    word: str
    frequency: str
    tag: str
    ends: bool


class Reading(NamedTuple):
    """The interpretation of entries.

    entries (List[str]): The entries, each a word, then a tab and its tag if it has one.
    message (str): Part of a sentence for a warning; "" for none.
    """

    entries: List[str]
    message: str


def read_frequencies(entries: Sequence[str], *, tagged_only: bool = False) -> Reading:
    """Remove frequencies from entries, if their numbers are frequencies.

    They are if each entry is a word with an optional frequency and tag, and if one has a frequency
    and a short tag. Without such an entry, half of the entries must have a frequency, most of them
    after a tab or a word in a script without spaces, and no word may have two.

    entries (Sequence[str]): Entries of a dictionary.
    tagged_only (bool): Change nothing unless an entry has a frequency and a short tag.
    RETURNS (Reading): The entries, without blank ones if they are changed.
    """
    entries = list(entries)
    if not any(map(_NUMBER.search, entries)):
        return Reading(entries, "")
    parsed = [_parse(entry) for entry in entries]
    found = [entry for entry in parsed if entry is not None and entry.word]
    counted = [entry for entry in found if entry.frequency]
    has_tag = any(_SHORT_TAG.fullmatch(entry.tag) for entry in counted)
    n_entries = sum(map(bool, map(str.strip, entries)))
    are_most = 0 < len(counted) >= SHARE * n_entries
    all_fit = None not in parsed
    if all_fit and (has_tag or (not tagged_only and are_most and _are_frequencies(counted))):
        n_tags = sum(bool(entry.tag) for entry in found)
        return Reading(
            ["\t".join(filter(None, (entry.word, entry.tag))) for entry in parsed if entry],
            f"{n_entries:,} read as entries of jieba, {len(counted):,} of them with a frequency, "
            f"which is not used, and {n_tags:,} with a tag; where a number belongs to the word, "
            f"end the line with a tab",
        )
    if counted and not tagged_only and (all_fit or are_most):
        word, frequency, *_ = counted[0]
        return Reading(
            entries,
            f"{len(counted):,} of {n_entries:,} have a number, such as {frequency} after "
            f"'{word[:40]}', which is read as part of the word or as its tag; delete it if it is a "
            f"frequency",
        )
    return Reading(entries, "")


def _are_frequencies(counted: Sequence[Entry]) -> bool:
    """Check whether numbers without tags are frequencies, unlike in "iPhone 15"."""
    words = {entry.word for entry in counted}
    return len(words) == len(counted) < 2 * sum(entry.ends for entry in counted)


def _compile(separator: str, word: str, word_before_tag: str) -> List[Pattern[str]]:
    tag, short = "[A-Za-z][A-Za-z0-9_]*", "[a-z]{1,4}|[A-Z]{1,3}"
    tag_and_frequency = rf"{separator}(?P<tag>{short}){separator}(?P<frequency>[0-9]+)"
    return [
        re.compile(pattern)
        for pattern in (
            # HanLP puts the tag first, and may have several.
            rf"(?P<word>{word_before_tag}){tag_and_frequency}({separator}\w+{separator}[0-9]+)*",
            rf"(?P<word>{word}){separator}(?P<frequency>[0-9]+)({separator}(?P<tag>{tag}))?",
            rf"(?P<word>{word_before_tag}){separator}(?P<tag>{tag})(?P<frequency>)",
            r"(?P<word>\S*)(?P<frequency>)(?P<tag>)",
        )
    ]


_BY_TABS = _compile("\t", r"[^\t]+", r"\S+")
_BY_BLANKS = _compile(r"\s+", r"\S.*?", rf"\S*{_UNSPACED}")


def _parse(text: str) -> Optional[Entry]:
    """Parse an entry. The result is None for another form, such as a word with spaces."""
    cells = [cell.strip(EDGES) for cell in text.split("\t")]
    forms = _BY_BLANKS if len(cells) == 1 else _BY_TABS
    text = "\t".join(cells)
    if len(text) > MAX_LENGTH:
        return None
    for form in forms:
        match = form.fullmatch(text)
        if match is not None:
            ends = forms is _BY_TABS or _ENDS.fullmatch(match["word"]) is not None
            return Entry(match["word"], match["frequency"], match["tag"] or "", ends)
    return None

"""Entries of a user dictionary as text: a word, then a tab and its tag if it has one.

White space inside a word belongs to it; white space around it does not.
"""

import re
from sys import intern
from typing import Dict, Iterable, List, Tuple

from ..tags.text import EDGES

# Maximum number of characters of a word.
MAX_LENGTH = 1000
LINE_END = re.compile(r"[\r\n]")


def parse_entries(entries: Iterable[str]) -> Tuple[Dict[str, str], List[Tuple[int, str]]]:
    """Parse and check entries.

    entries (Iterable[str]): Entries of a dictionary.
    RETURNS (Tuple[Dict[str, str], List[Tuple[int, str]]]): Tags by word, "" for none; and the
        number (from 1) and problem of each invalid entry.
    """
    tags: Dict[str, str] = {}
    problems = []
    for number, entry in enumerate(entries, start=1):
        word, *more = [column.strip(EDGES) for column in entry.split("\t")]
        tag = more[0] if more else ""
        problem = ""
        if len(more) > 1:
            problem = f"{1 + len(more)} columns, not a word and a tag"
        elif tag and not word:
            problem = f"the tag {tag[:20]!r} has no word"
        elif len(word) > MAX_LENGTH:
            problem = f"a word of {len(word)} characters, more than {MAX_LENGTH}"
        elif LINE_END.search(word + tag):
            problem = f"a line break in {entry[:20]!r}"
        elif not is_unicode(entry):
            problem = f"half a character (a surrogate) in {entry[:20]!r}"
        if problem:
            problems.append((number, problem))
        elif word:
            tags[word] = intern(tag) or tags.get(word, "")
    return tags, problems


def is_unicode(text: str) -> bool:
    """Check whether a text can be encoded, which lone surrogates prevent.

    text (str): The text.
    RETURNS (bool): Whether it can.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

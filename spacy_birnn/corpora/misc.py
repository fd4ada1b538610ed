"""Entities from MISC, the last column of CoNLL-U."""

import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.tokens import Doc

from .entity_tags import MISSING, OUTSIDE, EntityTags, TaggedSentence, is_entity_tag, is_tag
from .text_files import count, shorten

# The escapes of values in MISC, as in UDPipe.
ESCAPES = {"\\": r"\\", " ": r"\s", "\t": r"\t", "\n": r"\n", "\r": r"\r", "|": r"\p"}
# Lower-case keys of entities, the usual ones first; BARE for tags without a key.
BARE = ""
KEYS = (
    "name",
    "ne",
    "ner",
    "entity",
    "ent",
    "nertag",
    "ner_tag",
    "namedentity",
    "bio",
    "iob",
    BARE,
)

_UNESCAPED = {escape: character for character, escape in ESCAPES.items()}
_ESCAPE = re.compile(r"\\[\\stnrp]")


class Words(NamedTuple):
    """The values of MISC for a sentence.

    numbers (List[int]): The line of each word.
    marks (List[Dict[str, str]]): The values of each word by key.
    owners (List[Tuple[int, Dict[str, str], range]]): The line of each multi-word token and empty
        node, its values by key, and the indices of its words.
    """

    numbers: List[int]
    marks: List[Dict[str, str]]
    owners: List[Tuple[int, Dict[str, str], range]]


def read_marks(misc: str) -> Dict[str, str]:
    """Read the values of MISC that may be entities.

    misc (str): A cell of MISC.
    RETURNS (Dict[str, str]): The first value of each lower-case key.
    """
    marks: Dict[str, str] = {}
    for item in misc.split("|"):
        key, equals, value = item.strip().partition("=")
        key, value = (key.strip().lower(), value.strip()) if equals else (BARE, key.strip())
        value = _ESCAPE.sub(lambda match: _UNESCAPED[match[0]], value)
        # Items that are not tags may have no key as well.
        if key in KEYS and value not in ("", "_") and (key != BARE or is_entity_tag(value)):
            marks.setdefault(key, value)
    return marks


def set_misc_entities(path: Path, docs: Sequence[Doc], sentences: Sequence[Words]) -> None:
    """Set the entities of documents from the tags in MISC.

    The key with the most entity tags is read. Words without a tag are outside of entities. If O is
    among the tags, this holds only for sentences with a tag, and other sentences have no
    annotation. One warning counts values that are not read: brackets or ids instead of tags, tags
    of another key, and tags of multi-word tokens whose words have none.

    path (Path): The file, for messages.
    docs (Sequence[Doc]): The documents, one per sentence.
    sentences (Sequence[Words]): The values of MISC for each of them.
    """
    key = _choose_key(sentences)
    entities = EntityTags(path)
    unread: List[Tuple[int, str]] = []
    tagged = [_read_tags(words, key, entities, unread) for words in sentences]
    try:
        entities.find_scheme(sentence for sentence in tagged if sentence is not None)
    except ValueError as err:
        warnings.warn(
            f"{path}: the entities of MISC are not read, because {err}: convert the tags to one "
            f"scheme, or delete them.",
            stacklevel=3,
        )
        return
    says_outside = any(
        (key, OUTSIDE) in mark.items() for words in sentences for mark in words.marks
    )
    for doc, words, sentence in zip(docs, sentences, tagged):
        if sentence is None and key is not None and not says_outside:
            sentence = TaggedSentence(words.numbers, [OUTSIDE] * len(doc))
        if sentence is not None:
            entities.annotate(doc, sentence)
    entities.warn()
    if unread:
        number, value = min(unread)
        warnings.warn(
            f"{path}: {count(len(unread), 'value')} of MISC not read that may be about entities "
            f"(first '{shorten(value)}' on line {number}): write entities as tags of words under "
            f"one key, as in NE=B-PER.",
            stacklevel=3,
        )


def _choose_key(sentences: Sequence[Words]) -> Optional[str]:
    """The key with the most entity tags, or with the most tags if there are no entities."""
    counts = {key: [0, 0] for key in KEYS}
    values = Counter(
        (key, value) for words in sentences for mark in words.marks for key, value in mark.items()
    )
    for (key, value), n in values.items():
        counts[key][0] += n * is_entity_tag(value)
        counts[key][1] += n * is_tag(value)
    best = max(KEYS, key=lambda key: counts[key])
    return best if any(counts[best]) else None


def _read_tags(
    words: Words, key: Optional[str], entities: EntityTags, unread: List[Tuple[int, str]]
) -> Optional[TaggedSentence]:
    """The tags under a key, if the sentence has any; add other values to the unread ones."""
    for number, mark in zip(words.numbers, words.marks):
        tag = mark.get(key, OUTSIDE) if key is not None else OUTSIDE
        unread += [
            (number, value)
            for other, value in mark.items()
            if (other == key and not is_tag(value))
            or (other != key and value not in (OUTSIDE, MISSING, tag))
        ]
    unknown: Set[int] = set()
    for number, mark, inside in words.owners:
        values = [value for value in mark.values() if value not in (OUTSIDE, MISSING)]
        if values and not any(words.marks[i] for i in inside):
            unread += [(number, value) for value in values]
            unknown.update(inside)
    if key is None or not (unknown or any(key in mark for mark in words.marks)):
        return None
    cells = [mark.get(key, OUTSIDE) for mark in words.marks]
    # A word has no annotation if its value or that of its multi-word token is not read.
    cells = [MISSING if i in unknown or not is_tag(cell) else cell for i, cell in enumerate(cells)]
    return entities.sentence(words.numbers, cells)

"""Text of `word/TAG` items, the format of the People's Daily corpus (PFR)."""

import re
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..errors import InputError
from .items import ITEM, is_untagged_chain
from .text_files import shorten
from .text_parts import BadLineError, Line, check_word, read_parts

# Name of the span group that holds bracketed compounds such as [中国/ns 政府/n]nt.
COMPOUNDS = "compounds"

_PARAGRAPH_ID = re.compile(r"\d{8}-\d{2}-\d{3}-\d{3}")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

# The first token, the end token and the label of a compound.
Compound = Tuple[int, int, str]


def read_word_tag(
    path: Path,
    vocab: Vocab,
    *,
    spaces: bool = False,
    fold_width: bool = False,
    skip_bad: bool = False,
) -> Iterator[Doc]:
    """Read one document per line; empty lines are skipped.

    Compounds in brackets become spans in `doc.spans["compounds"]`. The paragraph numbers of the
    original PFR files (19980101-01-001-001/m) are left out.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): Spaces separate the words in the text, as in English.
    fold_width (bool): Replace full-width letters, digits and punctuation by ASCII.
    skip_bad (bool): Leave bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents, with `token.tag_` set.
    RAISES (InputError): If the file is missing or empty, if a line is bad and `skip_bad` is not
        set, or if no line is good.
    """

    def parse(lines: List[Line]) -> Optional[Doc]:
        ((number, line),) = lines
        try:
            words, tags, compounds = parse_word_tag(line)
        except InputError as err:
            fix = "give each word one tag, as in 中国/ns, and close each bracket"
            raise BadLineError(number, str(err), fix) from err
        if not words:
            return None
        for word in words:
            check_word(number, word)
        if fold_width:
            words = [word.translate(_FULL_WIDTH) for word in words]
        doc = Doc(vocab, words=words, spaces=[spaces] * len(words), tags=tags)
        if compounds:
            doc.spans[COMPOUNDS] = [Span(doc, *compound) for compound in compounds]
        return doc

    content = "no words: it should have items such as word/TAG"
    yield from read_parts(path, parse, content=content, skip_bad=skip_bad)


def parse_word_tag(line: str) -> Tuple[List[str], List[str], List[Compound]]:
    """Parse a line of items.

    line (str): Items such as 中国/ns, separated by white space.
    RETURNS (Tuple[List[str], List[str], List[Compound]]): Words, tags and compounds.
    RAISES (InputError): If an item is not word/TAG, or brackets do not match.
    """
    words: List[str] = []
    tags: List[str] = []
    compounds: List[Compound] = []
    open_at: List[int] = []
    for item in line.split():
        match = ITEM.fullmatch(item)
        if match is None:
            raise InputError(f"'{shorten(item)}' is not word/TAG")
        if is_untagged_chain(item):
            raise InputError(f"'{shorten(item)}' is several words joined by slashes, without tags")
        if not words and _PARAGRAPH_ID.fullmatch(match["word"]):
            continue
        open_at += [len(words)] * len(match["open"])
        words.append(match["word"])
        tags.append(match["tag"])
        for label in match["close"].split("]")[1:]:
            if not open_at:
                raise InputError(f"'{shorten(item)}' closes a bracket that was not opened")
            compounds.append((open_at.pop(), len(words), label))
    if open_at:
        raise InputError(f"the bracket before '{shorten(words[open_at[-1]])}' is not closed")
    return words, tags, compounds

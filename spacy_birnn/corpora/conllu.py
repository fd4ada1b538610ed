"""CoNLL-U, read by spaCy's converter sentence by sentence, so that errors name lines."""

import re
import warnings
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from spacy.tokens import Doc
from spacy.training.converters.conllu_to_docs import conllu_sentence_to_doc
from spacy.vocab import Vocab

from ..errors import InputError
from ..tags.text import EDGES
from .misc import Words, read_marks, set_misc_entities
from .text_files import count, shorten
from .text_parts import BadLineError, Line, check_word, read_parts
from .upos import check_pos

N_COLUMNS = 10
TAG_COLUMNS = ("xpos", "upos")
NO_SPACE = "SpaceAfter=No"

# The number of a line, and its columns.
Row = Tuple[int, List[str]]

_NUMBER = re.compile("[0-9]{1,9}")
ID = re.compile(r"(?P<word>[0-9]{1,9})(-(?P<last>[0-9]{1,9})|\.(?P<node>[0-9]{1,9}))?")
_FIX_IDS = "number the words of a sentence from 1, and end it with an empty line"


def read_conllu(
    path: Path,
    vocab: Vocab,
    *,
    tag: str = "xpos",
    spaces: Optional[bool] = None,
    skip_bad: bool = False,
) -> Iterator[Doc]:
    """Read one document per sentence.

    Words are syntactic words: multi-word tokens (ids such as 3-4) only determine the spaces, and
    empty nodes (ids such as 8.1) are left out. Entities are read from tags in MISC by
    `set_misc_entities`. UPOS is `token.pos_`, and FEATS are `token.morph`.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    tag (str): Column for `token.tag_`: "xpos" or "upos". A word without XPOS gets its UPOS, and one
        warning counts such words.
    spaces (Optional[bool]): Whether spaces separate the words in the text, for files without
        SpaceAfter=No, such as some Chinese ones; None to read SpaceAfter=No.
    skip_bad (bool): Leave bad sentences out, with one warning that counts them.
    YIELDS (Doc): The documents.
    RAISES (InputError): If the file is missing or empty, if a sentence is bad and `skip_bad` is
        not set, or if no sentence is good.
    """
    if tag not in TAG_COLUMNS:
        raise InputError(f"The tag column is '{tag}', but it must be one of {TAG_COLUMNS}.")

    def parse(lines: List[Line]) -> Optional[Tuple[Doc, List[Row]]]:
        rows = [
            (number, [cell.strip(EDGES) for cell in line.split("\t")])
            for number, line in lines
            if not line.startswith("#")
        ]
        if not rows:
            return None
        _check(rows)
        texts = ["\t".join([*cells[:-1], _space(cells[-1], spaces)]) for _, cells in rows]
        try:
            doc = conllu_sentence_to_doc(vocab, texts, "")
        except (ValueError, IndexError) as err:
            raise BadLineError(rows[0][0], f"in this sentence {err}", "fix its columns") from err
        for token in doc:
            if tag == "upos":
                token.tag_ = token.pos_
            elif token.tag_ == "_":
                token.tag_ = ""
        return doc, rows

    content = "no sentences: it should be CoNLL-U with 10 columns"
    docs: List[Doc] = []
    marks: List[Words] = []
    xpos = _XposCount()
    for doc, rows in read_parts(
        path, parse, content=content, ends=lambda line: not line.strip(), skip_bad=skip_bad
    ):
        docs.append(doc)
        marks.append(_read_misc(rows))
        xpos.add(rows)
    set_misc_entities(path, docs, marks)
    if tag == "xpos":
        xpos.warn(path)
    yield from docs


class _XposCount:
    """A count of words whose tag is their UPOS, because they have no XPOS."""

    def __init__(self) -> None:
        self._n_filled = 0
        self._empty: List[int] = []

    def add(self, rows: List[Row]) -> None:
        for number, (id_, _, _, upos, xpos, *_) in rows:
            if id_.isdigit():
                self._n_filled += xpos not in ("_", "")
                self._empty += [number] * (xpos == "_" != upos)

    def warn(self, path: Path) -> None:
        if not self._empty:
            return
        if self._n_filled:
            message = (
                f"UPOS is the tag of {count(len(self._empty), 'word')} without XPOS (first on line "
                f"{self._empty[0]}), so that two tag sets are mixed: fill XPOS, or use UPOS for "
                f"all words (--tag upos)."
            )
        else:
            message = (
                "no word has XPOS, so UPOS is the tag of all words (--tag upos avoids this "
                "warning)."
            )
        warnings.warn(f"{path}: {message}", stacklevel=3)


def _read_misc(rows: List[Row]) -> Words:
    words = Words([], [], [])
    for number, cells in rows:
        match = ID.fullmatch(cells[0])
        marks = read_marks(cells[-1])
        if match is None or match["last"] or match["node"]:
            place = len(words.marks)
            last = int(match["last"]) if match and match["last"] else place
            if marks:
                words.owners.append((number, marks, range(place, last)))
        else:
            words.numbers.append(number)
            words.marks.append(marks)
    return words


def _check(rows: List[Row]) -> None:
    """Raise `BadLineError` for errors that spaCy's converter does not name."""
    n_words = 0
    # The last word of a multi-word token, and its line.
    last, opened_at = 0, 0
    heads = []
    for number, columns in rows:
        if len(columns) != N_COLUMNS:
            problem = f"{count(len(columns), 'column')} where CoNLL-U has {N_COLUMNS}"
            raise BadLineError(number, problem, "separate the columns by single tabs")
        id_, word, _, upos, _, feats, head = columns[:7]
        match = ID.fullmatch(id_)
        if match is None:
            raise BadLineError(number, f"the id '{shorten(id_)}' is not one of CoNLL-U", _FIX_IDS)
        if match["node"]:
            continue
        if int(match["word"]) != n_words + 1 or (match["last"] and last > n_words):
            raise BadLineError(number, f"the id {id_} where {n_words + 1} should follow", _FIX_IDS)
        if match["last"]:
            if int(match["last"]) <= n_words:
                raise BadLineError(number, f"the id {id_} ends before it begins", _FIX_IDS)
            last, opened_at = int(match["last"]), number
            continue
        n_words += 1
        check_word(number, word)
        check_pos(number, upos)
        if feats != "_" and not all("=" in feat for feat in feats.split("|")):
            problem = f"'{shorten(feats)}' is not FEATS"
            raise BadLineError(number, problem, "write Name=Value|…, or _")
        heads.append((number, head))
    if last > n_words:
        raise BadLineError(
            opened_at, f"the token ends with word {last}, which is not there", _FIX_IDS
        )
    for number, head in heads:
        if head != "_" and (not _NUMBER.fullmatch(head) or int(head) > n_words):
            problem = f"the head '{shorten(head)}' is not a word of the sentence"
            raise BadLineError(number, problem, f"write 0 to {n_words}, or _")


def _space(misc: str, spaces: Optional[bool]) -> str:
    """MISC reduced to whether a space follows."""
    follows = NO_SPACE not in misc.split("|") if spaces is None else spaces
    return "_" if follows else NO_SPACE

"""Text with one token a line and its entity tag in the last column."""

import warnings
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..tags.text import detect_scheme, read_tags, split_tag
from .files import CorpusError, read_lines

OUTSIDE = "O"
MISSING = "-"
DOCUMENT_START = "-DOCSTART-"


def read_columns(path: Path, vocab: Vocab, *, spaces: bool = True) -> Iterator[Doc]:
    """Read one document a sentence; sentences are separated by empty lines.

    The first column is the token and the last one its tag, in BIO (IOB1 and IOB2), BIOES,
    BILUO or BMES, which is found out. A tag "-" means that it is not known whether the token
    belongs to an entity. Lines that begin with "# " and -DOCSTART- are passed over. Illegal
    tags are repaired as by conlleval, with one warning that counts them.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): The tokens are separated by spaces in the text, as in English.
    YIELDS (Doc): The documents, with `doc.ents` set.
    RAISES (CorpusError): If the file is missing, empty or not UTF-8, if a line has no tag, or
        if its tags follow no scheme or several.
    """
    sentences = list(_read_sentences(path))
    if not sentences:
        raise CorpusError(f"{path} holds no tokens: it should have a token and its tag a line.")
    first_line: Dict[str, int] = {}
    for number, (_, tags) in sentences:
        for i, tag in enumerate(tags):
            if tag not in (OUTSIDE, MISSING):
                first_line.setdefault(split_tag(tag)[0], number + i)
    try:
        scheme = detect_scheme(first_line)
    except ValueError as err:
        where = ", ".join(f"{letter} on line {n}" for letter, n in sorted(first_line.items()))
        raise CorpusError(f"{path}: {err} ({where}): convert the tags to one scheme.") from err
    repairs = []
    for number, (words, tags) in sentences:
        reading = read_tags(tags, scheme)
        repairs += [number + i for i in reading.repairs]
        doc = Doc(vocab, words=words, spaces=[spaces] * len(words))
        entities = [Span(doc, start, end, label=name) for start, end, name in reading.spans]
        missing = [doc[i : i + 1] for i, tag in enumerate(tags) if tag == MISSING]
        doc.set_ents(entities, missing=missing, default="outside")
        yield doc
    if repairs:
        warnings.warn(
            f"{path}: {len(repairs)} illegal {scheme} tags repaired, the first on line "
            f"{repairs[0]}: a tag that continues nothing begins an entity, and an entity that "
            f"is not closed ends before the next tag.",
            stacklevel=2,
        )


def _read_sentences(path: Path) -> Iterator[Tuple[int, Tuple[List[str], List[str]]]]:
    """Number of the first line, tokens and tags of each sentence."""
    first = 0
    words: List[str] = []
    tags: List[str] = []
    for number, line in read_lines(path):
        columns = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or columns[0] == DOCUMENT_START:
            if words:
                yield first, (words, tags)
            words, tags = [], []
        elif line.startswith("# ") and not words:
            continue
        elif len(columns) < 2 or not columns[0].strip() or not columns[-1].strip():
            raise CorpusError(
                f"{path}, line {number}: '{line}' should be a token and its tag, in columns "
                f"separated by tabs or spaces."
            )
        else:
            first = first if words else number
            words.append(columns[0])
            tags.append(columns[-1].strip())
    if words:
        yield first, (words, tags)

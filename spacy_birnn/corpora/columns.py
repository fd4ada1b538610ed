"""Text with one token a line and its entity tag in the last column."""

import warnings
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..tags.schemes import SCHEMES
from ..tags.text import detect_scheme, read_tags, split_tag
from .files import CorpusError, number_lines, read_raw_lines, shorten
from .parts import SHOWN, BadLineError, Line, check_word, read_parts

# Number of the first line, tokens and tags.
Sentence = Tuple[int, List[str], List[str]]

OUTSIDE = "O"
MISSING = "-"
DOCUMENT_START = "-DOCSTART-"
LETTERS = {letter for scheme in SCHEMES.values() for letter in scheme if letter}


def read_columns(
    path: Path, vocab: Vocab, *, spaces: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document a sentence; sentences are separated by empty lines.

    The first column is the token and the last one its tag, in BIO (IOB1 and IOB2), BIOES,
    BILUO or BMES, which is found out. A tag "-" means that it is not known whether the token
    belongs to an entity. Lines that begin with "# " and -DOCSTART- are passed over. Illegal
    tags are repaired as by conlleval, with one warning that counts them.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): The tokens are separated by spaces in the text, as in English.
    skip_bad (bool): Leave sentences with bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents` set.
    RAISES (CorpusError): If the file is missing or empty, if a line is bad and `skip_bad` is not
        set, if no sentence is good, or if the tags follow no scheme or several.
    """
    counts = (len(split_columns(line)) for _, line in read_raw_lines(path) if not _is_end(line))
    usual = Counter(n for n in counts if n > 1)
    n_columns = max(usual, key=lambda n: usual[n], default=2)
    content = "no tokens: it should have a token and its tag a line"
    parse = partial(_parse, n_columns=n_columns)
    sentences = list(read_parts(path, parse, content=content, ends=_is_end, skip_bad=skip_bad))
    first_line: Dict[str, int] = {}
    for number, _, tags in sentences:
        for i, tag in enumerate(tags):
            if tag not in (OUTSIDE, MISSING):
                first_line.setdefault(split_tag(tag)[0], number + i)
    try:
        scheme = detect_scheme(first_line)
    except ValueError as err:
        where = ", ".join(f"{letter} on line {n}" for letter, n in sorted(first_line.items()))
        raise CorpusError(f"{path}: {err} ({where}): convert the tags to one scheme.") from err
    repairs = []
    for number, words, tags in sentences:
        reading = read_tags(tags, scheme)
        repairs += [number + i for i in reading.repairs]
        doc = Doc(vocab, words=words, spaces=[spaces] * len(words))
        entities = [Span(doc, start, end, label=name) for start, end, name in reading.spans]
        missing = [doc[i : i + 1] for i, tag in enumerate(tags) if tag == MISSING]
        doc.set_ents(entities, missing=missing, default="outside")
        yield doc
    if repairs:
        warnings.warn(
            f"{path}: {len(repairs):,} illegal {scheme} tags repaired, on "
            f"{number_lines(repairs, SHOWN)}: a tag that continues nothing begins an entity, and "
            f"an entity that is not closed ends before the next tag.",
            stacklevel=2,
        )


def split_columns(line: str) -> List[str]:
    """line (str): A line.
    RETURNS (List[str]): Its columns, which are separated by tabs, or else by white space.
    """
    return line.split("\t") if "\t" in line else line.split()


def is_tag(text: str) -> bool:
    """text (str): The last column of a line.
    RETURNS (bool): Whether it is a tag of a scheme, with a type, or one of `OUTSIDE` and `MISSING`.
    """
    letter, name = split_tag(text)
    return text in (OUTSIDE, MISSING) or (letter in LETTERS and bool(name))


def _is_end(line: str) -> bool:
    return not line.strip() or split_columns(line)[0] == DOCUMENT_START


def _parse(lines: List[Line], n_columns: int) -> Optional[Sentence]:
    first = 0
    words: List[str] = []
    tags: List[str] = []
    for number, line in lines:
        columns = split_columns(line)
        tag = columns[-1].strip()
        fits = len(columns) == n_columns
        # A token may be a "#", too.
        if line.startswith("# ") and not words and not (fits and is_tag(tag)):
            continue
        if len(columns) < 2 or not columns[0].strip() or not tag:
            problem = f"'{shorten(line)}' should be a token and its tag"
            raise BadLineError(number, problem, "separate its columns by tabs or spaces")
        if not fits:
            problem = f"{len(columns)} columns where most lines have {n_columns}"
            raise BadLineError(number, problem, "give all lines the same columns")
        check_word(number, columns[0])
        if not is_tag(tag):
            problem = f"the tag '{shorten(tag)}' is not of a scheme"
            raise BadLineError(number, problem, "write O, -, or letter and type, as in B-PER")
        first = first if words else number
        words.append(columns[0])
        tags.append(tag)
    return (first, words, tags) if words else None

"""The format of annotated text, found out from the names of files and from their lines."""

from enum import Enum
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Sequence

import numpy as np

from ..tags.codepoints import CLASSES, classify, code_points
from ..tags.text import split_tag
from .conllu import ID, N_COLUMNS
from .entity_tags import LETTERS, MISSING, OUTSIDE
from .files import CorpusError, is_utf8, read_raw_lines
from .layout import DOCUMENT_START, split_columns
from .word_tag import parse_word_tag


class Format(str, Enum):
    """Formats of annotated text."""

    conllu = "conllu"
    word_tag = "word-tag"
    columns = "columns"
    segmented = "segmented"
    categories = "categories"


# Endings that stand for one format. Others, such as .txt, .tsv and .conll, may be any.
ENDINGS = {
    ".conllu": Format.conllu,
    ".iob": Format.columns,
    ".iob2": Format.columns,
    ".bio": Format.columns,
    ".bioes": Format.columns,
    ".biluo": Format.columns,
    ".bmes": Format.columns,
    ".seg": Format.segmented,
}
# Lines that are looked at, and the share of them that must fit: some may be damaged.
N_LINES = 1000
SHARE = 0.8
# Words of text without spaces are short; between the spaces of plain text stand sentences.
LONGEST_MEDIAN = 3


def detect_formats(paths: Sequence[Path]) -> Format:
    """Find out the format of files that belong together.

    paths (Sequence[Path]): The files.
    RETURNS (Format): Their format.
    RAISES (CorpusError): If a file is missing, empty, not UTF-8 or of no format that names and
        lines tell for sure, or if the files differ.
    """
    formats = [detect_format(path) for path in paths]
    for path, format in zip(paths, formats):
        if format != formats[0]:
            raise CorpusError(
                f"{paths[0]} looks like {formats[0].value} and {path} like {format.value}: convert "
                f"them one after the other, or say what both are ({_choices()})."
            )
    return formats[0]


def detect_format(path: Path) -> Format:
    """Find out the format of a file. Its lines must say the same as its name, if that says
    anything. Categories are plain text, which is never found out.

    path (Path): The file.
    RETURNS (Format): Its format.
    RAISES (CorpusError): If it is missing, empty, not UTF-8 or doubtful.
    """
    raw = list(islice((line for _, line in read_raw_lines(path) if line.strip()), N_LINES))
    lines = [line for line in raw if is_utf8(line)]
    if len(lines) < SHARE * len(raw):
        raise CorpusError(f"{path} is not UTF-8 text: save it as such.")
    lines = [line for line in lines if not line.startswith(("# ", DOCUMENT_START))]
    named = ENDINGS.get(path.suffix.lower())
    found = [
        format
        for format, fits in LINES.items()
        if lines and sum(map(fits, lines)) >= SHARE * len(lines)
    ]
    if not found and (_is_segmented(lines) or (named is Format.segmented and _has_words(lines))):
        found = [Format.segmented]
    if len(found) == 1 and named in (None, found[0]):
        return found[0]
    looks = " and ".join(format.value for format in found) or "none that can be told for sure"
    name = "" if named is None else f"its name says {named.value}, and "
    raise CorpusError(
        f"The format of {path} is in doubt ({name}its lines look like {looks}): say which it is "
        f"({_choices()})."
    )


def _choices() -> str:
    *others, last = (format.value for format in Format)
    return f"--format {', '.join(others)} or {last}"


def _is_conllu(line: str) -> bool:
    columns = line.split("\t")
    return len(columns) == N_COLUMNS and ID.fullmatch(columns[0]) is not None


def _is_columns(line: str) -> bool:
    *others, tag = split_columns(line.rstrip())
    # Tags without a type, too: the reader says what they lack.
    return bool(others) and (tag == MISSING or split_tag(tag)[0] in (OUTSIDE, *LETTERS))


def _is_word_tag(line: str) -> bool:
    try:
        words, _, _ = parse_word_tag(line)
    except CorpusError:
        return False
    return bool(words)


LINES: Dict[Format, Callable[[str], bool]] = {
    Format.conllu: _is_conllu,
    Format.columns: _is_columns,
    Format.word_tag: _is_word_tag,
}


def _is_segmented(lines: List[str]) -> bool:
    """Whether the words are those of a script without spaces, and not columns."""
    items = [line.split() for line in lines]
    if len(lines) > 2 and len({len(words) for words in items}) == 1:
        return False
    words = [word for words in items for word in words]
    return (
        _has_words(lines)
        and _share_without_spaces(words) >= 0.5
        and (median(map(len, words)) <= LONGEST_MEDIAN)
    )


def _has_words(lines: List[str]) -> bool:
    """Whether most lines have several words, and no tabs."""
    several = sum(len(line.split()) > 1 and "\t" not in line for line in lines)
    return bool(lines) and several >= SHARE * len(lines)


def _share_without_spaces(words: List[str]) -> float:
    """Share of the words that begin in a script without spaces."""
    codes, starts, _ = code_points(words)
    scripts = [CLASSES.index("han"), CLASSES.index("kana")]
    return float(np.isin(classify(codes[starts]), scripts).mean())

"""The format of annotated text, found from the names and the lines of files."""

from itertools import islice
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Sequence

import numpy as np

from ..errors import InputError
from ..tags.codepoints import CLASSES, classify, code_points
from ..tags.text import split_tag
from .column_layout import DOCUMENT_START, split_columns
from .conllu import ID, N_COLUMNS
from .entity_tags import LETTERS, MISSING, OUTSIDE
from .foreign import refuse_foreign
from .formats import ENDINGS, Format
from .items import is_chain, is_joined, is_tagged, is_untagged_chain
from .text_files import is_utf8, read_raw_lines, shorten
from .text_parts import Line
from .tools import find_tool

# Lines to examine, and the share of them that must fit: others may be damaged.
N_LINES = 1000
SHARE = 0.8
# The share of items with a tag in word/TAG: others may have lost theirs.
TAGGED = 0.5
# The share of items with a mark from which the format is ambiguous: marks may separate words.
JOINED = 0.1
# The beginnings of comments and document starts.
NO_TOKENS = ("# ", "#\t", DOCUMENT_START)
# Words in scripts without spaces are short, and plain text has sentences between its spaces.
LONGEST_MEDIAN = 3


def detect_formats(paths: Sequence[Path]) -> Format:
    """Find the format of files that belong together.

    paths (Sequence[Path]): The files.
    RETURNS (Format): Their format.
    RAISES (InputError): If a file is missing, empty, of another tool, not UTF-8 or ambiguous, or
        if the formats differ.
    """
    formats = [detect_format(path) for path in paths]
    for path, format in zip(paths, formats):
        if format != formats[0]:
            raise InputError(
                f"{paths[0]} looks like {formats[0].value} and {path} like {format.value}: convert "
                f"them one by one, or give the format of both ({_choices()})."
            )
    return formats[0]


def detect_format(path: Path) -> Format:
    """Find the format of a file.

    Its lines must agree with its ending, if that has a format. Categories are plain text, which is
    never detected.

    path (Path): The file.
    RETURNS (Format): Its format.
    RAISES (InputError): If it is missing, empty, of another tool, not UTF-8 or ambiguous.
    """
    tool = find_tool(path)
    if tool is not None:
        return tool
    refuse_foreign(path)
    raw = list(islice(((n, line) for n, line in read_raw_lines(path) if line.strip()), N_LINES))
    numbered = [(n, line) for n, line in raw if is_utf8(line)]
    if len(numbered) < SHARE * len(raw):
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8.")
    numbered = [(n, line) for n, line in numbered if not line.startswith(NO_TOKENS)]
    lines = [line for _, line in numbered]
    items = _Items(numbered)
    named = ENDINGS.get(path.suffix.lower())
    found = [
        format
        for format, fits in LINES.items()
        if lines and sum(map(fits, lines)) >= SHARE * len(lines)
    ]
    if items.are_tagged:
        found.append(Format.word_tag)
    if not found and (_is_segmented(lines) or (named is Format.segmented and _has_words(lines))):
        found = [Format.segmented]
    by_items = set(found) <= {Format.word_tag, Format.segmented}
    doubt = items.find_doubt() if by_items else ""
    if len(found) == 1 and named in (None, found[0]) and not doubt:
        return found[0]
    looks = " and ".join(format.value for format in found) or "no known format"
    name = "" if named is None else f"its name says {named.value}, and "
    reason = doubt or f"its lines look like {looks}"
    raise InputError(f"The format of {path} is in doubt ({name}{reason}): give it ({_choices()}).")


def _choices() -> str:
    *others, last = (format.value for format in Format)
    return f"--format {', '.join(others)} or {last}"


def _is_conllu(line: str) -> bool:
    columns = line.split("\t")
    return len(columns) == N_COLUMNS and ID.fullmatch(columns[0]) is not None


def _is_columns(line: str) -> bool:
    *others, tag = split_columns(line.rstrip())
    # Tags without a type as well: the reader says what they lack.
    return bool(others) and (tag == MISSING or split_tag(tag)[0] in (OUTSIDE, *LETTERS))


LINES: Dict[Format, Callable[[str], bool]] = {
    Format.conllu: _is_conllu,
    Format.columns: _is_columns,
}


def _is_segmented(lines: List[str]) -> bool:
    """Whether the lines are words in a script without spaces, and not columns."""
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
    """The share of words that begin with a character of a script without spaces."""
    codes, starts, _ = code_points(words)
    scripts = [CLASSES.index("han"), CLASSES.index("kana")]
    return float(np.isin(classify(codes[starts]), scripts).mean())


class _Items:
    """The items that white space separates in lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._items = [(number, item) for number, line in lines for item in line.split()]
        self._tagged = self._find(is_tagged)

    @property
    def are_tagged(self) -> bool:
        return bool(self._tagged) and len(self._tagged) >= TAGGED * len(self._items)

    def find_doubt(self) -> str:
        """Why not all items can be read like most, part of a sentence; "" if they can."""
        joined = self._find(is_untagged_chain if self.are_tagged else is_chain)
        marked = [] if self.are_tagged else self._find(is_joined)
        tagged = next((line for line in marked if is_tagged(line[1])), None)
        if tagged is not None and not joined:
            bare = next(line for line in self._items if not is_tagged(line[1]))
            return f"{_show(tagged)} looks like word/TAG, but {_show(bare)} has no tag"
        if not joined and len(marked) > JOINED * len(self._items):
            joined = marked
        if not joined:
            return ""
        return (
            f"{_show(joined[0])} looks like words, or a word and its tag, joined by a mark: if it "
            f"separates words, give it with --separator"
        )

    def _find(self, fits: Callable[[str], bool]) -> List[Line]:
        return [(number, item) for number, item in self._items if fits(item)]


def _show(line: Line) -> str:
    number, text = line
    return f"'{shorten(text, 40)}' on line {number}"

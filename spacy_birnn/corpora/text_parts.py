"""Text files in parts, a line or a sentence each: a bad part is named by its line, or left out."""

import warnings
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple, TypeVar

from ..errors import InputError
from ..tags.text import BOM
from .text_files import describe_bad_lines, is_utf8, read_raw_lines, shorten

# Number and text.
Line = Tuple[int, str]
T = TypeVar("T")

# A longer one is a text whose words are not separated.
LONGEST_WORD = 1000
# Bad lines that a warning numbers.
SHOWN = 20


class BadLineError(InputError):
    """A line that is not as its format says.

    number (int): Its number.
    problem (str): What is wrong, part of a sentence.
    mend (str): How to mend it, part of a sentence.
    """

    def __init__(self, number: int, problem: str, mend: str) -> None:
        super().__init__(f"line {number}: {problem}: {mend}")
        self.number = number
        self.problem = problem
        self.mend = mend


def read_parts(
    path: Path,
    parse: Callable[[List[Line]], Optional[T]],
    *,
    content: str,
    ends: Optional[Callable[[str], bool]] = None,
    skip_bad: bool = False,
) -> Iterator[T]:
    """Read a file part by part.

    path (Path): The file.
    parse (Callable[[List[Line]], Optional[T]]): Reads the lines of a part; None if they hold
        nothing. It raises `BadLineError`.
    content (str): What the file should hold, for the error if there is nothing.
    ends (Optional[Callable[[str], bool]]): Whether a line stands between two parts, which are
        sentences then; None if every line is a part.
    skip_bad (bool): Leave bad parts out, with one warning that counts them.
    YIELDS (T): What the parts hold.
    RAISES (InputError): If the file is missing or empty, if a part is bad and `skip_bad` is not
        set, or if no part is good.
    """
    part_name = "line" if ends is None else "sentence"
    bad: List[BadLineError] = []
    empty = True
    for lines in _split(path, ends):
        try:
            for number, line in lines:
                _check_characters(number, line)
            part = parse(lines)
        except BadLineError as err:
            bad.append(err)
            continue
        # After a problem the rest is read for other problems alone.
        if part is not None and (skip_bad or not bad):
            empty = False
            yield part
    if bad:
        problems = [(err.number, err.problem) for err in bad]
        if not skip_bad:
            raise InputError(
                f"{describe_bad_lines(path, problems)}: {bad[0].mend}, or leave such "
                f"{part_name}s out (--skip-bad)."
            )
        if empty:
            raise InputError(
                f"{describe_bad_lines(path, problems)}, so that no {part_name} is good: "
                f"{bad[0].mend}."
            )
        s = "" if len(bad) == 1 else "s"
        warnings.warn(
            f"{len(bad):,} bad {part_name}{s} left out: "
            f"{describe_bad_lines(path, problems, SHOWN)}.",
            stacklevel=2,
        )
    if empty:
        raise InputError(f"{path} holds {content}.")


def check_word(number: int, word: str) -> None:
    """Check a word.

    number (int): Number of its line.
    word (str): A word.
    RAISES (BadLineError): If it is empty, far too long, or runs over the border of joined files.
    """
    if not word.strip():
        raise BadLineError(number, "a word is empty", "give it its word, or delete the line")
    if len(word) > LONGEST_WORD:
        raise BadLineError(
            number, f"a word has {len(word):,} characters", "separate the words from each other"
        )
    if BOM in word:
        raise BadLineError(
            number,
            f"a byte-order mark stands inside of '{shorten(word)}'",
            "delete it, and break the line there if two files were joined",
        )


def _split(path: Path, ends: Optional[Callable[[str], bool]]) -> Iterator[List[Line]]:
    lines: List[Line] = []
    for number, line in read_raw_lines(path):
        if ends is None:
            yield [(number, line)]
        elif not ends(line):
            lines.append((number, line))
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _check_characters(number: int, line: str) -> None:
    if not is_utf8(line):
        raise BadLineError(number, "it is not UTF-8", "save the file with that encoding")
    if "\0" in line:
        raise BadLineError(
            number, "it holds a NUL character", "delete it, or save the file as UTF-8"
        )

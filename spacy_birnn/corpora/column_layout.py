"""Which column of a file holds what, found out from all of its lines."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import InputError
from ..tags.text import EDGES
from .column import SHARE, Column, is_number
from .entity_tags import is_tag
from .text_files import count, read_raw_lines
from .text_parts import BadLineError

# A line and its columns.
Row = Tuple[int, List[str]]

DOCUMENT_START = "-DOCSTART-"


class Layout(NamedTuple):
    """What the columns of a file hold.

    size (int): How many columns there are.
    steps (List[int]): The first columns are running numbers: by how much each of them grows from
        one token of a sentence to the next, 1 for numbers of tokens and 0 for numbers of sentences.
    tag (Optional[int]): The column of parts of speech, if there is one.
    entity (int): The column of entity tags.
    """

    size: int
    steps: List[int]
    tag: Optional[int]
    entity: int

    @property
    def form(self) -> int:
        """RETURNS (int): The column of tokens."""
        return len(self.steps)

    def check_numbers(self, rows: Sequence[Row]) -> None:
        """Check the running numbers of a sentence.

        rows (Sequence[Row]): Its rows.
        RAISES (BadLineError): If a number does not continue those before it.
        """
        for column, step in enumerate(self.steps):
            expected = None
            for number, cells in rows:
                cell = cells[column]
                if not is_number(cell) or expected not in (None, int(cell)):
                    should = "a number" if expected is None else str(expected)
                    raise BadLineError(
                        number,
                        f"'{cell}' in column {column + 1} where its running numbers have {should}",
                        "put an empty line between sentences and number their tokens without "
                        "gaps, or delete that column everywhere",
                    )
                expected = int(cell) + step


def split_columns(line: str) -> List[str]:
    """Split a line into its columns.

    line (str): A line.
    RETURNS (List[str]): Its columns, which are separated by tabs, or else by white space, without
        the white space around them.
    """
    return [cell.strip(EDGES) for cell in (line.split("\t") if "\t" in line else line.split())]


def is_between(line: str) -> bool:
    """Tell lines between sentences from others.

    line (str): A line.
    RETURNS (bool): Whether it is empty or opens a document.
    """
    return not line.strip() or DOCUMENT_START in split_columns(line)[:2]


def is_comment(line: str, cells: Sequence[str], size: int) -> bool:
    """Tell comments from tokens, which may be a "#" as well.

    line (str): A line before the first token of a sentence.
    cells (Sequence[str]): Its columns.
    size (int): How many columns the file has.
    RETURNS (bool): Whether it is a comment.
    """
    is_token = len(cells) == size and is_tag(cells[-1])
    return line.startswith(("# ", "#\t")) and not is_token


def find_layout(path: Path) -> Layout:
    """Find out what the columns of a file hold.

    Running numbers are the first columns, before the tokens, if they count in every sentence. The
    last column holds the entities; where several columns do, as the outer and inner entities of
    GermEval, the first of them is read, with a warning that counts what is not. Chunks (B-NP) are
    read as entities only if nothing else is. The first other column that looks like parts of speech
    holds them.

    path (Path): The file.
    RETURNS (Layout): What the columns hold.
    RAISES (InputError): If the file is missing or empty, or if a column is in doubt.
    """
    counts = (len(split_columns(line)) for _, line in read_raw_lines(path) if not is_between(line))
    usual = Counter(n for n in counts if n > 1)
    size = max(usual, key=lambda n: usual[n], default=2)
    columns = [Column() for _ in range(size)]
    for rows in _read_sentences(path, size):
        for i, column in enumerate(columns):
            column.add([number for number, _ in rows], [cells[i] for _, cells in rows])
    steps = _find_steps(path, columns)
    form = len(steps)
    entity = _find_entities(path, columns, form)
    between = (i for i in range(form + 1, size) if i != entity)
    tag = next((i for i in between if columns[i].is_pos(columns[form])), None)
    return Layout(size, steps, tag, entity)


def _read_sentences(path: Path, size: int) -> Iterator[List[Row]]:
    """The rows of each sentence that have all columns."""
    rows: List[Row] = []
    begun = False
    for number, line in read_raw_lines(path):
        cells = [] if is_between(line) else split_columns(line)
        if not cells:
            if rows:
                yield rows
            rows, begun = [], False
        elif begun or not is_comment(line, cells, size):
            begun = True
            if len(cells) == size:
                rows.append((number, cells))
    if rows:
        yield rows


def _find_steps(path: Path, columns: Sequence[Column]) -> List[int]:
    steps: List[int] = []
    # What is left has a token and its tag.
    while len(columns) - len(steps) > 2:
        column, after = columns[len(steps) : len(steps) + 2]
        step = column.step
        # Numbers that are tokens have their parts of speech, or themselves, in the next column.
        has_tags_after = after.is_tags or after.is_pos(column)
        has_numbers_after = after.n_numbers >= SHARE * after.n_cells
        doubt = ""
        if step == 1 and has_tags_after:
            doubt = "running numbers or tokens"
        elif step is None and column.n_numbers == column.n_cells > 0:
            doubt = "" if has_tags_after or has_numbers_after else "numbers of something, or tokens"
        if doubt:
            place = len(steps) + 1
            raise InputError(
                f"{path}: column {place} may hold {doubt} ({column.describe()}): delete it if the "
                f"tokens are in column {place + 1}; if they are those numbers, keep only the "
                f"columns of tokens and entity tags."
            )
        if step is None or has_tags_after:
            break
        steps.append(step)
    return steps


def _find_entities(path: Path, columns: Sequence[Column], form: int) -> int:
    last = len(columns) - 1
    # Those with entities in them. Chunks are read only if nothing else is.
    found = [i for i in range(form + 1, len(columns)) if columns[i].is_tags and columns[i].types]
    found = [i for i in found if i == last or not columns[i].is_chunks]
    if columns[last].is_chunks and len(found) > 1:
        found.remove(last)
    if columns[last].is_blank:
        _report_blank(path, columns[last], found)
    if not found or not columns[last].is_tags:
        return last
    entity, *others = found
    if not columns[last].types:
        others.append(last)
    if others:
        _report_others(path, columns, entity, others)
    return entity


def _report_blank(path: Path, column: Column, found: Sequence[int]) -> None:
    """Say that the last column has no tags: an error if another one has."""
    problem = f"{path}: no token has a tag in the last column ({column.describe()})"
    if found:
        raise InputError(
            f"{problem}, but column {found[0] + 1} has tags: delete the columns after it."
        )
    warnings.warn(f"{problem}: there are no entities to learn from.", stacklevel=5)


def _report_others(
    path: Path, columns: Sequence[Column], entity: int, others: Sequence[int]
) -> None:
    """Say that entities of other columns are not read: an error if it is in doubt which are."""
    types = {name for i in others for name in columns[i].types}
    names = " and ".join(f"{i + 1} ({columns[i].describe_types()})" for i in [entity, *others])
    if types and not types & columns[entity].types:
        raise InputError(
            f"{path}: the entities may be in any of the columns {names}: delete the others."
        )
    unread = " and ".join(
        f"{count(columns[i].n_entity_tags, 'tag')} of column {i + 1}"
        + (f" (first on line {columns[i].first_entity})" if columns[i].types else "")
        for i in others
    )
    warnings.warn(
        f"{path}: entities may be in the columns {names}: those of column {entity + 1}, the first "
        f"of them, are read, and {unread} are not; delete a column to choose another.",
        stacklevel=5,
    )

"""The contents of the columns of a file, found from all of its lines."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from ..errors import InputError
from ..tags.text import EDGES
from .column import SHARE, Column, is_number
from .column_roles import Roles
from .entity_tags import is_tag
from .text_files import count, read_raw_lines
from .text_parts import BadLineError

# A line and its columns.
Row = Tuple[int, List[str]]

DOCUMENT_START = "-DOCSTART-"
# The beginnings of the lines around the documents of CoNLL-2012.
DOCUMENT_LINES = ("#begin document", "#end document")


class Layout(NamedTuple):
    """The contents of the columns of a file.

    roles (Roles): The columns by their contents.
    steps (Sequence[int]): The step from token to token of each of the first columns, which are
        running numbers: 1 for numbers of tokens, 0 for numbers of sentences.
    """

    roles: Roles
    steps: Sequence[int] = ()

    def check_numbers(self, rows: Sequence[Row]) -> None:
        """Check the running numbers of a sentence.

        rows (Sequence[Row]): Its rows.
        RAISES (BadLineError): If a number does not continue the previous ones.
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
                        "gaps, or delete the column in all lines",
                    )
                expected = int(cell) + step


def split_columns(line: str) -> List[str]:
    """Split a line into its columns.

    line (str): The line, separated by tabs if it has any, and otherwise by white space.
    RETURNS (List[str]): The columns, without white space around them.
    """
    return [cell.strip(EDGES) for cell in (line.split("\t") if "\t" in line else line.split())]


def is_between(line: str) -> bool:
    """Tell whether a line separates sentences.

    line (str): The line.
    RETURNS (bool): Whether it is empty or starts a document.
    """
    return not line.strip() or DOCUMENT_START in split_columns(line)[:2]


def is_comment(line: str, cells: Sequence[str], size: int) -> bool:
    """Tell whether a line is a comment, and not a token such as "#".

    line (str): A line before the first token of a sentence.
    cells (Sequence[str]): Its columns.
    size (int): Number of columns of the file.
    RETURNS (bool): Whether it is a comment.
    """
    is_token = len(cells) == size and is_tag(cells[-1])
    return line.startswith(("# ", "#\t", *DOCUMENT_LINES)) and not is_token


def find_layout(path: Path) -> Layout:
    """Find the contents of the columns of a file.

    Columns before the tokens are running numbers if they count in every sentence. The last column
    has the entities, or the places of characters in words if it has letters without types. If
    several columns have entities, such as the outer and inner entities of GermEval, the first one
    is read, and a warning counts the others. Chunks (B-NP) are read as entities only if there are
    no others. The first other column that looks like parts of speech is the one with the tags.

    path (Path): The file.
    RETURNS (Layout): The contents of its columns.
    RAISES (InputError): If the file is missing or empty, or if a column is ambiguous.
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
    if size > 1 + form and columns[-1].is_marks:
        return Layout(Roles(size, False, form, mark=size - 1), steps)
    entity = _find_entities(path, columns, form)
    between = (i for i in range(form + 1, size) if i != entity)
    tag = next((i for i in between if columns[i].is_pos(columns[form])), None)
    return Layout(Roles(size, False, form, tag=tag, entity=entity), steps)


def _read_sentences(path: Path, size: int) -> Iterator[List[Row]]:
    """The rows of each sentence, without rows that lack columns."""
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
    # The last two columns are a token and its tag.
    while len(columns) - len(steps) > 2:
        column, after = columns[len(steps) : len(steps) + 2]
        step = column.step
        # The column after tokens that are numbers has their parts of speech, or numbers again.
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
    # The columns with entities. Chunks are read only if there is nothing else.
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
    """Warn that the last column has no tags; an error if another one has."""
    problem = f"{path}: no token has a tag in the last column ({column.describe()})"
    if found:
        raise InputError(
            f"{problem}, but column {found[0] + 1} has tags: delete the columns after it."
        )
    warnings.warn(f"{problem}: there are no entities to learn from.", stacklevel=5)


def _report_others(
    path: Path, columns: Sequence[Column], entity: int, others: Sequence[int]
) -> None:
    """Warn that entities of other columns are not read; an error if they may be the right ones."""
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
        f"{path}: entities may be in the columns {names}: column {entity + 1}, the first of them, "
        f"is read, and {unread} are not; delete a column to choose another.",
        stacklevel=5,
    )

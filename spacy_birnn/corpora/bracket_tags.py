"""Entities as brackets in a column, as in CoNLL-2012: `(PERSON*`, `*`, `*)` and `(GPE)`."""

import re
from typing import List, Sequence

from .entity_tags import OUTSIDE
from .text_files import shorten
from .text_parts import BadLineError

_CELL = re.compile(r"(?P<open>(\([^()*]+)*)\*?(?P<close>\)*)")


def is_bracket_tag(cell: str) -> bool:
    """Tell whether a cell is a bracket or a star.

    cell (str): The cell.
    RETURNS (bool): Whether it is.
    """
    return cell == "*" or (cell[0] in "(*" and _CELL.fullmatch(cell) is not None)


def read_brackets(numbers: Sequence[int], cells: Sequence[str]) -> List[str]:
    """Convert brackets to tags. Of nested entities, the outermost is read.

    numbers (Sequence[int]): The line of each token.
    cells (Sequence[str]): Its cell.
    RETURNS (List[str]): A BIO tag for each token.
    RAISES (BadLineError): If brackets do not match.
    """
    tags: List[str] = []
    open_: List[str] = []
    opened_at = 0
    fix = "close each bracket in its sentence, and write * for a token without one"
    for number, cell in zip(numbers, cells):
        match = _CELL.fullmatch(cell)
        if match is None:
            raise BadLineError(number, f"'{shorten(cell)}' is not a bracket or *", fix)
        letter = "I" if open_ else "B"
        if not open_:
            opened_at = number
        open_ += match["open"].split("(")[1:]
        tags.append(f"{letter}-{open_[0]}" if open_ else OUTSIDE)
        if len(match["close"]) > len(open_):
            raise BadLineError(number, f"'{shorten(cell)}' closes no bracket", fix)
        del open_[len(open_) - len(match["close"]) :]
    if open_:
        raise BadLineError(opened_at, f"the bracket of {open_[0]} is not closed", fix)
    return tags

"""The values of a column, and what they show about its contents."""

from collections import Counter
from itertools import pairwise
from typing import Callable, Optional, Sequence, Set

from ..tags.text import split_tag
from .entity_tags import LETTERS, MISSING, OUTSIDE, is_entity_tag, is_tag

# Cells without a value.
BLANK = ("", "_", "-X-", MISSING)
# The share of cells that determines the contents of a column: others may be damaged.
SHARE = 0.8
# Chunk types of CoNLL-2000 and CoNLL-2003, whose tags look like entity tags.
CHUNKS = {
    *("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "PNP"),
    *("NC", "VC", "PC", "AC", "NX", "VX", "PX", "AP"),
}
# Most characters of a part of speech. If tags are not in upper case, most tags of a set and fewest
# cells per tag.
LONGEST_POS = 20
MOST_POS = 60
USES_OF_POS = 20


class Column:
    """The values of a column, and their steps if they are numbers."""

    def __init__(self) -> None:
        self.values: Counter = Counter()
        self.n_numbers = 0
        # Line of the first entity tag, from 1.
        self.first_entity = 0
        self._steps: Counter = Counter()
        self._n_numbered = 0
        self._n_starts = {0: 0, 1: 0}
        self._last: Optional[int] = None

    def add(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        """Add the cells of a sentence.

        lines (Sequence[int]): The numbers of its lines.
        cells (Sequence[str]): Its values.
        """
        self.values.update(cells)
        if not self.first_entity:
            entities = (line for line, cell in zip(lines, cells) if is_entity_tag(cell))
            self.first_entity = next(entities, 0)
        numbers = [int(cell) for cell in cells if is_number(cell)]
        self.n_numbers += len(numbers)
        if numbers and len(numbers) == len(cells):
            self._steps.update(after - before for before, after in pairwise(numbers))
            self._n_numbered += 1
            continues = self._last is None or numbers[0] > self._last
            self._n_starts[0] += continues
            self._n_starts[1] += continues or numbers[0] in (0, 1)
            self._last = numbers[-1]

    def share(self, fits: Callable[[str], bool]) -> float:
        """Compute the share of cells that fit.

        fits (Callable[[str], bool]): Whether a value fits.
        RETURNS (float): The share.
        """
        n_fitting = sum(n for value, n in self.values.items() if fits(value))
        return n_fitting / max(1, self.n_cells)

    @property
    def n_cells(self) -> int:
        """The number of cells."""
        return self.values.total()

    @property
    def step(self) -> Optional[int]:
        """The step of running numbers from token to token of a sentence.

        RETURNS (Optional[int]): 1 for numbers of tokens, 0 for numbers of sentences, None for
            other values.
        """
        if not self.n_numbers or self.n_numbers < SHARE * self.n_cells:
            return None
        n_steps = sum(self._steps.values())
        for step, n_starts in sorted(self._n_starts.items(), reverse=True):
            if self._steps[step] >= SHARE * n_steps and n_starts >= SHARE * self._n_numbered:
                return step
        return None

    @property
    def types(self) -> Set[str]:
        """The types of the entity tags."""
        return {split_tag(value)[1] for value in self.values if is_entity_tag(value)}

    @property
    def n_entity_tags(self) -> int:
        """The number of cells with an entity tag."""
        return sum(n for value, n in self.values.items() if is_entity_tag(value))

    @property
    def is_blank(self) -> bool:
        """Whether no cell has a value."""
        return bool(self.values) and all(value in BLANK for value in self.values)

    @property
    def is_tags(self) -> bool:
        """Whether the cells are entity tags, chunk tags or blank."""
        return self.share(lambda value: is_tag(value) or value in BLANK) >= SHARE

    @property
    def is_marks(self) -> bool:
        """Whether the cells are letters without types, the places of characters in words."""
        return "B" in self.values and self.share(lambda value: value in LETTERS) >= SHARE

    @property
    def is_chunks(self) -> bool:
        """Whether the entity tags are chunk tags."""
        in_chunks = sum(n for value, n in self.values.items() if split_tag(value)[1] in CHUNKS)
        return in_chunks >= SHARE * max(1, self.n_entity_tags)

    def is_pos(self, forms: "Column") -> bool:
        """Tell whether the cells look like parts of speech.

        forms (Column): The column of tokens.
        RETURNS (bool): Whether they do.
        """
        named = [v for v in self.values if v not in BLANK and any(map(str.isalpha, v))]
        n_words = sum(value in forms.values for value in named)
        if not named or self.is_tags or 2 * n_words > len(named):
            return False
        few = len(self.values) <= MOST_POS and self.n_cells >= USES_OF_POS * len(self.values)
        foreign = forms.share(lambda value: not value.isascii()) >= 0.5

        def fits(value: str) -> bool:
            if value in BLANK:
                return True
            if not value.isascii() or len(value) > LONGEST_POS or "=" in value or value.isdigit():
                return False
            return value == value.upper() or foreign or (few and not value[0].islower())

        return self.share(fits) >= SHARE

    def describe(self) -> str:
        """Quote the first values for a message."""
        values = [f"'{value}'" for value in self.values]
        return ", ".join(values[:3] + ["…"] * (len(values) > 3))

    def describe_types(self) -> str:
        """List the types of entities for a message."""
        return ", ".join(sorted(self.types)) or f"only {OUTSIDE}"


def is_number(cell: str) -> bool:
    """Tell whether a cell may be a running number.

    cell (str): The cell.
    RETURNS (bool): Whether it is a number of at most nine digits.
    """
    return cell.isascii() and cell.isdigit() and len(cell) < 10

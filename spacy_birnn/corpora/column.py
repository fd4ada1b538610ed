"""What the values of a column tell about it."""

from collections import Counter
from itertools import pairwise
from typing import Callable, Optional, Sequence, Set

from ..tags.text import split_tag
from .entity_tags import MISSING, OUTSIDE, is_entity_tag, is_tag

# Cells that say nothing about a token.
BLANK = ("", "_", MISSING)
# The share of cells that tells what a column is: some may be damaged.
SHARE = 0.8
# Types of the chunks of CoNLL-2000 and CoNLL-2003, whose tags are written as those of entities are.
CHUNKS = {
    *("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "PNP"),
    *("NC", "VC", "PC", "AC", "NX", "VX", "PX", "AP"),
}
# Characters of a part of speech. Where they are not all in capitals, a set has at most so many
# parts of speech, each of them with so many uses.
LONGEST_POS = 20
MOST_POS = 60
USES_OF_POS = 20


class Column:
    """The values of a column, and how they grow if they are numbers."""

    def __init__(self) -> None:
        self.values: Counter = Counter()
        self.n_numbers = 0
        # Line of the first entity tag.
        self.first_entity = 0
        self._steps: Counter = Counter()
        self._n_numbered = 0
        self._n_starts = {0: 0, 1: 0}
        self._last: Optional[int] = None

    def add(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        """Add a sentence.

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
            goes_on = self._last is None or numbers[0] > self._last
            self._n_starts[0] += goes_on
            self._n_starts[1] += goes_on or numbers[0] in (0, 1)
            self._last = numbers[-1]

    def share(self, fits: Callable[[str], bool]) -> float:
        """Measure how many cells fit a description.

        fits (Callable[[str], bool]): Whether a value does.
        RETURNS (float): The share of the cells.
        """
        n_fitting = sum(n for value, n in self.values.items() if fits(value))
        return n_fitting / max(1, self.n_cells)

    @property
    def n_cells(self) -> int:
        """RETURNS (int): Number of cells."""
        return sum(self.values.values())

    @property
    def step(self) -> Optional[int]:
        """RETURNS (Optional[int]): By how much the numbers of a sentence grow from token to token,
        1 if they count tokens and 0 if they count sentences; None if they do not count.
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
        """RETURNS (Set[str]): Types of the entity tags."""
        return {split_tag(value)[1] for value in self.values if is_entity_tag(value)}

    @property
    def n_entity_tags(self) -> int:
        """RETURNS (int): Number of cells with an entity tag."""
        return sum(n for value, n in self.values.items() if is_entity_tag(value))

    @property
    def is_blank(self) -> bool:
        """RETURNS (bool): Whether no cell says anything."""
        return bool(self.values) and all(value in BLANK for value in self.values)

    @property
    def is_tags(self) -> bool:
        """RETURNS (bool): Whether the cells are entity tags, chunk tags or blank."""
        return self.share(lambda value: is_tag(value) or value in BLANK) >= SHARE

    @property
    def is_chunks(self) -> bool:
        """RETURNS (bool): Whether the entity tags are those of chunks."""
        in_chunks = sum(n for value, n in self.values.items() if split_tag(value)[1] in CHUNKS)
        return in_chunks >= SHARE * max(1, self.n_entity_tags)

    def is_pos(self, forms: "Column") -> bool:
        """Tell parts of speech from words.

        forms (Column): The tokens.
        RETURNS (bool): Whether the cells look like parts of speech.
        """
        named = [value for value in self.values if any(map(str.isalpha, value))]
        n_words = sum(value in forms.values for value in named)
        if not named or self.is_tags or 2 * n_words > len(named):
            return False
        few = len(self.values) <= MOST_POS and self.n_cells >= USES_OF_POS * len(self.values)
        foreign = forms.share(lambda value: not value.isascii()) >= 0.5

        def fits(value: str) -> bool:
            if not value.isascii() or len(value) > LONGEST_POS or "=" in value or value.isdigit():
                return False
            return value == value.upper() or foreign or (few and not value[0].islower())

        return self.share(fits) >= SHARE

    def describe(self) -> str:
        """RETURNS (str): The first values, for a message."""
        values = [f"'{value}'" for value in self.values]
        return ", ".join(values[:3] + ["…"] * (len(values) > 3))

    def describe_types(self) -> str:
        """RETURNS (str): The types of entities, for a message."""
        return ", ".join(sorted(self.types)) or f"only {OUTSIDE}"


def is_number(cell: str) -> bool:
    """Tell running numbers from other text.

    cell (str): A cell.
    RETURNS (bool): Whether it is such a number.
    """
    return cell.isascii() and cell.isdigit() and len(cell) < 10

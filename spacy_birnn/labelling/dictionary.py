"""A user dictionary: finds any number of words in a text, and joins words of a model by them."""

import warnings
from itertools import chain
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

import numpy as np

from ..tags.schemes import IntArray
from .dictionary_entries import parse_entries
from .frequencies import read_frequencies

# Characters searched at once: what the library returns takes much more memory than the borders.
PIECE = 200_000


class WordDictionary:
    """Words, each with a tag if it has one.

    A word that comes again counts once, and the last tag it came with holds.

    entries (Iterable[str]): The first words, each text as in a file: the word, then a tab and
        its tag if it has one.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._tags: Dict[str, str] = {}
        self._automaton: Optional[Any] = None
        self._longest = 0
        self.add(entries)

    def __len__(self) -> int:
        """RETURNS (int): Number of words."""
        return len(self._tags)

    def __contains__(self, word: object) -> bool:
        """word (object): A word.
        RETURNS (bool): Whether it is in the dictionary.
        """
        return word in self._tags

    def __iter__(self) -> Iterator[str]:
        """YIELDS (str): The words, in the order in which they came."""
        return iter(self._tags)

    def __getstate__(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): What a copy, or another process, needs to go on. The
        library's object cannot be copied.
        """
        return {**self.__dict__, "_automaton": None}

    def tag(self, word: str) -> str:
        """word (str): A word.
        RETURNS (str): Its tag; "" if it has none or is not in the dictionary.
        """
        return self._tags.get(word, "")

    def add(self, entries: Iterable[str]) -> None:
        """Add words. Blank entries are left out; if one is bad, none is added.

        entries (Iterable[str]): The entries. Lines of a dictionary of jieba are read as such, with
            a warning that counts them, if one has a frequency and a tag.
        RAISES (ValueError): If an entry is bad, or if they are one string.
        """
        if isinstance(entries, str):
            raise ValueError(f"Words must come as a list, not as one string: [{entries[:20]!r}].")
        reading = read_frequencies(list(entries), tagged_only=True)
        if reading.message:
            warnings.warn(f"Dictionary entries: {reading.message}.", stacklevel=2)
        self._add(reading.entries)

    def _add(self, entries: Iterable[str]) -> None:
        tags, problems = parse_entries(entries)
        if problems:
            number, problem = problems[0]
            raise ValueError(f"Dictionary entry {number}: {problem}: mend it, or leave it out.")
        self._update(tags)

    def read(self, path: Union[str, Path]) -> None:
        """Add the words of a UTF-8 file, an entry a line. If a line is bad, none is added; an
        empty file has no words.

        path (Union[str, Path]): The file. A dictionary of jieba is read as such, with a warning
            that counts its words, if `read_frequencies` says so.
        RAISES (InputError): If the file is missing or not UTF-8, or if a line is bad.
        """
        reading = read_frequencies(_read_lines(path))
        if reading.message:
            warnings.warn(f"{path}: {reading.message}.", stacklevel=2)
        self._add_lines(path, reading.entries)

    def _add_lines(self, path: Union[str, Path], lines: Iterable[str]) -> None:
        from ..corpora.text_files import describe_bad_lines
        from ..errors import InputError

        tags, problems = parse_entries(lines)
        if problems:
            bad_lines = describe_bad_lines(Path(path), problems)
            raise InputError(f"{bad_lines}: write one word a line, and its tag after a tab.")
        self._update(tags)

    def find(self, text: str) -> Tuple[IntArray, IntArray]:
        """Find words in a text: from the left, the longest that begins first, and on from its
        end. The time is linear in the text, whatever the number of words. The first search after
        words were added takes longer.

        text (str): The text.
        RETURNS (Tuple[IntArray, IntArray]): Shape (matches,): the first characters of the
            matches, and those after their last ones.
        RAISES (ImportError): If the package for it is not installed.
        """
        found = [np.zeros((2, 0), dtype=np.int64)]
        automaton = self._build() if self._tags else None
        position = 0
        while automaton and position < len(text):
            # A match that begins in the piece may end after it.
            piece = text[position : position + PIECE + self._longest]
            matches = automaton.find_matches_as_indexes(piece)
            flat = np.fromiter(chain.from_iterable(matches), dtype=np.int64)
            borders = flat.reshape(-1, 3).T[1:]
            borders = borders[:, borders[0] < PIECE] + position
            found.append(borders)
            position = max([position + PIECE, *borders[1, -1:].tolist()])
        starts, ends = np.concatenate(found, axis=1)
        return starts, ends

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): The entries as a UTF-8 file, in the order of their characters."""
        items = sorted(self._tags.items())
        lines = [f"{word}\t{tag}\n" if tag else f"{word}\n" for word, tag in items]
        return "".join(lines).encode("utf-8")

    def from_bytes(self, bytes_data: bytes) -> "WordDictionary":
        """Replace the words.

        bytes_data (bytes): What `to_bytes` returned.
        RETURNS (WordDictionary): Itself.
        RAISES (ValueError): If the data are damaged; then the old words stay.
        """
        try:
            loaded = WordDictionary()
            loaded._add(bytes_data.decode("utf-8").split("\n"))
        except ValueError as err:
            raise ValueError(
                f"The bytes hold no dictionary ({err}): pass what 'to_bytes' returned."
            ) from err
        self.__dict__.update(loaded.__dict__)
        return self

    def to_disk(self, path: Union[str, Path]) -> None:
        """Write the entries to a file, whole or not at all.

        path (Union[str, Path]): The file. `read` can read it.
        """
        from ..storage.atomic import replacing

        with replacing(Path(path)) as temporary:
            temporary.write_bytes(self.to_bytes())

    def from_disk(self, path: Union[str, Path]) -> "WordDictionary":
        """Replace the words.

        path (Union[str, Path]): What `to_disk` wrote.
        RETURNS (WordDictionary): Itself.
        RAISES (ValueError): As `read`; then the old words stay.
        """
        if not Path(path).is_file():
            raise ValueError(f"there is no user dictionary {path}")
        loaded = WordDictionary()
        loaded._add_lines(path, _read_lines(path))
        self.__dict__.update(loaded.__dict__)
        return self

    def _update(self, tags: Dict[str, str]) -> None:
        if tags:
            # Without it the words could not be found, which is better known now.
            import_search()
        n_words = len(self._tags)
        for word, tag in tags.items():
            self._tags[word] = tag or self.tag(word)
        if len(self._tags) > n_words:
            self._automaton = None

    def _build(self) -> Any:
        if self._automaton is None:
            search = import_search()
            self._longest = max(map(len, self._tags))
            longest = search.MatchKind.LeftmostLongest
            # In order, a million words take half the time.
            self._automaton = search.AhoCorasick(
                sorted(self._tags), matchkind=longest, store_patterns=False
            )
        return self._automaton


def _read_lines(path: Union[str, Path]) -> List[str]:
    # Imported here: a pipeline without a dictionary reads no files.
    from ..corpora.text_files import read_lines

    path = Path(path)
    if path.is_file() and path.stat().st_size == 0:
        return []
    return [line for _, line in read_lines(path)]


def import_search() -> Any:
    """RETURNS (Any): The library that searches for many words at once.
    RAISES (ImportError): If it is not installed.
    """
    try:
        import ahocorasick_rs
    except ImportError as err:
        raise ImportError(
            "Searching for the words of a dictionary needs the package ahocorasick-rs: "
            'python -m pip install "spacy-birnn[dictionary]"'
        ) from err
    return ahocorasick_rs


def join_words(
    starts: IntArray, ends: IntArray, match_starts: IntArray, match_ends: IntArray
) -> Tuple[IntArray, IntArray]:
    """Join the words inside a match into one, with what is between them. A match that begins or
    ends inside a word, or outside all of them, joins nothing.

    starts (IntArray): Shape (words,): first characters of the words, in order.
    ends (IntArray): Shape (words,): the characters after their last ones.
    match_starts (IntArray): Shape (matches,): as `starts`, of the matches.
    match_ends (IntArray): Shape (matches,): as `ends`, of the matches.
    RETURNS (Tuple[IntArray, IntArray]): Starts and ends of the new words.
    """
    fits = np.isin(match_starts, starts) & np.isin(match_ends, ends)
    first = np.searchsorted(starts, match_starts[fits])
    last = np.searchsorted(ends, match_ends[fits])
    # 1 where a match goes on from the word before, -1 after its last word.
    steps = np.zeros(len(starts) + 1, dtype=np.int64)
    steps[first + 1] += 1
    steps[last + 1] -= 1
    goes_on = np.cumsum(steps) > 0
    return starts[~goes_on[:-1]], ends[~goes_on[1:]]

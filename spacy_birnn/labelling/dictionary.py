"""The user dictionary: a search for its words in a text."""

import warnings
from itertools import chain
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

import numpy as np

from ..errors import missing_extra
from ..storage.atomic import replacing
from ..tags.schemes import IntArray
from .dictionary_entries import parse_entries
from .frequencies import read_frequencies

# Characters searched at once, because the matches that the library returns take much memory.
CHUNK_SIZE = 200_000


class WordDictionary:
    """Store words with optional tags, and find them in texts.

    A word that is added again with a tag gets the new tag.

    entries (Iterable[str]): The words, each with a tab and its tag if it has one, as in a file.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._tags: Dict[str, str] = {}
        self._automaton: Optional[Any] = None
        self._longest = 0
        self.add(entries)

    def __len__(self) -> int:
        """Count the words."""
        return len(self._tags)

    def __contains__(self, word: object) -> bool:
        """Check whether a word is in the dictionary."""
        return word in self._tags

    def __iter__(self) -> Iterator[str]:
        """Iterate over the words, in the order in which they were added."""
        return iter(self._tags)

    def __getstate__(self) -> Dict[str, Any]:
        """Get the state for copies and other processes, without the library's object."""
        return {**self.__dict__, "_automaton": None}

    def tag(self, word: str) -> str:
        """Get the tag of a word.

        word (str): The word.
        RETURNS (str): Its tag; "" if it has none or is not in the dictionary.
        """
        return self._tags.get(word, "")

    def add(self, entries: Iterable[str]) -> None:
        """Add words. Blank entries are left out; if one is invalid, none is added.

        entries (Iterable[str]): The entries. If one has a frequency and a tag, all are read as
            lines of a jieba dictionary, with a warning that counts them.
        RAISES (ValueError): If an entry is invalid, or if the entries are one string.
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
            raise ValueError(f"Dictionary entry {number}: {problem}: fix it, or leave it out.")
        self._update(tags)

    def read(self, path: Union[str, Path]) -> None:
        """Add the words of a UTF-8 file, one entry per line. If a line is invalid, none is added.

        path (Union[str, Path]): The file, which may be empty. A jieba dictionary is recognized
            (see `read_frequencies`), with a warning that counts its words.
        RAISES (InputError): If the file is missing or not UTF-8, or if a line is invalid.
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
            raise InputError(f"{bad_lines}: write one word per line, and its tag after a tab.")
        self._update(tags)

    def find(self, text: str) -> Tuple[IntArray, IntArray]:
        """Find words in a text by leftmost-longest matching.

        The time is linear in the text, whatever the number of words. The first search after words
        were added takes longer.

        text (str): The text.
        RETURNS (Tuple[IntArray, IntArray]): Shape (matches,): starts and ends (exclusive) of the
            matches.
        RAISES (ImportError): If the package for it is not installed.
        """
        found = [np.zeros((2, 0), dtype=np.int64)]
        automaton = self._build() if self._tags else None
        position = 0
        while automaton and position < len(text):
            # A match that begins in the chunk may end after it.
            chunk = text[position : position + CHUNK_SIZE + self._longest]
            matches = automaton.find_matches_as_indexes(chunk)
            flat = np.fromiter(chain.from_iterable(matches), dtype=np.int64)
            borders = flat.reshape(-1, 3).T[1:]
            borders = borders[:, borders[0] < CHUNK_SIZE] + position
            found.append(borders)
            position = max([position + CHUNK_SIZE, *borders[1, -1:].tolist()])
        starts, ends = np.concatenate(found, axis=1)
        return starts, ends

    def to_bytes(self) -> bytes:
        """Serialize the entries as a sorted UTF-8 file."""
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
        """Write the entries to a file, completely or not at all.

        path (Union[str, Path]): The file, which `read` can read.
        """
        with replacing(Path(path)) as temporary:
            temporary.write_bytes(self.to_bytes())

    def from_disk(self, path: Union[str, Path]) -> "WordDictionary":
        """Replace the words.

        path (Union[str, Path]): A file written by `to_disk`.
        RETURNS (WordDictionary): Itself.
        RAISES (ValueError): If the file is missing or invalid; then the old words stay.
        """
        if not Path(path).is_file():
            raise ValueError(f"there is no user dictionary {path}")
        loaded = WordDictionary()
        loaded._add_lines(path, _read_lines(path))
        self.__dict__.update(loaded.__dict__)
        return self

    def _update(self, tags: Dict[str, str]) -> None:
        if tags:
            # Fail now rather than at the first search.
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
            # A million words take half the time if they are sorted.
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
    """Import the library that searches for many words at once.

    RETURNS (Any): The library.
    RAISES (ImportError): If it is not installed.
    """
    try:
        import ahocorasick_rs
    except ImportError as err:
        need = "Searching for the words of a dictionary needs the package ahocorasick-rs"
        raise ImportError(missing_extra(need, "dictionary")) from err
    return ahocorasick_rs


def join_words(
    starts: IntArray, ends: IntArray, match_starts: IntArray, match_ends: IntArray
) -> Tuple[IntArray, IntArray]:
    """Join the words inside each match, together with the text between them.

    A match that does not begin and end with a word joins nothing.

    starts (IntArray): Shape (words,): first characters of the words, in order.
    ends (IntArray): Shape (words,): ends of the words, exclusive.
    match_starts (IntArray): Shape (matches,): first characters of the matches.
    match_ends (IntArray): Shape (matches,): ends of the matches, exclusive.
    RETURNS (Tuple[IntArray, IntArray]): Starts and ends of the new words.
    """
    fits = np.isin(match_starts, starts) & np.isin(match_ends, ends)
    first = np.searchsorted(starts, match_starts[fits])
    last = np.searchsorted(ends, match_ends[fits])
    # 1 where a match continues from the previous word, -1 after its last word.
    steps = np.zeros(len(starts) + 1, dtype=np.int64)
    steps[first + 1] += 1
    steps[last + 1] -= 1
    continues = np.cumsum(steps) > 0
    return starts[~continues[:-1]], ends[~continues[1:]]

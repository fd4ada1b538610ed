"""Runs of characters that are not split into words: addresses, numbers, Latin words."""

import re
from typing import Collection, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple

from spacy.lang.lex_attrs import like_email, like_url

URL, EMAIL, NUMBER, LATIN = KINDS = ("url", "email", "number", "latin")

# Full-width letters, digits and signs of numbers and addresses become half-width. The full-width
# comma and colon stay, because they separate words of Chinese text.
_HALF_WIDTH = {
    code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0) not in ",:;!?()"
}
# Only texts with two such characters in a row can have runs.
_CANDIDATE = re.compile("[!-~\u00b7\u00c0-\u024f\u1e00-\u1eff]{2,}")
# The same before full-width characters are folded.
_UNFOLDED = re.compile("[!-~\u00b7\u00c0-\u024f\u1e00-\u1eff\uff01-\uff5e]{2,}")
_FULL_WIDTH = re.compile("[\uff01-\uff5e]+")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# The characters of RFC 3986, up to a separator before the next address.
_URL_CHARS = r"(?:(?![,;|](?:\w+://|www\.))[\w!#$%&'()*+,./:;=?@~\[\]-])"
_ADDRESS = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.-]+://|www\.){_URL_CHARS}+"
    rf"|[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{{2,4}}(?![\w-])(?::\d+)?(?:[/?#]{_URL_CHARS}*)?",
    re.ASCII,
)
_TRAILING = ".,:;!?'"
_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_LATIN = re.compile(rf"[{_LETTER}](?:[-_.'&+]?[{_LETTER}0-9])*(?:\+\+|#)?")
_NUMBER = re.compile(r"\d+(?:[.·,:/-]\d+)*", re.ASCII)
_WELL_FORMED = re.compile(
    r"\d+(?:[.·]\d+)?"  # 3.14
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?"  # 1,299.00
    r"|\d+(?:\.\d{1,3}){2,}"  # 192.168.1.1
    r"|\d{1,2}(?::\d{1,2}){1,2}"  # 3:30
    r"|\d+(?:/\d+){1,2}"  # 1/2
    r"|\d{4}-\d{1,2}-\d{1,2}",  # 2026-11-30
    re.ASCII,
)


class Run(NamedTuple):
    """A run of characters.

    start (int): First character.
    end (int): End, exclusive.
    kinds (FrozenSet[str]): "url"; "email"; or "number" or "latin", and the same with each sign
        inside ("number," for 1,299), or with 0 for digits behind letters ("latin0" for MP3).
    """

    start: int
    end: int
    kinds: FrozenSet[str]

    @property
    def is_address(self) -> bool:
        """Check whether it is a URL or an e-mail address, which is a word of its own."""
        return not self.kinds.isdisjoint((URL, EMAIL))


def find_runs(text: str, keep: Collection[str], split: Collection[str] = ()) -> List[Run]:
    """Find the runs of a text that must not be split.

    text (str): The text.
    keep (Collection[str]): Kinds to look for, of `KINDS`.
    split (Collection[str]): Kinds as in `Run.kinds` that may be split; runs of them are left out.
    RETURNS (List[Run]): The runs of two characters or more, in order.
    """
    if not keep or not _UNFOLDED.search(text):
        return []
    # Translating all characters would take much longer.
    folded = _FULL_WIDTH.sub(_fold, text)
    if len(folded) != len(text) or not _CANDIDATE.search(folded):
        return []
    return [
        run
        for candidate in _CANDIDATE.finditer(folded)
        for run in _find(folded, candidate.start(), candidate.end())
        if run.end - run.start > 1
        and any(kind in keep for kind in run.kinds)
        and run.kinds.isdisjoint(split)
    ]


def find_split_kinds(
    texts: Iterable[str],
    borders: Iterable[Collection[int]],
    keep: Collection[str],
    max_split: float,
) -> List[str]:
    """Find the kinds of runs that training data split into words.

    texts (Iterable[str]): The texts.
    borders (Iterable[Collection[int]]): For each text, the positions at which words begin and end.
    keep (Collection[str]): Kinds to look for, of `KINDS`.
    max_split (float): Maximum share of split runs of a kind that is kept.
    RETURNS (List[str]): The kinds, as in `Run.kinds`, in sorted order.
    """
    counts: Dict[str, List[int]] = {}
    for text, of_text in zip(texts, borders):
        for run in find_runs(text, keep):
            is_split = any(place in of_text for place in range(run.start + 1, run.end))
            for kind in run.kinds:
                count = counts.setdefault(kind, [0, 0])
                count[0] += is_split
                count[1] += 1
    return sorted(kind for kind, (n_split, n) in counts.items() if n_split > max_split * n)


def _fold(match: "re.Match[str]") -> str:
    return match[0].translate(_HALF_WIDTH)


def _find(text: str, start: int, end: int) -> Iterator[Run]:
    position = start
    while position < end:
        run = _match(text, position, end)
        if run.kinds:
            yield run
        position = run.end


def _match(text: str, start: int, end: int) -> Run:
    """Match the run that begins at a character. Without one, the result has no kinds."""
    if (match := _EMAIL.match(text, start, end)) and like_email(match[0]):
        return Run(start, match.end(), frozenset([EMAIL]))
    if match := _ADDRESS.match(text, start, end):
        address = _trim(match[0])
        if like_url(address):
            return Run(start, start + len(address), frozenset([URL]))
    if match := _NUMBER.match(text, start, end):
        kinds = {NUMBER, *(NUMBER + sign for sign in set(re.sub(r"\d", "", match[0])))}
        is_number = _WELL_FORMED.fullmatch(match[0]) is not None
        return Run(start, match.end(), frozenset(kinds if is_number else ()))
    if match := _LATIN.match(text, start, end):
        return _make_latin(text, match)
    return Run(start, start + 1, frozenset())


def _make_latin(text: str, match: "re.Match[str]") -> Run:
    kinds = {LATIN, *(LATIN + sign for sign in match[0] if not sign.isalnum())}
    if any(char.isdigit() for char in match[0]):
        kinds.add(LATIN + "0")
    # The digits continue as a number, as in a table of shares.
    is_table = re.compile(r"[.·,:/]?\d").match(text, match.end()) is not None
    is_table = is_table or re.search(r"\d\.\d", match[0]) is not None
    return Run(match.start(), match.end(), frozenset(() if is_table else kinds))


def _trim(address: str) -> str:
    """Strip the punctuation of the sentence from an address."""
    while address:
        last = address[-1]
        opening = {")": "(", "]": "["}.get(last)
        if last in _TRAILING or (opening and address.count(opening) < address.count(last)):
            address = address[:-1]
        else:
            break
    return address

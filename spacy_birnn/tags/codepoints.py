"""Unicode code points in arrays: decoding, normalization and classes."""

import unicodedata
from typing import Callable, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

# Stands before and after a text; no code point has this number.
BOUNDARY = 0x110000
# A value that has not been computed.
UNKNOWN = -1

CLASSES = (
    "other",
    "han",
    "kana",
    "hangul",
    "letter",
    "digit",
    "punctuation",
    "space",
    "break",
    "boundary",
)
_SCRIPTS = (("CJK ", "han"), ("HIRAGANA ", "kana"), ("KATAKANA ", "kana"), ("HANGUL ", "hangul"))


class CodePointTable:
    """A function of code points, whose values are cached.

    function (Callable[[int], int]): Its values are not negative.
    """

    def __init__(self, function: Callable[[int], int]) -> None:
        self._function = function
        self._values = np.full(BOUNDARY + 1, UNKNOWN, dtype=np.int32)

    def __call__(self, codes: IntArray) -> IntArray:
        """Compute the values of code points.

        codes (IntArray): Code points, or `BOUNDARY`.
        RETURNS (IntArray): The value of each.
        """
        values = self._values[codes]
        if values.size and values.min() == UNKNOWN:
            # This is safe for threads: all of them write the same values.
            for code in np.unique(codes[values == UNKNOWN]).tolist():
                self._values[code] = self._function(code)
            values = self._values[codes]
        return values.astype(np.int64)


def code_points(texts: Sequence[str]) -> Tuple[IntArray, IntArray, IntArray]:
    """Decode texts into code points.

    texts (Sequence[str]): The texts.
    RETURNS (Tuple[IntArray, IntArray, IntArray]): The code points of all texts, the start of each
        text in them, and its length.
    """
    encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(encoded, dtype="<u4").astype(np.int64)
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    return codes, np.cumsum(sizes) - sizes, sizes


def _fold(code: int) -> int:
    if code == BOUNDARY:
        return code
    char = unicodedata.normalize("NFKC", chr(code)).lower()
    if char.isdecimal():
        return ord("0")
    return ord(char) if len(char) == 1 else code


def _classify(code: int) -> int:
    return CLASSES.index("boundary" if code == BOUNDARY else _class_name(chr(code)))


def _class_name(char: str) -> str:
    if char.isspace():
        return "space" if unicodedata.category(char) == "Zs" else "break"
    char = unicodedata.normalize("NFKC", char)[0]
    name = unicodedata.name(char, "")
    for beginning, script in _SCRIPTS:
        if name.startswith(beginning):
            return script
    if char.isnumeric():
        return "digit"
    if char.isalpha():
        return "letter"
    return "punctuation" if unicodedata.category(char)[0] in "PS" else "other"


# Normalizes characters one by one: NFKC, lower case, every digit to 0.
fold = CodePointTable(_fold)
# The index of each character's class in `CLASSES`. "space" is white space within a line; line ends
# and tabs are "break".
classify = CodePointTable(_classify)


def is_white(codes: IntArray) -> NDArray[np.bool_]:
    """Find white space, line ends included.

    codes (IntArray): Code points.
    RETURNS (NDArray[np.bool_]): Whether each is white space.
    """
    return np.isin(classify(codes), [CLASSES.index("space"), CLASSES.index("break")])

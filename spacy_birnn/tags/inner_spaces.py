"""White space inside words, as the words of the training data have it."""

from typing import Dict, Iterable

import numpy as np
from numpy.typing import NDArray

from .codepoints import CLASSES, IntArray, classify, code_points


class InnerSpaces:
    """The white space of a text that may be inside a word.

    White space is allowed between characters of two classes (such as "letter" and "letter") if a
    known word has the same white space between characters of these classes. So "New York" in the
    training data does not allow a space between Chinese characters.

    words (Iterable[str]): The known words, without white space at their edges.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._allowed: Dict[int, NDArray[np.bool_]] = {}
        for word in words:
            if len(word.split()) < 2:
                continue
            codes, _, _ = code_points([word])
            classes = classify(codes)
            for i in range(1, len(codes) - 1):
                if chr(codes[i]).isspace():
                    pairs = np.zeros((len(CLASSES), len(CLASSES)), dtype=bool)
                    pairs = self._allowed.setdefault(int(codes[i]), pairs)
                    pairs[classes[i - 1], classes[i + 1]] = True

    def __call__(self, codes: IntArray, classes: IntArray) -> NDArray[np.bool_]:
        """Mark the white space that may be inside a word.

        codes (IntArray): Shape (characters,): code points of a text.
        classes (IntArray): Shape (characters,): their classes, indices of `CLASSES`.
        RETURNS (NDArray[np.bool_]): Shape (characters,): True for such white space.
        """
        inner = np.zeros(len(codes), dtype=bool)
        for code, pairs in self._allowed.items():
            places = np.flatnonzero(codes[1:-1] == code) + 1
            inner[places] = pairs[classes[places - 1], classes[places + 1]]
        return inner

"""A conditional random field with hand-written features (CRFsuite)."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Tuple

from .sequences import Pair, Tag

# Elastic net and iterations as in the tutorials of python-crfsuite; nothing is tuned.
PARAMETERS: Dict[str, Any] = {"c1": 0.1, "c2": 0.1, "max_iterations": 100}
QUICK_ITERATIONS = 5
# Padding on either side of a sequence.
PAD = "␀"


def word_features(words: List[str]) -> List[List[str]]:
    """Extract the features of Ratnaparkhi (1996) for every word, plus word shapes.

    They are the words in a window of five, affixes of up to four letters, and whether the word has
    digits, capitals or hyphens.
    """
    padded = [PAD, PAD, *words, PAD, PAD]
    shapes = list(map(_shape, padded))
    features = []
    for i, word in enumerate(words, start=2):
        found = ["bias", *(f"w{n}={padded[i + n]}" for n in range(-2, 3))]
        found += [f"lower={word.lower()}", *(f"shape{n}={shapes[i + n]}" for n in (-1, 0, 1))]
        for length in range(1, min(4, len(word)) + 1):
            found += [f"prefix={word[:length]}", f"suffix={word[-length:]}"]
        has = {
            "digit": any(map(str.isdigit, word)),
            "capital": any(map(str.isupper, word)),
            "hyphen": "-" in word,
        }
        features.append(found + [name for name, holds in has.items() if holds])
    return features


def character_features(characters: List[str]) -> List[List[str]]:
    """Extract the features of Zhao, Huang, Li & Lu (2006) for every character.

    They are three characters, their bigrams and their classes.
    """
    padded = [PAD, *characters, PAD]
    classes = list(map(_class, padded))
    features = []
    for i in range(1, len(padded) - 1):
        before, here, after = padded[i - 1 : i + 2]
        features.append(
            [
                f"c-1={before}",
                f"c0={here}",
                f"c1={after}",
                f"c-1c0={before}{here}",
                f"c0c1={here}{after}",
                f"c-1c1={before}{after}",
                f"classes={''.join(classes[i - 1 : i + 2])}",
            ]
        )
    return features


def _shape(word: str) -> str:
    return "".join("X" if c.isupper() else "x" if c.islower() else _class(c) for c in word)


def _class(character: str) -> str:
    if character.isdigit():
        return "d"
    if character.isascii() and character.isalpha():
        return "a"
    return "x" if character.isalpha() else "."


def learn_crf(
    sequences: List[List[Pair]], characters: bool, quick: bool = False
) -> Tuple[Tag, int]:
    """Train a CRF; return a tagging function and the number of nonzero weights."""
    import pycrfsuite

    features = character_features if characters else word_features
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(PARAMETERS)
    if quick:
        trainer.set("max_iterations", QUICK_ITERATIONS)
    for sequence in sequences:
        items, tags = zip(*sequence)
        trainer.append(features(list(items)), tags)
    model = pycrfsuite.Tagger()
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.crfsuite")
        trainer.train(path)
        # open() reads the whole file, so the folder may go.
        model.open(path)

    def tag(items: List[str]) -> List[str]:
        return model.tag(features(items))

    return tag, trainer.logparser.last_iteration["active_features"]

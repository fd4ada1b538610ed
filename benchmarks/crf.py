"""A conditional random field with hand-written features: CRFsuite."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Tuple

from .sequences import Pair, Tag

# Elastic net and iterations as in the tutorials of its wrappers; nothing is tuned.
PARAMETERS: Dict[str, Any] = {"c1": 0.1, "c2": 0.1, "max_iterations": 100}
QUICK_ITERATIONS = 5
# Beyond the ends of a sequence.
PAD = "␀"


def word_features(words: List[str]) -> List[List[str]]:
    """The template of Ratnaparkhi (1996), for all words and not only for rare ones: the word and
    two on either side, affixes of up to four letters, and whether it has digits, capitals or
    hyphens; and, as is usual for entities, the shapes of the word and its neighbours.

    words (List[str]): The words of a document.
    RETURNS (List[List[str]]): Features of each word.
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
    """The template of Zhao, Huang, Li & Lu (2006): three characters, the bigrams of them, and
    the classes of the three.

    characters (List[str]): The characters of a text.
    RETURNS (List[List[str]]): Features of each character.
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
    """sequences (List[List[Pair]]): Items and their tags.
    characters (bool): Whether items are characters; otherwise words.
    quick (bool): Train as little as shows that everything runs.
    RETURNS (Tuple[Tag, int]): Finds the tags of items; how many weights are not zero.
    """
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
        # It reads the whole file.
        model.open(path)

    def tag(items: List[str]) -> List[str]:
        return model.tag(features(items))

    return tag, trainer.logparser.last_iteration["active_features"]

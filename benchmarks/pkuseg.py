"""pkuseg, trained on the same words as spacy_birnn."""

from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, Iterable, List, Sequence

from spacy.tokens import Doc

from .word_models import train_once


def train_pkuseg(docs: Sequence[Doc], output: Path, iterations: int, seed: int) -> Path:
    """Train a model, see `train_once`."""
    return train_once("pkuseg", _train, docs, output, iterations, seed)


def _train(text: str, folder: Path, iterations: int) -> None:
    import spacy_pkuseg

    with TemporaryDirectory() as temporary:
        train, test = Path(temporary) / "train.txt", Path(temporary) / "test.txt"
        train.write_text(text, encoding="utf-8")
        # pkuseg scores this file after each iteration, and does not learn from it.
        test.write_text(text.partition("\n")[0], encoding="utf-8")
        with (folder / "training.log").open("w", encoding="utf-8") as log, redirect_stdout(log):
            spacy_pkuseg.train(str(train), str(test), str(folder), train_iter=iterations)


def load_pkuseg(folder: Path, dictionary: bool) -> Callable[[Iterable[str]], Iterable[List[str]]]:
    """Load a model; `dictionary` adds the package's own dictionary, its default."""
    import spacy_pkuseg

    # An absolute path cannot be the name of a model, which would be downloaded.
    path = str(folder.resolve())
    return partial(map, spacy_pkuseg.pkuseg(path, "default" if dictionary else None).cut)

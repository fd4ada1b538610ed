"""The averaged perceptron of LTP, trained on the same words as spacy_birnn."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, Iterable, List, Sequence

from spacy.tokens import Doc

from .word_models import train_once

MODEL = "cws.bin"


def train_ltp(docs: Sequence[Doc], output: Path, iterations: int, seed: int) -> Path:
    """Train a model, see `train_once`."""
    return train_once("ltp", _train, docs, output, iterations, seed)


def _train(text: str, folder: Path, iterations: int) -> None:
    from ltp_extension import perceptron

    trainer = perceptron.CWSTrainer()
    trainer.algorithm = perceptron.Algorithm("AP", 1)
    trainer.epoch, trainer.eval_threads, trainer.verbose = iterations, 1, False
    with TemporaryDirectory() as temporary:
        train, test = Path(temporary) / "train.txt", Path(temporary) / "test.txt"
        train.write_text(text, encoding="utf-8")
        # It scores this file after each iteration, and does not learn from it.
        test.write_text(text.partition("\n")[0], encoding="utf-8")
        trainer.load_train_data(str(train))
        trainer.load_eval_data(str(test))
        trainer.train().save(str(folder / MODEL))


def load_ltp(folder: Path) -> Callable[[Iterable[str]], Iterable[List[str]]]:
    """Load a model."""
    from ltp_extension import perceptron

    return partial(map, perceptron.CWSModel.load(str(folder / MODEL)).predict)

"""A learning-rate schedule in epochs, so that one config fits corpora of any size."""

import warnings
from pathlib import Path
from typing import Iterator, Union

from spacy.tokens import DocBin

from .files import CorpusError, require_file


def warmup_linear_epochs(
    initial_rate: float,
    warmup_steps: int,
    epochs: int,
    batch_words: int,
    corpus: Union[str, Path, None],
    eval_frequency: int = 0,
    min_words: int = 0,
) -> Iterator[float]:
    """Rise to the initial rate, then fall to zero in a straight line until the last epoch ends.

    initial_rate (float): The highest rate.
    warmup_steps (int): Updates until it is reached, at most a quarter of all.
    epochs (int): Epochs until the rate is zero, as in `[training] max_epochs`.
    batch_words (int): Words of a batch, as in `[training.batcher]`.
    corpus (Union[str, Path, None]): The training corpus, usually `${paths.train}`. It is read when
        training starts, and only its words are counted.
    eval_frequency (int): As in `[training]`: a training that ends before the first evaluation
        is warned of. 0 for no such check.
    min_words (int): Words of an epoch at least, as in `[training.batcher]`.
    YIELDS (float): The rate of each update.
    RAISES (CorpusError): If the corpus is missing.
    """
    # Thinc asks for the first rate when it reads the config, before there need be a corpus.
    yield initial_rate / max(1, warmup_steps)
    if corpus is None:
        raise CorpusError("The learning rate needs the training corpus: set [paths] train.")
    total_steps = max(1, epochs * max(min_words, count_words(Path(corpus))) // batch_words)
    if total_steps <= eval_frequency:
        every = max(1, total_steps // 5)
        warnings.warn(
            f"{corpus} gives about {total_steps} updates in {epochs} epochs, but the pipeline is "
            f"evaluated every {eval_frequency} and model-best is the best one of those: give "
            f"--training.eval_frequency {every} and "
            f"--training.optimizer.learn_rate.eval_frequency {every}, or use model-last.",
            stacklevel=2,
        )
    warmup = min(warmup_steps, total_steps // 4)
    step = 1
    while True:
        rising = (step + 1) / max(1, warmup)
        falling = (total_steps - step) / max(1, total_steps - warmup)
        yield initial_rate * max(0.0, min(rising, falling))
        step += 1


def count_words(path: Path) -> int:
    """path (Path): A `.spacy` file, or a folder of such files.
    RETURNS (int): Their words.
    """
    paths = sorted(path.rglob("*.spacy")) if path.is_dir() else [path]
    total = 0
    for file_ in paths:
        require_file(file_, built=True)
        total += sum(len(tokens) for tokens in DocBin().from_disk(file_).tokens)
    return total

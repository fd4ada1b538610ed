"""Learning-rate schedules that fit the length of the training."""

import warnings
from pathlib import Path
from typing import Iterator, Union

from spacy.tokens import DocBin

from ..corpora.text_files import require_file
from ..errors import InputError
from .progress import current_progress, warn_if_not_evaluated


def warmup_linear(initial_rate: float, warmup_steps: int) -> Iterator[float]:
    """Increase the learning rate to its initial value, then decrease it linearly to zero.

    The batcher `spacy_birnn.batch_by_words.v2` provides the length of the training. Without it, as
    in your own training loop, the rate stays at the initial value.

    initial_rate (float): The highest rate.
    warmup_steps (int): Updates until it is reached, at most a quarter of all.
    YIELDS (float): The rate of each update.
    """
    # An interrupted training may have left its progress in this thread.
    stale = current_progress()
    yield _rate_at(initial_rate, 0, warmup_steps)
    n_updates = 0
    step = 1
    while True:
        progress = current_progress()
        if progress is None or progress is stale:
            yield _rate_at(initial_rate, step, warmup_steps)
        else:
            # Later epochs may have a batch more or less, which must not change the slope.
            n_updates = n_updates or progress.n_updates
            warmup = min(warmup_steps, n_updates // 4)
            falling = (1.0 - progress.share) / (1.0 - warmup / n_updates)
            yield _rate_at(initial_rate, step, warmup, falling)
        step += 1


def warmup_linear_epochs(
    initial_rate: float,
    warmup_steps: int,
    epochs: int,
    batch_words: int,
    corpus: Union[str, Path, None],
    eval_frequency: int = 0,
    min_words: int = 0,
) -> Iterator[float]:
    """Increase the learning rate to its initial value, then decrease it linearly to zero.

    The length of the training is estimated from the words of the corpus. New configs should use
    `spacy_birnn.warmup_linear.v1`, which needs no estimate.

    initial_rate (float): The highest rate.
    warmup_steps (int): Updates until it is reached, at most a quarter of all.
    epochs (int): Epochs until the rate is zero, as in `[training] max_epochs`.
    batch_words (int): Words of a batch, as in `[training.batcher]`.
    corpus (Union[str, Path, None]): The training corpus, usually `${paths.train}`, whose words are
        counted when training starts. `nlp.resume_training` and `nlp.create_optimizer` do not
        resolve such a variable: then the rate does not fall.
    eval_frequency (int): As in `[training]`: a training that ends before its second evaluation
        causes a warning. 0 for no such check.
    min_words (int): Minimum number of words of an epoch, as in `[training.batcher]`.
    YIELDS (float): The rate of each update.
    RAISES (InputError): If the corpus is missing.
    """
    # Thinc reads the first rate with the config, when the corpus need not exist.
    yield _rate_at(initial_rate, 0, warmup_steps)
    if corpus is None:
        raise InputError("The learning rate needs the training corpus: set [paths] train.")
    if "${" in str(corpus):
        yield from _warmup_constant(initial_rate, warmup_steps, str(corpus))
    total_steps = max(1, epochs * max(min_words, count_words(Path(corpus))) // batch_words)
    settings = ["training.eval_frequency", "training.optimizer.learn_rate.eval_frequency"]
    warn_if_not_evaluated(total_steps, eval_frequency, settings)
    warmup = min(warmup_steps, total_steps // 4)
    step = 1
    while True:
        falling = (total_steps - step) / max(1, total_steps - warmup)
        yield _rate_at(initial_rate, step, warmup, falling)
        step += 1


def _rate_at(initial_rate: float, step: int, warmup: int, falling: float = 1.0) -> float:
    rising = (step + 1) / max(1, warmup)
    return initial_rate * max(0.0, min(1.0, rising, falling))


def _warmup_constant(initial_rate: float, warmup_steps: int, corpus: str) -> Iterator[float]:
    """Yield the rates of a training of unknown length."""
    warnings.warn(
        f"The learning rate stays at {initial_rate} after {warmup_steps} updates, because outside "
        f"of `spacy train` its corpus, {corpus}, is not known: to let it fall, use `spacy train`; "
        f'the schedule "spacy_birnn.warmup_linear.v1" needs no corpus.',
        stacklevel=3,
    )
    step = 1
    while True:
        yield _rate_at(initial_rate, step, warmup_steps)
        step += 1


def count_words(path: Path) -> int:
    """Count the words of a corpus.

    path (Path): A `.spacy` file, or a folder of such files.
    RETURNS (int): Their words.
    """
    paths = sorted(path.rglob("*.spacy")) if path.is_dir() else [path]
    total = 0
    for file_ in paths:
        require_file(file_, built=True)
        total += sum(len(tokens) for tokens in DocBin().from_disk(file_).tokens)
    return total

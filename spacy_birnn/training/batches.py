"""Batchers by words that repeat a small corpus within an epoch."""

import random
from itertools import islice
from typing import (
    Callable,
    Generic,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    TypeVar,
    Union,
)

from spacy.training import minibatch_by_words

from .progress import ProgressTracker

ItemT = TypeVar("ItemT")


class PlanningBatcher(Generic[ItemT]):
    """Makes batches, and publishes the progress of the training.

    batch_by_words (Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]): Makes the batches of an
        epoch.
    tracker (ProgressTracker): Counts them. Each call of the batcher is an epoch.
    min_evaluations (int): Evaluations that a training should have at least.
    """

    def __init__(
        self,
        batch_by_words: Callable[[Iterable[ItemT]], Iterator[List[ItemT]]],
        tracker: ProgressTracker,
        min_evaluations: int,
    ) -> None:
        self.batch_by_words = batch_by_words
        self.tracker = tracker
        self.min_evaluations = min_evaluations

    def __call__(self, items: Iterable[ItemT]) -> Iterator[List[ItemT]]:
        batches = self.batch_by_words(items)
        # spaCy passes a corpus with epochs as a list, whose batches can be counted in advance.
        if self.tracker.max_epochs > 0 and isinstance(items, Sequence):
            return self.tracker.track(list(batches), items)
        return self.tracker.track(batches)

    def fit_eval_frequency(self, items: Iterable[ItemT]) -> int:
        """Find a frequency of evaluations with which even a short training has enough of them.

        items (Iterable[ItemT]): The training corpus. As much is read as the answer needs.
        RETURNS (int): `eval_frequency`, or the largest lower number that gives `min_evaluations`.
        """
        frequency = self.tracker.eval_frequency
        enough = self.min_evaluations * frequency + 1
        n_batches = 0
        if self.tracker.max_epochs:
            # Counting draws no random numbers of the training.
            state = random.getstate()
            n_batches = sum(1 for _ in islice(self.batch_by_words(items), enough))
            random.setstate(state)
        n_updates = self.tracker.count_updates(n_batches)
        if not 0 < n_updates < enough:
            return frequency
        # The first evaluation comes after one update.
        return max(1, (n_updates - 1) // self.min_evaluations)


def make_planning_batcher(
    size: Union[int, Sequence[int]],
    tolerance: float,
    discard_oversize: bool,
    max_epochs: int,
    max_steps: int,
    eval_frequency: int,
    min_words: int = 0,
    get_length: Optional[Callable[[ItemT], int]] = None,
    min_evaluations: int = 0,
) -> PlanningBatcher[ItemT]:
    """Make a batcher like `spacy_birnn.batch_by_words.v1` that publishes the progress of the
    training for `spacy_birnn.warmup_linear.v1` and `spacy_birnn.ConsoleLogger.v1`.

    size (Union[int, Sequence[int]]): Words of a batch, or of each batch in turn.
    tolerance (float): Share of the size by which a batch may exceed it.
    discard_oversize (bool): Leave out items that exceed it alone.
    max_epochs (int): `${training.max_epochs}`. Each call of the batcher is an epoch.
    max_steps (int): `${training.max_steps}`.
    eval_frequency (int): `${training.eval_frequency}`: a training that ends before its second
        evaluation causes a warning.
    min_words (int): Minimum number of words of an epoch: a smaller corpus is repeated, in another
        order. 0 for no repetition.
    get_length (Optional[Callable[[ItemT], int]]): Counts the words of an item; None for `len`.
    min_evaluations (int): `birnn train` and `spacy_birnn.train` lower `eval_frequency` for a
        training that would have fewer evaluations. 0 to keep it.
    RETURNS (PlanningBatcher[ItemT]): The batcher.
    """
    length: Callable[..., int] = get_length or len
    batch_by_words = make_batcher(size, tolerance, discard_oversize, min_words, length)
    tracker = ProgressTracker(max_epochs, max_steps, eval_frequency, length)
    return PlanningBatcher(batch_by_words, tracker, min_evaluations)


def make_batcher(
    size: Union[int, Sequence[int]],
    tolerance: float,
    discard_oversize: bool,
    min_words: int = 0,
    get_length: Optional[Callable[[ItemT], int]] = None,
) -> Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]:
    """Make a batcher like `spacy.batch_by_words.v1` with a minimum length of an epoch, because a
    small corpus has few updates in a fixed number of epochs.

    size (Union[int, Sequence[int]]): Words of a batch, or of each batch in turn.
    tolerance (float): Share of the size by which a batch may exceed it.
    discard_oversize (bool): Leave out items that exceed it alone.
    min_words (int): Minimum number of words of an epoch: a smaller corpus is repeated, in another
        order. 0 for no repetition.
    get_length (Optional[Callable[[ItemT], int]]): Counts the words of an item; None for `len`.
    RETURNS (Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]): The batcher.
    """
    length: Callable[..., int] = get_length or len

    def batch(items: Iterable[ItemT]) -> Iterator[List[ItemT]]:
        epoch = _repeat(items, min_words, length)
        yield from minibatch_by_words(epoch, size, tolerance, discard_oversize, length)

    return batch


def _repeat(
    items: Iterable[ItemT], min_words: int, length: Callable[[ItemT], int]
) -> Iterator[ItemT]:
    """Yield all items, and repeat some of them if they have too few words."""
    words = 0
    seen: List[ItemT] = []
    for item in items:
        words += length(item)
        if words < min_words:
            seen.append(item)
        yield item
    while 0 < words < min_words:
        random.shuffle(seen)
        for item in seen:
            if words >= min_words:
                break
            words += length(item)
            yield item

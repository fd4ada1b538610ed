"""Batchers by words that repeat a small corpus within an epoch."""

import random
from typing import Callable, Iterable, Iterator, List, Optional, Sequence, Sized, TypeVar, Union

from spacy.training import minibatch_by_words

from .progress import ProgressTracker

ItemT = TypeVar("ItemT")


def make_planning_batcher(
    size: Union[int, Sequence[int]],
    tolerance: float,
    discard_oversize: bool,
    max_epochs: int,
    max_steps: int,
    eval_frequency: int,
    min_words: int = 0,
    get_length: Optional[Callable[[ItemT], int]] = None,
) -> Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]:
    """Make a batcher like `spacy_birnn.batch_by_words.v1` that publishes the progress of the
    training for `spacy_birnn.warmup_linear.v1`.

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
    RETURNS (Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]): The batcher.
    """
    batch_by_words = make_batcher(size, tolerance, discard_oversize, min_words, get_length)
    tracker = ProgressTracker(max_epochs, max_steps, eval_frequency)

    def batch(items: Iterable[ItemT]) -> Iterator[List[ItemT]]:
        batches = batch_by_words(items)
        # spaCy passes a corpus with epochs as a list, whose batches can be counted in advance.
        is_counted = max_epochs > 0 and isinstance(items, Sized)
        return tracker.track(list(batches) if is_counted else batches)

    return batch


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

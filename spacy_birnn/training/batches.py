"""Batchers that give a small corpus as many updates in an epoch as a larger one."""

import random
from typing import Callable, Iterable, Iterator, List, Optional, Sequence, Sized, TypeVar, Union

from spacy.training import minibatch_by_words

from .progress import Plan

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
    """Batch as `spacy_birnn.batch_by_words.v1` does, and publish how far the training has come, for
    `spacy_birnn.warmup_linear.v1`.

    size (Union[int, Sequence[int]]): Words of a batch; or those of one after the other.
    tolerance (float): By which part of the size a batch may exceed it.
    discard_oversize (bool): Leave out what alone exceeds that.
    max_epochs (int): `${training.max_epochs}`. Each call of the batcher is an epoch.
    max_steps (int): `${training.max_steps}`.
    eval_frequency (int): `${training.eval_frequency}`: a training that ends before its second
        evaluation causes a warning.
    min_words (int): Words of an epoch: what has fewer is read again, in another order, until it has
        as many. 0 for once.
    get_length (Optional[Callable[[ItemT], int]]): Gives the words of an item; None for `len`.
    RETURNS (Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]): The batcher.
    """
    batch_by_words = make_batcher(size, tolerance, discard_oversize, min_words, get_length)
    plan = Plan(max_epochs, max_steps, eval_frequency)

    def batch(items: Iterable[ItemT]) -> Iterator[List[ItemT]]:
        batches = batch_by_words(items)
        # spaCy gives a corpus with epochs as a list: its batches are made at once, to count them.
        is_counted = max_epochs > 0 and isinstance(items, Sized)
        return plan.follow(list(batches) if is_counted else batches)

    return batch


def make_batcher(
    size: Union[int, Sequence[int]],
    tolerance: float,
    discard_oversize: bool,
    min_words: int = 0,
    get_length: Optional[Callable[[ItemT], int]] = None,
) -> Callable[[Iterable[ItemT]], Iterator[List[ItemT]]]:
    """Batch by words as `spacy.batch_by_words.v1` does, with a least length of an epoch, because a
    small corpus would be learnt badly in the few updates of a fixed number of epochs.

    size (Union[int, Sequence[int]]): Words of a batch; or those of one after the other.
    tolerance (float): By which part of the size a batch may exceed it.
    discard_oversize (bool): Leave out what alone exceeds that.
    min_words (int): Words of an epoch: what has fewer is read again, in another order, until it has
        as many. 0 for once.
    get_length (Optional[Callable[[ItemT], int]]): Gives the words of an item; None for `len`.
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
    """The items, which may be a stream, and some of them again if they are too few."""
    words = 0
    few: List[ItemT] = []
    for item in items:
        words += length(item)
        if words < min_words:
            few.append(item)
        yield item
    while 0 < words < min_words:
        random.shuffle(few)
        for item in few:
            if words >= min_words:
                break
            words += length(item)
            yield item

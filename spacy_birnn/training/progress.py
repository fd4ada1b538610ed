"""The progress of a training: the batcher publishes it for the learning rate and the logger."""

import warnings
from contextvars import ContextVar
from typing import Any, Callable, Iterable, Iterator, List, NamedTuple, Optional, Sequence, TypeVar

ItemT = TypeVar("ItemT")


class Progress(NamedTuple):
    """The progress of a training at the end of the current batch.

    share (float): The finished share of the training, from 0 to 1.
    n_updates (int): Updates of the whole training, if each later epoch has as many as this one.
    """

    share: float
    n_updates: int


class Plan(NamedTuple):
    """What is known of a training when it begins.

    n_updates (int): Updates of the whole training.
    n_words (int): Words of the corpus; 0 for a stream.
    passes (float): How often an epoch reads the corpus.
    """

    n_updates: int
    n_words: int = 0
    passes: float = 1.0


# The progress of the training in this thread, while one of its batches is processed.
_PROGRESS: ContextVar[Optional[Progress]] = ContextVar("progress", default=None)
# Gets the plan of the next training in this thread.
_ANNOUNCE: ContextVar[Optional[Callable[[Plan], None]]] = ContextVar("announce", default=None)


def current_progress() -> Optional[Progress]:
    """Get the progress of the training in this thread.

    RETURNS (Optional[Progress]): The progress; None if no batcher publishes it.
    """
    return _PROGRESS.get()


def announce_to(receive: Optional[Callable[[Plan], None]]) -> None:
    """Register a function that gets the plan of the next training in this thread.

    receive (Optional[Callable[[Plan], None]]): Is called once, before the first update, if the
        batcher knows the plan. None for no function.
    """
    _ANNOUNCE.set(receive)


class ProgressTracker:
    """Counts the batches of a training, and publishes its progress.

    max_epochs (int): As in `[training]`: no limit if it is 0, or -1 for a stream.
    max_steps (int): As in `[training]`: no limit if it is 0.
    eval_frequency (int): As in `[training]`: a training that ends before its second evaluation
        causes a warning.
    length (Callable[[Any], int]): Counts the words of an item.
    """

    def __init__(
        self,
        max_epochs: int,
        max_steps: int,
        eval_frequency: int,
        length: Callable[[Any], int] = len,
    ) -> None:
        self.max_epochs = max(0, max_epochs)
        # spaCy counts its steps from 0 and ends after the one of this number.
        self.max_updates = max_steps + 1 if max_steps > 0 else 0
        self.eval_frequency = eval_frequency
        self.length = length
        self.epochs = 0
        self.updates = 0

    def track(
        self, batches: Iterable[List[ItemT]], items: Sequence[ItemT] = ()
    ) -> Iterator[List[ItemT]]:
        """Yield the batches of an epoch, and publish the progress of each.

        batches (Iterable[List[ItemT]]): The batches: a list, which `max_epochs` needs, or a stream,
            for which only `max_steps` applies.
        items (Sequence[ItemT]): The corpus that they are made of, unless it is a stream.
        YIELDS (List[ItemT]): The same batches.
        """
        n_batches = len(batches) if isinstance(batches, list) else 0
        n_updates = self.count_updates(n_batches)
        progress = None
        if n_updates and not self.epochs:
            warn_if_not_evaluated(n_updates, self.eval_frequency, ["training.eval_frequency"])
            self._announce(n_updates, batches, items)
        try:
            for number, batch in enumerate(batches, start=1):
                self.updates += 1
                if n_updates:
                    share = self._share(number / n_batches if n_batches else 0.0)
                    progress = Progress(min(1.0, share), n_updates)
                    if share > 1.0:
                        _warn_of_overtime()
                _PROGRESS.set(progress)
                yield batch
        finally:
            self.epochs += 1
            # This may run late, when another training has published its own progress.
            if _PROGRESS.get() is progress:
                _PROGRESS.set(None)

    def _announce(
        self, n_updates: int, batches: Iterable[List[ItemT]], items: Sequence[ItemT]
    ) -> None:
        announce = _ANNOUNCE.get()
        if announce is None:
            return
        _ANNOUNCE.set(None)
        n_words = sum(map(self.length, items))
        plan = Plan(n_updates)
        if n_words:
            read = sum(self.length(item) for batch in batches for item in batch)
            plan = Plan(n_updates, n_words, read / n_words)
        announce(plan)

    def count_updates(self, n_batches: int) -> int:
        """Count the updates of the training.

        n_batches (int): Batches of an epoch; 0 if they are unknown.
        RETURNS (int): Its updates; 0 if they are unknown.
        """
        by_epochs = self.updates + max(0, self.max_epochs - self.epochs) * n_batches
        counts = [by_epochs] if self.max_epochs and n_batches else []
        return min([*counts, self.max_updates] if self.max_updates else counts, default=0)

    def _share(self, part_of_epoch: float) -> float:
        """Compute the finished share of the training, which the nearest limit ends."""
        by_epochs = (self.epochs + part_of_epoch) / self.max_epochs if self.max_epochs else 0.0
        by_steps = self.updates / self.max_updates if self.max_updates else 0.0
        return max(by_epochs, by_steps)


def warn_if_not_evaluated(n_updates: int, eval_frequency: int, settings: Sequence[str]) -> None:
    """Warn of a training that ends before its second evaluation. The first is after one update.

    n_updates (int): Updates of the whole training.
    eval_frequency (int): Updates from one evaluation to the next; 0 for no check.
    settings (Sequence[str]): The settings of the config that hold the frequency.
    """
    if 1 < n_updates <= eval_frequency:
        every = max(1, n_updates // 5)
        options = " and ".join(f"--{setting} {every}" for setting in settings)
        warnings.warn(
            f"The training has about {n_updates} updates, but the pipeline is evaluated after the "
            f"first one and then every {eval_frequency}, so model-best is hardly trained: set "
            f"{options}, or use model-last.",
            stacklevel=3,
        )


def _warn_of_overtime() -> None:
    warnings.warn(
        "The training continues after the end that max_epochs or max_steps of [training] sets, "
        "where the learning rate is 0: increase that limit.",
        stacklevel=3,
    )

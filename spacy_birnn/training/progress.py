"""Where a training stands: the batcher publishes it, the learning-rate schedule reads it."""

import warnings
from contextvars import ContextVar
from typing import Iterable, Iterator, List, NamedTuple, Optional, Sequence, TypeVar

ItemT = TypeVar("ItemT")


class Position(NamedTuple):
    """Where a training stands once the current batch is learnt.

    share (float): The part of the training that is done, from 0 to 1.
    n_updates (int): Updates of the whole training, if each further epoch has as many as this one.
    """

    share: float
    n_updates: int


# Of the training that runs in this thread, as long as one of its batches is being learnt.
_POSITION: ContextVar[Optional[Position]] = ContextVar("position", default=None)


def current_position() -> Optional[Position]:
    """Say where the training in this thread stands.

    RETURNS (Optional[Position]): Its position; None where no batcher publishes one.
    """
    return _POSITION.get()


class Plan:
    """The limits of a training, and how far it has come.

    max_epochs (int): As in `[training]`: no limit if it is 0, or -1 for a stream.
    max_steps (int): As in `[training]`: no limit if it is 0.
    eval_frequency (int): As in `[training]`: a training that ends before its second evaluation
        causes a warning.
    """

    def __init__(self, max_epochs: int, max_steps: int, eval_frequency: int) -> None:
        self.max_epochs = max(0, max_epochs)
        # spaCy counts its steps from 0 and ends after the one of this number.
        self.max_updates = max_steps + 1 if max_steps > 0 else 0
        self.eval_frequency = eval_frequency
        self.epochs = 0
        self.updates = 0

    def follow(self, batches: Iterable[List[ItemT]]) -> Iterator[List[ItemT]]:
        """Give the batches of an epoch, and publish the position while each of them is learnt.

        batches (Iterable[List[ItemT]]): The batches: a list if they are known beforehand, as
            `max_epochs` needs it, or a stream, of which `max_steps` alone is known.
        YIELDS (List[ItemT]): The same batches.
        """
        n_batches = len(batches) if isinstance(batches, list) else 0
        n_updates = self._count_updates(n_batches)
        position = None
        if n_updates and not self.epochs:
            warn_if_not_evaluated(n_updates, self.eval_frequency, ["training.eval_frequency"])
        try:
            for number, batch in enumerate(batches, start=1):
                self.updates += 1
                if n_updates:
                    share = self._share(number / n_batches if n_batches else 0.0)
                    position = Position(min(1.0, share), n_updates)
                    if share > 1.0:
                        _warn_of_overtime()
                _POSITION.set(position)
                yield batch
        finally:
            self.epochs += 1
            # This may run late, when another training has published its own.
            if _POSITION.get() is position:
                _POSITION.set(None)

    def _count_updates(self, n_batches: int) -> int:
        """The updates of the whole training; 0 if they are not known."""
        by_epochs = self.updates + max(0, self.max_epochs - self.epochs) * n_batches
        counts = [by_epochs] if self.max_epochs and n_batches else []
        return min([*counts, self.max_updates] if self.max_updates else counts, default=0)

    def _share(self, part_of_epoch: float) -> float:
        """The part of the training that is done: the limit that is nearest ends it."""
        by_epochs = (self.epochs + part_of_epoch) / self.max_epochs if self.max_epochs else 0.0
        by_steps = self.updates / self.max_updates if self.max_updates else 0.0
        return max(by_epochs, by_steps)


def warn_if_not_evaluated(n_updates: int, eval_frequency: int, settings: Sequence[str]) -> None:
    """Warn of a training that ends before its second evaluation, as the first is after one update.

    n_updates (int): Updates of the whole training.
    eval_frequency (int): Updates from one evaluation to the next; 0 for no check.
    settings (Sequence[str]): The settings of the config that hold the frequency.
    """
    if 1 < n_updates <= eval_frequency:
        every = max(1, n_updates // 5)
        options = " and ".join(f"--{setting} {every}" for setting in settings)
        warnings.warn(
            f"The training has about {n_updates} updates, but the pipeline is evaluated after the "
            f"first one and then every {eval_frequency}, so model-best is hardly trained: give "
            f"{options}, or use model-last.",
            stacklevel=3,
        )


def _warn_of_overtime() -> None:
    warnings.warn(
        "The training goes on after the end that max_epochs or max_steps of [training] sets, and "
        "the learning rate there is 0: raise that limit.",
        stacklevel=3,
    )

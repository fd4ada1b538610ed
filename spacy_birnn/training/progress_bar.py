"""The progress bar of a training, below the rows of its table."""

from contextlib import contextmanager
from typing import IO, Iterator, Optional

from spacy.errors import Errors
from tqdm import tqdm

KINDS = ("train", "eval")


def check_kind(kind: Optional[str]) -> None:
    """Check the setting `progress_bar`, as spaCy's logger does.

    kind (Optional[str]): The setting.
    RAISES (ValueError): If it is unknown.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(Errors.E1048.format(unexpected=kind, expected=KINDS))


class ProgressBar:
    """Shows the updates and the remaining time, on a terminal only.

    kind (Optional[str]): "train" for the whole training, "eval" for the updates until the next
        evaluation, None for no bar.
    n_updates (Optional[int]): Updates of the training; None if they are unknown.
    eval_frequency (int): Updates from one evaluation to the next.
    stderr (IO): Where it is shown.
    """

    def __init__(
        self, kind: Optional[str], n_updates: Optional[int], eval_frequency: int, stderr: IO
    ) -> None:
        self._until_evaluation = kind == "eval"
        # The mean speed, with evaluations, gives the best estimate of the remaining time.
        self._bar = tqdm(
            total=eval_frequency if self._until_evaluation else n_updates,
            desc="Until evaluation" if self._until_evaluation else "Training",
            unit=" updates",
            smoothing=0,
            leave=False,
            file=stderr,
            # None disables it where there is no terminal.
            disable=True if kind is None else None,
        )

    def advance(self) -> None:
        """Count an update."""
        self._bar.update(1)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Hide the bar while a row of the table is printed."""
        if self._bar.disable:
            yield
            return
        self._bar.clear()
        yield
        if self._until_evaluation:
            self._bar.reset()
        self._bar.refresh()

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

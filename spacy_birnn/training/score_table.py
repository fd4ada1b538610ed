"""The training table: a row of losses and scores for each evaluation."""

from typing import Any, Callable, Dict, List, Optional, Sequence

from spacy.training.loggers import setup_table
from tqdm import tqdm
from wasabi import Printer

SPACING = 2
NO_SCORE = "-"


class ScoreTable:
    """Prints rows of losses and scores. A loss is the mean of a token since the last row.

    write (Callable[[str], None]): Prints a line.
    losses (Dict[str, str]): Title of each component that learns, by its name.
    scores (Sequence[str]): Names of the scores.
    has_end (bool): Whether the end of the training is known, for a column with the time until then.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        losses: Dict[str, str],
        scores: Sequence[str],
        has_end: bool,
    ) -> None:
        self._write = write
        self._losses = losses
        self._scores = scores
        self._has_end = has_end
        self._words = 0
        self._printer = Printer(no_print=True)
        columns = {"E": 3, "#": 6}
        columns.update({f"Loss {title}": 8 for title in losses.values()})
        columns.update(dict.fromkeys([*scores, "Score"], 6))
        columns.update({"Left": 6} if has_end else {})
        header, self._widths, self._aligns = setup_table(
            cols=list(columns), widths=list(columns.values())
        )
        self._print_row(header)
        self._print_row(["-" * width for width in self._widths])

    def add(self, info: Dict[str, Any], seconds_left: Optional[float]) -> None:
        """Print the row of an evaluation.

        info (Dict[str, Any]): What spaCy's training loop says of it.
        seconds_left (Optional[float]): Estimate of the time until the training ends; None if there
            is none yet.
        """
        n_words = max(1, info["words"] - self._words)
        self._words = info["words"]
        row = [str(info["epoch"]), str(info["step"])]
        row += [f"{info['losses'].get(name, 0.0) / n_words:.3f}" for name in self._losses]
        row += format_scores(info, self._scores)
        if self._has_end:
            row.append("" if seconds_left is None else tqdm.format_interval(seconds_left))
        self._print_row(row)

    def _print_row(self, cells: Sequence[str]) -> None:
        line = self._printer.row(cells, widths=self._widths, aligns=self._aligns, spacing=SPACING)
        self._write(line.rstrip())


def choose_scores(weights: Dict[str, Optional[float]]) -> List[str]:
    """Choose the scores of the table: those that choose the best pipeline.

    weights (Dict[str, Optional[float]]): `[training.score_weights]`.
    RETURNS (List[str]): Scores with a weight; without any, all that are not None.
    """
    weighted = [name for name, weight in weights.items() if weight]
    return weighted or [name for name, weight in weights.items() if weight is not None]


def format_scores(info: Dict[str, Any], names: Sequence[str]) -> List[str]:
    """Format the scores of an evaluation, all but the speed as percentages.

    info (Dict[str, Any]): What spaCy's training loop says of it.
    names (Sequence[str]): Names of the scores.
    RETURNS (List[str]): The scores and the weighted score; a dash for each if there was nothing to
        evaluate.
    """
    found = info["other_scores"]
    if not found:
        return [NO_SCORE] * (len(names) + 1)
    factors = {"speed": 1}
    scores = [f"{found.get(name, 0.0) * factors.get(name, 100):.2f}" for name in names]
    return [*scores, f"{info['score']:.2f}"]

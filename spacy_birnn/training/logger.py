"""spaCy's training log as a table that is easy to read, with the plan of the training."""

import sys
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.training.loggers import console_logger_v3
from wasabi import Printer

from .progress import Plan, announce_to, current_progress
from .progress_bar import ProgressBar, check_kind
from .score_table import ScoreTable, choose_scores

PREFIX = "birnn_"
# spaCy truncates a column after 13 characters, five of which are "Loss ".
WIDTH = 8
# The plan is not wrapped.
LINE = 120
# Abbreviations of names that are longer.
SHORT = {"segmenter": "segment"}

Info = Optional[Dict[str, Any]]


def make_console_logger(
    progress_bar: Optional[str] = None,
    console_output: bool = True,
    output_file: Optional[Union[str, Path]] = None,
) -> Callable[..., Tuple[Callable[[Info], None], Callable[[], None]]]:
    """Make a logger that prints the plan of the training, a table and a progress bar.

    The table has a column for each component that learns, its mean loss per token, one for each
    score with a weight in `[training.score_weights]`, and the remaining time. The batcher
    `spacy_birnn.batch_by_words.v2` provides the plan. The file is that of `spacy.ConsoleLogger.v3`,
    with all scores and the sums of the losses.

    progress_bar (Optional[str]): "train" or "eval" for a bar of the updates until the end of the
        training or until the next evaluation, if stderr is a terminal; None for no bar.
    console_output (bool): Print the plan and the table.
    output_file (Optional[Union[str, Path]]): File for a JSON line per evaluation; None for none.
    RETURNS (Callable): The logger.
    RAISES (ValueError): If `progress_bar` has another value.
    """
    check_kind(progress_bar)
    setup_file = console_logger_v3(None, False, output_file)

    def setup(nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr):
        log_to_file, close_file = setup_file(nlp, stdout, stderr)
        if not console_output:
            return log_to_file, close_file
        console = Console(nlp, progress_bar, stdout, stderr)
        announce_to(console.begin)

        def log_step(info: Info) -> None:
            log_to_file(info)
            console.log(info)

        def finalize() -> None:
            announce_to(None)
            console.close()
            close_file()

        return log_step, finalize

    return setup


class Console:
    """Prints the plan, the table and the progress bar of a training.

    nlp (Language): The pipeline.
    progress_bar (Optional[str]): As for `make_console_logger`.
    stdout (IO): For the plan and the table.
    stderr (IO): For the bar.
    """

    def __init__(self, nlp: Language, progress_bar: Optional[str], stdout: IO, stderr: IO) -> None:
        self.progress_bar = progress_bar
        self.stdout, self.stderr = stdout, stderr
        training = nlp.config["training"]
        self.eval_frequency, self.max_steps = training["eval_frequency"], training["max_steps"]
        self.scores = choose_scores(training["score_weights"])
        short = dict(zip(nlp.pipe_names, shorten(nlp.pipe_names)))
        learning = [name for name, pipe in nlp.pipeline if getattr(pipe, "is_trainable", False)]
        self.losses = {name: short[name] for name in learning}
        self.start = perf_counter()
        self.table: Optional[ScoreTable] = None
        self.bar: Optional[ProgressBar] = None

    def begin(self, plan: Optional[Plan]) -> None:
        """Print the plan, the head of the table and the bar.

        plan (Optional[Plan]): The plan; None if it is unknown.
        """
        if plan is not None:
            self.write(Printer(no_print=True, line_max=LINE).info(describe(plan)))
        self.start = perf_counter()
        self.table = ScoreTable(self.write, self.losses, self.scores, plan is not None)
        # spaCy counts steps from 0.
        by_steps = self.max_steps + 1 if self.max_steps else None
        n_updates = by_steps if plan is None else plan.n_updates
        self.bar = ProgressBar(self.progress_bar, n_updates, self.eval_frequency, self.stderr)

    def log(self, info: Info) -> None:
        """Count an update, and add a row to the table.

        info (Info): What spaCy's training loop says of an evaluation; None if there was none.
        """
        if self.table is None or self.bar is None:
            self.begin(None)
        assert self.table is not None and self.bar is not None
        self.bar.advance()
        if info is not None:
            with self.bar.hidden():
                self.table.add(info, self.seconds_left(info["step"]))

    def seconds_left(self, step: int) -> Optional[float]:
        """Estimate the time until the training ends, from what it took so far."""
        progress = current_progress()
        # The first update takes longer than others.
        if progress is None or not step:
            return None
        return (perf_counter() - self.start) * (1.0 - progress.share) / progress.share

    def write(self, line: str) -> None:
        """Print a line."""
        print(line, file=self.stdout, flush=True)

    def close(self) -> None:
        """Remove the bar."""
        if self.bar is not None:
            self.bar.close()


def describe(plan: Plan) -> str:
    """Describe the plan of a training in one sentence.

    plan (Plan): The plan.
    RETURNS (str): The sentence.
    """
    updates = f"{plan.n_updates:,} updates"
    if not plan.n_words:
        return updates
    words = f"{plan.n_words:,} words"
    if plan.passes < 1.05:
        return f"{words}, {updates}"
    passes = f"{plan.passes:.{0 if plan.passes >= 10 else 1}f}"
    return f"{words}, read {passes} times per epoch, {updates}; set min_words = 0 to disable"


def shorten(names: Sequence[str]) -> List[str]:
    """Shorten names of components, so that spaCy's table does not truncate them.

    names (Sequence[str]): Distinct names.
    RETURNS (List[str]): For each a name of at most 8 characters, all distinct in upper case.
    """
    shortened: List[str] = []
    for name in names:
        bare = name.removeprefix(PREFIX) or name
        short = name if bare in names else SHORT.get(bare, bare)
        short, number = short[:WIDTH], 2
        while short.upper() in map(str.upper, shortened):
            short = f"{short[: WIDTH - len(str(number))]}{number}"
            number += 1
        shortened.append(short)
    return shortened

"""spaCy's training table with short, distinct names of components."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.training.loggers import console_logger_v3

PREFIX = "birnn_"
# spaCy truncates a column after 13 characters, five of which are "Loss ".
WIDTH = 8
# Abbreviations of names that are longer.
SHORT = {"segmenter": "segment"}

Info = Optional[Dict[str, Any]]


def make_console_logger(
    progress_bar: Optional[str] = None,
    console_output: bool = True,
    output_file: Optional[Union[str, Path]] = None,
) -> Callable[..., Tuple[Callable[[Info], None], Callable[[], None]]]:
    """Make a logger like `spacy.ConsoleLogger.v3` with short names of components in the table. The
    file has the full names.

    progress_bar (Optional[str]): "train" or "eval" for a bar of the steps until the end of the
        training or until the next evaluation; None for no bar.
    console_output (bool): Print the table.
    output_file (Optional[Union[str, Path]]): File for a JSON line per evaluation; None for none.
    RETURNS (Callable): The logger.
    """
    setup_table = console_logger_v3(progress_bar, console_output)
    setup_file = console_logger_v3(None, False, output_file)

    def setup(nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr):
        log_to_file, close_file = setup_file(nlp, stdout, stderr)
        short = dict(zip(nlp.pipe_names, shorten(nlp.pipe_names)))
        pipeline = [(short[name], pipe) for name, pipe in nlp.pipeline]
        renamed: Any = SimpleNamespace(pipeline=pipeline, config=nlp.config)
        log_to_table, close_table = setup_table(renamed, stdout, stderr)

        def log_step(info: Info) -> None:
            log_to_file(info)
            if info is not None:
                losses = info["losses"]
                info = {**info, "losses": {short[n]: losses[n] for n in short if n in losses}}
            log_to_table(info)

        def finalize() -> None:
            close_table()
            close_file()

        return log_step, finalize

    return setup


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

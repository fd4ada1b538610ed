"""spaCy's training table, with columns that can be told apart."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.training.loggers import console_logger_v3

PREFIX = "birnn_"
# spaCy cuts a column longer than 13 characters, and "Loss " has five of them.
WIDTH = 8
# Names that read better shortened than cut.
SHORT = {"segmenter": "segment"}

Info = Optional[Dict[str, Any]]


def make_console_logger(
    progress_bar: Optional[str] = None,
    console_output: bool = True,
    output_file: Optional[Union[str, Path]] = None,
) -> Callable[..., Tuple[Callable[[Info], None], Callable[[], None]]]:
    """Log a training as `spacy.ConsoleLogger.v3` does, with a short name for each component in the
    table. The file has the names of the components.

    progress_bar (Optional[str]): "train" or "eval" for a bar of the steps until the end of the
        training or until the next evaluation; None for no bar.
    console_output (bool): Print the table.
    output_file (Optional[Union[str, Path]]): File for a JSON line each evaluation; None for none.
    RETURNS (Callable): The logger.
    """
    of_table = console_logger_v3(progress_bar, console_output)
    of_file = console_logger_v3(None, False, output_file)

    def setup(nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr):
        write, close = of_file(nlp, stdout, stderr)
        short = dict(zip(nlp.pipe_names, shorten(nlp.pipe_names)))
        pipeline = [(short[name], pipe) for name, pipe in nlp.pipeline]
        renamed: Any = SimpleNamespace(pipeline=pipeline, config=nlp.config)
        show, end = of_table(renamed, stdout, stderr)

        def log_step(info: Info) -> None:
            write(info)
            if info is not None:
                losses = info["losses"]
                info = {**info, "losses": {short[n]: losses[n] for n in short if n in losses}}
            show(info)

        def finalize() -> None:
            end()
            close()

        return log_step, finalize

    return setup


def shorten(names: Sequence[str]) -> List[str]:
    """Shorten names of components, so that spaCy's table shows them whole.

    names (Sequence[str]): Names, all different.
    RETURNS (List[str]): For each a name of at most 8 characters, all different in upper case.
    """
    found: List[str] = []
    for name in names:
        bare = name.removeprefix(PREFIX) or name
        short = name if bare in names else SHORT.get(bare, bare)
        short, number = short[:WIDTH], 2
        while short.upper() in map(str.upper, found):
            short = f"{short[: WIDTH - len(str(number))]}{number}"
            number += 1
        found.append(short)
    return found

"""Options and messages that commands share."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

import typer
from spacy.util import dot_to_object, load_config
from wasabi import msg

from ..bulk.records import InputFormat
from ..errors import InputError

GPU_ID: int = typer.Option(-1, "--gpu-id", "-g", help="GPU to use, -1 for the CPU")

FORCE: bool = typer.Option(False, "--force", "-F", help="Replace the output if it is there")
GOLD_PREPROC: Optional[bool] = typer.Option(
    None,
    "--gold-preproc/--no-gold-preproc",
    help="Use the words of the data; if not given: as for the dev corpus of the training",
)
INPUT_FORMAT: Optional[InputFormat] = typer.Option(
    None,
    "--input-format",
    help="Format of all inputs; if not given: by their endings, and text for standard input",
)
SKIP_BAD: bool = typer.Option(
    False, "--skip-bad", help="Leave bad documents out, and count them at the end"
)


def uses_gold_words(model: Path, gold_preproc: Optional[bool]) -> bool:
    """Decide whether a pipeline is scored on the words of the data.

    model (Path): Folder of the trained pipeline.
    gold_preproc (Optional[bool]): The user's choice; None for the setting of its dev corpus.
    RETURNS (bool): Whether the words are given.
    RAISES (InputError): If the folder has no pipeline, or its config has no dev corpus.
    """
    path = model / "config.cfg"
    if not path.is_file():
        raise InputError(
            f"{model} is not a trained pipeline: give the folder of one, such as "
            f"training/model-best."
        )
    if gold_preproc is not None:
        return gold_preproc
    config = load_config(path, interpolate=True)
    try:
        dev_corpus = dot_to_object(config, config["training"]["dev_corpus"])
    except KeyError as err:
        raise InputError(
            f"{path} has no section for the dev corpus of the training: restore it, or give "
            f"--gold-preproc or --no-gold-preproc."
        ) from err
    return bool(dev_corpus.get("gold_preproc", False))


def check_free(output: Path, force: bool) -> None:
    """Check that a command may write its output.

    output (Path): The file or folder.
    force (bool): Whether it may be replaced.
    RAISES (InputError): If it is there and may not be replaced.
    """
    if output.exists() and not force:
        raise InputError(f"{output} already exists: give another name, or --force to replace it.")


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Print warnings for users as messages, without the line of code that raises them."""
    show = warnings.showwarning

    def print_warning(message: Warning | str, category: type[Warning], *place: object) -> None:
        if issubclass(category, UserWarning):
            msg.warn(str(message))
        else:
            show(message, category, *place)  # type: ignore[arg-type]

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = print_warning  # type: ignore[assignment]
        yield

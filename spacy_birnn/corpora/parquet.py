"""Parquet files of Hugging Face datasets: one sentence per row, with lists of tokens and tags."""

import json
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import InputError, missing_extra
from .column import SHARE
from .column_names import find_named_columns
from .column_roles import Roles
from .entity_tags import MISSING, is_tag
from .tagged_words import TaggedWords, make_docs
from .text_files import require_file, shorten
from .text_parts import BadLineError, check_word, keep_good
from .upos import check_pos

MAGIC = b"PAR1"
# The number of a tag that losses ignore.
IGNORED = -100


def open_parquet(file_: Union[Path, BinaryIO]) -> Any:
    """Open a Parquet file.

    file_ (Union[Path, BinaryIO]): The file.
    RETURNS (Any): PyArrow's file.
    RAISES (InputError): If PyArrow is not installed.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as err:
        raise InputError(missing_extra("Parquet files need PyArrow", "parquet")) from err
    return ParquetFile(file_)


def read_parquet(
    path: Path, vocab: Vocab, *, spaces: Optional[bool] = None, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per row.

    path (Path): The file, with columns such as tokens, ner_tags and pos_tags. Tags are strings, or
        numbers whose names the schema has, as `datasets` writes it.
    vocab (Vocab): Vocabulary of the documents.
    spaces (Optional[bool]): The tokens are separated by spaces in the text; None for yes.
    skip_bad (bool): Leave bad rows out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents`, `token.tag_` and `token.pos_` set from the
        columns that there are.
    RAISES (InputError): If PyArrow is not installed, if the file is missing or damaged, if no
        column has tokens or tags, if a row is bad and `skip_bad` is not set, or if the tags follow
        no scheme or several.
    """
    require_file(path)
    try:
        file_ = open_parquet(path)
        schema = file_.schema_arrow
        rows = [row for batch in file_.iter_batches() for row in batch.to_pylist()]
    except InputError:
        raise
    # PyArrow's errors have no other base.
    except Exception as err:
        problem = shorten(" ".join(str(err).split()), 100)
        raise InputError(
            f"{path} is damaged or not a Parquet file ({problem}): download it again."
        ) from err
    names: List[str] = list(schema.names)
    values = _find_values(schema.metadata or {})
    roles = _find_roles(path, names, rows, values)

    def parse(numbered: Tuple[int, Dict[str, Any]]) -> Optional[TaggedWords]:
        number, row = numbered
        words = _read_strings(number, row, names[roles.form])
        for word in words:
            check_word(number, word)
        entities, tags, pos = (
            None if place is None else _read_tags(number, row, names[place], values, len(words))
            for place in (roles.entity, roles.tag, roles.pos)
        )
        for tag in entities or ():
            if not is_tag(tag):
                problem = f"the tag '{shorten(tag)}' is not of a scheme"
                raise BadLineError(number, problem, "write O, or a letter and a type, as in B-PER")
        for tag in pos or ():
            check_pos(number, tag or "_")
        return TaggedWords([number] * len(words), words, entities, tags, pos) if words else None

    sentences = list(
        keep_good(
            path,
            enumerate(rows, start=1),
            parse,
            content="no rows with tokens",
            part_name="row",
            unit="row",
            skip_bad=skip_bad,
        )
    )
    yield from make_docs(path, sentences, vocab, spaces=spaces is not False, unit="row")


def _find_values(metadata: Dict[bytes, bytes]) -> Dict[str, List[str]]:
    """The names of numbers by column, from what `datasets` writes into the schema."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        found = {name: _find_names(feature) for name, feature in features.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: names for name, names in found.items() if names}


def _find_names(feature: Any) -> List[str]:
    if isinstance(feature, dict) and isinstance(feature.get("names"), list):
        return [str(name) for name in feature["names"]]
    parts = feature.values() if isinstance(feature, dict) else feature
    parts = parts if not isinstance(parts, str) and hasattr(parts, "__iter__") else ()
    return next((names for names in map(_find_names, parts) if names), [])


def _find_roles(
    path: Path,
    names: Sequence[str],
    rows: Sequence[Dict[str, Any]],
    values: Dict[str, List[str]],
) -> Roles:
    def is_entity(column: int) -> bool:
        name = names[column]
        tags = values.get(name) or [
            tag for row in rows if isinstance(row[name], list) for tag in row[name]
        ]
        return sum(isinstance(tag, str) and is_tag(tag) for tag in tags) >= SHARE * len(tags)

    columns = find_named_columns(names, is_entity)
    if columns is None:
        raise InputError(
            f"{path}: the schema ({shorten(', '.join(names))}) names no column of tokens and one "
            f"of tags: name them tokens, and ner_tags or pos_tags."
        )
    return columns.roles


def _read_strings(number: int, row: Dict[str, Any], name: str) -> List[str]:
    value = row[name]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        problem = f"the column {name} has '{shorten(str(value), 40)}'"
        raise BadLineError(number, problem, "make it a list of strings")
    return value


def _read_tags(
    number: int, row: Dict[str, Any], name: str, values: Dict[str, List[str]], n_words: int
) -> List[str]:
    value = row[name]
    if not isinstance(value, list) or len(value) != n_words:
        n_tags = len(value) if isinstance(value, list) else "no"
        problem = f"{n_words} tokens, but {n_tags} tags in the column {name}"
        raise BadLineError(number, problem, "give each token one tag")
    tags: List[str] = []
    for tag in value:
        if isinstance(tag, int) and not isinstance(tag, bool):
            names = values.get(name, [])
            if tag != IGNORED and not 0 <= tag < len(names):
                problem = f"the schema has no name for the tag {tag} in the column {name}"
                fix = "save the dataset with its features (ClassLabel), or tags as strings"
                raise BadLineError(number, problem, fix)
            tag = MISSING if tag == IGNORED else names[tag]
        if not isinstance(tag, str):
            problem = f"the column {name} has the tag '{shorten(str(tag), 40)}'"
            raise BadLineError(number, problem, "make the tags strings, or numbers with names")
        tags.append(tag)
    return tags

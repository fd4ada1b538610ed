"""Tables with a header (CSV or TSV): one token per row, with columns of tags."""

import csv
import warnings
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import InputError
from .column import SHARE
from .column_names import NamedColumns, find_named_columns, find_sentence
from .column_roles import Roles
from .entity_tags import is_tag
from .tagged_words import TaggedWords, make_docs
from .text_files import count, is_utf8, read_raw_lines, shorten
from .text_parts import BadLineError, check_word, keep_good
from .upos import check_pos

# The first line of a row, and its cells.
Row = Tuple[int, List[str]]

DELIMITERS = ("\t", ",", ";", "|")
# A document of more words is probably several sentences.
LONGEST_SENTENCE = 1000


def has_header(line: str) -> bool:
    """Tell whether a line is the header of a table with tokens and tags.

    line (str): The first line of a file.
    RETURNS (bool): Whether its cells are names of such columns.
    """
    return any(find_named_columns(line.split(mark)) is not None for mark in DELIMITERS)


def read_table(
    path: Path,
    vocab: Vocab,
    *,
    roles: Optional[Roles] = None,
    spaces: Optional[bool] = None,
    skip_bad: bool = False,
) -> Iterator[Doc]:
    """Read one document per sentence. A column numbers the sentences, or empty rows separate them.

    path (Path): The file. The names in its first row say what its columns hold.
    vocab (Vocab): Vocabulary of the documents.
    roles (Optional[Roles]): The columns by their contents; None to find them by their names.
    spaces (Optional[bool]): The tokens are separated by spaces in the text; None for yes.
    skip_bad (bool): Leave sentences with bad rows out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents`, `token.tag_` and `token.pos_` set from the
        columns that there are.
    RAISES (InputError): If the file is missing, empty or not CSV, if no column has tokens or tags,
        if a row is bad and `skip_bad` is not set, or if the tags follow no scheme or several.
    """
    header, *rows = _read_rows(path, roles)
    if roles is None:
        columns = _find_columns(path, header[1], rows)
    else:
        columns = NamedColumns(roles, find_sentence(header[1]))
    sentences = list(
        keep_good(
            path,
            _split(rows, columns.sentence),
            lambda rows: _parse(rows, columns.roles),
            content="no rows with a token and its tag",
            part_name="sentence",
            skip_bad=skip_bad,
        )
    )
    n_words = sum(len(sentence.words) for sentence in sentences)
    if len(sentences) == 1 and n_words > LONGEST_SENTENCE:
        warnings.warn(
            f"{path}: all {count(n_words, 'token')} are one sentence: number the sentences in a "
            f"column 'sentence', or put an empty row between them.",
            stacklevel=2,
        )
    yield from make_docs(path, sentences, vocab, spaces=spaces is not False)


def _read_rows(path: Path, roles: Optional[Roles]) -> List[Row]:
    lines = [line for _, line in read_raw_lines(path)]
    marks = [mark for mark in DELIMITERS if find_named_columns(lines[0].split(mark)) is not None]
    mark = next(iter(marks), max(DELIMITERS, key=lines[0].count))
    # The reader rejects NUL characters; `_check` names them.
    text = (line.replace("\0", "\ufffe") + "\n" for line in lines)
    # A quote in a table with tabs is usually a token.
    if mark == "\t":
        reader = csv.reader(text, delimiter=mark, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(text, delimiter=mark, strict=True)
    rows: List[Row] = []
    number = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as err:
            raise InputError(
                f"{path}, line {number}: a quoted cell is not closed, or text follows it ({err}): "
                f"write a quote inside a cell twice."
            ) from err
        cells = [cell.strip() for cell in cells]
        rows.append((number, [_unquote(cell) for cell in cells] if mark == "\t" else cells))
        number = reader.line_num + 1
    return rows


def _unquote(cell: str) -> str:
    """Undo the quotes of a cell that has quotes inside."""
    inside = cell[1:-1]
    is_quoted = cell[:1] == cell[-1:] == '"' and '""' in inside
    return inside.replace('""', '"') if is_quoted and '"' not in inside.replace('""', "") else cell


def _find_columns(path: Path, header: List[str], rows: Sequence[Row]) -> NamedColumns:
    def is_entity(column: int) -> bool:
        cells = [cells[column] for _, cells in rows if column < len(cells) and any(cells)]
        return sum(map(is_tag, cells)) >= SHARE * len(cells)

    if not all(map(is_utf8, header)):
        raise InputError(f"{path}, line 1: it is not UTF-8: save the file as UTF-8.")
    columns = find_named_columns(header, is_entity)
    if columns is None:
        raise InputError(
            f"{path}: the header ({shorten(', '.join(header))}) names no column of tokens and one "
            f"of tags: name them word, pos or ner, or say what they hold, as in --columns form,ent."
        )
    return columns


def _split(rows: Sequence[Row], sentence: Optional[int]) -> Iterator[List[Row]]:
    """Split rows into sentences. A row without a number continues the sentence before."""
    part: List[Row] = []
    last = ""
    for number, cells in rows:
        name = cells[sentence] if sentence is not None and sentence < len(cells) else ""
        if part and (not any(cells) or (name and name != last)):
            yield part
            part = []
        last = name or last
        if any(cells):
            part.append((number, cells))
    if part:
        yield part


def _parse(rows: Sequence[Row], roles: Roles) -> TaggedWords:
    for number, cells in rows:
        _check(number, cells, roles)

    def column(place: Optional[int]) -> Optional[List[str]]:
        return None if place is None else [cells[place] for _, cells in rows]

    tags, pos = (
        None if cells is None else ["" if cell == "_" else cell for cell in cells]
        for cells in (column(roles.tag), column(roles.pos))
    )
    words = [cells[roles.form] for _, cells in rows]
    return TaggedWords([n for n, _ in rows], words, column(roles.entity), tags, pos)


def _check(number: int, cells: List[str], roles: Roles) -> None:
    if len(cells) != roles.size and not (roles.has_rest and len(cells) > roles.size):
        problem = f"{count(len(cells), 'column')} where the header has {roles.size}"
        raise BadLineError(number, problem, "give all rows the same columns, or quote the cell")
    if not all(map(is_utf8, cells)):
        raise BadLineError(number, "it is not UTF-8", "save the file as UTF-8")
    word = cells[roles.form]
    if "\n" in word or "\ufffe" in "".join(cells):
        problem = f"the token '{shorten(word, 30)}' has a line end or a NUL character"
        raise BadLineError(number, problem, "write a quote inside a cell twice")
    check_word(number, word)
    if roles.pos is not None:
        check_pos(number, cells[roles.pos] or "_")
    if roles.entity is not None and not is_tag(cells[roles.entity]):
        problem = f"the tag '{shorten(cells[roles.entity])}' is not of a scheme"
        raise BadLineError(number, problem, "write O, -, or a letter and a type, as in B-PER")

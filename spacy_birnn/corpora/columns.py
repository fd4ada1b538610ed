"""Text with one token per line, with columns for entity tags, parts of speech or characters."""

from functools import partial
from pathlib import Path
from typing import Iterator, List, Optional

from spacy.tokens import Doc
from spacy.vocab import Vocab

from .bracket_tags import is_bracket_tag, read_brackets
from .char_words import is_mark, join_characters
from .column_layout import Layout, Row, find_layout, is_between, is_comment, split_columns
from .column_roles import Roles
from .entity_tags import is_tag
from .tagged_words import TaggedWords, make_docs
from .text_files import shorten
from .text_parts import BadLineError, Line, check_word, read_parts
from .upos import check_pos


def read_columns(
    path: Path,
    vocab: Vocab,
    *,
    roles: Optional[Roles] = None,
    spaces: Optional[bool] = None,
    skip_bad: bool = False,
) -> Iterator[Doc]:
    """Read one document per sentence; empty lines separate sentences.

    Without `roles`, the first column is the token and the last one its tag, and `find_layout`
    chooses the columns if there are others. The scheme is found from the tags: BIO (IOB1 and
    IOB2), BIOES, BILUO or BMES; brackets as in CoNLL-2012 are read as well. The tag "-" stands for
    missing annotation. Letters without a type (B, M, E, S) join characters to words. Comments ("# "
    before the first token of a sentence) and -DOCSTART- are skipped. Illegal tags are repaired as
    in conlleval, and of several labels of a token, such as B-ORG|B-FAC, one is read; warnings
    count both.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    roles (Optional[Roles]): The columns by their contents; None to find them.
    spaces (Optional[bool]): The tokens are separated by spaces in the text, as in English; None
        for yes, unless tokens are characters.
    skip_bad (bool): Leave sentences with bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents`, `token.tag_` and `token.pos_` set from the
        columns that there are.
    RAISES (InputError): If the file is missing or empty, if a line is bad and `skip_bad` is not
        set, if no sentence is good, if the tags follow no scheme or several, or if a column is
        ambiguous.
    """
    layout = find_layout(path) if roles is None else Layout(roles)
    content = "no tokens: it should have a token and its tag on each line"
    parse = partial(_parse, layout=layout)
    sentences = list(read_parts(path, parse, content=content, ends=is_between, skip_bad=skip_bad))
    if layout.roles.mark is not None:
        sentences = join_characters(path, sentences)
        spaces = bool(spaces)
    yield from make_docs(path, sentences, vocab, spaces=spaces is not False)


def _parse(lines: List[Line], layout: Layout) -> Optional[TaggedWords]:
    roles = layout.roles
    rows: List[Row] = []
    for number, line in lines:
        cells = split_columns(line)
        if not rows and is_comment(line, cells, roles.size):
            continue
        _check(number, line, cells, roles)
        if rows and len(cells) != len(rows[0][1]):
            problem = f"{len(cells)} columns where its sentence has {len(rows[0][1])}"
            raise BadLineError(number, problem, "give all lines of a sentence the same columns")
        rows.append((number, cells))
    layout.check_numbers(rows)
    if not rows:
        return None

    def column(place: Optional[int]) -> Optional[List[str]]:
        return None if place is None else [cells[place] for _, cells in rows]

    numbers = [number for number, _ in rows]
    entities = column(roles.entity)
    if entities is not None and any(map(is_bracket_tag, entities)):
        entities = read_brackets(numbers, entities)
    tags, pos = (
        None if cells is None else ["" if cell == "_" else cell for cell in cells]
        for cells in (column(roles.tag), column(roles.pos))
    )
    words = [cells[roles.form] for _, cells in rows]
    return TaggedWords(numbers, words, entities, tags, pos, column(roles.mark))


def _check(number: int, line: str, cells: List[str], roles: Roles) -> None:
    fits = len(cells) == roles.size or (roles.has_rest and len(cells) > roles.size)
    last = next((place for place in (roles.entity, roles.mark) if place is not None), roles.tag)
    word = cells[roles.form] if fits else cells[0]
    tag = cells[-1] if not fits or last is None else cells[last]
    if len(cells) < 2 or not word or not tag:
        problem = f"'{shorten(line)}' should be a token and its tag"
        raise BadLineError(number, problem, "separate its columns by tabs or spaces")
    if not fits:
        problem = f"{len(cells)} columns where most lines have {roles.size}"
        raise BadLineError(number, problem, "give all lines the same columns")
    check_word(number, word)
    if roles.pos is not None:
        check_pos(number, cells[roles.pos])
    if roles.entity is not None and not is_tag(tag) and not is_bracket_tag(tag):
        problem = f"the tag '{shorten(tag)}' is not of a scheme"
        fix = (
            "write O, -, or a letter and a type, as in B-PER, or name the columns, as in --columns "
            "form,tag"
        )
        raise BadLineError(number, problem, fix)
    if roles.mark is not None and not is_mark(tag):
        problem = f"the tag '{shorten(tag)}' is not the place of a character in its word"
        raise BadLineError(number, problem, "write B, M, E or S")

"""Text with one token per line, with columns for entity tags and perhaps parts of speech."""

from functools import partial
from pathlib import Path
from typing import Iterator, List, Optional

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import InputError
from .column_layout import Layout, Row, find_layout, is_between, is_comment, split_columns
from .entity_tags import EntityTags, is_tag
from .text_files import shorten
from .text_parts import BadLineError, Line, check_word, read_parts


def read_columns(
    path: Path, vocab: Vocab, *, spaces: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per sentence; empty lines separate sentences.

    The first column is the token and the last one its tag. `find_layout` chooses the columns if
    there are others. The scheme is found from the tags: BIO (IOB1 and IOB2), BIOES, BILUO or BMES.
    The tag "-" stands for missing annotation. Comments ("# " before the first token of a sentence)
    and -DOCSTART- are skipped. Illegal tags are repaired as in conlleval, and of several labels of
    a token, such as B-ORG|B-FAC, one is read; warnings count both.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): The tokens are separated by spaces in the text, as in English.
    skip_bad (bool): Leave sentences with bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents` set, and `token.tag_` if a column holds parts of
        speech.
    RAISES (InputError): If the file is missing or empty, if a line is bad and `skip_bad` is not
        set, if no sentence is good, if the tags follow no scheme or several, or if a column is
        ambiguous.
    """
    layout = find_layout(path)
    content = "no tokens: it should have a token and its tag on each line"
    parse = partial(_parse, layout=layout)
    sentences = list(read_parts(path, parse, content=content, ends=is_between, skip_bad=skip_bad))
    entities = EntityTags(path)
    tagged = [
        entities.sentence([n for n, _ in rows], (cells[layout.entity] for _, cells in rows))
        for rows in sentences
    ]
    try:
        entities.find_scheme(tagged)
    except ValueError as err:
        raise InputError(f"{path}: {err}: convert the tags to one scheme.") from err
    for rows, sentence in zip(sentences, tagged):
        words = [cells[layout.form] for _, cells in rows]
        doc = Doc(vocab, words=words, spaces=[spaces] * len(words), tags=_tags(rows, layout))
        entities.annotate(doc, sentence)
        yield doc
    entities.warn()


def _parse(lines: List[Line], layout: Layout) -> Optional[List[Row]]:
    rows: List[Row] = []
    for number, line in lines:
        cells = split_columns(line)
        if not rows and is_comment(line, cells, layout.size):
            continue
        fits = len(cells) == layout.size
        word = cells[layout.form] if fits else cells[0]
        tag = cells[layout.entity] if fits else cells[-1]
        if len(cells) < 2 or not word or not tag:
            problem = f"'{shorten(line)}' should be a token and its tag"
            raise BadLineError(number, problem, "separate its columns by tabs or spaces")
        if not fits:
            problem = f"{len(cells)} columns where most lines have {layout.size}"
            raise BadLineError(number, problem, "give all lines the same columns")
        check_word(number, word)
        if not is_tag(tag):
            problem = f"the tag '{shorten(tag)}' is not of a scheme"
            raise BadLineError(number, problem, "write O, -, or a letter and a type, as in B-PER")
        rows.append((number, cells))
    layout.check_numbers(rows)
    return rows or None


def _tags(rows: List[Row], layout: Layout) -> Optional[List[str]]:
    if layout.tag is None:
        return None
    tags = (cells[layout.tag] for _, cells in rows)
    return ["" if tag == "_" else tag for tag in tags]

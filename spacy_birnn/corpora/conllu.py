"""CoNLL-U, read by spaCy's own converter one sentence at a time, so that errors name lines."""

from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from spacy.tokens import Doc
from spacy.training.converters.conllu_to_docs import conllu_sentence_to_doc
from spacy.vocab import Vocab

from .files import CorpusError, read_lines

N_COLUMNS = 10
TAG_COLUMNS = ("xpos", "upos")
NO_SPACE = "SpaceAfter=No"


def read_conllu(
    path: Path, vocab: Vocab, *, tag: str = "xpos", spaces: Optional[bool] = None
) -> Iterator[Doc]:
    """Read one document a sentence.

    Words are the syntactic words: of multi-word tokens (ids such as 3-4) only the spacing is
    kept, and empty nodes (ids such as 8.1) are left out. SpaceAfter=No is heeded.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    tag (str): Column that fills `token.tag_`: "xpos" (where that is empty, UPOS) or "upos".
    spaces (Optional[bool]): Whether words are separated by spaces in the text, for files that
        leave SpaceAfter=No out, as some of Chinese do; None to heed it.
    YIELDS (Doc): The documents.
    RAISES (CorpusError): If the file is missing, empty, not UTF-8 or not CoNLL-U.
    """
    if tag not in TAG_COLUMNS:
        raise CorpusError(f"The tag column is '{tag}', but it must be one of {TAG_COLUMNS}.")
    n_docs = 0
    for number, rows in _sentences(path):
        if spaces is not None:
            rows = [_with_space(row, spaces) for row in rows]
        try:
            doc = conllu_sentence_to_doc(vocab, rows, "")
        except (ValueError, IndexError) as err:
            raise CorpusError(
                f"{path}, sentence from line {number}: {err}: mend its ids, heads and UPOS."
            ) from err
        for token in doc:
            if tag == "upos":
                token.tag_ = token.pos_
            elif token.tag_ == "_":
                token.tag_ = ""
        n_docs += 1
        yield doc
    if not n_docs:
        raise CorpusError(f"{path} holds no sentences: it should be CoNLL-U with 10 columns.")


def _sentences(path: Path) -> Iterator[Tuple[int, List[str]]]:
    """The rows of each sentence, and the number of its first line."""
    start, rows = 0, []  # type: Tuple[int, List[str]]
    for number, line in read_lines(path):
        if line.startswith("#"):
            continue
        if line.strip():
            n_columns = line.count("\t") + 1
            if n_columns != N_COLUMNS:
                raise CorpusError(
                    f"{path}, line {number}: {n_columns} columns where CoNLL-U has {N_COLUMNS}: "
                    f"separate them by single tabs."
                )
            start = start if rows else number
            rows.append(line)
        elif rows:
            yield start, rows
            rows = []
    if rows:
        yield start, rows


def _with_space(row: str, space: bool) -> str:
    """A row whose last column says whether a space follows."""
    *columns, misc = row.split("\t")
    others = [item for item in misc.split("|") if item not in ("_", NO_SPACE)]
    items = others if space else [*others, NO_SPACE]
    return "\t".join([*columns, "|".join(items) or "_"])

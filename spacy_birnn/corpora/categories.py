"""Plain text with one document per line and one file per category."""

import warnings
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import InputError
from .text_parts import BadLineError, Line, read_parts


def read_categories(paths: Sequence[Path], nlp: Language, *, skip_bad: bool = False) -> List[Doc]:
    """Read documents whose category is the name of their file without its ending.

    A repeated text is kept once, so that test texts are not in the training data as well. A text
    in several files is left out. One warning counts both.

    paths (Sequence[Path]): A file for each category. Empty lines are skipped.
    nlp (Language): The pipeline whose tokenizer is used.
    skip_bad (bool): Leave bad lines out, with one warning per file that counts them.
    RETURNS (List[Doc]): The documents, with `doc.cats` set.
    RAISES (InputError): If there are fewer than two categories, if a file is missing or has no
        text, or if a line is bad and `skip_bad` is not set.
    """
    categories = [path.stem for path in paths]
    if len(set(categories)) < 2:
        raise InputError(
            "Categories are named after their files: give at least two files with different names."
        )

    def parse(lines: List[Line]) -> Optional[str]:
        ((number, line),) = lines
        text = line.strip()
        if len(text) > nlp.max_length:
            problem = f"{len(text):,} characters, but the limit is {nlp.max_length:,}"
            raise BadLineError(number, problem, "split it into several lines")
        return text or None

    category_of: Dict[str, str] = {}
    ambiguous = set()
    n_texts = 0
    for path, category in zip(paths, categories):
        content = "no text: it should have one document per line"
        texts = list(read_parts(path, parse, content=content, skip_bad=skip_bad))
        n_texts += len(texts)
        for text in texts:
            if category_of.setdefault(text, category) != category:
                ambiguous.add(text)
    n_repeated = n_texts - len(category_of)
    if n_repeated:
        warnings.warn(
            f"{n_repeated:,} repeated texts left out, and {len(ambiguous):,} texts with more than "
            f"one category.",
            stacklevel=2,
        )
    docs = []
    for text, category in category_of.items():
        if text not in ambiguous:
            doc = nlp.make_doc(text)
            doc.cats = {name: float(name == category) for name in categories}
            docs.append(doc)
    return docs

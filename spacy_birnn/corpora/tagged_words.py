"""Documents from sentences of words with tags."""

from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import InputError
from .entity_tags import EntityTags


class TaggedWords(NamedTuple):
    """The words of a sentence and their annotations, None for those that the file lacks.

    numbers (List[int]): The line or row of each word.
    words (List[str]): The words.
    entities (Optional[List[str]]): Their entity tags.
    tags (Optional[List[str]]): Their tags; "" for none.
    pos (Optional[List[str]]): Their universal parts of speech; "" for none.
    marks (Optional[List[str]]): The places of characters in words.
    """

    numbers: List[int]
    words: List[str]
    entities: Optional[List[str]] = None
    tags: Optional[List[str]] = None
    pos: Optional[List[str]] = None
    marks: Optional[List[str]] = None


def make_docs(
    path: Path,
    sentences: Sequence[TaggedWords],
    vocab: Vocab,
    *,
    spaces: bool,
    unit: str = "line",
) -> Iterator[Doc]:
    """Make one document per sentence.

    path (Path): The file, for messages.
    sentences (Sequence[TaggedWords]): The sentences.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): Spaces separate the words in the text.
    unit (str): What the numbers of words count.
    YIELDS (Doc): The documents.
    RAISES (InputError): If the entity tags follow no scheme or several.
    """
    entities = EntityTags(path, unit)
    tagged = [
        None if s.entities is None else entities.sentence(s.numbers, s.entities) for s in sentences
    ]
    try:
        entities.find_scheme(sentence for sentence in tagged if sentence is not None)
    except ValueError as err:
        raise InputError(f"{path}: {err}: convert the tags to one scheme.") from err
    for sentence, tags in zip(sentences, tagged):
        n_words = len(sentence.words)
        doc = Doc(
            vocab,
            words=sentence.words,
            spaces=[spaces] * n_words,
            tags=sentence.tags,
            pos=sentence.pos,
        )
        if tags is not None:
            entities.annotate(doc, tags)
        yield doc
    entities.warn()

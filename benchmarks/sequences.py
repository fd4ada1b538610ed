"""Tasks as classical models of sequences see them: an item, such as a word, has a tag."""

from functools import partial
from itertools import groupby
from typing import Callable, Iterable, List, Sequence, Tuple

import spacy
from spacy.tokens import Doc, Span, Token

from spacy_birnn.labelling.resegment import words_of

from .learning import Given, Job, Learned
from .segmenters import make_doc

# An item and its tag.
Pair = Tuple[str, str]
# Finds the tags of a sequence of items.
Tag = Callable[[List[str]], List[str]]
# Learns from sequences; the flag says whether items are characters. Gives the number of
# parameters, too.
Learn = Callable[[List[List[Pair]], bool], Tuple[Tag, int]]
OUTSIDE = "O"


def tagged_words(doc: Doc, attr: str) -> List[List[Pair]]:
    """doc (Doc): A document.
    attr (str): "TAG", or "ENT_IOB" for entities in BIO.
    RETURNS (List[List[Pair]]): Its words and their tags: several sequences where some words
        between them have none.
    """
    if attr == "TAG":
        pairs = [(token.text, token.tag_) for token in doc]
    else:
        pairs = [(token.text, _entity_tag(token)) for token in doc]
    runs = groupby(pairs, key=lambda pair: bool(pair[1]))
    return [list(run) for is_known, run in runs if is_known]


def _entity_tag(token: Token) -> str:
    # What was said to be no entity is outside of one.
    outside = OUTSIDE if token.ent_iob else ""
    return f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type else outside


def set_tags(doc: Doc, tags: Sequence[str]) -> None:
    """doc (Doc): A document.
    tags (Sequence[str]): A tag of each word.
    """
    for token, tag in zip(doc, tags, strict=True):
        token.tag_ = tag


def set_entities(doc: Doc, tags: Sequence[str]) -> None:
    """doc (Doc): A document.
    tags (Sequence[str]): A tag of each word, in BIO. As is usual, an I- that continues nothing
        begins an entity.
    """
    starts: List[int] = []
    ends: List[int] = []
    for i, tag in enumerate(tags):
        goes_on = i > 0 and tag.startswith("I-") and tags[i - 1][2:] == tag[2:]
        if goes_on:
            ends[-1] = i + 1
        elif tag != OUTSIDE:
            starts.append(i)
            ends.append(i + 1)
    spans = [Span(doc, i, j, label=tags[i][2:]) for i, j in zip(starts, ends)]
    doc.set_ents(spans, default="outside")


def tagged_characters(doc: Doc) -> List[Pair]:
    """doc (Doc): A document.
    RETURNS (List[Pair]): Its characters and their place in the words: B, M, E or S, and O for
        white space between words.
    """
    tags = [OUTSIDE] * len(doc.text)
    for start, end in words_of(doc):
        length = end - start
        tags[start:end] = ["S"] if length == 1 else ["B", *"M" * (length - 2), "E"]
    return list(zip(doc.text, tags))


def join_characters(text: str, tags: Sequence[str]) -> List[str]:
    """text (str): A text.
    tags (Sequence[str]): The place of each character in its word. Where they contradict each
        other, a word ends rather than go on.
    RETURNS (List[str]): The words.
    """
    words: List[str] = []
    may_go_on = False
    for character, tag in zip(text, tags, strict=True):
        if may_go_on and tag in "ME":
            words[-1] += character
        elif tag != OUTSIDE or not character.isspace():
            words.append(character)
        may_go_on = tag in "BM"
    return [word for word in map(str.strip, words) if word]


SETTERS = {"TAG": set_tags, "ENT_IOB": set_entities}


def learn_annotations(job: Job, learn: Learn) -> Learned:
    """job (Job): What to learn from.
    learn (Learn): A model of sequences.
    RETURNS (Learned): A model of its own for each annotation of words.
    """
    docs = job.read("train")
    models = []
    for attr in job.what.annotations:
        sequences = [sequence for doc in docs for sequence in tagged_words(doc, attr)]
        models.append((SETTERS[attr], *learn(sequences, False)))
    return Learned(
        partial(_annotate, [(setter, tag) for setter, tag, _ in models]),
        sum(n for *_, n in models),
    )


def learn_words(job: Job, learn: Learn) -> Learned:
    """job (Job): What to learn from.
    learn (Learn): A model of sequences.
    RETURNS (Learned): A model of characters that finds words.
    """
    tag, parameters = learn([tagged_characters(doc) for doc in job.read("train")], True)
    vocab = spacy.blank("xx").vocab

    def annotate(given: Sequence[Given]) -> Iterable[Doc]:
        for text in map(str, given):
            yield make_doc(vocab, text, join_characters(text, tag(list(text))))

    return Learned(annotate, parameters)


def _annotate(models: List[Tuple[Callable, Tag]], given: Sequence[Given]) -> Iterable[Doc]:
    vocab = spacy.blank("xx").vocab
    for words in given:
        assert not isinstance(words, str)
        doc = words.make_doc(vocab)
        for setter, tag in models:
            setter(doc, tag(words.words))
        yield doc

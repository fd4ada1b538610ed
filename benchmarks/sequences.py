"""Tasks as tagged sequences of words or characters, for classical models."""

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
# Learns from sequences, whose items are characters if the flag is set. Returns the number of
# parameters as well.
Learn = Callable[[List[List[Pair]], bool], Tuple[Tag, int]]
OUTSIDE = "O"


def tagged_words(doc: Doc, attr: str) -> List[List[Pair]]:
    """List the words with their tags ("TAG") or BIO entity tags ("ENT_IOB").

    Words without annotation split a document into several sequences.
    """
    if attr == "TAG":
        pairs = [(token.text, token.tag_) for token in doc]
    else:
        pairs = [(token.text, _entity_tag(token)) for token in doc]
    runs = groupby(pairs, key=lambda pair: bool(pair[1]))
    return [list(run) for is_known, run in runs if is_known]


def _entity_tag(token: Token) -> str:
    # "" means that the annotation is missing.
    outside = OUTSIDE if token.ent_iob else ""
    return f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type else outside


def set_tags(doc: Doc, tags: Sequence[str]) -> None:
    """Set the tag of each word."""
    for token, tag in zip(doc, tags, strict=True):
        token.tag_ = tag


def set_entities(doc: Doc, tags: Sequence[str]) -> None:
    """Set entities from BIO tags. An I- tag that continues no entity starts one."""
    starts: List[int] = []
    ends: List[int] = []
    for i, tag in enumerate(tags):
        continues = i > 0 and tag.startswith("I-") and tags[i - 1][2:] == tag[2:]
        if continues:
            ends[-1] = i + 1
        elif tag != OUTSIDE:
            starts.append(i)
            ends.append(i + 1)
    spans = [Span(doc, i, j, label=tags[i][2:]) for i, j in zip(starts, ends)]
    doc.set_ents(spans, default="outside")


def tagged_characters(doc: Doc) -> List[Pair]:
    """Tag each character with its place in the word: B, M, E or S, and O for white space."""
    tags = [OUTSIDE] * len(doc.text)
    for start, end in words_of(doc):
        length = end - start
        tags[start:end] = ["S"] if length == 1 else ["B", *"M" * (length - 2), "E"]
    return list(zip(doc.text, tags))


def join_characters(text: str, tags: Sequence[str]) -> List[str]:
    """Join tagged characters into words. Where tags contradict each other, the word ends."""
    words: List[str] = []
    may_continue = False
    for character, tag in zip(text, tags, strict=True):
        if may_continue and tag in "ME":
            words[-1] += character
        elif tag != OUTSIDE or not character.isspace():
            words.append(character)
        may_continue = tag in "BM"
    return [word for word in map(str.strip, words) if word]


SETTERS = {"TAG": set_tags, "ENT_IOB": set_entities}


def learn_annotations(job: Job, learn: Learn) -> Learned:
    """Train a model for each annotation of words."""
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
    """Train a model of characters that finds words."""
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

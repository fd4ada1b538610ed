"""JSON of spaCy 2: documents of paragraphs with tokens, or texts with offsets of entities."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.converters import json_to_docs

from ..tags.schemes import SCHEMES
from ..tags.text import read_tags, split_tag
from .entity_tags import MISSING, OUTSIDE, is_tag
from .json_records import (
    check_unicode,
    is_json_lines,
    load_records,
    read_list,
    read_object,
    read_records,
    read_span,
    read_text,
)
from .text_files import read_raw_lines, shorten
from .text_parts import BadLineError, keep_good
from .text_spans import AnnotatedText, make_span_docs

# The scheme of entity tags, and its letters; a missing tag (-) has none.
SCHEME = "BILUO"
LETTERS = {OUTSIDE, "", *SCHEMES[SCHEME]}
# Annotations of tokens. spaCy's reader wants all tokens of a paragraph to have them, or none.
FILLED = ("tag", "pos", "morph", "lemma")


def read_spacy_json(
    path: Path, nlp: Language, *, file_tokens: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per paragraph, by spaCy's own reader, or per text with offsets, as in
    `["Anna sings", {"entities": [[0, 4, "PER"]]}]`.

    path (Path): The file.
    nlp (Language): The pipeline whose tokenizer is used for texts with offsets.
    file_tokens (bool): Has no effect: paragraphs have tokens, and texts have none.
    skip_bad (bool): Leave bad documents and texts out, with one warning that counts them.
    YIELDS (Doc): The documents.
    RAISES (InputError): If the file is missing, empty or not JSON, or if a document is bad and
        `skip_bad` is not set.
    """
    lines = [line for _, line in read_raw_lines(path)]
    records = [] if is_json_lines(lines) else load_records(path, lines)
    if any(isinstance(record, dict) and "paragraphs" in record for record in records):
        for docs in keep_good(
            path,
            enumerate(records, start=1),
            lambda record: _read_document(*record),
            content="no paragraphs with tokens",
            part_name="record",
            unit="record",
            skip_bad=skip_bad,
        ):
            yield from docs
        return
    content = "no texts with entities"
    texts, unit = read_records(path, _parse, content=content, skip_bad=skip_bad)
    yield from make_span_docs(path, texts, nlp, file_tokens=file_tokens, unit=unit)


def _parse(number: int, value: Any) -> AnnotatedText:
    if not isinstance(value, list) or len(value) != 2:
        problem = "it is not a text and its annotations"
        raise BadLineError(number, problem, 'write ["…", {"entities": [[0, 4, "PER"]]}]')
    text = read_text(number, {"text": value[0]}, "text")
    annotations = read_object(number, value[1], "the second part")
    entities = read_list(number, annotations.get("entities", []), '"entities"')
    return AnnotatedText(number, text, [read_span(number, text, entity) for entity in entities])


def _read_document(number: int, value: Any) -> Optional[List[Doc]]:
    # The reader of spaCy crashes without this check.
    check_unicode(number, value)
    document = read_object(number, value)
    paragraphs = read_list(number, document.get("paragraphs"), '"paragraphs"')
    for i, paragraph in enumerate(paragraphs, start=1):
        _check_paragraph(number, paragraph, f"paragraph {i}")
    try:
        return list(json_to_docs([document])) or None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as err:
        problem = f"spaCy cannot read it ({shorten(' '.join(str(err).split()), 200)})"
        raise BadLineError(number, problem, "correct the annotations of its tokens") from err


def _check_paragraph(number: int, value: Any, name: str) -> None:
    """Check what spaCy's reader does not, and give all tokens the annotations that some have."""
    paragraph = read_object(number, value, name)
    checked: List[Dict[str, Any]] = []
    for sentence in read_list(number, paragraph.get("sentences"), f'"sentences" of {name}'):
        tokens = read_object(number, sentence, f"a sentence of {name}").get("tokens")
        checked += [
            read_object(number, token, f"a token of {name}")
            for token in read_list(number, tokens, f'"tokens" of {name}')
        ]
    for token in checked:
        if not isinstance(token.get("orth"), str) or not token["orth"]:
            problem = f"the token {shorten(str(token), 40)} of {name} has no word"
            raise BadLineError(number, problem, 'write the word under "orth"')
    tags = [str(token.get("ner") or MISSING) for token in checked]
    unknown = [tag for tag in tags if not is_tag(tag) or split_tag(tag)[0] not in LETTERS]
    illegal = unknown or [tags[i] for i in read_tags(tags, SCHEME).repairs]
    if illegal:
        problem = f"the tag '{shorten(illegal[0])}' in {name} is not legal {SCHEME}"
        raise BadLineError(number, problem, "correct the tags of its entity")
    raw = paragraph.get("raw")
    if isinstance(raw, str) and "".join(raw.split()) != "".join(
        "".join(token["orth"].split()) for token in checked
    ):
        problem = f"the tokens of {name} differ from its text"
        raise BadLineError(number, problem, "correct the tokens, or delete the text")
    for key in FILLED:
        if any(token.get(key) for token in checked):
            for token in checked:
                token[key] = token.get(key) or ""

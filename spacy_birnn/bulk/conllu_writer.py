"""Conversion of annotated documents to CoNLL-U."""

import json
from itertools import groupby
from typing import Any, Dict, List

from spacy.tokens import Doc, Token

from ..corpora.misc import ESCAPES

ESCAPED = str.maketrans(ESCAPES)


def to_conllu(doc: Doc, name: str, fields: Dict[str, Any]) -> str:
    """Convert a document to CoNLL-U. Without sentence boundaries it is a single sentence.

    The columns hold token.lemma_, pos_ (UPOS), tag_ (XPOS), morph and the dependency tree. MISC
    holds entities as NE=B-…, NE=I-… or NE=O, or NE=- for a token without entity annotation in a
    sentence that has some.

    A line of CoNLL-U is a word, so whitespace tokens have no line. SpaceAfter=No stands for no
    space after a word; SpacesAfter, SpacesBefore (before the first word) and SpacesInToken hold
    other whitespace, with the escapes of UDPipe: \\s, \\t, \\n, \\r, \\p for | and \\\\.

    A document without words has comments alone, because an empty line is a sentence of no words.

    doc (Doc): The document.
    name (str): Its id.
    fields (Dict[str, Any]): Other fields of the document, for a comment in JSON.
    RETURNS (str): The lines, with an empty line after each sentence.
    """
    name = _in_line(name)
    lines = [f"# newdoc id = {name}"]
    if fields:
        lines.append(f"# fields = {json.dumps(fields, ensure_ascii=False)}")
    text, words = doc.text, [token for token in doc if not token.text.isspace()]
    starts = [token.idx for token in words]
    gaps = [
        text[token.idx + len(token) : end] for token, end in zip(words, [*starts[1:], len(text)])
    ]
    before = {words[0].i: text[: starts[0]]} if words else {}
    after = {token.i: gap for token, gap in zip(words, gaps)}
    entities = _entities(doc, words)
    for number, sentence in enumerate(_sentences(doc, words), start=1):
        plain = "".join(_in_line(t.text) + (" " if after[t.i] else "") for t in sentence)
        lines += [f"# sent_id = {name}-{number}", f"# text = {plain.rstrip(' ')}"]
        is_known = any(token.i in entities for token in sentence)
        rows = {token.i: row for row, token in enumerate(sentence, start=1)}
        for token in sentence:
            misc = [entities.get(token.i, "NE=-")] if is_known else []
            misc += _spaces(token, before.get(token.i, ""), after[token.i])
            columns = [
                str(rows[token.i]),
                _in_line(token.text),
                _in_line(token.lemma_) or "_",
                token.pos_ or "_",
                _in_line(token.tag_) or "_",
                str(token.morph) or "_",
                *(_relation(token, rows) if doc.has_annotation("DEP") else ("_", "_")),
                "_",
                "|".join(misc) or "_",
            ]
            lines.append("\t".join(columns))
        lines.append("")
    return "\n".join(lines) + "\n"


def _sentences(doc: Doc, words: List[Token]) -> List[List[Token]]:
    if not doc.has_annotation("SENT_START"):
        return [words] if words else []
    numbers = [number for number, sent in enumerate(doc.sents) for _ in sent]
    return [list(group) for _, group in groupby(words, lambda token: numbers[token.i])]


def _entities(doc: Doc, words: List[Token]) -> Dict[int, str]:
    """The tags of the words that have entity annotation."""
    tags = {token.i: "NE=O" for token in words if token.ent_iob}
    for ent in doc.ents:
        inside = [token.i for token in ent if not token.text.isspace()]
        label = ent.label_.translate(ESCAPED)
        for i in inside:
            tags[i] = f"NE={'B' if i == inside[0] else 'I'}-{label}"
    return tags


def _spaces(token: Token, before: str, after: str) -> List[str]:
    items = []
    if not after:
        items.append("SpaceAfter=No")
    elif after != " ":
        items.append(f"SpacesAfter={after.translate(ESCAPED)}")
    if before:
        items.append(f"SpacesBefore={before.translate(ESCAPED)}")
    if token.text != _in_line(token.text):
        items.append(f"SpacesInToken={token.text.translate(ESCAPED)}")
    return items


def _relation(token: Token, rows: Dict[int, int]) -> List[str]:
    """The columns HEAD and DEPREL. A whitespace head has no row, so its own head is taken."""
    head = token.head
    while head.i not in rows and head.head.i != head.i:
        head = head.head
    if head.i == token.i or head.i not in rows:
        return ["0", "root"]
    return [str(rows[head.i]), _in_line(token.dep_) or "_"]


def _in_line(text: str) -> str:
    # Other whitespace could end a line or a column.
    return text if text.isalnum() else "".join(" " if c.isspace() else c for c in text)

"""HTML and table rows for the annotations of a document, with their confidences."""

from html import escape
from itertools import cycle
from typing import Any, Dict, List, Optional, Set

from spacy import displacy
from spacy.displacy.render import DEFAULT_ENTITY_COLOR
from spacy.displacy.render import DEFAULT_LABEL_COLORS as COLORS
from spacy.tokens import Doc, Token

from ..labelling.attributes import get_attribute

STYLE = """<style>
.words, .entities { max-height: 36rem; overflow: auto; overflow-wrap: anywhere; }
.words { line-height: 1.3; }
.words span { display: inline-block; max-width: 100%; margin: .1rem; padding: .1rem .3rem;
  border: 1px solid #8885; border-radius: .25rem; text-align: center; vertical-align: top; }
.words small { display: block; opacity: .7; font-size: .75em; }
.entities { line-height: 2.2; }
.entities mark { display: inline-block; color: #111; margin: 0 .15em; padding: .3em .45em;
  border-radius: .3em; line-height: 1.2; }
.entities small { font-weight: bold; margin-left: .4em; white-space: nowrap; }
</style>"""
ENTITY = '<mark style="background: {bg}">{text}<small>{label} {share}</small></mark>'


def mark_words(doc: Doc) -> str:
    """Render the words with their tags: the less probable a tag, the stronger its background.

    A word without a tag is shown with its part of speech.

    doc (Doc): The document.
    RETURNS (str): The HTML.
    """
    marks = []
    for token in doc:
        if token.is_space:
            marks.append("<br>" * token.text.count("\n"))
            continue
        name = "tag" if token.tag_ else "pos"
        probability = get_attribute(token, f"{name}_confidence")
        doubt = 0.0 if probability is None else 1.0 - probability
        label = escape(token.tag_ or token.pos_) or "&nbsp;"
        title = _candidates(token, name) or _share(probability)
        marks.append(
            f'<span style="background: rgba(255, 120, 0, {doubt:.2f})" title="{escape(title)}">'
            f"{escape(token.text)}<small>{label}</small></span>"
        )
    return f'{STYLE}<div class="words" dir="{_direction(doc)}">{"".join(marks)}</div>'


def mark_entities(doc: Doc) -> str:
    """Render the text with its entities and their probabilities.

    doc (Doc): The document.
    RETURNS (str): The HTML, by displaCy.
    """
    entities = [
        {
            "start": ent.start_char,
            "end": ent.end_char,
            # displaCy escapes texts, but not labels.
            "label": escape(ent.label_),
            "params": {"share": _share(get_attribute(ent, "confidence"))},
        }
        for ent in doc.ents
    ]
    options = {"template": ENTITY, "colors": _colors({ent.label_.upper() for ent in doc.ents})}
    settings = {"lang": doc.lang_, "direction": _direction(doc)}
    shown: Any = {"text": doc.text, "ents": entities, "settings": settings}
    html = displacy.render(shown, style="ent", manual=True, jupyter=False, options=options)
    return STYLE + html


def table_rows(doc: Doc) -> List[Dict[str, Any]]:
    """Make a table of the words. Columns without any value are left out.

    doc (Doc): The document.
    RETURNS (List[Dict[str, Any]]): A row for each word, by the names of the columns.
    """
    rows: List[Dict[str, Any]] = [
        {
            "word": token.text,
            "tag": token.tag_,
            "p(tag)": get_attribute(token, "tag_confidence"),
            "most probable tags": _candidates(token, "tag"),
            "part of speech": token.pos_,
            "p(part of speech)": get_attribute(token, "pos_confidence"),
            "most probable parts of speech": _candidates(token, "pos"),
            "features": str(token.morph),
            "entity": "-".join(filter(None, (token.ent_iob_, token.ent_type_))),
            "p(entity tag)": get_attribute(token, "ent_confidence"),
        }
        for token in doc
        if not token.is_space
    ]
    empty = [name for name in (rows or [{}])[0] if all(row[name] in ("", None) for row in rows)]
    return [{name: row[name] for name in row if name not in empty} for row in rows]


def _colors(labels: Set[str]) -> Dict[str, str]:
    """Colours for labels without one in displaCy, different from all other colours."""
    taken = {COLORS.get(label) for label in labels}
    free = [color for color in dict.fromkeys(COLORS.values()) if color not in taken]
    others = sorted(escape(label).upper() for label in labels - {*COLORS})
    return dict(zip(others, cycle(free or [DEFAULT_ENTITY_COLOR])))


def _candidates(token: Token, name: str) -> str:
    probabilities = get_attribute(token, f"{name}_probs") or {}
    return ", ".join(f"{tag} {_share(p)}" for tag, p in probabilities.items())


def _share(probability: Optional[float]) -> str:
    return "" if probability is None else f"{probability:.2f}"


def _direction(doc: Doc) -> str:
    return doc.vocab.writing_system.get("direction", "ltr")

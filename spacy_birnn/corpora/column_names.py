"""The contents of columns by their names in a header or a schema."""

import re
from typing import Callable, Dict, NamedTuple, Optional, Sequence

from .column_roles import ENTITY, FORM, POS, TAG, Roles

SENTENCE, EITHER = "sentence", "either"
# Names in lower case, without marks between their words. "tag" and "label" may be either.
NAMES: Dict[str, Sequence[str]] = {
    FORM: ("word", "words", "token", "tokens", "form", "char", "character", "characters"),
    ENTITY: (
        *("ner", "nertag", "nertags", "nerlabel", "ent", "entity", "entities", "entitytag"),
        *("iob", "iobtag", "bio", "biotag", "namedentity", "enttag", "enttype"),
    ),
    TAG: ("pos", "postag", "postags", "xpos", "partofspeech"),
    POS: ("upos", "upostag", "upostags"),
    EITHER: ("tag", "tags", "label", "labels"),
    SENTENCE: (
        *("sentence", "sentenceid", "sentenceidx", "sentencenumber", "sentencenr"),
        *("sent", "sentid", "sentidx", "sentencenum"),
    ),
}
_ROLE_OF = {name: role for role, names in NAMES.items() for name in names}
_MARKS = re.compile(r"[\W_]+")


class NamedColumns(NamedTuple):
    """The columns of a table.

    roles (Roles): The columns by their contents.
    sentence (Optional[int]): The column that numbers the sentences.
    """

    roles: Roles
    sentence: Optional[int] = None


def find_sentence(names: Sequence[str]) -> Optional[int]:
    """Find the column that numbers the sentences.

    names (Sequence[str]): The names of columns.
    RETURNS (Optional[int]): The column, if there is one.
    """
    roles = [_find_role(name) for name in names]
    return roles.index(SENTENCE) if SENTENCE in roles else None


def find_named_columns(
    names: Sequence[str], is_entity: Callable[[int], bool] = lambda column: True
) -> Optional[NamedColumns]:
    """Find the contents of columns by their names.

    names (Sequence[str]): The names.
    is_entity (Callable[[int], bool]): Whether a column has entity tags, for names such as "tag".
    RETURNS (Optional[NamedColumns]): The columns; None if there are no tokens or nothing else.
    """
    found: Dict[str, int] = {}
    either = []
    for i, name in enumerate(names):
        role = _find_role(name)
        if role == EITHER:
            either.append(i)
        elif role is not None:
            found.setdefault(role, i)
    for i in either:
        found.setdefault(ENTITY if is_entity(i) else TAG, i)
    annotated = [found.get(role) for role in (TAG, POS, ENTITY)]
    if FORM not in found or annotated == [None] * 3:
        return None
    return NamedColumns(Roles(len(names), False, found[FORM], *annotated), found.get(SENTENCE))


def _find_role(name: str) -> Optional[str]:
    return _ROLE_OF.get(_MARKS.sub("", name.lower()))

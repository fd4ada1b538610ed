"""The contents of columns, as users name them: `--columns form,tag,chunk,ent`."""

from typing import Dict, List, NamedTuple, Optional

from ..errors import InputError

FORM, TAG, POS, ENTITY, MARK = ROLES = ("form", "tag", "pos", "ent", "seg")
# Columns that are not read. The last name stands for any number of columns at the end.
UNREAD = ("_", "-", "id", "lemma", "chunk", "morph", "head", "dep")
REST = "*"
PRESETS = {
    "conll2000": "form,tag,ent",
    "conll2003": "form,tag,chunk,ent",
    "conll2012": "_,_,_,form,tag,_,_,_,_,_,ent,_,*",
}


class Roles(NamedTuple):
    """The columns of a file by their contents.

    size (int): Number of columns.
    has_rest (bool): Whether more columns may follow.
    form (int): The column of tokens.
    tag (Optional[int]): The column of tags.
    pos (Optional[int]): The column of universal parts of speech.
    entity (Optional[int]): The column of entity tags.
    mark (Optional[int]): The column of the place of a character in its word: B, M, E or S.
    """

    size: int
    has_rest: bool
    form: int
    tag: Optional[int] = None
    pos: Optional[int] = None
    entity: Optional[int] = None
    mark: Optional[int] = None


def parse_columns(text: str) -> Roles:
    """Parse the names of columns.

    text (str): Names from left to right, such as form,tag,chunk,ent, or that of a preset.
    RETURNS (Roles): The columns.
    RAISES (InputError): If a name is unknown or twice, or no column has tokens.
    """
    names: List[str] = [name.strip().lower() for name in PRESETS.get(text, text).split(",")]
    has_rest = names[-1] == REST
    names = names[:-1] if has_rest else names
    found: Dict[str, int] = {}
    for i, name in enumerate(names):
        if name not in ROLES + UNREAD:
            raise InputError(
                f"--columns {text}: '{name}' is unknown: write {', '.join(ROLES)}, or _ for a "
                f"column that is not read, and {REST} at the end for any others."
            )
        if name in ROLES and found.setdefault(name, i) != i:
            raise InputError(f"--columns {text}: two columns are '{name}': write _ for one.")
    if FORM not in found or len(found) == 1:
        raise InputError(
            f"--columns {text}: name the column of tokens {FORM}, and another one of "
            f"{', '.join(ROLES[1:])}."
        )
    if MARK in found and (ENTITY in found or POS in found):
        raise InputError(
            f"--columns {text}: words are made from characters by {MARK}, so that {ENTITY} and "
            f"{POS} have none: write _ for these columns, or for {MARK}."
        )
    places = (found.get(role) for role in (TAG, POS, ENTITY, MARK))
    return Roles(len(names), has_rest, found[FORM], *places)

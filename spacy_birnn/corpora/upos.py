"""Universal parts of speech."""

from spacy.parts_of_speech import IDS

from .text_files import shorten
from .text_parts import BadLineError

UPOS = {"_", *IDS}


def check_pos(number: int, cell: str) -> None:
    """Check a universal part of speech.

    number (int): The number of its line.
    cell (str): The part of speech, or "_" for none.
    RAISES (BadLineError): If it is not one of UD.
    """
    if cell not in UPOS:
        raise BadLineError(number, f"'{shorten(cell)}' is not UPOS", "write a tag of UD, or _")

"""Files of other tools, recognized by their beginning, so that an error can name them."""

import re
from codecs import getincrementaldecoder
from itertools import islice
from pathlib import Path
from typing import List

from ..errors import InputError
from .json_records import is_json_lines, is_record
from .text_files import read_raw_lines, require_file

# First bytes of files that are not text.
MAGIC = {
    b"ARROW1": "Arrow",
    b"PK\x03\x04": "a ZIP archive, such as a Word or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"\x1f\x8b": "data compressed by gzip",
    b"BZh9": "data compressed by bzip2",
    b"\xfd7zXZ": "data compressed by xz",
    b"(\xb5/\xfd": "data compressed by Zstandard",
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\x78\x9c": "a .spacy file (ready for training) or other compressed data",
}
# Byte-order marks of UTF-16 and UTF-32, which are text in another encoding.
WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
# Lines to examine, and the share of NUL bytes that damaged lines may have.
N_LINES = 50
MOST_NULS = 0.05

# The first line of JSON that spans several lines.
_JSON = re.compile(r"\s*(\{\s*(\"|$)|\[\s*(\{|\[\s*\"(?!/)|$))")
_XML = re.compile(r"\s*<(\?xml\b|!doctype\b|html\b|[!a-z][^<>]*>(.*>)?\s*$)", re.IGNORECASE)
_BRAT = re.compile(r"T[0-9]+\t\S+ [0-9 ;]+\t|[REAMN#][0-9]+\t|\*\t")
# The end of a cell, as in "text",label; not a comma in a number or between words.
_CELL_END = re.compile(r"(?<=[^\s0-9])[,;](?=\S)")


def refuse_foreign(path: Path) -> None:
    """Refuse the file of another tool.

    path (Path): The file.
    RAISES (InputError): If it is missing or empty, or begins like a file that `convert` cannot
        read.
    """
    name = _name_binary(path) or _name_text(path)
    if name:
        raise InputError(
            f"{path} looks like {name}, which convert does not read: export CoNLL-U, word/TAG "
            f"text, segmented text, columns of tokens and entity tags, offsets of Doccano, Label "
            f"Studio or Prodigy, or plain text with a file for each category."
        )


def _name_binary(path: Path) -> str:
    require_file(path)
    with path.open("rb") as file_:
        begin = file_.read(4096)
    names = [name for magic, name in MAGIC.items() if begin.startswith(magic)]
    if not names and not begin.startswith(WIDE_BOMS) and _is_binary(begin):
        names.append("binary data, or text that is not UTF-8")
    return next(iter(names), "")


def _is_binary(begin: bytes) -> bool:
    """Whether there are NUL bytes, and not only because a few lines are damaged."""
    try:
        # The last character may be incomplete.
        getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return b"\0" in begin
    return begin.count(0) > MOST_NULS * len(begin)


def _name_text(path: Path) -> str:
    lines = [line for _, line in islice(read_raw_lines(path), N_LINES) if line.strip()]
    if not lines:
        return ""
    if is_json(lines[0]):
        return "JSON lines" if is_json_lines(lines) else "JSON"
    if _BRAT.match(lines[0]) and all(map(_BRAT.match, lines)):
        return "standoff annotation of brat without its ending, .ann"
    if _XML.match(lines[0]):
        return "HTML or XML"
    return "CSV without a header that names tokens and tags" if _is_csv(path, lines) else ""


def is_json(line: str) -> bool:
    """Tell whether a line begins a file of JSON.

    line (str): The first line.
    RETURNS (bool): Whether it is JSON, or begins a value of several lines.
    """
    return _JSON.match(line) is not None or is_record(line)


def _is_csv(path: Path, lines: List[str]) -> bool:
    if any("\t" in line for line in lines):
        return False
    counts = {len(_CELL_END.findall(line)) for line in lines}
    return path.suffix.lower() == ".csv" or (
        len(lines) > 1 and len(counts) == 1 and 0 not in counts
    )

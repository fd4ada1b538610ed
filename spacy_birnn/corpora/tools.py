"""Files of annotation tools, recognized by their names and their beginnings."""

import re
from itertools import islice
from pathlib import Path
from typing import Optional

from .brat import ANNOTATIONS, TEXT, find_pairs
from .foreign import is_json
from .formats import Format
from .json_records import N_LINES
from .parquet import MAGIC as PARQUET
from .table import has_header
from .text_files import read_raw_lines, require_file
from .webanno import MAGIC as WEBANNO

# Keys of the records of tools; the first tool that has one of them wrote the file.
KEYS = {
    Format.spacy_json: {"paragraphs"},
    Format.label_studio: {"result", "completions", "predictions", "annotation_id", "lead_time"},
    Format.prodigy: {"spans", "_input_hash", "_task_hash", "answer"},
    Format.doccano: {"label", "labels", "entities", "annotations", "Comments"},
}
_KEY = re.compile(r'"(\w+)"\s*:')
# The beginning of a text with annotations in a list, as in [["Anna", {…}]].
_PAIRS = re.compile(r'\s*\[\s*(\[\s*)?"([^"\\]|\\.)*"\s*,\s*\{')


def find_tool(path: Path) -> Optional[Format]:
    """Find the format of a file or folder of an annotation tool.

    path (Path): The file, or a folder of brat.
    RETURNS (Optional[Format]): The format; None if it is of no known tool.
    RAISES (InputError): If the file is missing or empty.
    """
    if (path.is_dir() and find_pairs(path)) or path.suffix == ANNOTATIONS:
        return Format.brat
    if path.suffix == TEXT and path.is_file() and path.with_suffix(ANNOTATIONS).is_file():
        return Format.brat
    require_file(path)
    with path.open("rb") as file_:
        if file_.read(len(PARQUET)) == PARQUET:
            return Format.parquet
    lines = [line for _, line in islice(read_raw_lines(path), N_LINES)]
    first = next((line for line in lines if line.strip()), "")
    if first.startswith(WEBANNO):
        return Format.webanno
    if is_json(first):
        beginning = "\n".join(lines)
        return Format.spacy_json if _PAIRS.match(beginning) else _find_by_keys(beginning)
    return Format.table if has_header(first) else None


def _find_by_keys(beginning: str) -> Optional[Format]:
    keys = set(_KEY.findall(beginning))
    return next((format for format, its in KEYS.items() if keys & its), None)

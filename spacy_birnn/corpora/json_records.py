"""Records of annotation tools: JSON lines, or a JSON file with a list of records."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ..errors import InputError
from .text_files import is_utf8, read_raw_lines, shorten
from .text_parts import BadLineError, Line, keep_good, read_parts
from .text_spans import AnnotatedText, TextSpan, locate

# Lines that are examined.
N_LINES = 50
# The names of the offsets and the label of a span in different tools.
STARTS = ("start", "start_offset", "begin")
ENDS = ("end", "end_offset")
LABELS = ("label", "labels", "tag", "type")


def is_json_lines(lines: Sequence[str]) -> bool:
    """Tell whether a file has one record per line.

    lines (Sequence[str]): Lines of the file.
    RETURNS (bool): Whether at least half of the first ones are JSON objects or lists.
    """
    filled = [line for line in lines[: 2 * N_LINES] if line.strip()][:N_LINES]
    return len(filled) > 1 and 2 * sum(map(is_record, filled)) >= len(filled)


def is_record(line: str) -> bool:
    """Tell whether a line is a JSON object or list.

    line (str): The line.
    RETURNS (bool): Whether it is.
    """
    try:
        return isinstance(json.loads(line), (dict, list))
    except (ValueError, RecursionError):
        return False


def read_records(
    path: Path,
    parse: Callable[[int, Any], Optional[AnnotatedText]],
    *,
    content: str,
    skip_bad: bool = False,
) -> Tuple[Iterator[AnnotatedText], str]:
    """Read the records of a file as texts with spans.

    path (Path): The file.
    parse (Callable[[int, Any], Optional[AnnotatedText]]): Parses the number and the value of a
        record; returns None to leave it out, and raises `BadLineError`.
    content (str): The missing contents of the file, for the error if no text is left.
    skip_bad (bool): Leave bad records out, with one warning that counts them.
    RETURNS (Tuple[Iterator[AnnotatedText], str]): The texts, and what their numbers count: lines
        or records.
    RAISES (InputError): If the file is missing, empty or not JSON, or if a record is bad and
        `skip_bad` is not set.
    """

    def parse_checked(numbered: Tuple[int, Any]) -> Optional[AnnotatedText]:
        check_unicode(*numbered)
        return parse(*numbered)

    lines = [line for _, line in read_raw_lines(path)]
    if is_json_lines(lines) or (path.suffix == ".jsonl" and not _is_list(lines)):

        def parse_line(part: List[Line]) -> Optional[AnnotatedText]:
            ((number, line),) = part
            return parse_checked((number, parse_json(number, line))) if line.strip() else None

        return read_parts(path, parse_line, content=content, skip_bad=skip_bad), "line"
    records = enumerate(load_records(path, lines), start=1)
    texts = keep_good(
        path,
        records,
        parse_checked,
        content=content,
        part_name="record",
        unit="record",
        skip_bad=skip_bad,
    )
    return texts, "record"


def parse_json(number: int, line: str) -> Any:
    """Parse a line of JSON.

    number (int): Its number.
    line (str): The line.
    RETURNS (Any): The value.
    RAISES (BadLineError): If it is not JSON.
    """
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as err:
        problem = f"it is not JSON ({' '.join(str(err).split())})"
        raise BadLineError(number, problem, "export the file again") from err


def check_unicode(number: int, value: Any) -> None:
    """Check that the strings of a record are valid Unicode, which escapes of JSON may not be.

    number (int): The number of its line or record.
    value (Any): The record.
    RAISES (BadLineError): If they are not.
    """
    if not is_utf8(json.dumps(value, ensure_ascii=False)):
        problem = "it has half of a surrogate pair, such as \\ud83d, which is no character"
        raise BadLineError(number, problem, "delete it, or export the file again")


def load_records(path: Path, lines: Sequence[str]) -> List[Any]:
    """Load the records of a JSON file.

    path (Path): The file, for messages.
    lines (Sequence[str]): Its lines.
    RETURNS (List[Any]): The elements of its list, or the only record.
    RAISES (InputError): If it is not UTF-8 or not JSON.
    """
    for number, line in enumerate(lines, start=1):
        if not is_utf8(line):
            raise InputError(f"{path}, line {number}: it is not UTF-8: save the file as UTF-8.")
    try:
        data = json.loads("\n".join(lines))
    except json.JSONDecodeError as err:
        raise InputError(
            f"{path}, line {err.lineno}: it is not JSON ({err.msg}): export the file again."
        ) from err
    except (ValueError, RecursionError) as err:
        raise InputError(f"{path} is not JSON ({err}): export the file again.") from err
    return data if isinstance(data, list) else [data]


def _is_list(lines: Sequence[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return first.lstrip().startswith("[")


def read_object(number: int, value: Any, name: str = "the record") -> Dict[str, Any]:
    """Check that a value is an object.

    number (int): The number of its line or record.
    value (Any): The value.
    name (str): The value in messages.
    RETURNS (Dict[str, Any]): The object.
    RAISES (BadLineError): If it is not one.
    """
    if not isinstance(value, dict):
        problem = f"{name} is '{shorten(json.dumps(value, ensure_ascii=False), 40)}'"
        raise BadLineError(number, problem, "make it an object of JSON, {…}")
    return value


def read_list(number: int, value: Any, name: str) -> List[Any]:
    """Check that a value is a list.

    number (int): The number of its line or record.
    value (Any): The value.
    name (str): The value in messages.
    RETURNS (List[Any]): The list.
    RAISES (BadLineError): If it is not one.
    """
    if not isinstance(value, list):
        problem = f"{name} is '{shorten(json.dumps(value, ensure_ascii=False), 40)}'"
        raise BadLineError(number, problem, "make it a list of JSON, […]")
    return value


def read_text(number: int, record: Dict[str, Any], *keys: str) -> str:
    """Read the text of a record.

    number (int): The number of the line or record.
    record (Dict[str, Any]): The record.
    *keys (str): Names of the text, the usual one first.
    RETURNS (str): The text.
    RAISES (BadLineError): If there is none, or it has a NUL character.
    """
    text = next((record[key] for key in keys if isinstance(record.get(key), str)), None)
    if text is None or not text.strip():
        problem = f'it has no text under "{keys[0]}"'
        raise BadLineError(number, problem, "add the text, or delete the record")
    if "\0" in text:
        raise BadLineError(number, "its text has a NUL character", "delete it")
    return text


def read_span(number: int, text: str, value: Any) -> TextSpan:
    """Read a span: an object with offsets and a label, or a list of them.

    number (int): The number of the line or record.
    text (str): The text of the record.
    value (Any): The span.
    RETURNS (TextSpan): The span.
    RAISES (BadLineError): If it has no offsets or label, or is not in the text.
    """
    covered = None
    if isinstance(value, dict):
        start, end, label = (
            next((value[key] for key in keys if key in value), None)
            for keys in (STARTS, ENDS, LABELS)
        )
        covered = value.get("text")
    elif isinstance(value, list) and len(value) == 3:
        start, end, label = value
    else:
        start = end = label = None
    if isinstance(label, list) and len(label) == 1:
        (label,) = label
    if (
        not isinstance(start, int)
        or not isinstance(end, int)
        or not isinstance(label, str)
        or not label.strip()
    ):
        shown = shorten(json.dumps(value, ensure_ascii=False), 60)
        problem = f"'{shown}' is not a span with a start, an end and a label"
        raise BadLineError(number, problem, "export the spans of a task of named entities")
    span = TextSpan(start, end, label.strip())
    return locate(number, text, span, covered if isinstance(covered, str) else None)

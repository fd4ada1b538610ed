"""WebAnno TSV 3, the export of WebAnno and INCEpTION: sentences with tokens and layers."""

import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import InputError
from .text_files import read_raw_lines, shorten
from .text_parts import BadLineError, Line, check_word, read_parts
from .text_spans import AnnotatedText, TextSpan, check_gaps, from_utf16, make_span_docs

MAGIC = "#FORMAT=WebAnno TSV 3"
TEXT = "#Text="
# Kinds of layers: spans, chains and relations. Each feature has a column after these.
_LAYER = re.compile(r"#T_(?P<kind>SP|CH|RL)=(?P<layer>[^|]+)(\|(?P<features>.*))?")
N_FIXED = 3
# Escaped control characters of a text.
CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
# Layers of the usual annotation that are not entities.
OTHERS = ("POS", "Lemma", "MorphologicalFeatures", "Stem", "Token", "Sentence", "Dependency")
ENTITY, POS = "NamedEntity", "POS"
# Features that hold the label, the usual one first.
LABELS = ("value", "PosValue", "label", "Label", "identifier")

_ID = re.compile(r"\d+-\d+(?P<part>\.\d+)?")
_OFFSETS = re.compile(r"(\d+)-(\d+)")
_VALUE = re.compile(r"(?P<label>.*?)(\[(?P<id>\d+)\])?")
# An escaped character, and values that a bar separates.
_ESCAPED = re.compile(r"\\(.)")
_BAR = re.compile(r"(?<!\\)\|")


class Columns(NamedTuple):
    """The columns of a file that are read.

    size (int): Number of columns.
    entity (Optional[int]): The column of entities.
    tag (Optional[int]): The column of parts of speech.
    label (str): The label of entities of a layer without features: its name.
    """

    size: int
    entity: Optional[int]
    tag: Optional[int]
    label: str = ""


def read_webanno(
    path: Path, nlp: Language, *, file_tokens: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per sentence, with the values of a layer of spans as entities.

    The layer is NamedEntity, or the only one that is not about single words. The layer POS gives
    `token.tag_`. Relations and chains are not read.

    path (Path): The file.
    nlp (Language): The pipeline whose tokenizer is used if `file_tokens` is not set.
    file_tokens (bool): Use the tokens of the file.
    skip_bad (bool): Leave sentences with bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents` set as `make_span_docs` does.
    RAISES (InputError): If the file is missing or empty, if a line is bad and `skip_bad` is not
        set, or if it is not clear which layer has the entities.
    """
    columns = _find_columns(path)

    def parse(lines: List[Line]) -> Optional[AnnotatedText]:
        return _parse(lines, columns)

    content = "no sentences: it should be WebAnno TSV 3"
    texts = read_parts(
        path, parse, content=content, ends=lambda line: not line.strip(), skip_bad=skip_bad
    )
    yield from make_span_docs(path, texts, nlp, file_tokens=file_tokens)


def _find_columns(path: Path) -> Columns:
    size = N_FIXED
    first = ""
    layers: Dict[str, int] = {}
    bare = set()
    for number, line in read_raw_lines(path):
        first = first or line
        match = _LAYER.fullmatch(line.rstrip())
        if match is None:
            if number > 1 and line.strip():
                break
            continue
        features = [name for name in (match["features"] or "").split("|") if name]
        if match["kind"] == "SP":
            label = next((name for name in LABELS if name in features), None)
            if not features:
                bare.add(match["layer"].rpartition(".")[2])
            layers[match["layer"]] = size + (0 if label is None else features.index(label))
        size += max(1, len(features))
    if not first.startswith(MAGIC):
        raise InputError(
            f"{path} does not begin with '{MAGIC}': export the format WebAnno TSV v3.x."
        )
    short = {layer.rpartition(".")[2]: column for layer, column in layers.items()}
    names = [ENTITY] if ENTITY in short else [name for name in short if name not in OTHERS]
    if len(names) > 1:
        raise InputError(
            f"{path}: the entities may be in any of the layers {', '.join(names)}: export one of "
            f"them, or name it {ENTITY}."
        )
    name = names[0] if names else ""
    return Columns(size, short.get(name), short.get(POS), name if name in bare else "")


def _parse(lines: List[Line], columns: Columns) -> Optional[AnnotatedText]:
    rows = [(number, line.split("\t")) for number, line in lines if not line.startswith("#")]
    if not rows:
        return None
    text = "\n".join(line[len(TEXT) :] for _, line in lines if line.startswith(TEXT))
    text = _ESCAPED.sub(lambda match: CONTROLS.get(match[1], match[1]), text)
    words: List[Tuple[int, int]] = []
    tags: List[str] = []
    spans: Dict[Tuple[str, str], TextSpan] = {}
    begin = 0
    for number, cells in rows:
        cells = _check(number, cells, columns.size)
        _, offsets, form = cells[:N_FIXED]
        match = _OFFSETS.fullmatch(offsets)
        id_ = _ID.fullmatch(cells[0])
        if match is None or id_ is None:
            problem = f"'{shorten(cells[0])}' and '{shorten(offsets)}' are not an id and offsets"
            raise BadLineError(number, problem, "write them as in 1-1 and 0-4")
        first, last = int(match[1]), int(match[2])
        if id_["part"] is None:
            after = words[-1][1] if words else 0
            start = text.find(form, after)
            if start < 0:
                form = _ESCAPED.sub(r"\1", form)
                start = text.find(form, after)
            if start < 0:
                problem = f"the token '{shorten(form, 30)}' does not follow in the text"
                raise BadLineError(number, problem, f"correct it, or the line {TEXT}")
            begin = first
            words.append((start, start + len(form)))
            tags.append(_tag(cells, columns))
        # A part of a token has offsets of its own, in UTF-16 code units.
        start, end = words[-1] if words else (0, 0)
        part = slice(*(start + from_utf16(text[start:end], n - begin) for n in (first, last)))
        if not start <= part.start < part.stop <= end:
            problem = f"the offsets {offsets} are not inside the token before"
            raise BadLineError(number, problem, "export the file again")
        if columns.entity is not None:
            for label, id_of_span in _read_values(number, cells[columns.entity], columns.label):
                key = (label, id_of_span or f"line {number}, {part.start}")
                place = f"line {number}"
                before = spans.get(key, TextSpan(part.start, part.stop, label, place=place))
                spans[key] = before._replace(end=part.stop)
    check_gaps(rows[0][0], text, words)
    return AnnotatedText(rows[0][0], text, list(spans.values()), words, tags)


def _check(number: int, cells: List[str], size: int) -> List[str]:
    # Every row ends with a tab.
    if not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != size:
        problem = f"{len(cells)} columns where the layers have {size}"
        raise BadLineError(number, problem, "separate the columns by single tabs")
    check_word(number, cells[2])
    return cells


def _tag(cells: List[str], columns: Columns) -> str:
    if columns.tag is None or cells[columns.tag] in ("_", "*"):
        return ""
    return _ESCAPED.sub(r"\1", cells[columns.tag])


def _read_values(number: int, cell: str, bare: str) -> Iterator[Tuple[str, str]]:
    """The labels of a token, and the ids of spans of several tokens."""
    for value in _BAR.split(cell) if cell != "_" else []:
        match = _VALUE.fullmatch(value)
        label = _ESCAPED.sub(r"\1", match["label"]) if match else ""
        if match is None or not label:
            problem = f"'{shorten(cell)}' is not a value such as PER or PER[1]"
            raise BadLineError(number, problem, "export the file again")
        if label == "*" and not bare:
            raise BadLineError(number, "an entity has no label", "choose it, and export again")
        yield bare if label == "*" else label, match["id"] or ""

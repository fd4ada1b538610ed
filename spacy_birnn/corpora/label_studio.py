"""JSON of Label Studio: tasks with the regions of an annotator, in the full or the short form."""

import warnings
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from spacy.language import Language
from spacy.tokens import Doc

from .json_records import read_list, read_object, read_records, read_span, read_text
from .text_files import count, number_lines
from .text_parts import SHOWN, BadLineError
from .text_spans import AnnotatedText, TextSpan, make_span_docs

# The names of the annotations: "completions" in old exports, and predictions of a model if there
# are no others.
ANNOTATIONS = ("annotations", "completions", "predictions")


def read_label_studio(
    path: Path, nlp: Language, *, file_tokens: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per annotated task, with its labelled regions as entities.

    Tasks without annotations, and those that were skipped, are left out. Of several annotations
    of a task, the ground truth is read, or else the first. Warnings count both.

    path (Path): The file, the export JSON or JSON-MIN.
    nlp (Language): The pipeline whose tokenizer is used.
    file_tokens (bool): Has no effect, because tasks have no tokens.
    skip_bad (bool): Leave bad tasks out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents` set as `make_span_docs` does.
    RAISES (InputError): If the file is missing, empty or not JSON, or if a task is bad and
        `skip_bad` is not set.
    """
    unannotated: List[int] = []
    several: List[int] = []

    def parse(number: int, value: Any) -> Optional[AnnotatedText]:
        task = read_object(number, value, "the task")
        key = next((key for key in ANNOTATIONS if key in task), None)
        if key is None:
            return _parse_short(number, task)
        annotations = [
            read_object(number, annotation, "an annotation")
            for annotation in read_list(number, task[key], f'"{key}"')
        ]
        text = _find_text(number, read_object(number, task.get("data"), '"data"'))
        done = [a for a in annotations if not a.get("was_cancelled") and not a.get("skipped")]
        if not done:
            unannotated.append(number)
            return None
        if len(done) > 1:
            several.append(number)
        done.sort(key=lambda annotation: not annotation.get("ground_truth"))
        regions = read_list(number, done[0].get("result"), '"result"')
        values = (_region(number, region) for region in regions)
        return AnnotatedText(
            number, text, [s for v in values if v is not None for s in _spans(number, text, v)]
        )

    content = "no annotated tasks: it should be the export JSON of Label Studio"
    texts, unit = read_records(path, parse, content=content, skip_bad=skip_bad)
    yield from make_span_docs(path, texts, nlp, file_tokens=file_tokens, unit=unit)
    if unannotated:
        warnings.warn(
            f"{path}: {count(len(unannotated), 'task')} left out without an annotation, on "
            f"{number_lines(unannotated, SHOWN, unit)}.",
            stacklevel=2,
        )
    if several:
        warnings.warn(
            f"{path}: {count(len(several), 'task')} with several annotations, on "
            f"{number_lines(several, SHOWN, unit)}: the ground truth is read, or else the first "
            f"one.",
            stacklevel=2,
        )


def _parse_short(number: int, task: Dict[str, Any]) -> AnnotatedText:
    """Parse a task of JSON-MIN, whose regions are under the name of the labels."""
    text = _find_text(number, task)
    regions = [
        region
        for value in task.values()
        if isinstance(value, list)
        for region in value
        if isinstance(region, dict)
    ]
    return AnnotatedText(number, text, [s for r in regions for s in _spans(number, text, r)])


def _find_text(number: int, data: Dict[str, Any]) -> str:
    """Find the text, which may have any name: otherwise the longest value is it."""
    strings = [key for key, value in data.items() if isinstance(value, str)]
    longest = sorted(strings, key=lambda key: -len(data[key]))
    return read_text(number, data, "text", *longest)


def _region(number: int, region: Any) -> Optional[Dict[str, Any]]:
    """The value of a region with labels; None for relations, choices and others."""
    of_region = read_object(number, region, "a region")
    value = of_region.get("value")
    if of_region.get("type", "labels") not in ("labels", "hypertextlabels") or value is None:
        return None
    return read_object(number, value, "the value of a region")


def _spans(number: int, text: str, value: Dict[str, Any]) -> List[TextSpan]:
    offsets = value.get("globalOffsets")
    labels = value.get("labels", value.get("hypertextlabels"))
    if isinstance(offsets, dict):
        value = {**value, **offsets}
    if not isinstance(labels, list) or not labels:
        problem = "a region has no labels"
        raise BadLineError(number, problem, "label it in Label Studio, or delete it")
    return [read_span(number, text, {**value, "label": label}) for label in labels]

"""The contents of a report as plain data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from spacy.language import Language

from ..errors import InputError
from ..evaluation.measurement import describe, measure
from ..pipeline.segmenter import BiRNNSegmenter
from .config_changes import Change, config_changes
from .entity_errors import EntityErrors, collect_entities
from .tag_errors import TagErrors, collect_tags
from .training_log import LOG, fits, read_log
from .word_errors import WordErrors, collect_words

# The scores at the top, if the pipeline has them.
HEADLINES = {
    "token_f": "words, F",
    "tag_acc": "tags, accuracy",
    "pos_acc": "parts of speech, accuracy",
    "morph_acc": "features, accuracy",
    "ents_f": "entities, F",
    "cats_score": "categories",
}
# Titles of scores by label and of calibrations, by their name in spaCy's scores.
TITLES = {
    "ents_per_type": "Entities by type",
    "cats_f_per_type": "Categories",
    "morph_per_feat": "Features",
    "tag_calibration": "Confidence of tags",
    "pos_calibration": "Confidence of parts of speech",
    "ents_calibration": "Confidence of entities",
}


@dataclass
class Report:
    """The contents of a report.

    title (str): Name of the pipeline.
    facts (Dict[str, str]): How the pipeline was trained and scored, by name.
    headlines (Dict[str, float]): The main scores by title.
    speed (float): Words per second.
    scores (Dict[str, Optional[float]]): All scores that are numbers, by spaCy's names.
    by_label (Dict[str, Dict[str, Dict[str, float]]]): Scores "p", "r" and "f" of each label.
    calibrations (Dict[str, Dict[str, Any]]): Confidences against accuracy.
    log (List[Dict[str, Any]]): The training log; empty if there is none.
    log_note (str): Why there is no log.
    words (Optional[WordErrors]): Errors in words; None if the words were given.
    has_lexicon (bool): Whether the words of the training data are known.
    tags (Optional[TagErrors]): Errors in tags; None if the pipeline sets none.
    entities (Optional[EntityErrors]): Errors in entities; None if the pipeline sets none.
    changes (List[Change]): The settings that are not defaults.
    """

    title: str
    facts: Dict[str, str]
    headlines: Dict[str, float]
    speed: float
    scores: Dict[str, Optional[float]]
    by_label: Dict[str, Dict[str, Dict[str, float]]]
    calibrations: Dict[str, Dict[str, Any]]
    log: List[Dict[str, Any]]
    log_note: str
    words: Optional[WordErrors]
    has_lexicon: bool
    tags: Optional[TagErrors]
    entities: Optional[EntityErrors]
    changes: List[Change]


def collect_report(
    nlp: Language, model: Path, data: Path, *, gold_preproc: bool, log: Optional[Path] = None
) -> Report:
    """Score a pipeline and collect the contents of its report.

    nlp (Language): The pipeline.
    model (Path): Its folder.
    data (Path): Annotated documents.
    gold_preproc (bool): Use the words of the data.
    log (Optional[Path]): The training log; None to look for it beside the pipeline.
    RETURNS (Report): The report.
    RAISES (InputError): If the data or the log cannot be read.
    """
    rows, note = find_log(nlp, model, log)
    measured = measure(nlp, data, gold_preproc=gold_preproc)
    scores, examples, finds_words = measured.scores, measured.examples, measured.finds_words
    segmenters = [pipe for _, pipe in nlp.pipeline if isinstance(pipe, BiRNNSegmenter)]
    lexicon = segmenters[0].scheme.lexicon if segmenters else None
    # Fine-grained tags where there are some, otherwise parts of speech.
    tagged = [f"{attr}_" for attr in ("tag", "pos") if f"{attr}_acc" in scores]
    return Report(
        title=f"{nlp.meta['lang']}_{nlp.meta['name']}",
        facts={
            "pipeline": f"{model}: {', '.join(nlp.pipe_names)}",
            "language": nlp.meta["lang"],
            **describe(nlp, data, measured),
            "trained with": f"spacy {nlp.meta['spacy_version']}",
        },
        headlines={
            text: scores[name] for name, text in HEADLINES.items() if scores.get(name) is not None
        },
        speed=measured.speed,
        scores={name: s for name, s in scores.items() if s is None or isinstance(s, (int, float))},
        by_label={
            TITLES.get(name, name): table
            for name, table in scores.items()
            if isinstance(table, dict) and table and all(_is_prf(row) for row in table.values())
        },
        calibrations={
            TITLES.get(name, name): table
            for name, table in scores.items()
            if name.endswith("_calibration")
        },
        log=rows,
        log_note=note,
        words=collect_words(examples, lexicon) if finds_words else None,
        has_lexicon=bool(lexicon),
        tags=collect_tags(examples, tagged[0]) if tagged else None,
        entities=collect_entities(examples) if "ents_f" in scores else None,
        changes=config_changes(nlp),
    )


def find_log(nlp: Language, model: Path, log: Optional[Path]) -> Tuple[List[Dict[str, Any]], str]:
    """Find the training log of a pipeline.

    nlp (Language): The pipeline.
    model (Path): Its folder.
    log (Optional[Path]): The user's choice; None to look beside the pipeline.
    RETURNS (Tuple[List[Dict[str, Any]], str]): The log, or an empty one and the reason.
    RAISES (InputError): If the log cannot be read, or the user's is of another training.
    """
    path = model.resolve().parent / LOG if log is None else log
    if log is None and not path.is_file():
        return [], (
            f"There is no training log beside the pipeline: train with "
            f"--training.logger.output_file {model.parent / LOG}, or name a log with --log."
        )
    rows = read_log(path)
    if fits(rows, nlp.meta.get("performance", {})):
        return rows, ""
    message = (
        f"{path} is the log of another training, because no evaluation in it has the losses of the "
        f"pipeline: delete it before you train again, because spaCy does not overwrite a log."
    )
    if log is not None:
        raise InputError(message)
    return [], message


def _is_prf(row: Any) -> bool:
    return isinstance(row, dict) and {"p", "r", "f"} <= set(row)

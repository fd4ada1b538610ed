"""The report as one HTML page that works offline."""

from html import escape
from importlib.resources import files
from typing import Any, Dict, Optional

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from spacy import displacy
from spacy.tokens import Doc

from . import figures
from .collect import Report
from .error_places import Place, context, window, words_at

TEMPLATE = "report.html"
# Kinds of errors that are shown for each task.
KINDS = 20


def render_page(report: Report, weights: Dict[str, Any]) -> str:
    """Render a report.

    report (Report): The report.
    weights (Dict[str, Any]): Weights of the scores in training: those with one are drawn.
    RETURNS (str): The HTML page.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=_percent, length_name=figures.length_name)
    template = environment.from_string(files(__package__).joinpath(TEMPLATE).read_text("utf-8"))
    return template.render(
        report=report,
        figures=_draw(report, weights),
        kinds=KINDS,
        max_tags=figures.MAX_TAGS,
        context=context,
        words_at=words_at,
        entities_at=entities_at,
    )


def entities_at(doc: Doc, place: Place) -> Markup:
    """Render the entities in and around an error with displaCy.

    doc (Doc): One of the two documents.
    place (Place): The place of the error.
    RETURNS (Markup): The entities in their text.
    """
    first, last = window(place)
    entities = [
        {
            "start": max(ent.start_char, first) - first,
            "end": min(ent.end_char, last) - first,
            # displaCy escapes texts, but not labels.
            "label": escape(ent.label_),
        }
        for ent in doc.ents
        if ent.start_char < last and first < ent.end_char
    ]
    settings = {"lang": doc.lang_, "direction": doc.vocab.writing_system.get("direction", "ltr")}
    shown: Any = {"text": doc.text[first:last], "ents": entities, "settings": settings}
    return Markup(displacy.render(shown, style="ent", manual=True, jupyter=False))


def _draw(report: Report, weights: Dict[str, Any]) -> Dict[str, Markup]:
    drawn = {}
    if report.log:
        drawn["losses"] = figures.draw_losses(report.log)
        drawn["scores"] = figures.draw_scores(report.log, weights)
    if report.tags is not None:
        drawn["confusion"] = figures.draw_confusion(report.tags)
    for number, (name, calibration) in enumerate(report.calibrations.items()):
        drawn[name] = figures.draw_reliability(f"reliability{number}", calibration)
    if report.words is not None and (report.words.known or report.words.unknown):
        series = {"all": report.words.known}
        if report.has_lexicon:
            series = {"known": report.words.known, "unknown": report.words.unknown}
        drawn["recall"] = figures.draw_recall({k: v for k, v in series.items() if v})
    return {name: Markup(svg) for name, svg in drawn.items()}


def _percent(share: Optional[float]) -> str:
    return "–" if share is None else f"{100 * share:.2f}"

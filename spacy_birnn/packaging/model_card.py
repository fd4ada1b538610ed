"""The model card of a pipeline, a meta.json from which `spacy package` makes a README."""

from pathlib import Path
from typing import Any, Dict, Iterable, List

import srsly
from spacy.cli.package import generate_readme
from spacy.language import Language
from wasabi import MarkdownRenderer

from ..evaluation.measurement import describe, measure
from ..pipeline.requirements import find_requirements
from ..runtime.compiled_models import COMPILED
from ..storage.atomic import replacing


def make_card(
    nlp: Language,
    data: Path,
    about: Dict[str, Any],
    *,
    gold_preproc: bool,
    with_speed: bool = True,
) -> Dict[str, Any]:
    """Score a pipeline and make its model card.

    nlp (Language): The pipeline.
    data (Path): Annotated documents that are neither its training nor its dev data.
    about (Dict[str, Any]): The result of `read_about`.
    gold_preproc (bool): Use the words of the data.
    with_speed (bool): Write the speed, which differs from run to run.
    RETURNS (Dict[str, Any]): The keys of meta.json to replace.
    RAISES (InputError): If the data cannot be read.
    """
    measured = measure(nlp, data, gold_preproc=gold_preproc)
    facts, scores = describe(nlp, data, measured), dict(measured.scores)
    if with_speed:
        facts["speed"] = f"{measured.speed:,.0f} words per second, text to annotations, in one run"
        scores["speed"] = measured.speed
    if COMPILED in nlp.meta:
        facts["compiled"] = describe_compilation(nlp.meta[COMPILED])
    requirements = find_requirements(nlp)
    return {
        **about,
        "requirements": requirements,
        "performance": scores,
        # spaCy's README ends with the notes, and does not show licences of sources or the speed.
        "notes": _render_notes(facts, about.get("sources") or [], requirements),
    }


def write_card(model: Path, card: Dict[str, Any]) -> None:
    """Write a model card into the folder of a pipeline.

    model (Path): The folder.
    card (Dict[str, Any]): The card, for its meta.json and its README.md.
    """
    meta = {**srsly.read_json(model / "meta.json"), **card}
    texts = {"meta.json": srsly.json_dumps(meta, indent=2), "README.md": generate_readme(meta)}
    for name, text in texts.items():
        with replacing(model / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")


def describe_compilation(compiled: Dict[str, Any]) -> str:
    """Describe how a pipeline was compiled, and what it costs.

    compiled (Dict[str, Any]): What `birnn compile` has written to its meta.json.
    RETURNS (str): The description.
    """
    types = f"recurrent layers in {compiled['precision']}, tables in {compiled['tables']}"
    if "loss" not in compiled:
        return types
    return (
        f"{types}; on {compiled['scored_on']} it loses at most {max(0.0, compiled['loss']):.2f} "
        f"points, and {compiled['changed_by_batch']:,} of {compiled['tokens']:,} tokens change "
        f"with the batch"
    )


def _render_notes(
    facts: Dict[str, str], sources: List[Dict[str, str]], requirements: List[str]
) -> str:
    md = MarkdownRenderer()
    md.add('The scores are percentages, on the data in the row "scored on".')
    md.add(md.title(3, "Measurement"))
    md.add(md.table(_escape((md.bold(name), fact) for name, fact in facts.items()), ["", ""]))
    if sources:
        md.add(md.title(3, "Training data"))
        rows = (
            (
                md.link(source["name"], source["url"]) if source.get("url") else source["name"],
                source["license"],
                source.get("author", ""),
            )
            for source in sources
        )
        md.add(md.table(_escape(rows), ["Data", "Licence", "Author"]))
    md.add(md.title(3, "Requirements"))
    md.add(md.list(md.code(requirement) for requirement in requirements))
    return md.text


def _escape(rows: Iterable[Iterable[str]]) -> List[List[str]]:
    return [[cell.replace("|", r"\|").replace("\n", " ") for cell in row] for row in rows]

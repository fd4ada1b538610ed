"""`python -m spacy birnn card`: the model card of a pipeline."""

from pathlib import Path
from typing import Any, Dict, Optional

import srsly
import typer
from wasabi import msg

from ..loading import load_pipeline, use_gpu
from ..packaging.about import read_about
from ..packaging.model_card import make_card, write_card
from ..storage.atomic import replacing
from .options import GOLD_PREPROC, GPU_ID, uses_gold_words

# What users of a pipeline must know.
WANTED = ("description", "license", "sources")


def card_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    data: Path = typer.Argument(..., help="Annotated test documents (.spacy)"),
    output: Optional[Path] = typer.Option(
        None,
        "--output",
        "-o",
        dir_okay=False,
        help="JSON file to write, for --meta-path; if not given, the card goes into the folder of "
        "the pipeline, to its meta.json and README.md",
    ),
    about: Optional[Path] = typer.Option(
        None,
        "--about",
        exists=True,
        dir_okay=False,
        help='JSON file with "description", "license", "author", "email", "url", and the training '
        'data as "sources", a list of {"name", "license", "author", "url"}',
    ),
    speed: bool = typer.Option(
        True, "--speed/--no-speed", help="Write the speed, which differs from run to run"
    ),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    gpu_id: int = GPU_ID,
) -> None:
    """Measure a pipeline on test data, and write the model card for `spacy package --meta-path`.

    The card has the scores and the speed, where they were measured, the licences of the pipeline
    and its data, and the requirements. The pipeline is scored on gold words if it was trained on
    them, and otherwise on raw text.

    Example: python -m spacy birnn card training/model-best corpus/test.spacy -o card.json
    """
    try:
        use_gpu(gpu_id)
        known: Dict[str, Any] = {} if about is None else read_about(about)
        nlp = load_pipeline(model)
        words_given = uses_gold_words(model, gold_preproc)
        card = make_card(nlp, data, known, gold_preproc=words_given, with_speed=speed)
        if output is None:
            write_card(model, card)
        else:
            with replacing(output) as temporary:
                srsly.write_json(temporary, card)
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    paths = nlp.config.interpolate()["paths"]
    if data.resolve() in [Path(path).resolve() for path in paths.values() if path]:
        msg.warn(f"{data} was used in training, so the scores are too good: give test data.")
    missing = [key for key in WANTED if not known.get(key)]
    if missing:
        msg.warn(f"The card has no {' and no '.join(missing)}: give a file with them by --about.")
    if output is None:
        msg.good(f"{model / 'README.md'}: the card of the pipeline.")
    else:
        msg.good(f"{output}: pass it to spacy package as --meta-path.")

"""`python -m spacy birnn card`: the model card of a pipeline."""

from pathlib import Path
from typing import Any, Dict, Optional

import srsly
import typer
from wasabi import msg

from ..loading import load_pipeline, use_gpu
from ..packaging.about import read_about
from ..packaging.model_card import make_card
from ..storage.atomic import replacing
from .options import GOLD_PREPROC, GPU_ID, uses_gold_words

# What users of a pipeline must know.
WANTED = ("description", "license", "sources")


def card_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    data: Path = typer.Argument(..., help="Annotated test documents (.spacy)"),
    output: Path = typer.Option(
        ..., "--output", "-o", dir_okay=False, help="JSON file to write, for --meta-path"
    ),
    about: Optional[Path] = typer.Option(
        None,
        "--about",
        exists=True,
        dir_okay=False,
        help='JSON file with "description", "license", "author", "email", "url", and the training '
        'data as "sources", a list of {"name", "license", "author", "url"}',
    ),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    gpu_id: int = GPU_ID,
) -> None:
    """Measure a pipeline on test data, and write the model card for `spacy package --meta-path`.

    The card has the scores and the speed, where they were measured, the licences of the pipeline
    and its data, and the requirements. The pipeline stays as it is. It is scored on gold words if
    it was trained on them, and otherwise on raw text.

    Example: python -m spacy birnn card training/model-best corpus/test.spacy -o card.json
    """
    try:
        use_gpu(gpu_id)
        known: Dict[str, Any] = {} if about is None else read_about(about)
        nlp = load_pipeline(model)
        words_given = uses_gold_words(model, gold_preproc)
        card = make_card(nlp, data, known, gold_preproc=words_given)
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
    msg.good(f"{output}: pass it to spacy package as --meta-path.")

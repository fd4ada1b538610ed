"""`python -m spacy birnn report`: report on a trained pipeline in one HTML page."""

from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ..errors import missing_extra
from ..loading import load_pipeline, use_gpu
from ..storage.atomic import replacing
from .options import GOLD_PREPROC, GPU_ID, uses_gold_words


def report_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    data: Path = typer.Argument(..., help="Annotated documents (.spacy)"),
    output: Path = typer.Option(
        Path("report.html"), "--output", "-o", dir_okay=False, help="HTML file to write"
    ),
    log: Optional[Path] = typer.Option(
        None,
        "--log",
        help="Training log, the file of [training.logger] output_file; if not given: "
        "training.jsonl beside the pipeline",
    ),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    gpu_id: int = GPU_ID,
) -> None:
    """Write one HTML page with the scores, the learning curves and the errors of a pipeline.

    The page works offline. The pipeline is scored on gold words if it was trained on them, and
    otherwise on raw text.

    Example: python -m spacy birnn report training/model-best corpus/test.spacy -o report.html
    """
    try:
        # Imported here, because they need an extra.
        from ..report.collect import collect_report
        from ..report.rendering import render_page
    except ImportError as err:
        msg.fail(missing_extra(f"The page needs {err.name}", "report"), exits=1)
    try:
        use_gpu(gpu_id)
        nlp = load_pipeline(model)
        words_given = uses_gold_words(model, gold_preproc)
        report = collect_report(nlp, model, data, gold_preproc=words_given, log=log)
        page = render_page(report, nlp.config["training"]["score_weights"])
        with replacing(output) as temporary:
            temporary.write_text(page, encoding="utf-8")
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    if report.log_note:
        msg.warn(f"The report has no learning curves. {report.log_note}")
    msg.good(f"The report is in {output.resolve()}: open it in a browser.")

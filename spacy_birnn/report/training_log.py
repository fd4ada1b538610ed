"""The training log, JSON lines as written by spaCy's `ConsoleLogger.v3` and by ours."""

from math import isclose
from pathlib import Path
from typing import Any, Dict, List

import srsly

from ..corpora.text_files import read_lines
from ..errors import InputError

# Its usual name, beside the trained pipelines.
LOG = "training.jsonl"


def read_log(path: Path) -> List[Dict[str, Any]]:
    """Read a training log.

    path (Path): The file.
    RETURNS (List[Dict[str, Any]]): For each evaluation "step", "losses", "scores" in percent and
        "score".
    RAISES (InputError): If the file is missing, empty or damaged.
    """
    rows = []
    for number, line in read_lines(path):
        try:
            row = srsly.json_loads(line)
            row["step"], row["losses"].values(), row["scores"].values(), row["score"]
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise InputError(
                f"{path}, line {number} is not a line of a training log: give the file that "
                f"[training.logger] output_file names, or delete the line."
            ) from err
        rows.append(row)
    return rows


def fits(rows: List[Dict[str, Any]], performance: Dict[str, Any]) -> bool:
    """Tell whether a log belongs to the training of a pipeline.

    spaCy does not overwrite a log, so the one beside a pipeline may be older.

    rows (List[Dict[str, Any]]): The training log.
    performance (Dict[str, Any]): "performance" in the meta data of the pipeline.
    RETURNS (bool): Whether one of the evaluations has the losses of the pipeline.
    """
    return any(
        all(
            isclose(loss, performance.get(f"{name}_loss", -1.0), rel_tol=1e-6, abs_tol=1e-6)
            for name, loss in row["losses"].items()
        )
        for row in rows
    )

"""Tables of what several seeds have given."""

import statistics
from typing import Any, Dict, List, Sequence

from .learners import SYSTEMS
from .timing import spread, table

# Of each system, what was measured with each seed.
Results = Dict[str, List[Dict[str, Any]]]


def mean_and_deviation(values: Sequence[float], digits: int) -> str:
    """values (Sequence[float]): A figure of each seed.
    digits (int): Digits after the point.
    RETURNS (str): The mean, the sample standard deviation if there are several, and how many.
    """
    mean = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        mean += f" ± {statistics.stdev(values):.{digits}f}"
    return f"{mean} ({len(values)})"


def summarize(results: Results, scores: Dict[str, str]) -> str:
    """results (Results): What was measured.
    scores (Dict[str, str]): Names of the scores, and their titles.
    RETURNS (str): A table of the systems.
    """
    rows = []
    for system, seeds in results.items():
        row = [SYSTEMS[system].title]
        for name in scores:
            values = [seed["scores"][name] for seed in seeds]
            known = [100 * value for value in values if value is not None]
            row.append(mean_and_deviation(known, 2) if known else "")
        speeds = [seed["words_per_second"] for seed in seeds]
        row.append(spread(speeds, 0) if len(speeds) > 1 else f"{speeds[0]:,.0f}")
        row.append(f"{seeds[0]['parameters']:,}")
        minutes = statistics.mean(seed["training_seconds"] for seed in seeds) / 60
        row.append(f"{minutes:,.1f}")
        rows.append(row)
    return table(["system", *scores.values(), "words/s", "parameters", "training, min"], rows)

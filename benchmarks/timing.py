"""Fair timing: systems take turns, and ratios within a round are compared."""

import statistics
import time
from typing import Callable, Dict, List

# For each name a job that returns the number of words (or characters) that it processed.
Jobs = Dict[str, Callable[[], int]]
# For each name the words per second of every round.
Speeds = Dict[str, List[float]]


def race(jobs: Jobs, rounds: int, warm_up: int = 1) -> Speeds:
    """Run jobs in turns, because the speed of a shared machine drifts."""
    speeds: Speeds = {name: [] for name in jobs}
    for i in range(warm_up + rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            words = job()
            seconds = time.perf_counter() - start
            if i >= warm_up:
                speeds[name].append(words / seconds)
    return speeds


def ratios(speeds: Speeds, name: str, other: str) -> List[float]:
    """Divide the speed of a system by that of another, round by round."""
    return [a / b for a, b in zip(speeds[name], speeds[other])]


def spread(values: List[float], digits: int) -> str:
    """Format the median, the minimum and the maximum."""
    figures = (statistics.median(values), min(values), max(values))
    median, least, most = (f"{value:,.{digits}f}" for value in figures)
    return f"{median} ({least}-{most})"


def grid(title: str, speeds: Dict[int, Speeds]) -> str:
    """Make a table of medians."""
    names = list(next(iter(speeds.values())))
    rows = [
        [f"{key:,}", *(f"{statistics.median(by_name[name]):,.0f}" for name in names)]
        for key, by_name in speeds.items()
    ]
    return table([title, *names], rows)


def table(header: List[str], rows: List[List[str]]) -> str:
    """Make a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

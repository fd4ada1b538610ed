"""Fair clocks: systems take turns, and what counts are the ratios within a round."""

import statistics
import time
from typing import Callable, Dict, List

# A name, and a job that returns how many words it worked on (or characters, of raw text).
Jobs = Dict[str, Callable[[], int]]
# For each name the words per second of every round.
Speeds = Dict[str, List[float]]


def race(jobs: Jobs, rounds: int, warm_up: int = 1) -> Speeds:
    """Run jobs in turns, because the speed of a shared machine drifts.

    jobs (Jobs): The jobs.
    rounds (int): Counted rounds.
    warm_up (int): Rounds before them.
    RETURNS (Speeds): Words per second.
    """
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
    """speeds (Speeds): Words per second.
    name (str): A system.
    other (str): What it is compared with.
    RETURNS (List[float]): How many times faster it was in each round.
    """
    return [a / b for a, b in zip(speeds[name], speeds[other])]


def spread(values: List[float], digits: int) -> str:
    """values (List[float]): A figure of each round.
    digits (int): Digits after the point.
    RETURNS (str): Median, least and most.
    """
    figures = (statistics.median(values), min(values), max(values))
    median, least, most = (f"{value:,.{digits}f}" for value in figures)
    return f"{median} ({least}-{most})"


def grid(title: str, speeds: Dict[int, Speeds]) -> str:
    """title (str): What the lines differ in.
    speeds (Dict[int, Speeds]): Words per second.
    RETURNS (str): A table of medians.
    """
    names = list(next(iter(speeds.values())))
    rows = [
        [f"{key:,}", *(f"{statistics.median(by_name[name]):,.0f}" for name in names)]
        for key, by_name in speeds.items()
    ]
    return table([title, *names], rows)


def table(header: List[str], rows: List[List[str]]) -> str:
    """header (List[str]): Titles of the columns.
    rows (List[List[str]]): Cells.
    RETURNS (str): A Markdown table.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

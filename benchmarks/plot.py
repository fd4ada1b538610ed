"""Plot speed against batch size and document length."""

import statistics
from pathlib import Path
from typing import Dict

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from .timing import Speeds


def plot_speeds(figures: Dict[str, Dict[str, Dict[int, Speeds]]], path: Path) -> None:
    """Write an SVG with a row for each number of threads and a column for each quantity."""
    varied = list(next(iter(figures.values())))
    figure, axes = pyplot.subplots(
        len(figures), len(varied), figsize=(5 * len(varied), 4 * len(figures)), squeeze=False
    )
    for row, (threads, by_quantity) in zip(axes, figures.items()):
        for axis, quantity in zip(row, varied):
            speeds = by_quantity[quantity]
            for name in next(iter(speeds.values())):
                medians = [statistics.median(by_name[name]) for by_name in speeds.values()]
                axis.plot(list(speeds), medians, marker="o", label=name)
            axis.set(title=threads, xlabel=quantity, ylabel="words/s", xscale="log", ylim=0)
            axis.grid(alpha=0.3)
    axes[0][0].legend()
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)

"""Figures as SVG for a page, with selectable text and lines in the colour of the page."""

import io
import warnings
from collections import Counter
from itertools import cycle
from typing import Any, Dict, Iterator, List, Tuple

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .tag_errors import TagErrors
from .word_errors import LONGEST, Recall

# Placeholder for the text colour of the page.
INK = "#010203"
# Colours that are visible on white and on black.
PALETTE = ("#3b82f6", "#f97316", "#16a34a", "#a855f7", "#ef4444", "#0d9488", "#ca8a04", "#ec4899")
SHADES = LinearSegmentedColormap.from_list("shades", [(0.98, 0.45, 0.09, a) for a in (0.0, 0.9)])
LEGEND: Dict[str, Any] = {"loc": "outside upper left", "ncols": 2, "frameon": False}
# Tags that fit into a confusion matrix.
MAX_TAGS = 20
STYLE: Any = {
    "svg.fonttype": "none",
    # The same figure has the same bytes.
    "svg.hashsalt": "spacy-birnn",
    # A tag such as PRP$ is not a formula.
    "text.parse_math": False,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
    ),
}


def draw_losses(log: List[Dict[str, Any]]) -> str:
    """Draw the losses over the training.

    log (List[Dict[str, Any]]): The training log.
    RETURNS (str): The figure as SVG.
    """
    with rc_context(STYLE):
        figure, axes = _figure()
        steps = [row["step"] for row in log]
        # The log has sums over the steps since the last evaluation; step 0 counts as well.
        passed = np.diff(steps, prepend=steps[0] - 1)
        for name, colour in zip(log[0]["losses"], _colours()):
            losses = np.array([row["losses"].get(name, np.nan) for row in log])
            axes.plot(steps, losses / passed, marker=".", label=name, color=colour)
        axes.set(xlabel="step", ylabel="loss of a step", ylim=(0, None))
        _finish_curves(figure, axes)
        return _to_svg(figure, "losses")


def draw_scores(log: List[Dict[str, Any]], weights: Dict[str, Any]) -> str:
    """Draw the scores over the training, and the step of the best pipeline.

    log (List[Dict[str, Any]]): The training log.
    weights (Dict[str, Any]): Weights of the scores in training: scores without one are left out.
    RETURNS (str): The figure as SVG.
    """
    with rc_context(STYLE):
        figure, axes = _figure()
        names = [name for name in log[0]["scores"] if weights.get(name)] or list(log[0]["scores"])
        for name, colour in zip(names, _colours()):
            scores = [row["scores"].get(name, np.nan) for row in log]
            axes.plot([row["step"] for row in log], scores, marker=".", label=name, color=colour)
        best = max(log, key=lambda row: (row["score"], row["step"]))
        axes.axvline(best["step"], color=INK, alpha=0.4, linestyle=":", label="best pipeline")
        axes.set(xlabel="step", ylabel="score on dev, %", ylim=(0, 102))
        _finish_curves(figure, axes)
        return _to_svg(figure, "scores")


def draw_confusion(tags: TagErrors) -> str:
    """Draw the confusion matrix: colours for shares of the annotated tag, and counts.

    tags (TagErrors): Errors in tags.
    RETURNS (str): The figure as SVG.
    """
    labels = most_confused(tags)
    counts = np.array([[tags.confusion[gold, other] for other in labels] for gold in labels])
    totals = np.array([max(1, tags.counts[gold]) for gold in labels])
    shares = counts / totals[:, None]
    np.fill_diagonal(shares, 0.0)
    with rc_context(STYLE):
        side = 1.2 + 0.28 * max(6, len(labels))
        figure, axes = _figure(side, side)
        # The root makes small shares visible.
        line = {"edgecolor": to_rgba(INK, 0.15), "linewidth": 0.4}
        axes.pcolormesh(np.sqrt(shares), cmap=SHADES, vmin=0.0, **line)
        for row, column in np.argwhere(counts).tolist():
            style = {"alpha": 0.4} if row == column else {}
            axes.text(
                column + 0.5, row + 0.5, _short(counts[row, column]), ha="center", va="center",
                size=6, **style,
            )  # fmt: skip
        ticks = np.arange(len(labels)) + 0.5
        rotation = 90 if max(map(len, labels)) > 3 else 0
        axes.set_xticks(ticks, labels, rotation=rotation, size=8)
        axes.set_yticks(ticks, labels, size=8)
        axes.tick_params(length=0)
        axes.invert_yaxis()
        axes.set(xlabel="predicted", ylabel="annotated", aspect="equal")
        return _to_svg(figure, "confusion")


def most_confused(tags: TagErrors) -> List[str]:
    """Find the tags with the most errors.

    tags (TagErrors): Errors in tags.
    RETURNS (List[str]): The tags in alphabetical order.
    """
    errors: Counter = Counter()
    for pair, count in tags.confusion.items():
        if pair[0] != pair[1]:
            errors.update(dict.fromkeys(pair, count))
    ranked = sorted(tags.scores, key=lambda tag: (-errors[tag], tag))
    return sorted(ranked[:MAX_TAGS])


def draw_reliability(name: str, calibration: Dict[str, Any]) -> str:
    """Draw accuracy against probability, with larger points for more predictions.

    name (str): Name of the figure.
    calibration (Dict[str, Any]): The result of `measure_calibration`.
    RETURNS (str): The figure as SVG.
    """
    with rc_context(STYLE):
        figure, axes = _figure()
        table = calibration["reliability"]
        axes.plot([0, 1], [0, 1], color=INK, alpha=0.4, linestyle=":")
        points = [row["confidence"] for row in table], [row["accuracy"] for row in table]
        sizes = [20 + 280 * row["count"] / calibration["count"] for row in table]
        axes.plot(*points, color=PALETTE[0])
        axes.scatter(*points, s=sizes, color=PALETTE[0], alpha=0.7)
        axes.set(xlabel="mean probability", ylabel="accuracy")
        axes.set(xlim=(-0.02, 1.05), ylim=(-0.02, 1.08))
        return _to_svg(figure, name)


def draw_recall(series: Dict[str, Dict[int, Recall]]) -> str:
    """Draw the recall of words by their length.

    series (Dict[str, Dict[int, Recall]]): Recall by length, for each kind of words.
    RETURNS (str): The figure as SVG.
    """
    lengths = sorted({length for recalls in series.values() for length in recalls})
    with rc_context(STYLE):
        figure, axes = _figure()
        width = 0.8 / len(series)
        for number, ((name, recalls), colour) in enumerate(zip(series.items(), _colours())):
            places = [i + number * width for i, length in enumerate(lengths) if length in recalls]
            heights = [100 * r.found / r.total for _, r in sorted(recalls.items())]
            axes.bar(places, heights, width, label=name, color=colour)
        middle = np.arange(len(lengths)) + width * (len(series) - 1) / 2
        axes.set_xticks(middle, [length_name(length) for length in lengths])
        axes.set(xlabel="characters of the word", ylabel="found, %", ylim=(0, 102))
        figure.legend(**LEGEND)
        return _to_svg(figure, "recall")


def length_name(length: int) -> str:
    """Name a length of words.

    length (int): The length; `LONGEST` stands for longer words as well.
    RETURNS (str): The name.
    """
    return f"{length} or more" if length == LONGEST else str(length)


def _colours() -> Iterator[str]:
    return cycle(PALETTE)


def _figure(width: float = 4.5, height: float = 3.2) -> Tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _finish_curves(figure: Figure, axes: Any) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    figure.legend(**LEGEND)


def _short(count: int) -> str:
    return str(count) if count < 1000 else f"{count / 1000:.0f}k"


def _to_svg(figure: Figure, name: str) -> str:
    file_ = io.StringIO()
    # No metadata, which would have URLs and the time.
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with warnings.catch_warnings():
        # The reader's fonts have the glyphs that Matplotlib's lack.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(file_, format="svg", transparent=True, metadata=nothing)
    svg = file_.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    # Ids are the same in all figures, but must be unique in a page.
    for old in ('id="', "url(#", 'href="#'):
        svg = svg.replace(old, f"{old}{name}-")
    return svg

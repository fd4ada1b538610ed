"""Draw the pictures of the site: `python docs/scripts/pictures.py`.

The plots show the tables of docs/benchmarks/index.md.
"""

import math
import re
from itertools import pairwise
from pathlib import Path

from svg import BLUE, DARK, GREEN, GREY, ORANGE, PALE, Picture

DOCS = Path(__file__).parents[1]
COLORS = {"float32": BLUE, "bfloat16": ORANGE, "CNN": GREEN, "TorchBiLSTM": GREY}


def read_table(heading):
    """RETURNS (List[List[str]]): The cells of the first table after some text, header included."""
    text = (DOCS / "benchmarks" / "index.md").read_text(encoding="utf-8")
    lines = text[text.index(heading) :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


def number(cell):
    return int(re.match(r"[\d,]+", cell)[0].replace(",", ""))


def color_of(system):
    return next(color for name, color in COLORS.items() if name in system)


def draw_speed():
    rows = [row for row in read_table("Prediction in batches of 1,000") if row[0] == "predict"]
    picture = Picture(720, 60 + 44 * len(rows), "Words per second in prediction")
    picture.text(20, 30, "Prediction, words per second (UD EWT, two threads of an AMD EPYC)")
    highest = max(number(row[2]) for row in rows)
    for i, (_, system, cell, *_) in enumerate(rows):
        y, width = 50 + 44 * i, 400 * number(cell) / highest
        picture.text(190, y + 20, system, "end")
        picture.box(200, y, width, 30, fill=color_of(system), stroke="none")
        picture.text(208 + width, y + 20, f"{number(cell):,}")
    return picture


def draw_axes(picture, left, header, xs, ys, title):
    """Axes with a logarithmic scale of x. RETURNS: Functions from values to pixels."""
    top, bottom, right = 50, 260, left + 290
    log_xs = [math.log10(x) for x in xs]
    highest = 50_000 * math.ceil(max(map(max, ys)) / 50_000)

    def place_x(x):
        return left + 290 * (math.log10(x) - log_xs[0]) / (log_xs[-1] - log_xs[0])

    def place_y(y):
        return bottom - (bottom - top) * y / highest

    picture.text((left + right) / 2, 30, title, "middle")
    for y in range(0, highest + 1, 50_000):
        picture.line([(left, place_y(y)), (right, place_y(y))], "#dddddd", 1)
        picture.text(left - 6, place_y(y) + 4, f"{y // 1000}k" if y else "0", "end", size=12)
    for x in xs:
        picture.text(place_x(x), bottom + 20, f"{x:,}", "middle", size=12)
    for i, system in enumerate(header):
        points = [(place_x(x), place_y(row[i])) for x, row in zip(xs, ys)]
        picture.line(points, color_of(system), 2)
        for point in points:
            picture.dot(*point, color_of(system))


def draw_speed_by_size():
    picture = Picture(740, 330, "Words per second by batch size and by document length")
    titles = {"Prediction by batch size": "words/s by documents per batch"}
    titles["Prediction by document length"] = "words/s by words per document"
    for left, (heading, title) in zip((50, 420), titles.items()):
        (_, *header), *rows = read_table(heading)
        xs, ys = [number(row[0]) for row in rows], [list(map(number, row[1:])) for row in rows]
        draw_axes(picture, left, header, xs, ys, title)
    for i, system in enumerate(header):
        picture.line([(50 + 175 * i, 306), (70 + 175 * i, 306)], color_of(system), 3)
        picture.text(76 + 175 * i, 311, system, size=13)
    return picture


def draw_network():
    words = ["She", "reads", "letters", "."]
    tags = ["PRON", "VERB", "NOUN", "PUNCT"]
    picture = Picture(720, 480, "A bidirectional network of two layers")
    xs = [190 + 140 * i for i in range(len(words))]
    rows = {"words": 440, "embedding": 384, "forward 1": 316, "backward 1": 268}
    rows.update({"forward 2": 192, "backward 2": 144, "head": 76, "tags": 24})
    labels = {"words": "Words", "embedding": "Embedding", "forward 1": "Layer 1, forward"}
    labels.update({"backward 1": "Layer 1, backward", "forward 2": "Layer 2, forward"})
    labels.update({"backward 2": "Layer 2, backward", "head": "Head: scores", "tags": "Best tags"})
    for row, y in rows.items():
        picture.text(14, y + 20, labels[row], color=DARK, size=13)
        for i, x in enumerate(xs):
            text = {"words": words[i], "tags": tags[i]}.get(row, "")
            plain = row in ("words", "tags")
            color = ORANGE if "backward" in row else BLUE
            picture.box(x, y, 84, 30, text, "#ffffff" if plain else PALE, color)
    for row, color in (("forward", BLUE), ("backward", ORANGE)):
        for layer in (1, 2):
            y = rows[f"{row} {layer}"] + 15
            for a, b in pairwise(xs):
                ends = [(a + 86, y), (b - 2, y)]
                picture.line(ends if row == "forward" else ends[::-1], color, tip=True)
    for x in xs:
        for low, high in (("words", "embedding"), ("head", "tags")):
            picture.line([(x + 42, rows[low]), (x + 42, rows[high] + 32)], tip=True)
        for low, layer in (("embedding", 1), ("backward 1", 2)):
            picture.line([(x + 42, rows[low]), (x + 42, rows[f"forward {layer}"] + 32)], tip=True)
        picture.line([(x + 42, rows["backward 2"]), (x + 42, rows["head"] + 32)], tip=True)
    return picture


def draw_truncated():
    picture = Picture(720, 200, "Backpropagation through time, truncated after three steps")
    xs = [24 + 76 * i for i in range(9)]
    picture.text(24, 28, "bptt = 3: states pass the borders of segments, gradients do not")
    for i, x in enumerate(xs):
        picture.box(x, 70, 46, 34, f"h{i + 1}")
        picture.text(x + 23, 186, f"x{i + 1}", "middle")
        picture.line([(x + 23, 170), (x + 23, 108)], GREY, tip=True)
    for i, (a, b) in enumerate(pairwise(xs), 1):
        picture.line([(a + 46, 80), (b - 2, 80)], BLUE, tip=True)
        if i % 3:
            picture.line([(b, 95), (a + 48, 95)], ORANGE, tip=True, dashes="4 3")
        else:
            middle = (a + 46 + b) / 2
            picture.line([(middle, 52), (middle, 122)], "#c62828", 2)
    picture.line([(530, 23), (560, 23)], BLUE, tip=True)
    picture.text(566, 28, "state", size=13)
    picture.line([(644, 23), (614, 23)], ORANGE, tip=True, dashes="4 3")
    picture.text(650, 28, "gradient", size=13)
    return picture


PICTURES = {
    "speed.svg": draw_speed,
    "speed-by-size.svg": draw_speed_by_size,
    "network.svg": draw_network,
    "truncated.svg": draw_truncated,
}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (DOCS / "images" / name).write_text(str(draw()), encoding="utf-8", newline="\n")

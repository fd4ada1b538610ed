"""The training log: the plan, a table that is easy to read, and a progress bar on terminals."""

import io

import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.training.loggers import console_logger_v3
from spacy.util import registry

from spacy_birnn.training.batches import make_planning_batcher
from spacy_birnn.training.logger import describe, shorten
from spacy_birnn.training.progress import Plan
from spacy_birnn.training.score_table import choose_scores

from .helpers.tagger import SMALL_MODEL

NAMES = ["tok2vec", "birnn_segmenter", "birnn_tagger", "birnn_ner"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    for name in NAMES[1:]:
        nlp.add_pipe("birnn_tagger", name=name, config={"model": SMALL_MODEL})
    nlp.add_pipe("tok2vec", first=True)
    nlp.add_pipe("sentencizer")
    return nlp


def log(logger, nlp, steps=range(4), stderr=None, scores=None):
    """What it prints of an evaluation in every second step."""
    stdout = io.StringIO()
    log_step, finalize = logger(nlp, stdout, stderr or io.StringIO())
    for step in steps:
        losses = {name: step + i / 10 for i, name in enumerate(NAMES)}
        info = {"epoch": 0, "step": step, "losses": losses, "score": 0.5, "words": 10 + 10 * step}
        info["other_scores"] = {"tag_acc": 0.5} if scores is None else scores
        log_step(info if step % 2 == 0 else None)
    finalize()
    return stdout.getvalue()


def begin(n_items=10, max_epochs=2, min_words=0):
    """The updates of a training whose batcher publishes the plan."""
    batcher = make_planning_batcher(10, 0.2, False, max_epochs, 0, 1, min_words=min_words)
    for _ in range(max_epochs):
        for number, _ in enumerate(batcher(["a" * 10] * n_items)):
            yield number


def make_logger(**settings):
    return registry.loggers.get("spacy_birnn.ConsoleLogger.v1")(**settings)


def titles(line):
    return [title for title in map(str.strip, line.split("  ")) if title]


def test_columns_are_told_apart(nlp):
    header, _, _, last = log(make_logger(), nlp).splitlines()
    losses = ["LOSS " + name for name in ("TOK2VEC", "SEGMENT", "TAGGER", "NER")]
    assert titles(header) == ["E", "#", *losses, "TAG_ACC", "SENTS_F", "SCORE"]
    # Losses are means of the 20 tokens since the last row.
    assert last.split() == ["0", "2", "0.100", "0.105", "0.110", "0.115", "50.00", "0.00", "0.50"]


def test_only_scores_with_a_weight_are_columns():
    weights = {"token_f": 0.4, "token_p": 0.0, "oov_rate": None, "ents_f": 0.6}
    assert choose_scores(weights) == ["token_f", "ents_f"]
    assert choose_scores({"token_f": 0.0, "ents_f": None}) == ["token_f"]


def test_without_an_evaluation_there_are_no_scores(nlp):
    assert log(make_logger(), nlp, scores={}).splitlines()[-1].split()[-2:] == ["-", "-"]


def test_the_plan_comes_first_and_the_time_left_last(nlp):
    output = log(make_logger(), nlp, begin()).splitlines()
    assert "100 words, 20 updates" in output[0]
    assert titles(output[1])[-1] == "LEFT"
    assert output[3].split()[-1] == "0.50" and output[4].split()[-1] == "00:00"
    # It is told once, and not to the logger of the next training.
    assert sum("updates" in line for line in output) == 1
    assert "updates" not in log(make_logger(), nlp)


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (Plan(3190, 420, 476.2), "420 words, read 476 times per epoch, 3,190 updates; set min_w"),
        (Plan(600, 40_000, 1.5), "40,000 words, read 1.5 times per epoch, 600 updates; set min_w"),
        (Plan(3276, 204_577), "204,577 words, 3,276 updates"),
        (Plan(1001), "1,001 updates"),
    ],
)
def test_the_plan_is_one_sentence(plan, sentence):
    assert describe(plan).startswith(sentence)
    assert ("min_words = 0" in describe(plan)) == (plan.passes > 1)


def test_a_repeated_corpus_is_counted_once(nlp):
    output = log(make_logger(), nlp, begin(n_items=3, min_words=90))
    assert "30 words, read 3.0 times per epoch, 18 updates" in output


def test_file_is_that_of_spacy(nlp, tmp_path):
    ours, theirs = tmp_path / "new" / "ours.jsonl", tmp_path / "theirs.jsonl"
    output = log(make_logger(console_output=False, output_file=str(ours)), nlp)
    assert "Saving results to" in output and "LOSS" not in output
    log(console_logger_v3(console_output=False, output_file=theirs), nlp)
    assert ours.read_bytes() == theirs.read_bytes()
    assert next(srsly.read_jsonl(ours))["losses"].keys() == {*NAMES}
    again = log(make_logger(output_file=str(ours)), nlp)
    assert again.count("is disabled") == 1 and "LOSS TAGGER" in again
    assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize(
    ("progress_bar", "first"), [("train", "0/20 "), ("eval", "0/200 "), (None, "")]
)
def test_a_bar_is_shown_on_a_terminal_only(nlp, progress_bar, first):
    terminal, pipe = Terminal(), io.StringIO()
    table = log(make_logger(progress_bar=progress_bar), nlp, begin(), terminal)
    assert first in terminal.getvalue() and bool(terminal.getvalue()) == bool(first)
    assert log(make_logger(progress_bar=progress_bar), nlp, begin(), pipe) == table
    assert pipe.getvalue() == ""


def test_a_bar_needs_no_plan(nlp):
    nlp.config["training"]["max_steps"] = 3
    terminal = Terminal()
    log(make_logger(progress_bar="train"), nlp, stderr=terminal)
    assert "0/4 " in terminal.getvalue()


def test_unknown_bars_are_an_error():
    with pytest.raises(ValueError, match="progress bar"):
        make_logger(progress_bar="none")


def test_names_that_are_alike_stay_apart():
    assert shorten(["tagger", "birnn_tagger"]) == ["tagger", "birnn_ta"]
    assert shorten(["birnn_ner_people", "birnn_ner_places"]) == ["ner_peop", "ner_plac"]
    assert shorten(["birnn_tagger_1", "birnn_tagger_2"]) == ["tagger_1", "tagger_2"]
    assert shorten(["morphologizer_a", "morphologizer_b"]) == ["morpholo", "morphol2"]


@given(st.lists(st.text("bir_ntageABC2", min_size=1, max_size=14), unique=True, max_size=30))
def test_short_names_are_distinct(names):
    short = shorten(names)
    assert len({name.upper() for name in short}) == len(names)
    assert all(0 < len(name) <= 8 for name in short)

"""The training table: spaCy's, with columns that can be told apart."""

import io

import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.training.loggers import console_logger_v3
from spacy.util import registry

from spacy_birnn.training.logger import shorten

from .helpers.tagger import SMALL_MODEL

NAMES = ["tok2vec", "birnn_segmenter", "birnn_tagger", "birnn_ner"]


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    for name in NAMES[1:]:
        nlp.add_pipe("birnn_tagger", name=name, config={"model": SMALL_MODEL})
    nlp.add_pipe("tok2vec", first=True)
    nlp.add_pipe("sentencizer")
    return nlp


def log(logger, nlp):
    """What it prints of two evaluations."""
    stdout = io.StringIO()
    log_step, finalize = logger(nlp, stdout, io.StringIO())
    for step in range(4):
        losses = {name: step + i / 10 for i, name in enumerate(NAMES)}
        info = {"epoch": 0, "step": step, "losses": losses, "score": 0.5}
        log_step({**info, "other_scores": {"tag_acc": 0.5}} if step % 2 == 0 else None)
    finalize()
    return stdout.getvalue()


def make_logger(**settings):
    return registry.loggers.get("spacy_birnn.ConsoleLogger.v1")(**settings)


def test_columns_are_told_apart(nlp):
    header, _, _, last = log(make_logger(), nlp).splitlines()
    titles = ["E", "#", *("LOSS " + n for n in ("TOK2VEC", "SEGMENT", "TAGGER", "NER"))]
    found = [title for title in map(str.strip, header.split("  ")) if title]
    assert found[:6] == titles and found[-1] == "SCORE"
    assert last.split()[:6] == ["0", "2", "2.00", "2.10", "2.20", "2.30"]


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


@pytest.mark.parametrize("progress_bar", ["train", "eval"])
def test_settings_are_those_of_spacy(nlp, progress_bar):
    assert "LOSS NER" in log(make_logger(progress_bar=progress_bar), nlp)
    with pytest.raises(ValueError, match="progress bar"):
        log(make_logger(progress_bar="none"), nlp)


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

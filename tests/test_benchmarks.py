"""The benchmarks run; what they measure is no matter of tests."""

import json
from importlib.util import find_spec

import pytest
import spacy
import typer
from spacy.tokens import Doc
from spacy.training import Example
from typer.testing import CliRunner

from benchmarks import decoding, segmentation, speed
from benchmarks.segmenters import make_doc
from spacy_birnn.corpora.write import write_docs

from .conftest import TAGGED


def run(main, *options):
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, list(map(str, options)))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def corpus(tmp_path):
    vocab = spacy.blank("xx").vocab
    docs = [Doc(vocab, words=text.split() * 2, tags=tags * 2) for text, tags in TAGGED * 5]
    write_docs(tmp_path / "corpus.spacy", docs)
    return tmp_path / "corpus.spacy"


def test_decoding(corpus, monkeypatch):
    monkeypatch.setattr(decoding, "N_TYPES", (1, 2))
    output = run(decoding.main, "-c", corpus, "-r", 1, "-u", 1, "-t", 1)
    assert "| spacy_birnn.CRF.v1 | float32 | 9 |" in output


def test_speed(tmp_path, corpus, monkeypatch):
    for name, value in (
        ("BATCH_SIZES", (1, 32)),
        ("DOC_LENGTHS", (5, 20)),
        ("LONG_DOCS", (50,)),
        ("CUT_WORDS", 40),
    ):
        monkeypatch.setattr(speed, name, value)
    run(speed.main, "--corpus", corpus, "--rounds", 1, "--threads", 1, "--output", tmp_path)
    assert "| predict | core TorchBiLSTM |" in (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "<svg" in (tmp_path / "speed.svg").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))


@pytest.fixture
def segmented(tmp_path):
    """A corpus, and a pipeline that has learned nothing from it."""
    nlp = spacy.blank("zh")
    words = ["他", "在", "北京", "工作", "。"]
    docs = [Doc(nlp.vocab, words=words * n, spaces=[False] * 5 * n) for n in range(1, 13)]
    write_docs(tmp_path / "corpus.spacy", docs)
    nlp.add_pipe("birnn_segmenter")
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc) for doc in docs])
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path


@pytest.mark.skipif(
    not (find_spec("jieba") and find_spec("spacy_pkuseg")), reason="needs pkuseg and jieba"
)
def test_segmentation(segmented, monkeypatch):
    monkeypatch.setattr(segmentation, "LENGTHS", (10, 100))
    names = [name for name in segmentation.segmenter_names() if "bfloat16" not in name]
    monkeypatch.setattr(segmentation, "segmenter_names", lambda: names)
    corpus, output = segmented / "corpus.spacy", segmented / "figures"
    options = ["--train", corpus, "--test", corpus, "-o", output, "--iterations", 1, "-r", 1]
    options += ["--chars", 100, "--threads", 1]
    run(segmentation.main, segmented / "pipeline", *options, "--long", 200)
    report = (output / "segmentation.md").read_text(encoding="utf-8")
    assert "| jieba | 100.00 |" in report
    assert "One text of 200 characters" in report
    (model,) = output.glob("pkuseg-*/weights.npz")
    trained_at = model.stat().st_mtime_ns
    run(segmentation.main, segmented / "pipeline", *options, "--long", "")
    assert model.stat().st_mtime_ns == trained_at
    assert json.loads((output / "segmentation.json").read_text(encoding="utf-8"))["speed"]


@pytest.mark.parametrize("words", [["他", "在", "北京"], ["他", " ", "在", "\n", "北京", " "]])
def test_words_find_their_place_in_the_text(words):
    text = " 他 在\n北京  "
    doc = make_doc(spacy.blank("xx").vocab, text, words)
    assert doc.text == text
    assert [token.text for token in doc if not token.is_space] == ["他", "在", "北京"]


@pytest.mark.parametrize("words", [["他", "北京"], ["他", "在"], ["他", "在", "北", "平"]])
def test_words_of_another_text_are_refused(words):
    with pytest.raises(ValueError, match="text"):
        make_doc(spacy.blank("xx").vocab, "他在北京", words)

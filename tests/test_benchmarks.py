"""The benchmarks run; what they measure is no matter of tests."""

import json

import spacy
import typer
from spacy.tokens import Doc
from typer.testing import CliRunner

from benchmarks import speed
from spacy_birnn.corpora.write import write_docs

from .conftest import TAGGED


def test_speed(tmp_path, monkeypatch):
    for name, value in (
        ("BATCH_SIZES", (1, 32)),
        ("DOC_LENGTHS", (5, 20)),
        ("LONG_DOCS", (50,)),
        ("CUT_WORDS", 40),
    ):
        monkeypatch.setattr(speed, name, value)
    vocab = spacy.blank("xx").vocab
    docs = [Doc(vocab, words=text.split() * 2, tags=tags * 2) for text, tags in TAGGED * 5]
    corpus = tmp_path / "corpus.spacy"
    write_docs(corpus, docs)
    app = typer.Typer()
    app.command()(speed.main)
    options = ["--corpus", corpus, "--rounds", "1", "--threads", "1", "--output", tmp_path]
    result = CliRunner().invoke(app, list(map(str, options)))
    assert result.exit_code == 0, result.output
    assert "| predict | core TorchBiLSTM |" in (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "<svg" in (tmp_path / "speed.svg").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))

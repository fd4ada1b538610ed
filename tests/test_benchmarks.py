"""The benchmarks run; what they measure is no matter of tests."""

import json

import pytest
import spacy
import typer
from spacy.tokens import Doc
from typer.testing import CliRunner

from benchmarks import decoding, speed
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

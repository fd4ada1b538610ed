"""`docs/how-to/serve-without-torch.md`: its code runs, and its commands and files exist."""

import re
import sys
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
import spacy

from benchmarks import serving
from spacy_birnn.compiling.pipelines import Compilation
from spacy_birnn.corpora.write import write_docs

from .helpers.commands import run, run_main
from .helpers.components import Case
from .helpers.models import HEADS

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "serve-without-torch.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
TAGGER = Case("birnn_tagger", HEADS[0])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a trained pipeline and its compiled form."""
    monkeypatch.chdir(tmp_path)
    nlp = TAGGER.load()
    nlp.to_disk(tmp_path / "trained")
    Compilation().run(nlp, tmp_path / "compiled")
    return tmp_path


def test_the_app_annotates_texts(folder, monkeypatch):
    testclient = pytest.importorskip("fastapi.testclient")
    app, threads = (code for language, code in BLOCKS if language == "python")
    (folder / "served_app.py").write_text(app, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "served_app", raising=False)
    from served_app import app as served

    client = testclient.TestClient(served)
    found = client.post("/annotate", json={"texts": ["Eat blue ham", ""]}).json()
    expected = [token.tag_ for token in spacy.load("compiled")("Eat blue ham")]
    assert [token["tag"] for token in found[0]["tokens"]] == expected
    assert found[1] == {"tokens": [], "ents": []}
    assert client.post("/annotate", json={"text": "?"}).status_code == 422
    exec(threads, {})


def test_commands_and_extras_exist():
    text = PAGE.read_text(encoding="utf-8")
    extras = {name for found in re.findall(r"\[([a-z,]+)\]\"", text) for name in found.split(",")}
    assert extras and extras <= {*metadata("spacy-birnn").get_all("Provides-Extra")}
    assert set(re.findall(r"spacy_birnn-([\d.]+)-py3", text)) == {version("spacy-birnn")}
    options = re.findall(r"^\| `(--[a-z-]+)", text, re.MULTILINE)
    output = run("compile", "--help").output
    assert options and all(option in output for option in options)


def test_the_benchmark_compares_both(folder):
    examples = TAGGER.make_examples(TAGGER.make_blank())
    write_docs(folder / "test.spacy", [example.reference for example in examples])
    output = run_main(
        serving.main, "trained", "compiled", "-d", "test.spacy", "--starts", 1, "-r", 1
    )
    assert "from those of PyTorch: 0 of" in output
    assert "alone and in batches: 0 of" in output

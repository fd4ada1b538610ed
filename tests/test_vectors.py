"""Word vectors from raw text, and a pipeline that is trained with them."""

import builtins
from pathlib import Path

import numpy as np
import pytest
import spacy
from numpy.testing import assert_array_equal
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_birnn.bulk.records import InputFormat, Source
from spacy_birnn.bulk.word_files import write_words
from spacy_birnn.corpora.write import write_docs
from spacy_birnn.errors import InputError

from .helpers.commands import run
from .helpers.static_vectors import EMBED
from .helpers.tagger import make_examples

TEXT = "I like green eggs.\n\nEat blue ham.\n"
RECIPE = Path(__file__).parents[1] / "configs" / "en_pos.cfg"
ENGLISH = ("--lang", "en")
QUICK = (*ENGLISH, "--epochs", "2", "--width", "8", "--rows", "50")


@pytest.fixture
def floret():
    return pytest.importorskip("floret", reason="the extra 'vectors' is not installed")


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "raw.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def message(result):
    return " ".join(result.output.split())


def test_words_of_all_formats(tmp_path, raw):
    (tmp_path / "raw.jsonl").write_text('{"text": "Ham, eggs"}\n', encoding="utf-8")
    words = ["New York", " ", "a\0b", "ham"]
    write_docs(tmp_path / "raw.spacy", [Doc(Vocab(), words=words), Doc(Vocab())])
    sources = [
        Source(str(raw), InputFormat.text),
        Source(str(tmp_path / "raw.jsonl"), InputFormat.jsonl),
        Source(str(tmp_path / "raw.spacy"), InputFormat.spacy),
    ]
    written = write_words(tmp_path / "words.txt", sources, spacy.blank("en"))
    lines = (tmp_path / "words.txt").read_text(encoding="utf-8").splitlines()
    assert lines == ["I like green eggs .", "Eat blue ham .", "Ham , eggs", "New York a b ham"]
    assert (written.documents, written.words, written.cut) == (4, 15, 2)


def test_bad_documents_are_counted_or_an_error(tmp_path):
    path = tmp_path / "raw.jsonl"
    path.write_text('{"text": 1}\n{"text": "ham"}\n', encoding="utf-8")
    nlp, sources = spacy.blank("en"), [Source(str(path), InputFormat.jsonl)]
    with pytest.raises(InputError, match='line 1: the object has no string "text"'):
        write_words(tmp_path / "words.txt", sources, nlp)
    written = write_words(tmp_path / "words.txt", sources, nlp, skip_bad=True)
    assert written.words == 1 and len(written.left_out) == 1


def test_text_without_words_is_an_error(tmp_path, raw):
    raw.write_text(" \n\n", encoding="utf-8")
    with pytest.raises(InputError, match="no words in"):
        write_words(tmp_path / "w", [Source(str(raw), InputFormat.text)], spacy.blank("en"))


def test_a_pipeline_is_trained_with_the_vectors(tmp_path, raw, floret):
    # The language is that of the recipe.
    options = ["--config", RECIPE, *QUICK[len(ENGLISH) :]]
    result = run("vectors", raw, "--output", tmp_path / "vectors", *options)
    assert result.exit_code == 0, result.output
    assert "9 words of 2 documents" in message(result)
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"embed": EMBED}}})
    nlp.config["initialize"]["vectors"] = str(tmp_path / "vectors")
    nlp.initialize(lambda: make_examples(nlp))
    assert nlp.vocab.vectors.shape == (50, 8) and nlp.vocab.vectors.mode == "floret"
    # A word that was not in the text has the vector of its parts.
    assert np.any(nlp.vocab["eggshell"].vector)
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    assert_array_equal(loaded.vocab["eggs"].vector, nlp.vocab["eggs"].vector)
    assert [t.tag_ for t in loaded("Eat eggshells")] == [t.tag_ for t in nlp("Eat eggshells")]


def test_the_same_text_gives_the_same_vectors(tmp_path, raw, floret):
    for name in ("one", "other"):
        assert run("vectors", raw, "--output", tmp_path / name, *QUICK).exit_code == 0
    one, other = (tmp_path / name / "vocab" / "vectors" for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


def test_labels_of_floret_are_words(tmp_path, raw, floret):
    raw.write_text("__label__a __label__a\n", encoding="utf-8")
    result = run("vectors", raw, "--output", tmp_path / "vectors", *QUICK)
    assert result.exit_code == 0, result.output


def test_a_folder_is_replaced_on_demand_alone(tmp_path, raw, floret):
    output = tmp_path / "vectors"
    output.mkdir()
    (output / "mine").touch()
    result = run("vectors", raw, "--output", output, *QUICK)
    assert result.exit_code == 1 and "--force to replace it" in message(result)
    result = run("vectors", raw, "--output", output, "--force", *QUICK)
    assert result.exit_code == 1 and "has no vectors" in message(result)
    assert [path.name for path in output.iterdir()] == ["mine"]
    (output / "vocab").mkdir()
    (output / "vocab" / "vectors").touch()
    assert run("vectors", raw, "--output", output, "--force", *QUICK).exit_code == 0
    assert not (output / "mine").exists()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((*ENGLISH, "--min-count", "9"), "lower --min-count"),
        ((*ENGLISH, "--min-length", "6"), "--max-length 5 is less"),
        (("--lang", "qq"), "qq"),
        ((), "either --lang or"),
        (("--config", __file__), "not a config with a language"),
    ],
)
def test_bad_settings_are_explained(tmp_path, raw, floret, options, text):
    result = run("vectors", raw, "--output", tmp_path / "vectors", *options)
    assert result.exit_code == 1 and text in message(result)
    assert [path.name for path in tmp_path.iterdir()] == ["raw.txt"]


def test_characters_are_warned_of(tmp_path, raw, floret):
    result = run("vectors", raw, "--output", tmp_path / "vectors", *QUICK, "--lang", "zh")
    assert result.exit_code == 0 and "single characters" in message(result)


def test_without_floret_the_extra_is_named(tmp_path, raw, monkeypatch):
    imports = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "floret":
            raise ImportError("No module named 'floret'")
        return imports(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    result = run("vectors", raw, "--output", tmp_path / "vectors", *ENGLISH)
    assert result.exit_code == 1 and 'pip install "spacy-birnn[vectors]"' in message(result)

"""The page for typed texts."""

import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc

import spacy_birnn.visualize
from spacy_birnn.visualize.analyse import Analyser
from spacy_birnn.visualize.marks import mark_entities, mark_words, table_rows

from .helpers.commands import run
from .helpers.report import GOLD, Page, make_trained

PAGE = Path(spacy_birnn.visualize.__file__).with_name("app.py")
TEXTS = ["".join(words) for words, _, _ in GOLD]
STRANGE = [
    "",
    " \n\t ",
    "\x00",
    "a\n\n\tb",
    "\u202eמה 👩‍👩‍👧 e\u0301",
    "<script>alert(1)</script>",
    "## $x$ :smile: {0} {text} %s",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visualize")
    nlp = make_trained()
    for name in ("birnn_tagger", "birnn_ner"):
        nlp.config["components"][name]["confidence"] = False
    nlp.to_disk(folder / "model")
    return folder


@pytest.fixture(scope="module")
def analyse(folder):
    return Analyser(str(folder / "model"))


def test_confidences_are_on(analyse):
    doc = analyse(TEXTS[2])
    words, tags, entities = GOLD[2]
    rows = table_rows(doc)
    assert [row["word"] for row in rows] == words and [row["tag"] for row in rows] == tags
    assert all(0 < row["p(tag)"] <= 1 and 0 < row["p(entity tag)"] <= 1 for row in rows)
    assert all(row["most probable tags"].count(",") == 2 for row in rows)
    assert rows[2]["entity"] == "B-<i>LOC"
    assert all(ent._.confidence for ent in doc.ents) and len(doc.ents) == len(entities)


def test_documents_without_annotation_have_words():
    doc = Doc(spacy.blank("en").vocab, words=["It", "works"])
    assert table_rows(doc) == [{"word": "It"}, {"word": "works"}]
    assert "works" in mark_words(doc) and "works" in mark_entities(doc)


@pytest.mark.parametrize("text", [*TEXTS, *STRANGE])
def test_marks_are_escaped_and_balanced(analyse, text):
    doc = analyse(text)
    for html in (mark_words(doc), mark_entities(doc)):
        page = Page(f"<html>{html}</html>")
        assert page.open == []
        assert {*page.tags} <= {"html", "style", "div", "span", "small", "mark", "br"}
    words = Page(f"<html>{mark_words(doc)}</html>").text
    assert all(token.text in words for token in doc if not token.is_space)


def test_words_for_the_dictionary_are_for_one_text(analyse):
    stored = [token.text for token in analyse(TEXTS[2])]
    doc = analyse(TEXTS[2], ["他在\tX", ""])
    assert (doc[0].text, doc[0].tag_) == ("他在", "X")
    assert [token.text for token in analyse(TEXTS[2])] == stored
    with pytest.raises(ValueError, match="Dictionary entry 1"):
        analyse(TEXTS[2], ["a\tb\tc"])
    assert len(analyse.segmenter.dictionary) == 0


@pytest.fixture
def page(folder, monkeypatch):
    testing = pytest.importorskip("streamlit.testing.v1")
    monkeypatch.setattr(sys, "argv", ["app.py", str(folder / "model")])
    page = testing.AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert not page.exception
    return page


def type_text(page, text, words=""):
    page.text_area[0].set_value(text)
    page.text_area[1].set_value(words)
    page.button[0].click().run()
    assert not page.exception
    return page


def test_page_shows_what_is_found(page):
    assert "Type a text" in page.info[0].value
    type_text(page, TEXTS[2])
    assert [subheader.value for subheader in page.subheader] == ["Words", "Entities", "Table"]
    assert list(page.dataframe[0].value["word"]) == GOLD[2][0]
    type_text(page, TEXTS[2], "他在\tX")
    assert page.dataframe[0].value["tag"].iloc[0] == "X"


@pytest.mark.parametrize("text", STRANGE)
def test_page_takes_strange_texts(page, text):
    type_text(page, text)
    assert not page.error and len(page.info) == (not text.strip())


def test_page_shows_the_beginning_of_a_long_text(page):
    type_text(page, "中国" * 20_000)
    assert "40,000 characters" in page.warning[0].value
    assert sum(map(len, page.dataframe[0].value["word"])) == 20_000


def test_page_explains_a_bad_word(page):
    type_text(page, TEXTS[2], "a\tb\tc")
    assert "Dictionary entry 1" in page.error[0].value and not page.subheader


def test_page_for_other_components_of_spacy(page, tmp_path, monkeypatch):
    nlp = spacy.blank("en")
    textcat = nlp.add_pipe("textcat")
    for label in ("good", "bad"):
        textcat.add_label(label)
    nlp.initialize()
    nlp.to_disk(tmp_path)
    monkeypatch.setattr(sys, "argv", ["app.py", str(tmp_path)])
    page.run()
    assert len(page.text_area) == 1
    page.text_area[0].set_value("It works")
    page.button[0].click().run()
    assert not page.exception
    assert [subheader.value for subheader in page.subheader] == ["Words", "Categories", "Table"]
    assert {*page.dataframe[0].value["category"]} == {"good", "bad"}


def test_page_explains_a_missing_pipeline(page, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["app.py", "missing"])
    page.run()
    assert not page.exception and "cannot be loaded" in page.error[0].value


@pytest.fixture
def commands(monkeypatch):
    """The arguments that Streamlit would get."""
    commands = []

    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr("runpy.run_module", lambda name, run_name: commands.append(sys.argv))
    return commands


def test_command_starts_a_page_that_calls_nobody(folder, commands, monkeypatch):
    monkeypatch.setattr("spacy_birnn.cli.visualize.find_spec", lambda name: name)
    result = run("visualize", folder / "model", "--port", "8600", "--headless")
    assert result.exit_code == 0, result.output
    (command,) = commands
    assert {
        "--browser.gatherUsageStats=false",
        "--server.address=localhost",
        "--server.port=8600",
        "--server.headless=true",
    } <= {*command}
    assert command[-3:] == [str(PAGE), "--", str(folder / "model")]


def test_command_explains_what_is_missing(folder, commands, monkeypatch):
    monkeypatch.setattr("spacy_birnn.cli.visualize.find_spec", lambda name: name)
    result = run("visualize", folder / "missing")
    assert result.exit_code == 1 and "missing" in result.output
    monkeypatch.setattr("spacy_birnn.cli.visualize.find_spec", lambda name: None)
    result = run("visualize", folder / "model")
    assert result.exit_code == 1 and "spacy-birnn[visualize]" in result.output
    assert commands == []

"""The report: its numbers are those of spaCy's scorer, and its page needs nothing but itself."""

import re
import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pytest
import spacy
from spacy.pipeline.tagger import tagger_score
from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_birnn.corpora.write import write_docs
from spacy_birnn.evaluation.scoring import evaluate
from spacy_birnn.report.config_changes import config_changes
from spacy_birnn.report.entity_errors import collect_entities
from spacy_birnn.report.error_places import Place, context, words_at
from spacy_birnn.report.figures import most_confused
from spacy_birnn.report.tag_errors import collect_tags
from spacy_birnn.report.word_errors import collect_words

from .helpers.commands import run
from .helpers.report import GOLD, SCORED, Page, make_doc, make_trained, save

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    save(make_trained(), folder)
    (folder / "damaged.spacy").write_bytes(b"damaged")
    return folder


@pytest.fixture(scope="module")
def html(folder):
    result = run("report", folder / "model-best", folder / "test.spacy", "-o", folder / "r.html")
    assert result.exit_code == 0, result.output
    assert "r.html" in result.output.replace("\n", "")
    return (folder / "r.html").read_text(encoding="utf-8")


def test_page_is_balanced_and_complete(html):
    page = Page(html)
    assert page.open == []
    sections = {value for name, value in page.attributes if name == "id"}
    assert {"curves", "scores", "words", "tags", "entities", "confidence", "config"} <= sections
    # Losses, scores, recall, confusion and two diagrams of confidence.
    assert page.tags.count("svg") == 6
    assert "components.birnn_ner.model.depth" in page.text and "seed" in page.text
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]*)\)", html) + re.findall(r'href="#([^"]*)"', html)
    assert used and set(used) <= set(ids)


def test_page_needs_nothing_from_elsewhere(html):
    page = Page(html)
    assert not {"script", "link", "img", "image", "iframe", "base", "object"} & set(page.tags)
    for name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert value.startswith("#")
    assert "@import" not in html and "<!DOCTYPE svg" not in html
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    # The names of XML's own language, which nothing is fetched from.
    assert set(re.findall(r"\w+://[\w.]+", html)) <= {"http://www.w3.org"}


def test_texts_and_labels_are_escaped(html):
    assert "&lt;script&gt;" in html and "<script" not in html
    assert "&lt;img" in html and "<img" not in html
    page = Page(html)
    assert not {"b", "i"} & set(re.findall(r"<(\w+)>LOC", html))
    # Types in the table, by displaCy, and tags in the table and in the heat map, as they are.
    assert "<i>LOC" in page.text and "<b>" in page.text and "PRP$" in page.text
    assert "$$" in page.text and "mathdefault" not in page.text


def test_text_of_figures_is_text_in_the_colour_of_the_page(html):
    figures = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert all("<text" in figure and "currentColor" in figure for figure in figures)
    assert all("#000000" not in figure and "#ffffff" not in figure for figure in figures)
    assert any("名" in figure for figure in figures)


def test_numbers_on_the_page_are_those_of_the_evaluation(folder, html):
    nlp = spacy.load(folder / "model-best")
    golds = [make_doc(nlp.vocab, *gold) for gold in SCORED]
    scores = nlp.evaluate([Example(nlp.make_doc(gold.text), gold) for gold in golds])
    rows = dict(re.findall(r'<td>(\w+)</td><td class="n">([\d.–]+)</td></tr>', html))
    numbers = {name: s for name, s in scores.items() if s is None or isinstance(s, float)}
    assert {"token_f", "oov_recall", "tag_acc", "ents_f"} <= set(numbers)
    for name in set(numbers) - {"speed"}:
        assert rows[name] == ("–" if numbers[name] is None else f"{100 * numbers[name]:.2f}")
    assert f"expected calibration error {scores['tag_calibration']['ece']:.4f}" in html


def random_doc(vocab, rng, text):
    """A document of that text with random words, tags and entities, some of them unknown."""
    cuts = sorted({0, len(text), *rng.integers(1, len(text), size=8).tolist()})
    words = [text[start:end] for start, end in pairwise(cuts)]
    tags = rng.choice(["", "A", "B", "C"], size=len(words)).tolist()
    doc = Doc(vocab, words=words, spaces=[False] * len(words), tags=tags)
    borders = sorted(set(rng.integers(0, len(words) + 1, size=6).tolist()))
    spans = [
        Span(doc, start, end, label=str(rng.choice(["X", "Y"])))
        for start, end in zip(borders[::2], borders[1::2])
    ]
    missing = [doc[:1]] if rng.random() < 0.3 and not any(s.start == 0 for s in spans) else []
    doc.set_ents(spans, missing=missing, default="outside")
    return doc


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_the_scorer(seed):
    rng, vocab = np.random.default_rng(seed), Vocab()
    texts = ["".join(rng.choice(list("abcd"), size=16)) for _ in range(20)]
    # Equal documents, too, so that much is right.
    golds = [random_doc(vocab, rng, text) for text in texts]
    examples = [
        Example(gold.copy() if number % 3 == 0 else random_doc(vocab, rng, gold.text), gold)
        for number, gold in enumerate(golds)
    ]
    tags = collect_tags(examples)
    tp, fp, fn = (sum(getattr(s, n) for s in tags.scores.values()) for n in ("tp", "fp", "fn"))
    expected = tagger_score(examples)
    assert 2 * tp / (2 * tp + fp + fn) == pytest.approx(expected["tag_acc"])
    assert sum(kind.count for kind in tags.kinds) == fp
    assert sum(tags.counts.values()) == tp + fn

    entities, expected = collect_entities(examples), get_ner_prf(examples)
    assert entities.found / (entities.found + entities.wrong) == pytest.approx(expected["ents_p"])
    assert entities.found / (entities.found + entities.missed) == pytest.approx(expected["ents_r"])
    by_kind = [(kind.name, kind.count) for kind in entities.kinds]
    assert sum(n for (_, gold, _), n in by_kind if gold != "–") == entities.missed
    assert sum(n for (_, _, predicted), n in by_kind if predicted != "–") == entities.wrong

    words, expected = collect_words(examples, {"a", "b", "ab"}), Scorer.score_tokenization(examples)
    recalls = [*words.known.values(), *words.unknown.values()]
    found, total = sum(r.found for r in recalls), sum(r.total for r in recalls)
    assert found / total == pytest.approx(expected["token_r"])
    assert total == sum(len(gold) for gold in golds)
    # The words of each error cover the same text.
    for kind in words.kinds:
        assert kind.name[0] != kind.name[1]
        assert kind.name[0].replace(" | ", "") == kind.name[1].replace(" | ", "")


def test_kinds_of_errors_in_entities():
    def doc_with(*entities):
        words = ["a", "b", "c", "d", "e", "f"]
        return make_doc(vocab, words, ["T"] * 6, entities)

    vocab = Vocab()
    gold = doc_with((0, 1, "X"), (1, 3, "X"), (4, 5, "Y"))
    predicted = doc_with((0, 1, "Y"), (2, 3, "X"), (5, 6, "X"))
    kinds = {kind.name for kind in collect_entities([Example(predicted, gold)]).kinds}
    assert kinds == {
        ("other type", "X", "Y"),
        ("other borders", "X", "X"),
        ("missed", "Y", "–"),
        ("extra", "–", "X"),
    }


def test_words_are_shown_in_their_context():
    vocab = Vocab()
    gold = Doc(vocab, words=["w"] * 20 + ["ab", "c"] + ["w"] * 20)
    predicted = Doc(vocab, words=["w"] * 20 + ["ab", "c"] + ["w"] * 20)
    place = Place(gold, predicted, 40, 44)
    assert context(place) == ("…" + "w " * 8, "ab c", " w" * 8 + "…")
    words = words_at(predicted, place)
    assert [word for word, is_there in words if is_there] == ["ab", "c"]
    assert len(words) == 18


def test_evaluation_keeps_what_it_scored(folder):
    nlp = spacy.load(folder / "model-best")
    golds = [make_doc(nlp.vocab, *gold) for gold in GOLD]
    scores, examples = evaluate(nlp, [Example(nlp.make_doc(gold.text), gold) for gold in golds])
    assert [example.predicted.has_annotation("TAG") for example in examples] == [True] * 3
    assert scores["token_f"] == Scorer.score_tokenization(examples)["token_f"]


def test_given_words_are_not_scored(tmp_path):
    save(make_trained(with_words=False), tmp_path, with_log=False)
    arguments = [tmp_path / "model-best", tmp_path / "test.spacy", "--output", tmp_path / "r.html"]
    result = run("report", *arguments, "--gold-preproc")
    assert result.exit_code == 0, result.output
    assert "no learning curves" in " ".join(result.output.split())
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "given by the data" in page.text and "token_f" not in page.text
    assert "There is no training log" in page.text
    assert ("id", "words") not in page.attributes


def test_data_without_annotation(tmp_path):
    nlp = spacy.blank("en")
    nlp.to_disk(tmp_path / "model")
    # It is not known where spaces are, so there are not even words to score.
    write_docs(tmp_path / "test.spacy", [Doc(nlp.vocab, words=["It", "works"])])
    result = run("report", tmp_path / "model", tmp_path / "test.spacy", "-o", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "no annotation" in page.text and "words are not scored: 1." in page.text
    assert page.open == [] and "svg" not in page.tags


def test_heat_map_has_the_tags_with_most_errors():
    words, gold = ["w"] * 60, [f"T{number:02}" for number in range(60)]
    predicted = [*gold[:30], *gold[31:], gold[30]]
    docs = [Doc(Vocab(), words=words, tags=tags) for tags in (predicted, gold)]
    tags = collect_tags([Example(*docs)] * 2)
    assert most_confused(tags) == gold[30:50]
    assert tags.confusion["T30", "T31"] == 2


def test_log_of_another_training_is_not_shown(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "training")
    log = tmp_path / "training" / "training.jsonl"
    log.write_text(log.read_text(encoding="utf-8").replace("7.25", "7.26"), encoding="utf-8")
    model, data, page = log.parent / "model-best", log.parent / "test.spacy", tmp_path / "r.html"
    result = run("report", model, data, "-o", page)
    assert result.exit_code == 0, result.output
    assert "log of another training" in " ".join(result.output.split())
    assert Page(page.read_text(encoding="utf-8")).tags.count("svg") == 4
    page.unlink()
    result = run("report", model, data, "-o", page, "--log", log)
    assert result.exit_code == 1
    assert "log of another training" in " ".join(result.output.split())
    assert not page.exists()


@pytest.mark.parametrize(
    ("model", "data", "log", "message"),
    [
        ("missing", "test.spacy", "training.jsonl", "missing"),
        ("model-best", "missing.spacy", "training.jsonl", "missing.spacy"),
        ("model-best", "test.spacy", "missing.jsonl", "There is no file"),
        ("model-best", "test.spacy", "test.spacy", "not UTF-8"),
        ("model-best", "test.spacy", "model-best/meta.json", "line 1"),
        ("model-best", "damaged.spacy", "training.jsonl", "damaged.spacy is damaged"),
    ],
)
def test_bad_input_is_explained(folder, model, data, log, message, tmp_path):
    arguments = [folder / model, folder / data, "-o", tmp_path / "r.html", "--log", folder / log]
    result = run("report", *arguments)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split()) and "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_changes_of_the_config():
    nlp = spacy.blank("en")
    for name in ("birnn_segmenter", "birnn_tagger", "birnn_ner", "textcat"):
        nlp.add_pipe(name)
    assert config_changes(nlp) == []
    nlp = spacy.blank("en")
    encode = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 128, "depth": 3}
    nlp.add_pipe("birnn_tagger", config={"top_k": 2, "model": {"tok2vec": {"encode": encode}}})
    path = "components.birnn_tagger"
    assert set(config_changes(nlp)) == {
        (f"{path}.top_k", "0", "2"),
        (f"{path}.model.tok2vec.encode.width", "256", "128"),
        (f"{path}.model.tok2vec.encode.depth", "2", "3"),
    }


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_page_opens_in_a_browser(folder, html, tmp_path):
    picture = tmp_path / "page.png"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=500,900"]
    page = (folder / "r.html").as_uri()
    command = [BROWSER, *options, f"--user-data-dir={tmp_path}", f"--screenshot={picture}", page]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    # A page without content would be of one colour, and tiny.
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000

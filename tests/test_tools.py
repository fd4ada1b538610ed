"""`birnn tag --for`: pre-annotations that annotation tools and `convert` read."""

import json

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from spacy_birnn.bulk.tool_writers import score_of

from .helpers.bulk import make_untrained, tag
from .helpers.commands import message_of
from .helpers.commands import run_convert as convert

TEXTS = ["I like green eggs", "Eat blue ham", "", "ham | 🙂 ham", "I like blue ham and eggs"]
TOOLS = {"doccano": "jsonl", "label-studio": "json", "prodigy": "jsonl"}


def read(path, tool):
    text = path.read_text(encoding="utf8")
    return json.loads(text) if tool == "label-studio" else list(map(json.loads, text.splitlines()))


def score(record, tool):
    if tool == "doccano":
        return record["score"]
    return record["meta"]["score"] if tool == "prodigy" else record["predictions"][0]["score"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network that has learned nothing, after rules that find some entities."""
    nlp = make_untrained()
    nlp.remove_pipe("birnn_segmenter")
    ruler = nlp.add_pipe("entity_ruler", before="birnn_ner")
    ruler.add_patterns([{"label": "FOOD", "pattern": word} for word in ("ham", "green eggs")])
    folder = tmp_path_factory.mktemp("model")
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def expected(folder):
    return [doc for doc in spacy.load(folder).pipe(TEXTS) if doc.text]


@pytest.mark.parametrize("tool", TOOLS)
def test_exports_open_again_with_the_same_spans(tool, folder, expected, tmp_path):
    (tmp_path / "in.txt").write_text("\n".join(TEXTS), encoding="utf8")
    output = tmp_path / f"out.{TOOLS[tool]}"
    result = tag(folder, tmp_path / "in.txt", "-o", output, "--for", tool, "--shard-size", 2)
    assert result.exit_code == 0, result.output
    options = ["--lang", "en", "--tokens", "characters"]
    code, message = convert(output, tmp_path / "corpus", *options)
    assert code == 0 and f"lines: {tool} " in message and "⚠" not in message, message
    docs = list(DocBin().from_disk(tmp_path / "corpus" / "out.spacy").get_docs(Vocab()))
    assert [doc.text for doc in docs] == [doc.text for doc in expected]
    spans = [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs]
    assert spans == [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in expected]
    assert any(spans)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_least_certain_come_first(tool, folder, expected, tmp_path):
    (tmp_path / "in.txt").write_text("\n".join(TEXTS), encoding="utf8")
    options = ["--for", tool, "--sort", "uncertainty", "--shard-size", 2]
    result = tag(folder, tmp_path / "in.txt", "-o", tmp_path / "out", *options)
    assert result.exit_code == 0, result.output
    scores = [score(record, tool) for record in read(tmp_path / "out", tool)]
    assert scores == pytest.approx(sorted(map(score_of, expected)), abs=1e-6)
    assert 0 < scores[0] < scores[-1] <= 1


def test_confidences_are_computed_without_the_setting(folder, tmp_path):
    nlp = spacy.load(folder)
    nlp.get_pipe("birnn_ner").configure(confidence=False)
    nlp.to_disk(tmp_path / "model")
    (tmp_path / "in.txt").write_text("I like ham", encoding="utf8")
    result = tag(
        tmp_path / "model", tmp_path / "in.txt", "-o", tmp_path / "out", "--for", "prodigy"
    )
    assert result.exit_code == 0, result.output
    assert read(tmp_path / "out", "prodigy")[0]["meta"]["score"] is not None


def test_fields_are_kept(folder, tmp_path):
    data = {"text": "I like ham", "id": 7, "meta": {"source": "x"}, "answer": "reject"}
    (tmp_path / "in.jsonl").write_text(json.dumps(data), encoding="utf8")
    for tool, where in (("doccano", ()), ("prodigy", ()), ("label-studio", ("data",))):
        output = tmp_path / tool
        assert tag(folder, tmp_path / "in.jsonl", "-o", output, "--for", tool).exit_code == 0
        (record,) = read(output, tool)
        for key in where:
            record = record[key]
        assert record["id"] == 7 and record["meta"]["source"] == "x"
        assert tool != "prodigy" or "answer" not in record


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "out.jsonl", "--sort", "uncertainty"], "add --for doccano"),
        (["-o", "-", "--for", "doccano", "--sort", "uncertainty"], "order of the input"),
        (["-o", "-", "--for", "label-studio"], "cannot go to standard output"),
        (["-o", "out", "--for", "doccano", "--output-format", "conllu"], "has its own format"),
    ],
)
def test_options_that_do_not_go_together(options, message, folder, tmp_path):
    (tmp_path / "in.txt").write_text("I like ham", encoding="utf8")
    result = tag(folder, tmp_path / "in.txt", *options)
    assert result.exit_code == 1 and message in message_of(result)


def test_a_pipeline_without_confidences_cannot_sort(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    (tmp_path / "in.txt").write_text("I like ham", encoding="utf8")
    options = ["--for", "doccano", "--sort", "uncertainty"]
    result = tag(tmp_path / "blank", tmp_path / "in.txt", "-o", tmp_path / "out", *options)
    assert result.exit_code == 1 and "no confidences of entities to sort by" in message_of(result)
    assert not (tmp_path / "out").exists()

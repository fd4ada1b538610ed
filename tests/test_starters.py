"""The starter pipelines of the package."""

import json
from zipfile import ZipFile

import pytest
import spacy
import srsly

import spacy_birnn
from spacy_birnn.errors import InputError
from spacy_birnn.starters import FOLDER, names

from .helpers.commands import ROOT, run_python

MOST_BYTES = 6_000_000
EXPECTED = {
    "en": ("They moved to York in May.", ["They", "moved", "to", "York", "in", "May", "."]),
    "zh": ("他在北京大学工作。", ["他", "在", "北京大学", "工作", "。"]),
}
ANNOTATE = """
import json, sys
from tests.helpers.without_torch import Missing
sys.meta_path.insert(0, Missing("torch", "onnx"))
import spacy_birnn
found = {}
for name, text in json.loads(sys.argv[1]).items():
    doc = spacy_birnn.load(name)(text)
    found[name] = [[t.text, t.pos_, t.tag_, t.ent_type_] for t in doc]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def annotated():
    """The words, parts of speech, tags and entities that starters find without PyTorch."""
    texts = json.dumps({name: text for name, (text, _) in EXPECTED.items()})
    return json.loads(run_python("-c", ANNOTATE, texts))


def test_there_is_a_starter_for_each_language():
    assert names() == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_starters_find_words_without_torch(annotated, name):
    assert [word for word, *_ in annotated[name]] == EXPECTED[name][1]


def test_starters_find_parts_of_speech_tags_and_entities(annotated):
    parts = ["PRON", "VERB", "ADP", "PROPN", "ADP", "PROPN", "PUNCT"]
    assert [pos for _, pos, _, _ in annotated["en"]] == parts
    assert [tag for _, _, tag, _ in annotated["zh"]] == ["r", "p", "nt", "v", "w"]
    assert [ent for *_, ent in annotated["zh"]] == ["", "", "ORG", "", ""]


@pytest.mark.parametrize("name", EXPECTED)
def test_starters_are_small_and_say_where_they_are_from(name):
    files = [path for path in (FOLDER / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    meta = srsly.read_json(FOLDER / name / "meta.json")
    assert meta["lang"] == name and meta["license"] and meta["description"]
    assert meta["sources"] and meta["compiled"]["tables"] == "int8"
    card = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert all(source["license"] in card for source in meta["sources"])
    assert "corpus/" in card and "**seed** | 0" in card


def test_options_are_those_of_spacy():
    nlp = spacy_birnn.load("zh", exclude=["birnn_ner"])
    assert nlp.pipe_names == ["birnn_segmenter", "tok2vec", "birnn_tagger"]


def test_an_unknown_starter_is_explained():
    with pytest.raises(InputError, match=r"no starter pipeline 'fr': choose from en, zh, or load"):
        spacy_birnn.load("fr")


def test_a_starter_is_saved_as_any_pipeline(tmp_path):
    nlp, text = spacy_birnn.load("zh"), EXPECTED["zh"][0]
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path)(text).to_json() == nlp(text).to_json()


def test_the_wheel_has_the_starters(tmp_path):
    run_python("-m", "build", ROOT, "--wheel", "--no-isolation", "--outdir", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {info.filename for info in ZipFile(wheel).infolist()}
    inside = {path.relative_to(FOLDER.parents[1]).as_posix() for path in FOLDER.glob("*/**/*")}
    files = {path for path in inside if (FOLDER.parents[1] / path).is_file()}
    assert files and files <= packed

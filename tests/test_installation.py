"""Entry points, configs and what an import costs."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import spacy
import srsly
from spacy import util
from spacy.tokens import Span
from spacy.training import Example
from spacy.training.initialize import init_nlp

from spacy_birnn.corpora.write import write_docs

ROOT = Path(__file__).parents[1]
ENTRY_POINTS = [
    ep
    for group in entry_points().groups
    if group.startswith(("spacy_", "thinc_"))
    for ep in entry_points(group=group)
    if ep.value.startswith("spacy_birnn")
]
CONFIGS = sorted((ROOT / "configs").glob("*.cfg"))


@pytest.mark.parametrize("entry_point", ENTRY_POINTS, ids=lambda ep: ep.name)
def test_entry_point_resolves(entry_point):
    loaded = entry_point.load()
    registry = entry_point.group.split("_")[1]
    assert util.registry.get(registry, entry_point.name) is loaded


def test_entry_points_are_installed_and_versioned():
    names = {ep.name for ep in ENTRY_POINTS}
    assert {"birnn_tagger", "spacy_birnn.BiRNNEncoder.v1", "birnn"} <= names
    assert all(name.endswith(".v1") for name in names if name.startswith("spacy_birnn."))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_config_is_complete_and_initialises(path, tmp_path):
    config = util.load_config(path)
    nlp = util.load_model_from_config(config, auto_fill=True)
    complete = nlp.config.copy()
    # spaCy leaves this block empty unless a config asks for pretraining.
    assert complete.pop("pretraining") == {}
    assert {**complete, "pretraining": config["pretraining"]} == config
    schedule = config["training"]["optimizer"]["learn_rate"]
    assert schedule["epochs"] == config["training"]["max_epochs"]
    assert schedule["batch_words"] == config["training"]["batcher"]["size"]
    docs = [spacy.tokens.Doc(nlp.vocab, words=["a", "b"], tags=["X", "Y"]) for _ in range(3)]
    for doc in docs:
        doc.cats = {"X": 1.0, "Y": 0.0}
        doc.ents = [Span(doc, 0, 1, label="X"), Span(doc, 1, 2, label="Y")]
    write_docs(tmp_path / "train.spacy", docs)
    config["paths"].update(train=str(tmp_path), dev=str(tmp_path))
    nlp = init_nlp(config)
    assert all(component.labels == ("X", "Y") for _, component in nlp.pipeline)
    nlp.update([Example(nlp.make_doc("a b"), docs[0])], sgd=nlp.resume_training())


@pytest.mark.parametrize("name", ["birnn_tagger", "birnn_ner"])
def test_default_config_constructs_alone(name):
    assert spacy.blank("xx").add_pipe(name).name == name


def test_blank_pipeline_loads_nothing_heavy():
    code = (
        "import sys, spacy; spacy.blank('en'); print([m for m in sys.modules if m.startswith("
        "('spacy_birnn.nn.', 'spacy_birnn.models', 'spacy_birnn.corpora', 'spacy_birnn.cli', "
        "'safetensors', 'ray', 'matplotlib', 'streamlit')) and m != 'spacy_birnn.nn.windows'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_project_has_no_shell_words():
    project = srsly.read_yaml(ROOT / "project.yml")
    for command in project["commands"]:
        for line in command["script"]:
            assert line.startswith("python -m "), line
            assert not set("|><;&`") & set(line), line

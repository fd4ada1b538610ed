"""Entry points, configs and what an import costs."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import spacy
import srsly
from packaging.requirements import Requirement
from spacy import util
from spacy.cli import app
from spacy.schemas import ConfigSchemaPretrain
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from typer.testing import CliRunner
from weasel.cli.document import project_document

from spacy_birnn.corpora.write import write_docs

from .helpers.recipes import shrink

ROOT = Path(__file__).parents[1]
ENTRY_POINTS = [
    ep
    for group in entry_points().groups
    if group.startswith(("spacy_", "thinc_"))
    for ep in entry_points(group=group)
    if ep.value.startswith("spacy_birnn")
]
# The last of these only puts trained parts together.
*CONFIGS, ASSEMBLED = sorted((ROOT / "configs").glob("*.cfg"), key=lambda p: "assembled" in p.name)


def make_doc(vocab, words):
    """A document with the tags X and Y."""
    return Doc(vocab, words=words, spaces=[True, False], tags=["X", "Y"], pos=["X", "NOUN"])


@pytest.mark.parametrize("entry_point", ENTRY_POINTS, ids=lambda ep: ep.name)
def test_entry_point_resolves(entry_point):
    loaded = entry_point.load()
    registry = entry_point.group.split("_")[1]
    assert util.registry.get(registry, entry_point.name) is loaded


def test_entry_points_are_installed_and_versioned():
    names = {ep.name for ep in ENTRY_POINTS}
    assert {"birnn_tagger", "spacy_birnn.BiRNNEncoder.v1", "birnn"} <= names
    versions = {name.rsplit(".", 1)[1] for name in names if name.startswith("spacy_birnn.")}
    assert versions == {"v1", "v2"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_config_is_complete_and_initializes(path, tmp_path):
    config = util.load_config(path)
    nlp = util.load_model_from_config(config, auto_fill=True)
    assert nlp.config == config
    if config["pretraining"]:
        util.registry.resolve(config.interpolate()["pretraining"], schema=ConfigSchemaPretrain)
    docs = [make_doc(nlp.vocab, ["a", "b"]) for _ in range(3)]
    for doc in docs:
        doc.cats = {"X": 1.0, "Y": 0.0}
        doc.ents = [Span(doc, 0, 1, label="X"), Span(doc, 1, 2, label="Y")]
    write_docs(tmp_path / "train.spacy", docs)
    shrink(config)["paths"].update(train=str(tmp_path), dev=str(tmp_path))
    nlp = init_nlp(config)
    # A shared tok2vec has no labels, and those of the segmenter are not of the corpus.
    taught = [c for name, c in nlp.pipeline if name not in ("tok2vec", "birnn_segmenter")]
    for component in taught:
        learned = component.cfg.get("annotates", component.name)
        expected = {"birnn_morphologizer": ("POS=NOUN", "POS=X"), "pos": ("NOUN", "X")}
        assert component.labels == expected.get(learned, ("X", "Y"))
    nlp.update([Example(nlp.make_doc("a b"), docs[0])], sgd=nlp.resume_training())


def test_parts_of_two_pipelines_are_assembled(tmp_path):
    docs = [make_doc(spacy.blank("zh").vocab, ["你", "好"])]
    docs[0].ents = [Span(docs[0], 0, 1, label="X")]
    write_docs(tmp_path / "train.spacy", docs)
    parts = {"words": "zh_words", "annotations": "zh"}
    for path, name in parts.items():
        overrides = {"paths.train": str(tmp_path), "paths.dev": str(tmp_path)}
        config = util.load_config(ROOT / "configs" / f"{name}.cfg", overrides=overrides)
        init_nlp(shrink(config)).to_disk(tmp_path / path)
    options = [f"--paths.{path}={tmp_path / path}" for path in parts]
    arguments = ["assemble", str(ASSEMBLED), str(tmp_path / "assembled"), *options]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assembled, whole = spacy.load(tmp_path / "assembled"), spacy.load(tmp_path / "annotations")
    assert assembled.pipe_names == whole.pipe_names
    words, annotations = assembled("你好。"), whole("你好。")
    assert [token.text for token in words] == [
        token.text for token in spacy.load(tmp_path / "words")("你好。")
    ]
    assert words.text == annotations.text and words.has_annotation("TAG")


@pytest.mark.parametrize("name", ["birnn_tagger", "birnn_morphologizer", "birnn_ner"])
def test_default_config_constructs_alone(name):
    assert spacy.blank("xx").add_pipe(name).name == name


def test_blank_pipeline_loads_nothing_heavy():
    code = (
        "import sys, spacy; spacy.blank('en'); print([m for m in sys.modules if m.startswith("
        "('spacy_birnn.nn.', 'spacy_birnn.models', 'spacy_birnn.corpora', 'spacy_birnn.bulk', "
        "'spacy_birnn.cli', 'spacy_birnn.distributed', 'spacy_birnn.training.batches', "
        "'safetensors', 'ray', 'pandas', 'pyarrow', "
        "'matplotlib', 'streamlit'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_commands_load_nothing_of_extras():
    code = (
        "import sys, spacy_birnn.cli; print([m for m in sys.modules if m.split('.')[0] in "
        "('ray', 'pandas', 'pyarrow', 'matplotlib', 'streamlit') "
        "or m.startswith('spacy_birnn.distributed')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_project_has_no_shell_words():
    project = srsly.read_yaml(ROOT / "project.yml")
    for command in project["commands"]:
        for line in command["script"]:
            assert line.startswith("python -m "), line
            assert not set("|><;&`") & set(line), line


def test_page_documents_the_project(tmp_path):
    page = ROOT / "docs" / "reference" / "project.md"
    copy = tmp_path / "project.md"
    text = page.read_text(encoding="utf-8")
    copy.write_text(text, encoding="utf-8")
    project_document(ROOT, copy, no_emoji=True)
    command = "python -m spacy project document . --output docs/reference/project.md --no-emoji"
    assert copy.read_text(encoding="utf-8") == text, f"run `{command}`"


def test_wheel_has_every_package():
    toml = pytest.importorskip("tomllib", reason="Python 3.10 cannot read TOML")
    project = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    modules = (ROOT / "spacy_birnn").rglob("__init__.py")
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in modules}
    assert {*project["tool"]["setuptools"]["packages"]} == packages | {"spacy_birnn.configs"}


def test_requirements_are_among_the_constraints():
    toml = pytest.importorskip("tomllib", reason="Python 3.10 cannot read TOML")
    project = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # CuPy is for those who have a GPU.
    del extras["cuda12x"]
    required = [Requirement(line) for line in sum(extras.values(), project["dependencies"])]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    for requirement in required:
        if requirement.name == "spacy-birnn":
            continue
        of_it = [pin for pin in pins if pin.name == requirement.name]
        assert of_it, f"{requirement.name} is not in constraints.txt"
        for pin in of_it:
            (version,) = (one.version for one in pin.specifier)
            assert version in requirement.specifier, f"{pin} is not {requirement.specifier}"

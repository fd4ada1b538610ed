"""Compiled pipelines in a process where PyTorch cannot be imported."""

import json

import pytest
import spacy
from spacy.util import fix_random_seed

from spacy_birnn.compiling.pipelines import Compilation

from .helpers.commands import run_python
from .helpers.components import Case
from .helpers.models import HEADS
from .helpers.shared_tok2vec import SHARED
from .helpers.tagger import make_examples
from .helpers.training import train

TEXTS = ["Eat green ham", "", "他在北京工作。"]
CASES = [Case("birnn_ner", HEADS[1]), Case("birnn_segmenter", HEADS[0])]


def run_without(missing, *paths):
    return json.loads(run_python("-m", "tests.helpers.without_torch", missing, *paths))


def make_shared():
    """A tagger that listens to a shared layer."""
    fix_random_seed(0)
    nlp = spacy.util.load_model_from_config(SHARED, auto_fill=True)
    examples = make_examples(nlp)
    train(nlp, examples, nlp.initialize(lambda: examples), steps=5)
    return nlp


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory):
    """The folders of trained pipelines and of the same ones, compiled."""
    folder = tmp_path_factory.mktemp("pipelines")
    makers = [make_shared, *(case.load for case in CASES)]
    trained, compiled = [], []
    for number, make in enumerate(makers):
        trained.append(folder / f"trained{number}")
        compiled.append(folder / f"compiled{number}")
        nlp = make()
        nlp.to_disk(trained[-1])
        Compilation().run(nlp, compiled[-1])
    return trained, compiled


def test_compiled_pipelines_run_without_torch(pipelines):
    _, compiled = pipelines
    found = run_without("torch,onnx", *compiled)
    expected = [doc for path in compiled for doc in spacy.load(path).pipe(TEXTS)]
    assert found["errors"] == [] and found["modules"] == []
    assert found["docs"] == [[[t.text, t.tag_, t.ent_type_] for t in doc] for doc in expected]
    assert any(tag for doc in found["docs"] for _, tag, _ in doc)


def test_trained_pipelines_ask_for_torch(pipelines):
    trained, _ = pipelines
    found = run_without("torch", *trained)
    remedy = 'PyTorch, which is not installed: run python -m pip install "spacy-birnn[torch]".'
    assert len(found["errors"]) == len(trained)
    assert all(error.endswith(remedy) for error in [*found["errors"], found["untrained"]])


def test_compiled_pipelines_ask_for_onnxruntime(pipelines):
    _, compiled = pipelines
    found = run_without("torch,onnxruntime", *compiled)
    remedy = 'ONNX Runtime, which is not installed: run python -m pip install "spacy-birnn[onnx]".'
    assert len(found["errors"]) == len(compiled)
    assert all(error.endswith(remedy) for error in found["errors"])


def test_every_command_starts_without_torch():
    code = (
        "import sys; from tests.helpers.without_torch import Missing; "
        "sys.meta_path.insert(0, Missing('torch', 'onnx', 'onnxruntime')); "
        "from spacy.cli import setup_cli; sys.argv = ['spacy', 'birnn', 'doctor']; setup_cli()"
    )
    assert "PyTorch is not installed" in run_python("-c", code)

"""Each branch for GPUs in docs/gpu.md is walked by a test; here those outside of components."""

import ast
import re
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import DocBin
from thinc.api import Config

import spacy_birnn
from spacy_birnn.cli.doctor import doctor_cli
from spacy_birnn.distillation.teachers import Teacher, _predict_probs
from spacy_birnn.distributed import data_parallel
from spacy_birnn.distributed.all_reduce import Gradients
from spacy_birnn.distributed.process_group import WITH_GPUS, ProcessGroup
from spacy_birnn.evaluation.measurement import _device
from spacy_birnn.loading import use_gpu
from spacy_birnn.machine.facts import find_facts

from .helpers.commands import run
from .helpers.fake_gpu import CUDA, FakeArray, FakeGpuOps, fake_gpu
from .helpers.tagger import SMALL_MODEL, TAGGED, make_examples, tags_of

ROOT = Path(__file__).parents[1]
PACKAGE = Path(spacy_birnn.__file__).parent
TABLE = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (`.+?) \| (`.+?) \|$", TABLE, re.MULTILINE)
# Names without which no code for GPUs can do, and what has one of them by chance.
NAMES = {
    "asarray",
    "asarray1i",
    "asarray2f",
    "autocast",
    "can_pack",
    "cpu",
    "cuda",
    "cupy",
    "cupy_gpu",
    "device",
    "device_type",
    "from_dlpack",
    "get_array_module",
    "get_array_ops",
    "gpu",
    "gpu_id",
    "gpus",
    "has_cupy",
    "has_cupy_gpu",
    "hip",
    "is_supported",
    "n_gpus",
    "new_device",
    "require_gpu",
    "to_floats",
    "to_numpy",
    "to_torch",
    "torch2xp",
    "use_gpu",
    "xp",
}
OTHERS = {"np.asarray", "torch.cpu", "torch.backends.cpu"}


@pytest.fixture
def gpu():
    with fake_gpu() as copies:
        yield copies


@pytest.fixture
def folder(nlp, tmp_path):
    nlp.to_disk(tmp_path / "model")
    docs = [example.reference for example in make_examples(nlp) * 20]
    DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    (tmp_path / "raw.txt").write_text("Eat green eggs\n", encoding="utf-8")
    return tmp_path


COMMANDS = {
    "evaluate": ["model", "dev.spacy", "--output", "scores.json"],
    "calibrate": ["model", "dev.spacy", "--output", "calibrated"],
    "card": ["model", "dev.spacy", "--output", "meta.json"],
    "report": ["model", "dev.spacy", "--output", "report.html"],
    "distill": ["model", "--input", "raw.txt", "--output", "soft.spacy"],
    "tag": ["model", "raw.txt", "--output", "out.conllu"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command, folder, gpu, monkeypatch):
    if command == "report":
        pytest.importorskip("jinja2")
    monkeypatch.chdir(folder)
    result = run(command, *COMMANDS[command], "--gpu-id", 0)
    assert result.exit_code == 0, result.output
    assert (folder / COMMANDS[command][-1]).exists()
    assert gpu["to GPU"]


def test_compiled_networks_stay_on_the_cpu(nlp, folder, gpu):
    result = run("compile", folder / "model", folder / "compiled", "--dev", folder / "dev.spacy")
    assert result.exit_code == 0, result.output
    compiled = spacy.load(folder / "compiled")
    assert [t.tag_ for t in compiled("Eat green ham")] == [t.tag_ for t in nlp("Eat green ham")]
    compiled.get_pipe("birnn_tagger").model._to_ops(FakeGpuOps())
    assert [t.tag_ for t in compiled("Eat eggs")] == [t.tag_ for t in nlp("Eat eggs")]


class Twins:
    """Two workers with the same documents, one of which is here."""

    is_first, size, rank, local_rank = True, 2, 0, 0

    def connect(self, gpu):
        assert gpu

    def run(self, work):
        work(self)

    def broadcast(self, value):
        return value

    def all_reduce(self, tensor):
        assert tensor.device == CUDA
        tensor *= 2

    def all_gather(self, value):
        return [value, value]


@pytest.mark.parametrize("workers", [1, 2])
def test_training(workers, nlp, folder, gpu, monkeypatch):
    monkeypatch.setattr(
        "spacy_birnn.distributed.process_group.start_group", lambda *_: nullcontext(Twins())
    )
    # CuPy and PyTorch share memory.
    corpus = {"@readers": "spacy_birnn.Corpus.v1", "path": str(folder / "dev.spacy")}
    changes = {
        "system": {"gpu_allocator": "pytorch"},
        "training": {"max_steps": 4, "eval_frequency": 2},
        "corpora": {"train": corpus, "dev": corpus},
    }
    Config(nlp.config).merge(changes).to_disk(folder / "config.cfg")
    options = ["-o", folder / "out", "--gpu-id", 0, "--workers", workers]
    result = run("train", folder / "config.cfg", *options)
    assert result.exit_code == 0, result.output
    assert "Using GPU: 0" in result.output and gpu["set_allocator"]
    assert spacy.load(folder / "out" / "model-last")("Eat ham").has_annotation("TAG")


def test_gpu_in_use(gpu):
    use_gpu(0)
    assert _device() == "GPU Fake GPU"
    assert find_facts().gpus == ("Fake GPU",)


def test_doctor(gpu, monkeypatch, capsys):
    monkeypatch.setattr("spacy_birnn.machine.facts.has_cupy_gpu", True)
    monkeypatch.setattr("spacy_birnn.machine.facts.has_cupy", True)
    doctor_cli(gpu_id=0)
    output = " ".join(capsys.readouterr().out.split())
    assert "torch and CuPy find a GPU (Fake GPU)" in output and "GPU 0 can be used" in output


def test_gpu_that_does_not_answer(monkeypatch):
    def fail(gpu_id):
        raise RuntimeError("CUDA driver error")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", fail)
    assert find_facts().gpus == ()


def test_teachers(gpu):
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    nlp.initialize(lambda: make_examples(nlp))
    taught = Teacher("name", nlp).teach([nlp.make_doc("Eat ham")])
    assert taught["tags"][0].shape == (2, 3)
    # One of spaCy, whose scores are not normalized.
    output = SimpleNamespace(attrs={"softmax_normalize": False, "softmax_temperature": 1.0})
    model = SimpleNamespace(
        ops=FakeGpuOps(),
        get_ref=lambda name: output,
        predict=lambda docs: [FakeArray(np.zeros((2, 4), dtype="f"))],
    )
    (probs,) = _predict_probs(SimpleNamespace(model=model), [])
    assert isinstance(probs, np.ndarray) and probs == pytest.approx(0.25)


@pytest.mark.parametrize("head", ["spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"])
def test_gradients_of_workers(gpu, head):
    nlp = spacy.blank("en")
    model = {"embed": {"@architectures": "spacy_birnn.WordCharEmbed.v1", "bigram_width": 4}}
    config = {"tok2vec": model, "head": {"@architectures": head}}
    nlp.add_pipe("birnn_tagger", config={"model": config})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    tagger = nlp.get_pipe("birnn_tagger")
    gradients = Gradients([tagger.model])
    for _ in range(20):
        tagger.update(examples, drop=0.0)
        assert gradients.all_reduce(Twins(), [3.0]) == [6.0]
        tagger.finish_update(optimizer)
    assert tags_of(nlp.pipe(text for text, _ in TAGGED)) == [tags for _, tags in TAGGED]


def test_workers_join_their_gpus_by_nccl(monkeypatch):
    calls = []
    distributed = "spacy_birnn.distributed.process_group.dist"
    monkeypatch.setattr(f"{distributed}.init_process_group", lambda *args, **_: calls.append(args))
    monkeypatch.setattr(f"{distributed}.PrefixStore", lambda *args: None)
    store = SimpleNamespace(set=lambda *args: None, check=lambda keys: True)
    for gpu in (True, False):
        ProcessGroup(0, 1, store, 0).connect(gpu=gpu)
    assert calls == [(WITH_GPUS,), ("gloo",)]
    sent = []
    monkeypatch.setattr(
        f"{distributed}.broadcast_object_list", lambda values, device: sent.append(device)
    )
    assert ProcessGroup(0, 1, store, 0).broadcast("seed") == "seed"
    assert sent == [torch.device("cpu")]


@pytest.mark.parametrize(("gpu_id", "expected"), [(0, 1), (2, 3), (-1, -1)])
def test_each_worker_has_its_own_gpu(gpu_id, expected, monkeypatch):
    found = []
    group = Twins()
    group.local_rank = 1
    pipeline = SimpleNamespace(digest=lambda: "same")
    monkeypatch.setattr(data_parallel, "_silence", nullcontext)
    monkeypatch.setattr(data_parallel, "_initialize", lambda g, j, gpu: found.append(gpu) or (0, 0))
    monkeypatch.setattr(data_parallel, "DataParallelPipeline", lambda *args: pipeline)
    monkeypatch.setattr(data_parallel, "train", lambda *_, use_gpu: found.append(use_gpu))
    job = data_parallel.TrainJob("", Path(), None, None, gpu_id, 1)
    data_parallel.train_worker(group, job)
    assert found == [expected, expected]


def test_each_actor_has_its_own_gpu(monkeypatch):
    pytest.importorskip("ray")
    from spacy_birnn.distributed import ray_actors

    class AskedError(Exception):
        pass

    def remote(**resources):
        raise AskedError(resources)

    monkeypatch.setattr(ray_actors.ray, "cluster_resources", lambda: {"CPU": 1, "GPU": 1})
    monkeypatch.setattr(ray_actors.ray, "remote", remote)
    with pytest.raises(AskedError, match="'num_gpus': 1"):
        next(ray_actors.tag_on_ray(SimpleNamespace(gpu_id=0), [], 1))


# The table.


def names_in(node):
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            if ast.unparse(part) not in OTHERS:
                yield part.attr
        elif isinstance(part, (ast.arg, ast.keyword)):
            yield part.arg


def functions_in(tree, prefix=""):
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from functions_in(node, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node


def find_branches():
    """All functions of the package that deal with devices."""
    for path in sorted(PACKAGE.glob("**/*.py")):
        for name, node in functions_in(ast.parse(path.read_text(encoding="utf-8"))):
            if NAMES.intersection(names_in(node)):
                yield f"{path.relative_to(PACKAGE).as_posix()}:{name}"


def test_the_table_lists_all_branches():
    listed = [place for _, places, _ in ROWS for place in re.findall(r"`(.+?)`", places)]
    assert len(listed) == len({*listed})
    assert sorted(listed) == sorted(find_branches())


@pytest.mark.parametrize("test", sorted({t for *_, ts in ROWS for t in re.findall(r"`(.+?)`", ts)}))
def test_tests_of_the_table_exist(test):
    file_, name = test.split("::")
    tree = ast.parse((ROOT / "tests" / file_).read_text(encoding="utf-8"))
    assert name in dict(functions_in(tree))

"""Training by several workers is training by one process, in less time."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from numpy.testing import assert_allclose
from spacy.tokens import Doc, DocBin, Span
from thinc.api import Config

from spacy_birnn.cli.train import _choose_workers
from spacy_birnn.report.training_log import read_log

from .helpers.commands import message_of, run
from .helpers.ner import MODEL as NER
from .helpers.segmenter import MODEL as SEGMENTER
from .helpers.tagger import SMALL_MODEL

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or not torch.distributed.is_gloo_available(),
    reason="this PyTorch cannot join processes",
)
HOOKS = Path(__file__).with_name("helpers") / "train_hooks.py"
LEARNING = ("birnn_segmenter", "tok2vec", "tagger", "birnn_tagger", "birnn_ner")
TEXTS = [
    "I like green eggs",
    "Anna eats blue ham",
    "Eat",
    "Lopez likes York and New York and all of it",
    "ham likes me , and I like ham",
]


def make_docs(vocab):
    for text in TEXTS * 2:
        words = text.split()
        tags = [word[-1].upper() for word in words]
        doc = Doc(vocab, words=words, spaces=[True] * len(words), tags=tags)
        doc.ents = [Span(doc, i, i + 1, label="X") for i, w in enumerate(words) if w.istitle()]
        yield doc


def write_config(folder, **watch):
    """All components of this package, and some of spaCy's."""
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_segmenter", config={"model": SEGMENTER})
    tok2vec = {"@architectures": "spacy.HashEmbedCNN.v2", "width": 16, "depth": 1}
    tok2vec.update(embed_size=50, window_size=1, maxout_pieces=2, subword_features=True)
    nlp.add_pipe("tok2vec", config={"model": {**tok2vec, "pretrained_vectors": None}})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 16, "upstream": "*"}
    tagger = {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": listener}
    nlp.add_pipe("tagger", config={"model": tagger})
    # The limit is for the mean of a token, so it depends on the tokens of all workers.
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL, "max_grad_norm": 0.05})
    crf = {"@architectures": "spacy_birnn.CRF.v1"}
    nlp.add_pipe("birnn_ner", config={"model": {**NER, "head": crf}})
    DocBin(docs=make_docs(nlp.vocab)).to_disk(folder / "train.spacy")
    corpus = {"@readers": "spacy_birnn.Corpus.v1", "path": str(folder / "train.spacy")}
    callback = {"@callbacks": "test.watch", "folder": str(folder), "end_at": -1, "by": ""}
    # The longest document is a batch of its own: fewer than workers.
    batcher = {"size": 9, "tolerance": 0.0, "discard_oversize": False}
    limits = ("max_epochs", "max_steps", "eval_frequency")
    batcher.update({name: f"${{training.{name}}}" for name in limits})
    rate = {"@schedules": "spacy_birnn.warmup_linear.v1", "initial_rate": 0.01, "warmup_steps": 3}
    training = {
        "batcher": {"@batchers": "spacy_birnn.batch_by_words.v2", **batcher},
        "optimizer": {"@optimizers": "Adam.v1", "learn_rate": rate, "use_averages": False},
        "before_update": {**callback, **watch},
        "logger": {
            "@loggers": "spacy_birnn.ConsoleLogger.v1",
            "output_file": str(folder / "training.jsonl"),
        },
        "accumulate_gradient": 2,
        "dropout": 0.0,
        "max_steps": 12,
        "eval_frequency": 5,
    }
    corpora = {name: {**corpus, "gold_preproc": name == "train"} for name in ("train", "dev")}
    config = Config(nlp.config).merge({"training": training, "corpora": corpora})
    config.to_disk(folder / "config.cfg")
    return [folder / "config.cfg", "--code", HOOKS]


def weights_of(nlp):
    for name, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            for param in node.param_names:
                if node.has_param(param):
                    yield f"{name}.{node.name}.{param}", node.get_param(param)
            for shim in node.shims:
                for param, weight in shim.module.state_dict().items():
                    yield f"{name}.{node.name}.{param}", weight.numpy()


def losses_of(nlp):
    scores = nlp.meta["performance"]
    return {name: scores[name] for name in scores if name.endswith("_loss")}


def test_two_workers_learn_what_one_process_learns(tmp_path):
    args = write_config(tmp_path)
    for workers in (1, 2):
        result = run("train", *args, "-o", tmp_path / f"of{workers}", "--workers", workers)
        assert result.exit_code == 0, result.output
        # Worker 0 alone logs, as the config says.
        rows = read_log(tmp_path / "training.jsonl")
        assert [row["step"] for row in rows] == [0, 5, 10]
        assert rows[0]["losses"].keys() == {*LEARNING}
        (tmp_path / "training.jsonl").unlink()
    one, two = (spacy.load(tmp_path / f"of{workers}" / "model-last") for workers in (1, 2))
    pairs = list(zip(weights_of(one), weights_of(two)))
    assert {"birnn_segmenter.char_ngram_embed.bigrams.seen", "birnn_ner.crf_head.between"} < {
        name for (name, _), _ in pairs
    }
    for (name, ours), (_, theirs) in pairs:
        assert_allclose(theirs, ours, atol=1e-4, err_msg=name)
    for ours, theirs in zip(one.pipe(TEXTS), two.pipe(TEXTS)):
        assert ours.to_json() == theirs.to_json()
    losses = [losses_of(nlp) for nlp in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    assert one.config["training"] == two.config["training"]
    # Both workers have had the same weights, to the byte, at each step.
    steps = [(tmp_path / str(rank)).read_text(encoding="utf-8").splitlines() for rank in (0, 1)]
    assert steps[0] == steps[1] and len({*steps[0]}) == 13


def test_workers_skip_the_same_step(tmp_path, capfd):
    args = write_config(tmp_path, end_at=3, by="gradient")
    result = run("train", *args, "-o", tmp_path / "out", "--workers", 2)
    assert result.exit_code == 0, result.output
    # Worker 0 alone says so.
    message = message_of(result) + capfd.readouterr().err
    assert message.count("is not finite, so the step is skipped (1 so far") == 1
    steps = [(tmp_path / str(rank)).read_text(encoding="utf-8").splitlines() for rank in (0, 1)]
    assert steps[0] == steps[1] and len({*steps[0]}) == 13
    nlp = spacy.load(tmp_path / "out" / "model-last")
    assert all(np.isfinite(weight).all() for _, weight in weights_of(nlp))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_short_training_is_evaluated_more_often(workers, tmp_path):
    args = [*write_config(tmp_path), "--training.batcher.min_evaluations", 6]
    result = run("train", *args, "-o", tmp_path / "out", "--workers", workers)
    assert result.exit_code == 0, result.output
    assert "evaluation every 2 updates instead of 5" in message_of(result)
    rows = read_log(tmp_path / "training.jsonl")
    assert [row["step"] for row in rows] == [0, 2, 4, 6, 8, 10, 12]
    assert spacy.load(tmp_path / "out" / "model-best").config["training"]["eval_frequency"] == 2


@pytest.mark.parametrize(
    ("by", "message"),
    [
        pytest.param(
            "signal",
            "Worker 1 was killed (SIGKILL)",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
        ),
        ("chance", "do not see the same batches"),
    ],
)
def test_a_failed_worker_stops_the_training(by, message, tmp_path, capfd):
    args = write_config(tmp_path, end_at=3, by=by)
    result = run("train", *args, "-o", tmp_path / "out", "--workers", 2)
    assert result.exit_code == 1
    assert message in message_of(result), result.output
    assert "Traceback" not in capfd.readouterr().err
    assert spacy.load(tmp_path / "out" / "model-last")("I like").has_annotation("TAG")


def test_workers_of_torchrun(tmp_path, monkeypatch):
    """Here one of them fails, which worker 0 is to say."""
    args = write_config(tmp_path, end_at=2, by="error")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    for name, value in {**names, "RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "spacy", "birnn", "train", *map(str, args)]
    environment = {**os.environ, "RANK": "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as other:
        result = run("train", *args, "-o", tmp_path / "out")
        _, errors = other.communicate(timeout=60)
    assert result.exit_code == 1 and other.returncode == 1
    assert "Worker 1: worker 1 has had enough" in message_of(result), result.output
    assert "Traceback" not in errors.decode("utf-8")
    assert (tmp_path / "out" / "model-last" / "config.cfg").exists()


def test_a_missing_corpus_is_reported_once(tmp_path, capfd):
    args = write_config(tmp_path)
    missing = ["--corpora.train.path", tmp_path / "none.spacy"]
    result = run("train", *args, "--workers", 2, *missing)
    assert result.exit_code == 1
    assert message_of(result).count("There is no file") == 1
    assert "Traceback" not in capfd.readouterr().err


def test_more_workers_than_cores_are_warned_of(monkeypatch, tmp_path):
    monkeypatch.setattr("spacy_birnn.cli.train.count_cores", lambda: 2)
    args = [*write_config(tmp_path), "--corpora.train.path", tmp_path / "none.spacy"]
    result = run("train", *args, "--workers", 2, "--threads", 2)
    assert "2 workers of 2 threads need 4 cores, but only 2 are available" in message_of(result)


@pytest.mark.parametrize(
    ("cores", "threads", "gpu_id", "expected"),
    [(2, 1, -1, 2), (64, 1, -1, 4), (4, 2, -1, 2), (1, 2, -1, 1), (None, 1, -1, 1), (8, 1, 0, 1)],
)
def test_workers_for_all_cores(cores, threads, gpu_id, expected, monkeypatch):
    monkeypatch.setattr("spacy_birnn.cli.train.count_cores", lambda: cores)
    assert _choose_workers(threads, gpu_id) == expected

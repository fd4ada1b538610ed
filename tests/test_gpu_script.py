"""`benchmarks.gpu`, as far as it runs without a GPU."""

import json
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from benchmarks import gpu, gpu_checks
from benchmarks.gpu_part import GPU, CheckError, Outcome, Setup, make_texts

from .helpers.commands import run_main
from .helpers.fake_gpu import fake_gpu

DOCS = Path(__file__).parents[1] / "docs" / "gpu.md"
SETUP = Setup("cpu", steps=2, texts=make_texts(4), rounds=1, width=8)


@pytest.fixture
def few(monkeypatch):
    """One kind of component and of cell."""
    monkeypatch.setattr(gpu_checks, "COMPONENTS", ("birnn_ner",))
    monkeypatch.setattr(gpu_checks, "CELLS", ("gru",))


@pytest.mark.filterwarnings("ignore:This CPU cannot compute")
def test_what_runs_on_a_cpu(few, tmp_path):
    run_main(gpu.main, "--tiny", "--threads", 1, "--output", tmp_path)
    report = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    statuses = {name: part["status"] for name, part in report["parts"].items()}
    left_out = {"copies", "memory"}
    assert statuses == {n: gpu.NOT_RUN if n in left_out else gpu.RAN for n in gpu.PARTS}
    assert report["machine"]["device"] == "cpu"
    text = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert text.startswith("# GPU: not run on a GPU")
    assert "| copies | not run | 0.0 | there is no GPU that torch and CuPy can use |" in text
    assert "| predict | core TorchBiLSTM, cpu |" in text
    assert "| birnn_ner, CRF, gru |" in text


def test_other_parts_run_after_one_that_fails(monkeypatch, tmp_path):
    def fail(setup):
        raise CheckError("other tags")

    parts = {"bad": gpu.Part("Bad", fail), "good": gpu.Part("Good", lambda _: Outcome("fine", {}))}
    monkeypatch.setattr(gpu, "PARTS", parts)
    run_main(gpu.main, "--tiny", "-t", 1, "--output", tmp_path, exit_code=1)
    text = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert re.search(r"\| bad \| failed \| [\d.]+ \| CheckError: other tags \|", text)
    assert text.endswith("## Good\n\nfine")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer")
def test_a_part_that_takes_too_long_ends():
    def hang(setup):
        # As checks do that go on after an error.
        while True:
            with suppress(Exception):
                time.sleep(10)

    report = gpu.run_part(gpu.Part("Slow", hang), SETUP, 0.1)
    assert report.status == gpu.NOT_RUN and "its time was over" in report.reason


def test_no_part_starts_too_late(tmp_path):
    output = run_main(gpu.main, "--tiny", "-t", 1, "--minutes", 0, "--parts", "speed,layers")
    assert output.count("not run there was no time left") == 2


def test_unknown_parts_are_named(tmp_path):
    output = run_main(gpu.main, "--parts", "speed, heat", exit_code=2)
    assert "There is no part 'heat'" in " ".join(output.split())


def test_a_loss_that_does_not_fall_is_found(few, monkeypatch):
    monkeypatch.setattr("spacy.language.Language.update", lambda *_, **__: {"birnn_tagger": 1.0})
    with pytest.raises(CheckError, match="use_averages: CheckError: the loss went from"):
        gpu.PARTS["updates"].run(SETUP)


@pytest.mark.parametrize(
    "name", ["agreement", "updates", "precision", "layers", "copies", "memory"]
)
def test_parts_on_the_fake_gpu(name, few, monkeypatch):
    for function in ("synchronize", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, function, lambda: None)
    for function in ("memory_allocated", "max_memory_allocated"):
        monkeypatch.setattr(torch.cuda, function, lambda: 2**20)
    setup = Setup(GPU, steps=3, texts=make_texts(8), rounds=1, width=8)
    with fake_gpu() as copies:
        outcome = gpu.PARTS[name].run(setup)
        assert copies["to GPU"]
    assert outcome.text and outcome.figures


def test_the_docs_list_all_parts():
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", DOCS.read_text(encoding="utf-8"), re.M))
    assert rows == {name: part.title for name, part in gpu.PARTS.items()}

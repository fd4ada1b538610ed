"""Training that goes wrong says so, and spoils nothing."""

import logging
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import spacy
import torch
from spacy.training import Example
from spacy.util import load_config
from thinc.api import Adam, ConfigValidationError, Model

from spacy_birnn.corpora.write import write_docs
from spacy_birnn.models.gradients import clear_gradient, clip_gradient
from spacy_birnn.training.steps import MAX_SKIPPED_IN_A_ROW, SkippedStepWarning

from .helpers.commands import CONFIGS
from .helpers.recipes import shrink
from .helpers.tagger import SMALL_MODEL, TAGGED, make_examples, tags_of
from .helpers.training import train

# `python -m spacy` that hears Ctrl-C, even where its parent was started not to.
SPACY = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("spacy", run_name="__main__")
"""


def spoil(model: Model) -> None:
    model.get_ref("output_layer").get_param("b")[0] = np.nan


def give_gradient(nlp):
    """A gradient of all weights of the tagger."""
    tagger = nlp.get_pipe("birnn_tagger")
    tagger.update(make_examples(nlp))
    return tagger


def gradients(model: Model):
    of_nodes = [n.get_grad(p) for n in model.walk() for p in n.param_names if n.has_grad(p)]
    shims = [s for node in model.walk() for s in node.shims]
    return [g.copy() for g in [*of_nodes, *(g for s in shims for g in s.gradients())]]


class OutOfMemoryError(RuntimeError):
    """What PyTorch raises for a GPU, by its name."""


def run_short(monkeypatch, model: Model, n_docs: int, error):
    """Let memory suffice for so many documents; it runs out in the backward pass."""
    forward = model._func

    def limited(model, docs, is_train):
        scores, backprop = forward(model, docs, is_train)

        def short(d_scores):
            found = backprop(d_scores)
            if len(docs) > n_docs:
                raise error
            return found

        if not is_train and len(docs) > n_docs:
            raise error
        return scores, short

    monkeypatch.setattr(model, "_func", limited)


def of_torch():
    """What PyTorch raises for the CPU."""
    with pytest.raises(RuntimeError) as info:
        torch.empty(2**50)
    return info.value


@pytest.mark.parametrize(
    "error", [MemoryError(), OutOfMemoryError("CUDA out of memory"), of_torch()]
)
def test_batch_is_learned_in_parts_when_memory_runs_out(nlp, monkeypatch, error):
    tagger = nlp.get_pipe("birnn_tagger")
    examples = make_examples(nlp, 4 * TAGGED)
    losses = tagger.update(examples)
    whole = gradients(tagger.model)
    clear_gradient(tagger.model)
    tagger.learner.n_tokens = 0
    run_short(monkeypatch, tagger.model, 3, error)
    with pytest.warns(UserWarning, match="birnn_tagger.*batcher"):
        assert tagger.update(examples)["birnn_tagger"] == pytest.approx(losses["birnn_tagger"])
    assert tagger.learner.n_tokens == 28
    for ours, expected in zip(gradients(tagger.model), whole, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)
    # Later batches do not fail first.
    tagger.finish_update(Adam())
    tagger.update(examples, sgd=Adam())


def make_learner(component):
    """A component that counts words, bigrams or characters, and examples to learn from."""
    nlp = spacy.blank("en")
    block = "CharNgramEmbed" if component == "birnn_segmenter" else "WordCharEmbed"
    width = {} if component == "birnn_segmenter" else {"bigram_width": 4}
    embed = {"@architectures": f"spacy_birnn.{block}.v1", **width}
    encode = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 8, "depth": 1}
    tok2vec = {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}
    pipe = nlp.add_pipe(component, config={"model": {**LABELLER, "tok2vec": tok2vec}})
    nlp.initialize(lambda: make_examples(nlp))
    return pipe, make_examples(nlp, 3 * TAGGED)


def counts(model: Model):
    shims = [shim for node in model.walk() for shim in node.shims]
    buffers = [buffer for shim in shims for buffer in shim.module.named_buffers()]
    return {name: seen.clone() for name, seen in buffers if name.endswith("seen")}


@pytest.mark.parametrize("component", ["birnn_tagger", "birnn_segmenter"])
@pytest.mark.parametrize("where", ["forward", "backward"])
def test_batch_that_is_learned_in_parts_is_counted_once(component, where, monkeypatch):
    pipe, examples = make_learner(component)
    pipe.model.begin_update([eg.predicted for eg in examples])
    expected = {name: 2 * seen for name, seen in counts(pipe.model).items()}
    forward, calls = pipe.model._func, []

    def limited(model, docs, is_train):
        scores, backprop = forward(model, docs, is_train)
        calls.append(len(docs))
        # The whole batch, and the second of its halves.
        fails = len(calls) in (1, 3)

        def short(d_scores):
            found = backprop(d_scores)
            if fails:
                raise MemoryError
            return found

        if fails and where == "forward":
            raise MemoryError
        return scores, short

    monkeypatch.setattr(pipe.model, "_func", limited)
    with pytest.warns(UserWarning, match=component):
        pipe.update(examples)
    assert calls == [6, 3, 3, 2, 2, 1, 1]
    found = counts(pipe.model)
    assert len(found) == (3 if component == "birnn_tagger" else 2)
    for name, seen in found.items():
        assert seen.sum() > 0 and (seen == expected[name]).all(), name


def test_batch_that_fails_leaves_nothing(monkeypatch):
    pipe, examples = make_learner("birnn_tagger")
    before = counts(pipe.model)
    with monkeypatch.context() as patch:
        run_short(patch, pipe.model, 0, MemoryError())
        with pytest.raises(MemoryError), pytest.warns(UserWarning, match="birnn_tagger"):
            pipe.update(examples)
    assert pipe.learner.n_tokens == 0
    assert not any(gradient.any() for gradient in gradients(pipe.model))
    for name, seen in counts(pipe.model).items():
        assert (seen == before[name]).all(), name


def test_gradient_of_an_earlier_batch_is_kept_when_memory_runs_out(nlp, monkeypatch):
    tagger = nlp.get_pipe("birnn_tagger")
    tagger.update(make_examples(nlp))
    run_short(monkeypatch, tagger.model, 1, MemoryError())
    before, n_tokens = counts(tagger.model), tagger.learner.n_tokens
    with pytest.raises(MemoryError):
        tagger.update(make_examples(nlp))
    assert tagger.learner.n_tokens == n_tokens
    for name, seen in counts(tagger.model).items():
        assert (seen == before[name]).all(), name


def test_batch_that_memory_is_too_small_for_is_tagged_in_parts(nlp, monkeypatch):
    docs = [nlp.make_doc(text) for text, _ in 5 * TAGGED]
    expected = tags_of(nlp.pipe(doc.copy() for doc in docs))
    run_short(monkeypatch, nlp.get_pipe("birnn_tagger").model, 5, MemoryError())
    with pytest.warns(UserWarning, match="birnn_tagger.*batch_size"):
        assert tags_of(nlp.pipe(docs)) == expected


def test_loss_that_is_no_number_names_the_batch(nlp):
    spoil(nlp.get_pipe("birnn_tagger").model)
    with pytest.raises(ValueError, match=r"birnn_tagger.*nan.*'I like green eggs'.*learn_rate"):
        nlp.update(make_examples(nlp), sgd=Adam())


def state_of(optimizer):
    """What an optimizer keeps of the steps so far."""
    arrays = [optimizer.mom1, optimizer.mom2, optimizer.averages or {}]
    kept = [{key: np.array(value) for key, value in of_keys.items()} for of_keys in arrays]
    return [*kept, dict(optimizer.nr_update)]


def spoil_gradient(tagger, where, value):
    """Put a value into the gradient of one weight: of Thinc, of torch, or of a sparse table."""
    if where == "thinc":
        tagger.model.get_ref("output_layer").get_grad("b")[0] = value
        return
    shims = [shim for node in tagger.model.walk() for shim in node.shims]
    weights = [w.grad for shim in shims for w in shim.module.parameters() if w.grad is not None]
    gradient = next(g for g in weights if g.is_sparse == (where == "sparse"))
    (gradient._values() if gradient.is_sparse else gradient).view(-1)[0] = value


@pytest.mark.parametrize("use_averages", [True, False])
@pytest.mark.parametrize("max_grad_norm", [0.0, 1.0])
@pytest.mark.parametrize("where", ["thinc", "dense", "sparse"])
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_step_whose_gradient_is_not_finite_is_skipped(
    nlp, value, where, max_grad_norm, use_averages
):
    tagger = nlp.get_pipe("birnn_tagger")
    tagger.configure(max_grad_norm=max_grad_norm)
    optimizer = Adam(0.01, use_averages=use_averages)
    nlp.update(make_examples(nlp), sgd=optimizer)
    tagger.update(make_examples(nlp))
    spoil_gradient(tagger, where, value)
    model, state = tagger.model.to_bytes(), state_of(optimizer)
    with pytest.warns(SkippedStepWarning, match=r"birnn_tagger.*\(1 so far.*learn_rate"):
        tagger.finish_update(optimizer)
    assert tagger.model.to_bytes() == model
    for before, after in zip(state, state_of(optimizer)):
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[key], after[key]) for key in before)
    # The next batch is learned as if there had been none before it.
    tagger.update(make_examples(nlp))
    found = gradients(tagger.model)
    clear_gradient(tagger.model)
    tagger.learner.n_tokens = 0
    tagger.update(make_examples(nlp))
    for ours, expected in zip(found, gradients(tagger.model), strict=True):
        np.testing.assert_array_equal(ours, expected)
    tagger.finish_update(optimizer)
    assert tagger.model.to_bytes() != model


def test_training_ends_after_many_skipped_steps_in_a_row(nlp):
    tagger = nlp.get_pipe("birnn_tagger")

    def skip(times, n_before):
        for i in range(times):
            tagger.update(make_examples(nlp))
            spoil_gradient(tagger, "thinc", np.nan)
            with pytest.warns(SkippedStepWarning, match=rf"\({n_before + i + 1} so far"):
                tagger.finish_update(Adam())

    skip(3, 0)
    nlp.update(make_examples(nlp), sgd=Adam())
    skip(MAX_SKIPPED_IN_A_ROW - 1, 3)
    tagger.update(make_examples(nlp))
    spoil_gradient(tagger, "thinc", np.nan)
    before = tagger.model.to_bytes()
    with pytest.raises(ValueError, match=r"birnn_tagger.* 50 steps in a row.*learn_rate") as caught:
        tagger.finish_update(Adam())
    assert "\n" not in str(caught.value)
    assert tagger.model.to_bytes() == before
    assert not any(gradient.any() for gradient in gradients(tagger.model))


def test_layers_of_components_of_spacy_skip_steps_themselves(nlp):
    model = nlp.get_pipe("birnn_tagger").model.get_ref("tok2vec")
    docs = [example.predicted for example in make_examples(nlp)]
    ys, backprop = model.begin_update(docs)
    before = model.to_bytes()
    backprop([np.full_like(y, np.nan) for y in ys])
    with pytest.warns(SkippedStepWarning, match="The gradient of the layer .* is not finite"):
        model.finish_update(Adam())
    assert model.to_bytes() == before
    assert not [*gradients(model)]


def test_gradient_is_shortened_as_a_whole(nlp):
    model = give_gradient(nlp).model
    before = gradients(model)
    norm = sum(float((g * g).sum()) for g in before) ** 0.5
    assert clip_gradient(model, 0.0) == pytest.approx(norm, rel=1e-5)
    assert clip_gradient(model, 2 * norm) == pytest.approx(norm, rel=1e-5)
    assert all((a == b).all() for a, b in zip(before, gradients(model)))
    assert clip_gradient(model, norm / 4) == pytest.approx(norm, rel=1e-5)
    for old, new in zip(before, gradients(model)):
        np.testing.assert_allclose(new, old / 4, rtol=1e-5)


def test_limit_is_for_the_mean_loss_of_a_token(nlp, caplog):
    # Four times the same documents have the same mean, and so the same norm.
    tagger = nlp.get_pipe("birnn_tagger")
    norms = []
    with caplog.at_level(logging.DEBUG, logger="spacy"):
        for data in (TAGGED, TAGGED * 4):
            tagger.update(make_examples(nlp, data))
            tagger.finish_update(Adam(0.0))
            norms.append(float(caplog.records[-1].args[1]))
    assert norms[0] > 0 and norms[1] == pytest.approx(norms[0], rel=1e-4)


def test_limit_of_the_component():
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL, "max_grad_norm": 0.01})
    nlp.initialize(lambda: make_examples(nlp))
    squares = []

    def optimizer(key, weights, gradient):
        squares.append(float((gradient * gradient).sum()))
        return weights, gradient

    tagger = give_gradient(nlp)
    n_tokens = sum(len(tags) for _, tags in TAGGED)
    tagger.finish_update(optimizer)
    assert sum(squares) ** 0.5 == pytest.approx(0.01 * n_tokens, rel=1e-5)


def test_labels_that_were_not_learned_are_counted_once(nlp):
    examples = make_examples(nlp, [*TAGGED, ("Eat it", ["V", "X"]), ("It", ["X"]), ("Is", ["!N"])])
    with pytest.warns(UserWarning, match=r"1 of the labels .*: 'X' \(2\)"):
        nlp.evaluate(examples)
    nlp.evaluate(examples)


@pytest.mark.parametrize("component", ["birnn_tagger", "birnn_ner", "birnn_segmenter"])
def test_one_document_with_one_label(component, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe(component)
    words = ["New", "York"]
    annotations = {
        "words": words,
        "spaces": [True, False],
        "tags": ["N", "N"],
        "entities": ["B-LOC", "L-LOC"],
    }
    example = Example.from_dict(nlp.make_doc("New York"), annotations)
    optimizer = nlp.initialize(lambda: [example])
    train(nlp, [example], optimizer, steps=30)
    score = {"tagger": "tag_acc", "ner": "ents_f"}.get(component[6:], "token_f")
    assert nlp.evaluate([example])[score] == 1.0
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).evaluate([example])[score] == 1.0


LABELLER = {"@architectures": "spacy_birnn.SequenceLabeller.v1"}
CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 16,
    "depth": 1,
    "embed_size": 50,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


@pytest.mark.parametrize("component", ["birnn_tagger", "birnn_ner"])
@pytest.mark.parametrize("head", ["spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"])
def test_auxiliary_layer_without_labels_is_refused(component, head):
    model = {**LABELLER, "auxiliary": {"@architectures": head}}
    with pytest.raises(ConfigValidationError, match=rf"'{component}'\nmodel\.auxiliary.*null"):
        spacy.blank("en").add_pipe(component, config={"model": model})


@pytest.mark.parametrize("component", ["birnn_tagger", "birnn_ner", "birnn_segmenter"])
@pytest.mark.parametrize(
    "model",
    [CNN, {"@architectures": "spacy.Tagger.v2", "tok2vec": CNN, "nO": None}],
    ids=lambda model: model["@architectures"],
)
def test_model_of_another_component_is_refused(component, model):
    with pytest.raises(ConfigValidationError, match=r"model.*spacy_birnn\.SequenceLabeller\.v1"):
        spacy.blank("en").add_pipe(component, config={"model": model})


@pytest.mark.parametrize("setting", ["head", "auxiliary"])
def test_output_layer_of_other_models_is_refused(setting):
    model = {**LABELLER, setting: {"@layers": "Softmax.v2"}}
    with pytest.raises(ConfigValidationError, match=rf"{setting}.*spacy_birnn\.Softmax\.v1"):
        spacy.blank("en").add_pipe("birnn_segmenter", config={"model": model})


@pytest.mark.parametrize("component", ["birnn_tagger", "birnn_ner"])
def test_no_labels_at_all(component):
    nlp = spacy.blank("en")
    nlp.add_pipe(component)
    example = Example.from_dict(nlp.make_doc("New York"), {})
    with pytest.raises(ValueError, match="no labels for the component"):
        nlp.initialize(lambda: [example])


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_interrupted_training_keeps_its_best_model(tmp_path):
    nlp = spacy.blank("en")
    write_docs(tmp_path / "train.spacy", [example.reference for example in make_examples(nlp)])
    shrink(load_config(CONFIGS / "en_pos.cfg")).to_disk(tmp_path / "config.cfg")
    settings = {
        "--paths.train": tmp_path / "train.spacy",
        "--paths.dev": tmp_path / "train.spacy",
        "--training.max_epochs": 100_000,
        "--training.eval_frequency": 1,
        "--output": tmp_path / "out",
    }
    options = [str(item) for pair in settings.items() for item in pair]
    command = [sys.executable, "-c", SPACY, "train", str(tmp_path / "config.cfg"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while not (tmp_path / "out" / "model-best" / "config.cfg").exists():
            assert process.poll() is None, process.communicate()[0].decode("utf-8")
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert spacy.load(tmp_path / "out" / "model-last")("I like eggs").has_annotation("TAG")

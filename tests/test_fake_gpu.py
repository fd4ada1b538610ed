"""What the code for GPUs does with a fake one: docs/gpu.md lists its branches.

`pytest -m gpu` tests a real one.
"""

from functools import partial

import numpy as np
import pytest
import spacy
import torch
from numpy.testing import assert_allclose
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, CupyOps, NumpyOps, get_current_ops

from spacy_birnn.corpora.soft_labels import set_soft_labels
from spacy_birnn.models.encoder import BiRNNEncoder
from spacy_birnn.models.torch_layer import get_shim
from spacy_birnn.nn import arrays, precision
from spacy_birnn.nn.cells import CELLS

from .helpers.fake_gpu import CUDA, CudaTensor, FakeArray, FakeGpuOps, fake_gpu
from .helpers.strange import EMBED, annotations
from .helpers.strange import make_examples as make_strange
from .helpers.tagger import SMALL_MODEL, TAGGED, make_examples, tags_of
from .helpers.training import train

HEADS = ("spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1")


@pytest.fixture
def gpu():
    with fake_gpu() as copies:
        yield copies


def make_model(component, head=HEADS[0], cell="lstm", **encode):
    encode = {"width": 8, "cell": cell, "precision": "float32", **encode}
    encode["@architectures"] = "spacy_birnn.BiRNNEncoder.v1"
    embed = {**EMBED[component], "bigram_width": 4, "bigram_rows": 50}
    if component == "birnn_segmenter":
        embed.pop("bigram_width")
    return {
        "@architectures": "spacy_birnn.SequenceLabeller.v1",
        "tok2vec": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode},
        "head": {"@architectures": head},
    }


def learn(component, model, steps=4, update=train, **settings):
    """A pipeline after some steps, its losses and its scores."""
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("zh")
    nlp.add_pipe(component, config={"model": model, **settings})
    examples = make_strange(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    losses = update(nlp, examples, optimizer, steps=steps)
    return nlp, losses[component], annotate(nlp)


def annotate(nlp):
    texts = ["他在北京工作。", "", "Anna Lopez met Bob."] * 2
    return [annotations(doc) for doc in nlp.pipe(texts, batch_size=2)]


def same(component, model, tmp_path, **settings):
    """Learn on the CPU and on the GPU, which must agree, and load on the CPU."""
    _, loss, found = learn(component, model, **settings)
    with fake_gpu() as copies:
        nlp, loss_on_gpu, found_on_gpu = learn(component, model, **settings)
        assert copies["to GPU"] and isinstance(get_current_ops(), CupyOps)
        nlp.to_disk(tmp_path)
        assert annotate(spacy.load(tmp_path)) == found_on_gpu
    assert loss_on_gpu == pytest.approx(loss, rel=1e-4)
    assert found_on_gpu == found
    assert annotate(spacy.load(tmp_path)) == found
    return nlp


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("component", EMBED)
def test_components_learn_what_they_learn_on_a_cpu(component, head, tmp_path):
    same(component, make_model(component, head), tmp_path)


@pytest.mark.parametrize("cell", CELLS)
def test_cells(cell, tmp_path):
    settings = {"layer_norm": True, "residual": True, "learn_initial_state": True, "bptt": 3}
    same("birnn_tagger", make_model("birnn_tagger", cell=cell, **settings), tmp_path)


@pytest.mark.parametrize("head", HEADS)
def test_confidences(head, tmp_path):
    model = make_model("birnn_tagger", head)
    nlp = same("birnn_tagger", model, tmp_path, confidence=True, top_k=2)
    doc = spacy.load(tmp_path)("他在北京工作。")
    with fake_gpu():
        on_gpu = spacy.load(tmp_path)("他在北京工作。")
        probs = nlp.get_pipe("birnn_tagger").predict_probs([on_gpu])
    assert probs[0].shape[0] == len(doc)
    assert_allclose(
        [token._.tag_confidence for token in on_gpu],
        [token._.tag_confidence for token in doc],
        rtol=1e-4,
    )


@pytest.mark.parametrize("head", HEADS)
def test_auxiliary_layer(head, tmp_path):
    auxiliary = {"@architectures": head}
    model = {**make_model("birnn_segmenter"), "auxiliary": auxiliary}
    same("birnn_segmenter", model, tmp_path)


def test_masks(tmp_path):
    """A user dictionary forbids tags inside its words."""
    nlp = same("birnn_segmenter", make_model("birnn_segmenter"), tmp_path, keep=["number"])
    with fake_gpu():
        nlp = spacy.load(tmp_path)
        nlp.get_pipe("birnn_segmenter").add_words(["北京工作"])
        assert "北京工作" in [token.text for token in nlp("他在北京工作。")]


def with_dropout(nlp, examples, optimizer, steps):
    return train(nlp, examples, optimizer, steps, drop=0.3)


def with_averages(nlp, examples, optimizer, steps):
    optimizer.averages = {}
    losses = train(nlp, examples, optimizer, steps)
    before = annotate(nlp)
    with nlp.use_params(optimizer.averages):
        annotate(nlp)
    assert annotate(nlp) == before
    return losses


def by_rows(nlp, examples, optimizer, steps):
    optimizer.L2, optimizer.averages = 0.0, None
    losses = train(nlp, examples, optimizer, steps)
    assert any(key[-1] == "rows" for key in optimizer.mom2)
    return losses


@pytest.mark.parametrize("update", [with_averages, by_rows])
def test_optimizers(update, tmp_path):
    same("birnn_tagger", make_model("birnn_tagger"), tmp_path, update=update)


def test_dropout(gpu):
    model = make_model("birnn_tagger", recurrent_dropout=0.2)
    _, loss, _ = learn("birnn_tagger", model, update=with_dropout)
    assert np.isfinite(loss)


@pytest.mark.parametrize("precision", ["auto", "fast", "bfloat16", "float16"])
def test_mixed_precision(gpu, precision):
    model = make_model("birnn_tagger", precision=precision)
    nlp, loss, _ = learn("birnn_tagger", model, steps=10)
    _, first, _ = learn("birnn_tagger", model, steps=1)
    assert loss < first
    assert {w.dtype for w in shim_of(nlp).module.parameters()} == {torch.float32}


def shim_of(nlp, name="birnn_encoder"):
    model = nlp.get_pipe(nlp.pipe_names[0]).model
    return next(get_shim(node) for node in model.walk() if node.name == name)


def test_precision_of_a_gpu(gpu, monkeypatch):
    x = torch.zeros(1, device=CUDA)
    choose = partial(precision.choose_dtype, x=x, training=False)
    assert choose("auto") is torch.float32 and choose("fast") is torch.float32
    assert choose("bfloat16") is torch.bfloat16 and choose("float16") is torch.float16
    precision.is_supported.cache_clear()
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    with pytest.warns(UserWarning, match="This CUDA cannot compute in bfloat16"):
        assert choose("bfloat16") is torch.float32


@pytest.mark.parametrize("head", HEADS)
def test_new_labels_and_rehearsal(gpu, head):
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": make_model("birnn_tagger", head)})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    train(nlp, examples, optimizer, steps=3)
    tagger = nlp.get_pipe("birnn_tagger")
    before = tagger.predict_probs([nlp.make_doc("Eat ham")])[0]
    tagger.add_label("NEW")
    after = tagger.predict_probs([nlp.make_doc("Eat ham")])[0]
    assert after.shape[1] == before.shape[1] + 1
    nlp.resume_training(sgd=optimizer)
    train(nlp, make_examples(nlp, [("Eat ham", ["NEW", "J"])]), optimizer, steps=3)
    assert nlp.rehearse(examples, sgd=optimizer)["birnn_tagger"] > 0


def test_soft_labels(gpu):
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL, "soft_labels": 0.5})
    examples = make_examples(nlp)
    for example in examples:
        names = ("N", "V", "J")
        set_soft_labels(example.reference, "tags", names, np.full((len(example), 3), 1 / 3))
    losses = train(nlp, examples, nlp.initialize(lambda: examples), steps=3)
    assert np.isfinite(losses["birnn_tagger"])


def test_missing_and_negative_labels(gpu):
    nlp = spacy.blank("en")
    settings = {"model": SMALL_MODEL, "neg_prefix": "!", "label_smoothing": 0.1}
    nlp.add_pipe("birnn_tagger", config=settings)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    gold = Doc(nlp.vocab, words=["Eat", "ham", "now"], tags=["!N", "", "V"])
    some = [*examples, Example(nlp.make_doc("Eat ham now"), gold)]
    assert np.isfinite(train(nlp, some, optimizer, steps=3)["birnn_tagger"])


def test_frequent_words_are_looked_up(gpu):
    nlp, _, found = learn("birnn_tagger", make_model("birnn_tagger"))
    # From here on some words are in the cache.
    assert annotate(nlp) == found
    docs = [nlp.make_doc(text) for text in ("他在上海工作。", "他在北京工作。")]
    assert tags_of(nlp.pipe(docs)) == [tags_of([nlp(doc.copy())])[0] for doc in docs]


def test_weights_move_between_devices(gpu):
    nlp, _, found = learn("birnn_tagger", make_model("birnn_tagger", HEADS[1]))
    model, shim = nlp.get_pipe("birnn_tagger").model, shim_of(nlp)
    model._to_ops(NumpyOps())
    assert not any(isinstance(w, CudaTensor) for w in shim.module.parameters())
    assert annotate(nlp) == found
    model._to_ops(FakeGpuOps())
    assert all(isinstance(w, CudaTensor) for w in shim.module.parameters())
    assert annotate(nlp) == found


def test_weights_are_loaded_to_the_device_in_use(tmp_path):
    nlp, _, found = learn("birnn_tagger", make_model("birnn_tagger", HEADS[1]))
    nlp.to_disk(tmp_path)
    with fake_gpu():
        loaded = spacy.load(tmp_path)
        assert all(isinstance(w, CudaTensor) for w in shim_of(loaded).module.parameters())
        assert annotate(loaded) == found


def test_arrays_share_the_memory_of_tensors(gpu):
    array = FakeArray(np.zeros(3, dtype="f"))
    tensor = arrays.to_torch(array, CUDA)
    assert tensor.device == CUDA
    arrays.to_floats(tensor)[0] = 1.0
    assert array.get()[0] == tensor[0] == 1.0
    arrays.assign(tensor, array)
    arrays.assign(tensor, FakeArray(np.ones(3, dtype="f")))
    assert (tensor == 1.0).all()
    copied = arrays.to_torch(np.zeros(3, dtype="f"), CUDA)
    assert copied.device == CUDA and gpu["to GPU"] == 1


def test_new_weights_are_on_the_device_of_arrays(gpu, monkeypatch):
    assert arrays.new_device() == CUDA
    monkeypatch.setattr(arrays, "get_torch_default_device", lambda: torch.device("mps"))
    assert arrays.new_device() == torch.device("cpu")


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_step_with_a_gradient_that_is_not_finite(gpu, precision):
    encoder = BiRNNEncoder(8, precision=precision)
    xs = [FakeArray(np.ones((3, 4), dtype="f"))]
    encoder.initialize(X=xs)
    before = encoder.to_bytes()
    ys, backprop = encoder.begin_update(xs)
    backprop([y * np.nan for y in ys])
    with pytest.warns(UserWarning, match="not finite"):
        encoder.finish_update(Adam())
    assert encoder.to_bytes() == before


def test_copies_of_a_step(gpu):
    """Copies make a GPU wait. Their number does not depend on the number of documents."""
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"encode": {"width": 8}}}})
    examples = make_examples(nlp, TAGGED * 2)
    optimizer = nlp.initialize(lambda: examples)
    train(nlp, examples, optimizer, steps=2)
    counts = []
    for n in (2, 4):
        gpu.clear()
        train(nlp, examples[:n], optimizer, steps=1)
        counts.append(dict(gpu))
        gpu.clear()
        list(nlp.pipe([eg.predicted.copy() for eg in examples[:n]]))
        counts.append(dict(gpu))
    assert counts[:2] == counts[2:]
    assert counts[0]["to GPU"] < 16 and counts[0]["to CPU"] < 8


@pytest.mark.parametrize(
    "mix",
    [
        lambda: FakeArray(np.ones(2)) + np.ones(2),
        lambda: np.asarray(FakeArray(np.ones(2))),
        lambda: np.add(np.ones(2), FakeArray(np.ones(2))),
        lambda: torch.ones(2, device=CUDA) + torch.ones(2),
        lambda: torch.ones(2, device=CUDA).numpy(),
        lambda: torch.ones(2)[torch.zeros(1, dtype=torch.int64, device=CUDA)],
    ],
)
def test_fake_gpu_refuses_what_a_gpu_refuses(gpu, mix):
    with pytest.raises((TypeError, RuntimeError)):
        mix()

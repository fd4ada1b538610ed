"""The tagger, beyond the contracts of every component."""

import subprocess
import sys

import pytest
import spacy
from numpy.testing import assert_allclose, assert_array_equal
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, Model, set_dropout_rate

from spacy_birnn.labelling.units import Part

from .helpers.models import WORD_EMBEDDING
from .helpers.tagger import SMALL_MODEL, TAGGED, add_vectors, make_examples, tags_of
from .helpers.training import train


@pytest.mark.parametrize("embed", [{}, {"char_encoder": "birnn", "include_static_vectors": True}])
def test_overfits_with_any_embedding(tmp_path, embed):
    nlp = spacy.blank("en")
    add_vectors(nlp)
    embed = {**WORD_EMBEDDING, **embed}
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"embed": embed}}})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    losses = train(nlp, examples, optimizer, steps=50)
    assert losses["birnn_tagger"] < 0.006
    texts = [text for text, _ in TAGGED]
    assert tags_of(nlp.pipe(texts)) == [tags for _, tags in TAGGED]
    assert nlp.evaluate(examples)["tag_acc"] == 1.0
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert tags_of(loaded.pipe(texts)) == tags_of(nlp.pipe(texts))
    assert loaded.to_bytes() == nlp.to_bytes()


def test_existing_tags_are_kept_unless_overwritten(nlp):
    tagger = nlp.get_pipe("birnn_tagger")
    for overwrite, expected in ((False, ["X", "V", "J", "N"]), (True, ["N", "V", "J", "N"])):
        tagger.configure(overwrite=overwrite)
        doc = Doc(nlp.vocab, words=TAGGED[0][0].split(), tags=["X", "", "", ""])
        assert [token.tag_ for token in tagger(doc)] == expected


def test_missing_tags_add_no_loss(nlp):
    tagger = nlp.get_pipe("birnn_tagger")
    (full,) = make_examples(nlp, TAGGED[:1])
    (partial,) = make_examples(nlp, [(TAGGED[0][0], ["N", "", "J", ""])])
    (none,) = make_examples(nlp, [(TAGGED[0][0], [""] * 4)])
    scores, _ = tagger.model.begin_update([full.predicted])
    (d_full,), (d_partial,), (d_none,) = (
        tagger.get_loss([eg], scores)[1] for eg in (full, partial, none)
    )
    assert_array_equal(d_partial[[0, 2]], d_full[[0, 2]])
    assert not d_partial[[1, 3]].any()
    assert not d_none.any()


def test_negative_tag_lowers_only_its_own_score(nlp):
    tagger = nlp.get_pipe("birnn_tagger")
    (example,) = make_examples(nlp, [(TAGGED[0][0], ["!V", "", "", ""])])
    (scores,), _ = tagger.model.begin_update([example.predicted])
    _, (gradient,) = tagger.get_loss([example], [scores])
    label = tagger.labels.index("V")
    assert gradient[0, label] == tagger.model.ops.softmax(scores)[0, label]
    gradient[0, label] = 0
    assert not gradient.any()


def test_misaligned_words_learn_from_aligned_words(nlp):
    predicted = Doc(nlp.vocab, words=["I", "like", "greeneggs"])
    reference = Doc(
        nlp.vocab,
        words=["I", "like", "green", "eggs"],
        spaces=[True, True, False, False],
        tags=TAGGED[0][1],
    )
    tagger = nlp.get_pipe("birnn_tagger")
    assert tagger.scheme.gold_ids([Example(predicted, reference)]).tolist() == [1, 2, -1]


def test_unknown_gold_tag_is_explained(nlp):
    with pytest.raises(ValueError, match=r"'Q'.*add_label"):
        nlp.update(make_examples(nlp, [("Eat ham", ["V", "Q"])]))


def test_labels_from_init_labels():
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    examples = make_examples(nlp)
    tagger.initialize(lambda: examples, nlp=nlp, labels=["V", "N", "J", "Z"])
    assert tagger.labels == tagger.label_data == ("V", "N", "J", "Z")
    assert tagger.model.get_dim("nO") == 4


def test_training_without_labels_is_explained():
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    with pytest.raises(ValueError, match="no labels for the component 'birnn_tagger'"):
        nlp.initialize(lambda: make_examples(nlp, [("Eat ham", ["", ""])]))


def test_labels_grow_under_the_optimizer_in_use():
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    train(nlp, examples, optimizer, steps=2)
    tagger.add_label("NEW")
    train(nlp, examples, optimizer, steps=2)
    with nlp.use_params(optimizer.averages):
        assert tagger.model.predict([examples[0].predicted])[0].shape == (4, 4)


def test_averaged_weights_are_used():
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.01, use_averages=True)
    train(nlp, examples, optimizer, steps=5)
    shims = [shim for node in tagger.model.walk() for shim in node.shims]
    assert shims
    raw = [{n: p.detach().clone() for n, p in s.module.named_parameters()} for s in shims]
    with nlp.use_params(optimizer.averages):
        for shim, weights in zip(shims, raw):
            for name, weight in shim.module.named_parameters():
                if (weights[name] != 0).any():
                    assert (weight != weights[name]).any(), name


def test_training_dropout_reaches_every_layer(nlp):
    model = nlp.get_pipe("birnn_tagger").model
    for shim in (shim for node in model.walk() for shim in node.shims):
        shim.module.precision = "float32"  # as in training
    docs = [nlp.make_doc(TAGGED[0][0])]
    for layer in (model.get_ref("tok2vec").get_ref("embed"), model.get_ref("tok2vec")):
        set_dropout_rate(model, 0.0)
        assert_allclose(layer.begin_update(docs)[0][0], layer.predict(docs)[0], atol=1e-6)
        set_dropout_rate(layer, 0.77)
        assert 0.6 < (layer.begin_update(docs)[0][0] == 0).mean() < 0.95


def test_rehearsal_remembers(nlp):
    optimizer = nlp.resume_training()
    losses = nlp.rehearse(make_examples(nlp), sgd=optimizer)
    assert losses["birnn_tagger"] < 1e-6
    train(nlp, make_examples(nlp, [("Eat ham", ["N", "J"])]), optimizer, steps=30)
    assert nlp.rehearse(make_examples(nlp), sgd=optimizer)["birnn_tagger"] > 0.1


def test_weights_of_another_config_are_explained(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    config = {"components": {"birnn_tagger": {"model": {"depth": 2}}}}
    with pytest.raises(ValueError, match="do not fit the config"):
        spacy.load(tmp_path, config=config)


WORKERS = """
import spacy, torch
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.training import Example

if __name__ == "__main__":
    torch.set_num_threads(2)
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger").add_label("X")
    nlp.initialize()
    texts = ["many words " * 50] * 40
    expected = [[t.tag_ for t in doc] for doc in nlp.pipe(texts)]
    assert [[t.tag_ for t in doc] for doc in nlp.pipe(texts, n_process=2)] == expected
"""


def test_workers_do_not_wait_for_the_threads_of_their_parent(tmp_path):
    script = tmp_path / "workers.py"
    script.write_text(WORKERS, encoding="utf-8")
    subprocess.run([sys.executable, str(script)], check=True, timeout=120)


@pytest.mark.parametrize("max_length", [0, 50, 90, 1000])
def test_windows_hold_at_most_max_length_tokens(nlp, max_length, monkeypatch):
    tagger = nlp.get_pipe("birnn_tagger")
    words = " ".join(text for text, _ in TAGGED * 20).split()
    docs = [Doc(nlp.vocab, words=words[:n]) for n in (0, 140, 3, 30, 0, 91, 1)]
    tagger.configure(max_length=0)
    expected = tagger.predict(docs)
    tagger.configure(max_length=max_length, overlap=20)
    seen = []
    predict = Model.predict
    monkeypatch.setattr(Model, "predict", lambda m, X: [seen.append(X), predict(m, X)][1])
    found = tagger.predict(docs)
    assert [p.ids.tolist() for p in found] == [p.ids.tolist() for p in expected]
    sizes = [sum(map(len, batch)) for batch in seen]
    assert sum(sizes) >= 265
    if max_length:
        assert max(sizes) <= max_length
    else:
        assert sizes == [265]


@pytest.mark.parametrize("attrs", [ORTH, "NORM", ["ORTH"], [ORTH, "NORM", "SHAPE"]])
def test_a_part_is_read_like_a_document(attrs):
    doc = spacy.blank("en")("I don't like green eggs")
    assert_array_equal(Part(doc, 1, 4).to_array(attrs), doc.to_array(attrs)[1:4])


def test_bad_window_size_is_explained():
    with pytest.raises(ValueError, match=r"must be 0, or more than twice the overlap \(50\)"):
        spacy.blank("en").add_pipe("birnn_tagger", config={"max_length": 100, "overlap": 50})


def test_prediction_sees_every_change_of_the_weights(nlp):
    tagger = nlp.get_pipe("birnn_tagger")
    doc = nlp.make_doc("I like blue eggs")

    def scores(model):
        return model.predict([doc])[0]

    before = scores(tagger.model)
    copied = tagger.model.copy()
    optimizer = Adam(0.01, use_averages=True)
    nlp.update(make_examples(nlp), sgd=optimizer)
    after = scores(tagger.model)
    assert (after != before).any()
    assert_array_equal(scores(copied), before)
    with tagger.model.use_params(optimizer.averages):
        averaged = scores(tagger.model)
    assert (averaged != after).any()
    assert_array_equal(scores(tagger.model), after)
    tagger.model.from_bytes(copied.to_bytes())
    assert_allclose(scores(tagger.model), before, atol=1e-6)
    nlp.initialize(lambda: make_examples(nlp))
    assert abs(scores(tagger.model) - before).max() > 0.1

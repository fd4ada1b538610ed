"""Compiled networks compute what their PyTorch modules do, in every batch."""

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc

from spacy_birnn.compiling.layers import Types
from spacy_birnn.compiling.pipelines import compile_models
from spacy_birnn.models.char_ngram_embed import CharNgramEmbed
from spacy_birnn.models.encoder import BiRNNEncoder
from spacy_birnn.models.word_char_embed import WordCharEmbed
from spacy_birnn.nn.choices import CELL_NAMES
from spacy_birnn.runtime.recurrence import group_rows
from spacy_birnn.runtime.session import count_threads

WIDTH = 6
LENGTHS = [5, 0, 1, 40, 5, 3, 17, 40, 2, 1]
rng = np.random.default_rng(0)


def make_sequences(lengths=LENGTHS, width=WIDTH):
    return [rng.normal(size=(n, width)).astype("f") for n in lengths]


def make_encoder(**options):
    encoder = BiRNNEncoder(**{"width": 10, "precision": "float32", **options})
    encoder.initialize(X=make_sequences())
    for name, weight in encoder.shims[0].module.named_parameters():
        if name.endswith("states"):
            weight.data.uniform_(-0.5, 0.5)
    return encoder


def compile_encoder(encoder, precision="float32", ranges=4.0):
    layers = list(encoder.shims[0].module.layers)
    sizes = [layer.forward_rnn.weights.input_size for layer in layers]
    of_layers = {layer: np.full(n, ranges, dtype="f") for layer, n in zip(layers, sizes)}
    compile_models([encoder], Types(precision, "float32", of_layers))
    return encoder


@pytest.mark.parametrize("cell", CELL_NAMES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bidirectional": False, "depth": 1},
        {"width": [7, 5, 4], "depth": 3},
        {"residual": True},
        {"residual": True, "layer_norm": True, "width": [10, 6]},
        {"learn_initial_state": True, "width": 9},
        {"window": 12, "overlap": 3},
    ],
    ids=str,
)
def test_every_encoder_computes_the_same(cell, options):
    encoder, xs = make_encoder(cell=cell, **options), make_sequences()
    expected = encoder.predict(xs)
    compile_encoder(encoder)
    found = encoder.predict(xs)
    assert [y.shape for y in found] == [y.shape for y in expected]
    for one, other in zip(found, expected):
        assert_allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"depth": 1},
        {"depth": 3},
        {"width": [7, 9]},
        {"bidirectional": False},
        {"residual": True},
        {"residual": True, "layer_norm": True, "width": [10, 6]},
        {"learn_initial_state": True},
    ],
    ids=str,
)
def test_layers_of_8_bits_are_close(options):
    encoder, xs = make_encoder(**options), make_sequences()
    expected = np.concatenate(encoder.predict(xs))
    compile_encoder(encoder, "int8")
    found = np.concatenate(encoder.predict(xs))
    assert 0 < np.abs(found - expected).mean() < 0.03 * np.abs(expected).mean()


NAMES = ["float32", "int8"]
ENCODERS = {name: compile_encoder(make_encoder(residual=True), name) for name in NAMES}


@pytest.mark.parametrize("precision", NAMES)
@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, 60), min_size=1, max_size=30), data=st.data())
def test_no_vector_depends_on_the_batch(precision, lengths, data):
    encoder = ENCODERS[precision]
    xs = [100 * x if i % 7 == 3 else x for i, x in enumerate(make_sequences(lengths))]
    together = encoder.predict(xs)
    order = data.draw(st.permutations(range(len(xs))))
    cut = data.draw(st.integers(0, len(xs)))
    for part in (order[:cut], order[cut:]):
        for i, y in zip(part, encoder.predict([xs[i] for i in part])):
            assert_array_equal(y, together[i])


def test_threads_change_nothing():
    encoder, xs = compile_encoder(make_encoder(), "int8"), make_sequences(range(60))
    expected = encoder.predict(xs)
    encoder.shims[0].threads = 3
    encoder.shims[0].load(encoder.shims[0].settings, encoder.shims[0].arrays)
    for one, other in zip(encoder.predict(xs), expected):
        assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("setting", "variable", "threads"), [(3, "2", 3), (0, "2", 2), (0, "4,2", 4), (0, "", None)]
)
def test_the_number_of_threads(setting, variable, threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert count_threads(setting) == (threads or count_threads(0)) > 0


def test_a_worker_process_uses_one_thread(monkeypatch):
    monkeypatch.setattr("spacy_birnn.runtime.session.parent_process", lambda: object())
    assert (count_threads(0), count_threads(2)) == (1, 2)


@given(st.lists(st.integers(0, 20_000), max_size=50))
def test_a_batch_has_sequences_of_similar_length(sizes):
    sizes = np.array(sizes, dtype=np.int64)
    groups = list(group_rows(sizes))
    assert sorted(np.concatenate([[], *groups])) == np.flatnonzero(sizes).tolist()
    for group in groups:
        lengths = sizes[group]
        assert (np.diff(lengths) <= 0).all()
        assert len(group) == 1 or lengths[0] * len(group) <= 8192
        assert len(group) <= 16 or lengths[-1] >= 0.8 * lengths[0]


WORDS = ["Anna", "ran", "to", "the", "Übung", "中国", "a", "12", "supercalifragilistic", "ran"]
EMBEDDINGS = {
    "cnn": lambda: WordCharEmbed(seen_slots=1000),
    "birnn": lambda: WordCharEmbed(seen_slots=1000, char_encoder="birnn", char_width=9),
    "no characters": lambda: WordCharEmbed(seen_slots=1000, char_width=0, cache_words=0),
    "bigrams": lambda: WordCharEmbed(
        seen_slots=1000, bigram_width=5, bigram_rows=50, bigram_slots=999
    ),
    "characters": lambda: CharNgramEmbed(
        char_rows=90, bigram_rows=80, seen_slots=1001, lexicon_length=2
    ),
}


@pytest.mark.parametrize("name", EMBEDDINGS)
@pytest.mark.parametrize(
    ("tables", "tolerance"), [("float32", 1e-5), ("float16", 5e-3), ("int8", 5e-2)]
)
def test_every_embedding_computes_the_same(name, tables, tolerance):
    vocab = spacy.blank("xx").vocab
    docs = [Doc(vocab, words=WORDS[:n]) for n in (10, 0, 3, 1)]
    embed = EMBEDDINGS[name]()
    embed.initialize()
    for layer in embed.walk():
        for shim in layer.shims:
            for weight in shim.module.parameters():
                weight.data.uniform_(-1, 1)
    # The words of these are known, and the others are not.
    embed.begin_update(docs[2:])
    expected = embed.predict(docs)
    compile_models([embed], Types("float32", tables, {}))
    found = embed.predict(docs)
    for one, other in zip(found, expected):
        assert one.shape == other.shape
        # Words are multiplied by 10.
        assert_allclose(one, other, rtol=0, atol=20 * tolerance if name != "characters" else 2e-2)

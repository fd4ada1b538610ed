import numpy as np
import pytest
import spacy
from numpy.testing import assert_array_equal
from spacy.ml.models.tok2vec import build_Tok2Vec_model
from spacy.tokens import Doc
from spacy.util import fix_random_seed
from thinc.api import Adam, get_current_ops

from spacy_birnn.models.encoder import BiRNNEncoder
from spacy_birnn.models.labeller import BiLSTMTagger, SequenceLabeller
from spacy_birnn.models.parts import join_parts
from spacy_birnn.models.softmax_head import Softmax
from spacy_birnn.models.word_char_embed import WordCharEmbed

VOCAB = spacy.blank("xx").vocab
DOCS = [Doc(VOCAB, words=words) for words in (["a", "bb", "ccc"], [], ["bb"])]


@pytest.mark.parametrize("width", [1, 8, 9, [10, 7]])
def test_encoder_shapes(width):
    encoder = BiRNNEncoder(width, bidirectional=width != 1)
    xs = [encoder.ops.alloc2f(len(doc), 5) for doc in DOCS]
    encoder.initialize(X=xs)
    ys, backprop = encoder.begin_update(xs)
    n_out = width[-1] if isinstance(width, list) else width
    assert encoder.get_dim("nO") == n_out
    assert [y.shape for y in ys] == [(3, n_out), (0, n_out), (1, n_out)]
    assert [dx.shape for dx in backprop(ys)] == [x.shape for x in xs]


def test_parts_of_one_array_are_joined_without_a_copy():
    ops = get_current_ops()
    whole = np.ones((6, 4), dtype="f")
    parts = ops.unflatten(whole, np.array([2, 0, 4], dtype="i"))
    assert join_parts(ops, parts) is whole


@pytest.mark.parametrize(
    "choose",
    [
        lambda whole: [whole[3:], whole[:3]],
        lambda whole: [whole[:3], whole[:3]],
        lambda whole: [whole[:2], whole[2:5]],
        lambda whole: [whole[:, :2], whole[:, 2:]],
        lambda whole: [whole[::2], whole[1::2]],
        lambda whole: [whole[:3], whole[3:].copy()],
        lambda whole: [whole],
    ],
)
def test_other_arrays_are_concatenated(choose):
    parts = choose(np.arange(24, dtype="f").reshape(6, 4).copy())
    assert_array_equal(join_parts(get_current_ops(), parts), np.concatenate(parts))


@pytest.mark.parametrize("char_encoder", ["cnn", "birnn"])
def test_flat_block_builds_the_nested_model(char_encoder):
    fix_random_seed(0)
    embed = WordCharEmbed(char_encoder=char_encoder, dropout=0.2)
    encode = BiRNNEncoder(64, dropout=0.2)
    nested = SequenceLabeller(build_Tok2Vec_model(embed, encode), Softmax())
    nested.initialize(X=DOCS, Y=[nested.ops.alloc2f(len(doc), 3) for doc in DOCS])
    fix_random_seed(0)
    flat = BiLSTMTagger(width=64, dropout=0.2, char_encoder=char_encoder)
    flat.initialize(X=DOCS, Y=[flat.ops.alloc2f(len(doc), 3) for doc in DOCS])
    assert [node.attrs.keys() for node in flat.walk()] == [n.attrs.keys() for n in nested.walk()]
    for a, b in zip(flat.predict(DOCS), nested.predict(DOCS)):
        assert_array_equal(a, b)
    assert flat.to_bytes() == nested.to_bytes()


def test_learning_is_reproducible():
    def learn():
        fix_random_seed(0)
        model = BiLSTMTagger(width=16, dropout=0.3)
        model.initialize(X=DOCS, Y=[model.ops.alloc2f(len(doc), 3) for doc in DOCS])
        optimizer = Adam(0.1)
        for _ in range(3):
            scores, backprop = model.begin_update(DOCS)
            backprop(scores)
            model.finish_update(optimizer)
        return model.to_bytes()

    assert learn() == learn()


def test_second_initialization_starts_afresh():
    model = BiRNNEncoder(8)
    xs = [model.ops.alloc2f(3, 5) + 1]
    model.initialize(X=xs)
    first = model.predict(xs)[0]
    model.initialize(X=xs)
    assert (model.predict(xs)[0] != first).any()


def test_copy_learns_on_its_own():
    model = BiLSTMTagger(width=16)
    model.initialize(X=DOCS, Y=[model.ops.alloc2f(len(doc), 3) for doc in DOCS])
    copied = model.copy()
    before = copied.to_bytes()
    scores, backprop = model.begin_update(DOCS)
    backprop(scores)
    model.finish_update(Adam(0.1))
    assert copied.to_bytes() == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "lsdm"}, r"cell\s+'lsdm' is unknown, it must be one of: 'lstm'"),
        ({"depth": 0}, r"depth\s+0 is too small, it must be at least 1"),
        ({"width": 0}, r"width\s+0 is too small"),
        ({"width": [8, 8, 8]}, "must have one width per layer: 2"),
        ({"dropout": 1.0}, r"dropout\s+1\.0 must be in \[0, 1\)"),
        ({"dropout": -0.1}, r"-0\.1 must be in"),
        ({"recurrent_dropout": 1}, r"recurrent_dropout\s+1 must be in"),
        ({"bptt": -1}, r"bptt\s+-1 is too small"),
        ({"overlap": -1}, r"overlap\s+-1 is too small"),
        ({"window": 128, "overlap": 64}, r"must be 0, or more than twice the overlap \(64\)"),
        ({"precision": "bf16"}, r"'bf16' is unknown, it must be one of: 'auto', 'fast', 'float32'"),
    ],
)
def test_bad_encoder_settings_are_explained(settings, message):
    with pytest.raises(ValueError, match=message):
        BiRNNEncoder(**{"width": 8, **settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"word_rows": 0}, r"word_rows\s+0 is too small"),
        ({"prefixes": [3, 0]}, r"shortest of prefixes\s+0 is too small"),
        ({"char_encoder": "rnn"}, "'rnn' is unknown, it must be one of: 'cnn', 'birnn'"),
        ({"char_encoder": "birnn", "char_width": 1}, r"char_width\s+1 is too small"),
        ({"char_window": 4}, "must be odd"),
        ({"word_scale": 0.0}, "must be greater than 0"),
        ({"word_dropout": -1}, "must not be negative"),
        ({"char_rows": 1}, "must be at least 2"),
        ({"cache_words": -1}, r"cache_words\s+-1 is too small"),
        ({"static_width": 0}, r"static_width\s+0 is too small"),
    ],
)
def test_bad_embedding_settings_are_explained(settings, message):
    with pytest.raises(ValueError, match=message):
        WordCharEmbed(**settings)


def test_without_characters_and_affixes():
    model = WordCharEmbed(word_width=10, char_width=0, prefixes=[], suffixes=[], affix_width=4)
    model.initialize()
    assert [y.shape for y in model.predict(DOCS)] == [(3, 14), (0, 14), (1, 14)]

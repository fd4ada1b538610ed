import numpy as np
import pytest
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc
from thinc.api import Adam, set_dropout_rate

from spacy_birnn.models.hashing import hash_affixes, hash_words
from spacy_birnn.models.word_char_embed import WordCharEmbed
from spacy_birnn.models.word_features import WordFeatures, distinct_words
from spacy_birnn.nn.feature_table import FeatureTable
from spacy_birnn.nn.shim import TorchShim
from spacy_birnn.tags.codepoints import code_points, fold

from .helpers.tagger import make_examples

WORDS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), max_size=20)
FEATURES = WordFeatures(
    prefixes=(1, 3),
    suffixes=(2,),
    word_rows=50,
    affix_rows=7,
    hashes=2,
    seen_slots=64,
    char_rows=11,
    char_window=3,
    max_chars=8,
)
VOCAB = spacy.blank("xx").vocab


def arguments(words):
    orths, shapes, index = distinct_words([Doc(VOCAB, words=words)])
    return [*FEATURES([VOCAB.strings[orth] for orth in orths], shapes), index]


def hashes(words, n=0):
    codes, starts, sizes = code_points(words)
    folded = fold(codes).astype(np.uint64)
    if n:
        lengths = ([n], []) if n > 0 else ([], [-n])
        return hash_affixes(folded, starts, sizes, *lengths)[0].tolist()
    return hash_words(folded, starts, sizes).tolist()


@given(WORDS)
def test_arguments_are_inside_their_tables(words):
    ids, slots, chars, windows, offsets, index = arguments(words)
    assert len(index) == len(words)
    assert ids.shape == (5, len(set(words)), 2)
    # The words have a table of their own; the other features share one, with rows for each.
    for table, size, affix_size in ((ids, 50, 7), (slots, 64, 64)):
        first_rows = np.array([0, 0, *affix_size * np.arange(1, 4)])
        sizes = np.array([size, *[affix_size] * 4])
        rows = table.reshape(5, -1).T
        assert (first_rows <= rows).all() and (rows < first_rows + sizes).all()
    assert (chars >= 0).all() and (chars < 11).all()
    assert (windows + FEATURES.char_window <= len(chars)).all()
    assert_array_equal(np.diff([*offsets, len(windows)]) >= 1, True)


@given(WORDS)
def test_a_word_has_the_same_features_in_every_batch(words):
    ids, slots, *_, index = arguments(words)
    for i, word in enumerate(words):
        ids_alone, slots_alone, *_ = arguments([word])
        assert_array_equal(ids[:, index[i]], ids_alone[:, 0])
        assert_array_equal(slots[:, index[i]], slots_alone[:, 0])


def test_normalization():
    a, b, c, d = hashes(["Route66", "route77", "ＲＯＵＴＥ６６", "route6"])
    assert a == b == c != d


@pytest.mark.parametrize(
    ("n", "same", "other"),
    [
        (2, ("abc", "abX"), "aXc"),
        (-2, ("abc", "Xbc"), "abX"),
        (5, ("abc", "ABC"), "abcd"),
        (-5, ("abc", "ABC"), "dabc"),
    ],
)
def test_affixes(n, same, other):
    a, b, c = hashes([*same, other], n)
    assert a == b != c


def test_order_of_characters_matters():
    assert len(set(hashes(["abc", "acb", "bac", "aabc"]))) == 4


def test_unseen_words_and_affixes_get_the_vectors_of_the_unknown():
    model = WordCharEmbed(word_width=16, char_width=0, word_dropout=0.0)
    model.initialize()
    seen, other = Doc(VOCAB, words=["seen"]), Doc(VOCAB, words=["lost"])
    unknown = model.predict([seen])[0]
    assert_array_equal(unknown, model.predict([other])[0])
    _, backprop = model.begin_update([seen])
    backprop([model.ops.alloc2f(1, model.get_dim("nO")) + 1])
    model.finish_update(Adam(0.1))
    # The shape is the same, so it was seen with either word.
    assert (model.predict([seen])[0] != unknown).all()
    assert_array_equal(
        model.predict([other])[0] != unknown, [[False] * (16 + 5 * 32) + [True] * 32]
    )


def test_scaled_words_are_learned_as_many_times_faster():
    doc = Doc(VOCAB, words=["word"])
    vectors = {}
    for scale in (1.0, 10.0):
        model = WordCharEmbed(word_scale=scale, char_width=0, word_dropout=0.0)
        model.initialize()
        _, backprop = model.begin_update([doc])
        backprop([model.ops.alloc2f(1, model.get_dim("nO")) + 1])
        model.finish_update(Adam(0.01, grad_clip=0.0))
        vectors[scale] = model.predict([doc])[0][0, :100]
    # Two rows go a step each; rows that are updated alone go 0.5 % further (see `update_rows`).
    assert_allclose(vectors[1.0], -0.02, rtol=0.01)
    assert_allclose(vectors[10.0], 10 * vectors[1.0], rtol=1e-4)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_every_feature_can_be_dropped(dropout):
    doc = Doc(VOCAB, words=list("abcdefgh"))
    for word_dropout, any_known in ((1e9, False), (0.0, True)):
        model = WordCharEmbed(char_width=0, word_dropout=word_dropout, bigram_width=4)
        model.initialize()
        # Tables of words and bigrams start with zeros, as the unknown does.
        tables = [p for n in model.walk() for s in n.shims for p in s.module.parameters()]
        for table in tables:
            table.data.fill_(len(table) > 100)
        set_dropout_rate(model, dropout)
        (vectors,), _ = model.begin_update([doc])
        assert vectors.any(axis=0).all() == vectors.any() == any_known


@pytest.mark.parametrize("bigram_width", [0, 4])
def test_the_vector_of_unknown_words_is_learned_without_dropout(bigram_width):
    embed = {
        "@architectures": "spacy_birnn.WordCharEmbed.v1",
        "char_width": 8,
        "bigram_width": bigram_width,
        "word_dropout": 12.0,
    }
    encode = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 8, "depth": 1}
    tok2vec = {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}
    model = {"@architectures": "spacy_birnn.SequenceLabeller.v1", "tok2vec": tok2vec}
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("birnn_tagger", config={"model": model})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(3):
        nlp.update(examples, sgd=optimizer)
    shims = [shim for node in tagger.model.walk() for shim in node.shims]
    weights = [item for shim in shims for item in shim.module.named_parameters()]
    unknown = [weight for name, weight in weights if name.endswith("unknown")]
    assert len(unknown) == 2 + (bigram_width > 0)
    assert all((vector != 0).any() for vector in unknown)


def test_a_loaded_model_keeps_the_rate_of_its_config():
    doc = Doc(VOCAB, words=["word"])
    trained = WordCharEmbed(char_width=0, word_dropout=0.0, bigram_width=4, dropout=0.1)
    trained.initialize()
    # Tables of words and bigrams start with zeros, as the unknown does.
    tables = [p for node in trained.walk() for shim in node.shims for p in shim.module.parameters()]
    for table in tables:
        table.data.fill_(len(table) > 100)
    assert trained.begin_update([doc])[0][0].any(axis=0).mean() > 0.8
    model = WordCharEmbed(char_width=0, word_dropout=1e9, bigram_width=4, dropout=0.1)
    model.from_bytes(trained.to_bytes())
    (vectors,), _ = model.begin_update([doc])
    assert not vectors.any()


def test_what_has_occurred_often_is_seldom_unknown():
    table = FeatureTable(features=2, rows=8, width=1, seen_slots=4, hashes=1)
    torch.nn.init.ones_(table.weight)
    ids = torch.zeros((2, 2, 1), dtype=torch.int64)
    # Two words share the first feature.
    slots, counts = torch.tensor([[1, 1], [4, 6]]), torch.tensor([1, 2])
    assert not table(ids, slots).any()
    known = torch.stack([table(ids, slots, counts, 100.0) for _ in range(1000)])
    assert table.seen.tolist() == [0, 3000, 0, 0, 1000, 0, 2000, 0]
    assert table(ids, slots).all()
    assert known[:20].mean() < 0.3
    n = torch.arange(501, 1001)
    expected = [[(k * n / (k * n + 100)).mean() for k in ks] for ks in ([3, 1], [3, 2])]
    assert_allclose(known[500:].mean(dim=0).detach(), expected, atol=0.04)


@pytest.mark.parametrize("n", [255, 256, 10_000, 2**24 + 1])
def test_words_are_unknown_at_the_documented_rate_however_frequent(n):
    table = FeatureTable(features=1, rows=1, width=1, seen_slots=20_000, hashes=1)
    torch.nn.init.ones_(table.weight)
    n_words = 20_000
    ids = torch.zeros((1, n_words, 1), dtype=torch.int64)
    slots = torch.arange(n_words)[None]
    # The first occurrences at once, the last one by itself.
    table(ids, slots, torch.full((n_words,), n - 1))
    known = table(ids, slots, torch.ones(n_words, dtype=torch.int64), dropout=12.0)
    assert (table.seen == n).all()
    rate = 12 / (12 + n)
    deviation = (rate * (1 - rate) / n_words) ** 0.5
    assert_allclose(1 - known.mean().item(), rate, atol=5 * deviation + 1e-6)


def test_counts_stop_at_the_greatest_that_is_stored():
    table = FeatureTable(features=1, rows=1, width=1, seen_slots=1, hashes=1)
    ids, slot = torch.zeros((1, 1, 1), dtype=torch.int64), torch.zeros((1, 1), dtype=torch.int64)
    for _ in range(3):
        table(ids, slot, torch.tensor([2**31 - 2]))
    assert table.seen.item() == 2**31 - 1


def test_a_model_saved_with_counts_of_one_byte_loads():
    doc = Doc(VOCAB, words=["word"])
    old, new = (WordCharEmbed(char_width=0, word_dropout=0.0) for _ in range(2))
    old.initialize()
    old.begin_update([doc])
    module = old.shims[0].module
    for table in (module.words, module.affixes):
        table.seen = (table.seen * 255).to(torch.uint8)
    new.from_bytes(old.to_bytes())
    assert_array_equal(new.predict([doc])[0], old.predict([doc])[0])
    new.begin_update([doc])
    assert new.shims[0].module.words.seen.max() == 256


def test_counts_beyond_a_byte_are_stored_exactly_in_few_bytes():
    def build(slots):
        return FeatureTable(features=1, rows=4, width=2, seen_slots=slots, hashes=1)

    shim = TorchShim(build)
    shim.initialize(slots=10_000)
    table = shim.module
    table.seen[[3, 5, 7]] = torch.tensor([254, 255, 1_000_000], dtype=torch.int32)
    stored = shim.to_bytes()
    assert len(stored) < 12_000
    loaded = TorchShim(build).from_bytes(stored).module
    assert torch.equal(loaded.seen, table.seen) and loaded.seen.dtype == torch.int32

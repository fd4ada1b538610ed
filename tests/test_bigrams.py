"""The bigrams between words in the embedding."""

from itertools import pairwise

import numpy as np
import spacy
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Adam

from spacy_birnn.models.bigram_embed import BigramFeatures
from spacy_birnn.models.word_char_embed import WordCharEmbed

from .helpers.tagger import tags_of
from .helpers.training import train

VOCAB = Vocab()
WIDTH = 5
END = None


def test_empty_documents_may_come_first():
    nlp = spacy.blank("en")
    embed = {"@architectures": "spacy_birnn.WordCharEmbed.v1", "bigram_width": 4}
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"embed": embed}}})
    docs = [Doc(nlp.vocab)] * 10 + [Doc(nlp.vocab, words=["a"], tags=["X"])]
    nlp.initialize(lambda: [Example(Doc(nlp.vocab, words=[t.text for t in d]), d) for d in docs])
    assert tags_of(nlp.pipe(["a"])) == [["X"]]


@given(st.lists(st.lists(st.sampled_from(["a", "Ａb", "bxa", "1", "b２"]), max_size=5), max_size=4))
def test_bigrams_are_the_normalized_characters_at_the_borders(texts):
    docs = [Doc(VOCAB, words=words) for words in texts]
    ids, slots, ended, begun = BigramFeatures(100, 1000, 2)(docs)
    folded = str.maketrans("Ａ12２", "a000")
    pairs = {"ended": [], "begun": []}
    for words in texts:
        padded = [(END, END), *((w[0], w[-1]) for w in (w.translate(folded) for w in words))]
        around = [(a[1], b[0]) for a, b in pairwise([*padded, (END, END)])] if words else []
        pairs["ended"] += around[:-1]
        pairs["begun"] += around[1:]
    numbers = {}
    for pair, number in zip([*pairs["ended"], *pairs["begun"]], [*ended, *begun], strict=True):
        assert numbers.setdefault(pair, number) == number
    assert len({*numbers.values()}) == len(numbers)
    # An empty document is a bigram of two ends, which no word is part of.
    assert ids.shape == (1, slots.shape[1], 2)
    assert slots.shape[1] - len(numbers) in (0, 1)
    assert ids.max(initial=0) < 100 and slots.max(initial=0) < 1000


def make_model():
    model = WordCharEmbed(bigram_width=WIDTH, bigram_rows=100, word_dropout=0.0)
    model.initialize()
    return model


def learn(model, docs):
    Y, backprop = model.begin_update(docs)
    backprop([np.random.normal(size=y.shape).astype("f") for y in Y])
    model.finish_update(Adam(0.1))


def test_a_document_has_the_same_vectors_in_any_batch():
    model = make_model()
    docs = [Doc(VOCAB, words=words) for words in (["New", "York"], [], ["York", "New", "York"], [])]
    learn(model, docs)
    together = model.predict(docs)
    for doc, of_doc in zip(docs, together):
        assert of_doc.shape == (len(doc), model.get_dim("nO"))
        (alone,) = model.predict([doc])
        assert len(alone) == len(doc)
        if len(doc):
            assert_allclose(alone, of_doc, atol=1e-6)
    new, york = together[0][:, -2 * WIDTH :]
    assert new[WIDTH:].any()
    # What the first begins is what the second ends, here and in the other document.
    assert_allclose(new[WIDTH:], york[:WIDTH])
    assert_allclose(together[2][2, -2 * WIDTH : -WIDTH], york[:WIDTH])
    assert model.predict([]) == []


def test_every_bigram_of_a_text_is_counted():
    model = make_model()
    (shim,) = (shim for node in model.walk() if node.name == "bigram_embed" for shim in node.shims)
    texts = [[], ["a", "a", "a"], ["a"], [], ["b", "a"], []]
    model.begin_update([Doc(VOCAB, words=words) for words in texts])
    # Of a and an end; of an end and a, and of a and a; two that occur once.
    seen = shim.module.bigrams.seen
    assert sorted(seen[seen > 0].tolist()) == [1, 1, 2, 2, 3]


def test_longer_words_count_as_an_end():
    docs = [Doc(VOCAB, words=words) for words in (["a", "b"], ["a", "bc", "b"], ["bc", "bc"])]
    _, _, ended, begun = BigramFeatures(100, 1000, 2, max_chars=1)(docs)
    (end_a, a_b), (_, b_end) = zip(ended[:2], begun[:2])
    assert [*zip(ended[2:5], begun[2:5])] == [
        (end_a, ended[3]),
        (begun[2], begun[3]),
        (begun[3], b_end),
    ]
    # Between two longer words is what is between two ends.
    assert len({*ended[5:], *begun[5:]}) == 1
    assert a_b not in {*ended[2:], *begun[2:]}


def test_unknown_bigrams_share_a_vector():
    model = make_model()
    learn(model, [Doc(VOCAB, words=["New", "York"])])
    (shim,) = (shim for node in model.walk() if node.name == "bigram_embed" for shim in node.shims)
    table = shim.module.bigrams
    table.weight.data.normal_()
    table.unknown.data.fill_(3.0)
    (Y,) = model.predict([Doc(VOCAB, words=["York", "x", "y"])])
    assert (Y[:, -2 * WIDTH :] == 3.0).all()
    (Y,) = model.predict([Doc(VOCAB, words=["New", "York"])])
    assert (Y[:, -2 * WIDTH :] != 3.0).all()


def test_a_tagger_learns_from_bigrams(tmp_path):
    # Nothing but the neighbours tells the tags of these words: the encoder reads one word.
    nlp = spacy.blank("en")
    embed = {"@architectures": "spacy_birnn.WordCharEmbed.v1", "bigram_width": 16}
    encode = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 16, "window": 1}
    tok2vec = {"embed": embed, "encode": {**encode, "overlap": 0}}
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": tok2vec}})
    tagged = [("a b a", ["X", "Y", "Z"]), ("b a b", ["X", "Y", "Z"])]
    examples = [Example.from_dict(nlp.make_doc(t), {"tags": tags}) for t, tags in tagged]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    texts = ["", "a b a", "b a b", ""]
    expected = [[], ["X", "Y", "Z"], ["X", "Y", "Z"], []]
    assert tags_of(nlp.pipe(texts)) == expected
    nlp.to_disk(tmp_path)
    assert tags_of(spacy.load(tmp_path).pipe(texts)) == expected

"""The word vectors of the vocabulary in the embedding."""

import pytest
import spacy
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, set_dropout_rate

from spacy_birnn.labelling.units import Part
from spacy_birnn.models.word_char_embed import WordCharEmbed

from .helpers.static_vectors import EMBED, WIDTH
from .helpers.tagger import TAGGED, add_vectors, make_examples, tags_of
from .helpers.training import train


def make_model():
    """An embedding, and documents whose words have vectors, but for "unknown"."""
    nlp = spacy.blank("en")
    add_vectors(nlp)
    words = (["I", "like", "green", "unknown", "eggs"], [], ["ham"])
    docs = [Doc(nlp.vocab, words=w) for w in words]
    model = WordCharEmbed(include_static_vectors=True, static_width=WIDTH, word_dropout=0.0)
    model.initialize(X=docs)
    return model, docs


def projection(model):
    return next(node for node in model.walk() if node.name == "static_vectors").get_param("W")


def test_vectors_are_projected():
    model, docs = make_model()
    W = projection(model)
    assert W.any()
    outputs = model.predict(docs)
    for doc, Y in zip(docs, outputs):
        assert Y.shape == (len(doc), model.get_dim("nO"))
        for token, y in zip(doc, Y[:, -WIDTH:]):
            assert_allclose(y, W @ token.vector, atol=1e-6)
    assert not outputs[0][3, -WIDTH:].any()


def test_the_projection_learns_and_the_vectors_stay():
    model, docs = make_model()
    before, vectors = projection(model).copy(), docs[0].vocab.vectors.data.copy()
    Y, backprop = model.begin_update(docs)
    assert backprop(Y) == []
    model.finish_update(Adam(0.1))
    assert (projection(model) != before).all()
    assert_array_equal(docs[0].vocab.vectors.data, vectors)


def test_dropout_is_that_of_the_other_features():
    model, docs = make_model()
    doc = Doc(docs[0].vocab, words=["eggs", "ham"] * 500)
    set_dropout_rate(model, 0.77)
    (Y,), _ = model.begin_update([doc])
    dropped = Y == 0
    for part in (dropped[:, -WIDTH:], dropped[:, 100:-WIDTH]):
        assert abs(part.mean(axis=0) - 0.77).max() < 0.1
    kept, whole = Y[:, -WIDTH:][~dropped[:, -WIDTH:]], model.predict([doc])[0][:, -WIDTH:]
    assert_allclose(kept, whole[~dropped[:, -WIDTH:]] / 0.23, rtol=1e-4)


def test_a_part_of_a_document_gets_the_vectors_of_its_words():
    model, (doc, *_) = make_model()
    (whole,), (part,) = model.predict([doc]), model.predict([Part(doc, 1, 4)])
    assert_allclose(part, whole[1:4], atol=1e-6)


def test_missing_vectors_are_explained():
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"embed": EMBED}}})
    with pytest.raises(ValueError, match=r"no word vectors.*set include_static_vectors to false"):
        nlp.initialize(lambda: make_examples(nlp))
    model, _ = make_model()
    with pytest.raises(ValueError, match="no word vectors"):
        model.predict([nlp.make_doc("Eat ham")])


def test_tagger_in_batches_and_windows():
    nlp = spacy.blank("en")
    add_vectors(nlp)
    tagger = nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"embed": EMBED}}})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, drop=0.2)
    texts = ["", "Eat ham", " ".join(text for text, _ in TAGGED * 20), "", "I like it"]
    expected = tags_of([nlp(text) for text in texts])
    assert tags_of(nlp.pipe(texts)) == expected
    assert tags_of(nlp.pipe(texts, n_process=2, batch_size=2)) == expected
    empty = Example(nlp.make_doc(""), nlp.make_doc(""))
    assert nlp.update([empty, empty])["birnn_tagger"] == 0
    tagger.configure(max_length=50, overlap=20)
    assert tags_of(nlp.pipe(texts)) == expected

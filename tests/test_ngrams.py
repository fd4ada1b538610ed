"""Features of characters, against loops over every place."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spacy_birnn.labelling.units import Text
from spacy_birnn.models.char_ngram_embed import CharNgramEmbed, set_lexicon
from spacy_birnn.models.lexicon import Lexicon, make_lexicon
from spacy_birnn.tags.codepoints import BOUNDARY, CLASSES, classify, code_points, fold

NONE = np.zeros(0, dtype=np.int64)
WORDS = st.lists(st.text("ab中１", min_size=1, max_size=5), max_size=8)


def make_embed(words=(), **settings):
    embed = CharNgramEmbed(char_width=8, bigram_width=4, bigram_rows=100, **settings)
    set_lexicon(embed, dict.fromkeys(words, 2))
    embed.initialize()
    return embed


def vectors(embed, *texts):
    return embed.predict([Text(text, NONE, NONE) for text in texts])


@given(WORDS, st.lists(st.text("ab中１ ", max_size=8), min_size=1, max_size=3))
def test_matches_with_a_lexicon(words, texts):
    length = 3
    codes, starts, _ = code_points(texts)
    bounded = fold(np.insert(codes, np.append(starts, len(codes)), BOUNDARY))
    hashes, counts = make_lexicon(Counter(words), length)
    assert counts.sum() == sum(len(word) <= length for word in words)
    found = Lexicon(hashes).match(bounded, length)
    known = {word.replace("１", "0") for word in words}
    expected = np.zeros_like(found)
    place = 0
    for text in texts:
        text = text.replace("１", "0")
        place += 1
        for i in range(len(text)):
            for n in range(1, length + 1):
                if len(text[i : i + n]) == n and text[i : i + n] in known:
                    expected[place + i, n - 1] = 1
                    expected[place + i + n - 1, length + n - 1] = 1
        place += len(text)
    assert_array_equal(found, expected)


def test_a_text_has_the_same_vectors_in_any_batch():
    embed = make_embed(["北京", "工作"])
    texts = ["他在北京", "", "北京工作\n", "x"]
    together = vectors(embed, *texts)
    assert [len(of_text) for of_text in together] == [len(text) for text in texts]
    for text, of_text in zip(texts, together):
        assert_allclose(vectors(embed, text)[0], of_text, atol=1e-6)


def test_only_neighbours_and_words_change_a_vector():
    embed = make_embed(["京工"], ngram_dropout=0.0)
    items = [Text("他在北京工作。上海", NONE, NONE)]
    # What was not seen in training has no vector of its own.
    embed.begin_update(items)
    one, other, word = vectors(embed, "他在北京上海", "他在北京工作", "在北京工作")
    same = (one[: len(other)] == other).all(axis=1)
    assert same.tolist() == [True, True, True, False, False, False]
    assert (other[3:] == word[2:]).all()


@pytest.mark.parametrize("dropout", [0.0, 0.01])
def test_rare_words_are_unknown_in_training(dropout):
    embed = CharNgramEmbed(lexicon_dropout=1.0, dropout=dropout)
    set_lexicon(embed, {"北京": 1, "工作": 10**9})
    embed.initialize()
    items = [Text("北京工作", NONE, NONE)]
    assert embed.predict(items)[0][:, -10:].any(axis=1).all()
    matched = np.mean(
        [embed.begin_update(items)[0][0][:, -10:].any(axis=1) for _ in range(200)], axis=0
    )
    assert matched[2:].min() > 0.9
    assert_allclose(matched[:2], 0.5, atol=0.2)


@pytest.mark.parametrize("dropout", [0.0, 1e-6])
def test_a_loaded_model_keeps_the_rates_of_its_config(dropout):
    items = [Text("北京工作", NONE, NONE)]
    trained = CharNgramEmbed(ngram_dropout=0.0, lexicon_dropout=0.0, dropout=dropout)
    set_lexicon(trained, {"北京": 1})
    trained.initialize()
    learned = trained.begin_update(items)[0][0]
    model = CharNgramEmbed(ngram_dropout=1e9, lexicon_dropout=1e9, dropout=dropout)
    model.from_bytes(trained.to_bytes())
    dropped = model.begin_update(items)[0][0]
    assert learned[:, :128].all() and learned[:2, -10:].any()
    assert not dropped[:, :128].any() and not dropped[:, -10:].any()


def test_classes_of_characters():
    text = "他ｱあ한aа1一，.　\n\0🙂"
    expected = (
        "han kana kana hangul letter letter digit han punctuation punctuation space break "
        "other punctuation"
    )
    assert [CLASSES[n] for n in classify(code_points([text])[0])] == expected.split()

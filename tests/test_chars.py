"""The character encoders."""

import numpy as np
import pytest
import spacy
import torch
from numpy.testing import assert_allclose
from spacy.tokens import Doc

from spacy_birnn.models.word_char_embed import WordCharEmbed
from spacy_birnn.nn.char_encoders import CharBiRNN

WORDS = [[1, 2, 3], [4], [5, 6, 7, 8, 8, 8], [2], [3, 1]]


@pytest.mark.parametrize("width", [2, 6, 7])
def test_birnn_against_an_lstm_over_one_word_after_the_other(width):
    encoder = CharBiRNN(rows=9, embed_width=5, width=width)
    chars = torch.tensor([char for word in WORDS for char in word])
    offsets = torch.tensor([0, *np.cumsum([len(word) for word in WORDS[:-1]])])
    y = encoder(chars, torch.arange(len(chars)), offsets)
    layer = encoder.rnn.layers[0]
    rows = []
    for word in WORDS:
        x = encoder.weight[word]
        _, (forward, _) = layer.forward_rnn.weights(x)
        _, (backward, _) = layer.backward_rnn.weights(x.flip(0))
        rows.append(torch.cat([forward, backward], dim=1))
    expected = torch.cat(rows)
    assert_allclose(y.detach(), expected.detach(), atol=1e-6)
    learned = [param for param in encoder.parameters() if param.requires_grad]
    ours, theirs = (torch.autograd.grad((z**2).sum(), learned) for z in (y, expected))
    for gradient, expected_gradient in zip(ours, theirs):
        assert_allclose(gradient, expected_gradient, atol=1e-5)
        assert gradient.any()


@pytest.mark.parametrize("char_encoder", ["cnn", "birnn"])
def test_a_word_has_the_same_vector_in_every_batch(char_encoder):
    model = WordCharEmbed(char_encoder=char_encoder, cache_words=0)
    model.initialize()
    vocab = spacy.blank("xx").vocab
    words = ["a", "an", "Donaudampfschifffahrtsgesellschaft", "日本", "a", "to-morrow", "b"]
    (together,) = model.predict([Doc(vocab, words=words)])
    for word, vector in zip(words, together):
        ((alone,),) = model.predict([Doc(vocab, words=[word])])
        assert_allclose(vector, alone, atol=1e-6)
        assert np.ptp(vector[-64:]) > 0.01

import threading

import numpy as np
import pytest
import spacy
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc
from thinc.api import NumpyOps

from spacy_birnn.models.vector_cache import VectorCache
from spacy_birnn.models.word_char_embed import WordCharEmbed


def look_up(cache, keys):
    """The vector of a key is the key itself. Also returns the keys that were computed."""
    computed = []

    def compute(positions):
        computed.extend(keys[positions].tolist())
        return np.repeat(keys[positions, None], 3, axis=1).astype("f")

    vectors = cache(keys, compute)
    assert_array_equal(vectors, np.repeat(keys[:, None], 3, axis=1))
    return computed


@pytest.mark.parametrize("size", [0, 1, 5, 100])
def test_vectors_are_right_for_any_size(size):
    cache = VectorCache(size, NumpyOps())
    rng = np.random.default_rng(0)
    for _ in range(100):
        look_up(cache, np.unique(rng.integers(0, 20, size=rng.integers(0, 9))).astype(np.uint64))


def test_each_vector_is_computed_once_until_the_cache_is_full():
    cache = VectorCache(5, NumpyOps())
    a, b, c = (np.array(keys, dtype=np.uint64) for keys in ([1, 2, 3], [2, 3, 4, 5], [6, 7]))
    assert look_up(cache, a) == [1, 2, 3]
    assert look_up(cache, b) == [4, 5]
    assert look_up(cache, a) == []
    assert look_up(cache, c) == [6, 7]
    assert look_up(cache, c) == []
    assert look_up(cache, a) == [1, 2, 3]


def test_threads_share_a_cache():
    cache = VectorCache(50, NumpyOps())
    errors = []

    def work(seed):
        rng = np.random.default_rng(seed)
        try:
            for _ in range(300):
                look_up(cache, np.unique(rng.integers(0, 100, size=20)).astype(np.uint64))
        except AssertionError as err:
            errors.append(err)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_embedding_is_the_same_with_and_without_cache():
    vocab = spacy.blank("xx").vocab
    texts = ["a b c a", "", "c d", "a very longwordindeed b"]
    docs = [Doc(vocab, words=text.split()) for text in texts]
    kept, fresh = WordCharEmbed(), WordCharEmbed(cache_words=0)
    kept.initialize()
    fresh.from_bytes(kept.to_bytes())
    for batch in (docs, docs[:1], docs[2:], docs, []):
        for x, y in zip(kept.predict(batch), fresh.predict(batch)):
            assert_allclose(x, y, atol=1e-6)

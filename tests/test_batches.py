"""Batches by words: spaCy's own, and enough of them for a small corpus."""

import random
from collections import Counter
from itertools import chain, islice, repeat

from hypothesis import given
from hypothesis import strategies as st
from spacy.training.batchers import configure_minibatch_by_words

from spacy_birnn.training.batches import make_batcher

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CORPORA = st.lists(st.lists(st.none(), max_size=9).map(tuple), max_size=12)


def numbered(corpus):
    """Items that can be told apart, whatever their words."""
    return [(i, *words) for i, words in enumerate(corpus)]


def count_words(item):
    return len(item) - 1


@given(CORPORA, st.floats(0, 1))
def test_batches_are_those_of_spacy_if_there_are_enough(corpus, part):
    items = numbered(corpus)
    min_words = int(part * sum(map(count_words, items)))
    settings = {"size": 10, "tolerance": 0.2, "discard_oversize": False, "get_length": count_words}
    ours = list(make_batcher(**settings, min_words=min_words)(items))
    assert ours == list(configure_minibatch_by_words(**settings)(items))


@given(CORPORA, st.integers(1, 60), st.integers(0, 3))
def test_a_small_corpus_is_repeated_evenly(corpus, min_words, seed):
    items = numbered(corpus)
    random.seed(seed)
    batches = make_batcher(10, 0.2, False, min_words, count_words)(iter(items))
    epoch = list(chain.from_iterable(batches))
    times = Counter(epoch)
    assert set(times) == set(items)
    if items:
        assert max(times.values()) - min(times.values()) <= 1
    if any(map(count_words, items)):
        # The last item fills the epoch.
        before_last = sum(map(count_words, epoch)) - max(map(count_words, items))
        assert before_last < max(min_words, sum(map(count_words, items)))
        assert sum(map(count_words, epoch)) >= min_words


def test_repeats_are_shuffled():
    random.seed(0)
    (epoch,) = make_batcher(10_000, 0.2, False, min_words=78)(LETTERS)
    passes = [epoch[start : start + 26] for start in range(0, len(epoch), 26)]
    assert passes[0] == list(LETTERS) and passes[1] != passes[0] != passes[2] != passes[1]


def test_a_stream_without_end_is_batched():
    batches = make_batcher(10, 0.2, False, min_words=50)(repeat("abcde"))
    assert list(islice(batches, 20)) == [["abcde"] * 2] * 20

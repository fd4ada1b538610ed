import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spacy_birnn.nn.buckets import plan_buckets

LENGTHS = st.lists(st.integers(0, 40), max_size=60)


@given(LENGTHS, st.integers(1, 300))
def test_every_item_comes_back_in_order(lengths, max_steps):
    items = np.arange(sum(lengths))
    plan = plan_buckets(lengths, max_steps)
    padded = [items[bucket.gather].ravel() for bucket in plan.buckets]
    flat = np.concatenate(padded) if padded else items
    np.testing.assert_array_equal(flat[plan.scatter], items)


@given(LENGTHS, st.integers(1, 300))
def test_reverse_mirrors_each_sequence_by_its_own_length(lengths, max_steps):
    starts = np.cumsum(lengths) - lengths
    for bucket in plan_buckets(lengths, max_steps).buckets:
        reversed_items = bucket.gather.ravel()[bucket.reverse]
        for column, start in enumerate(bucket.gather[0]):
            size = lengths[next(i for i, s in enumerate(starts) if s == start and lengths[i])]
            np.testing.assert_array_equal(
                reversed_items[:size, column], np.arange(start, start + size)[::-1]
            )
        flat = bucket.reverse.ravel()
        np.testing.assert_array_equal(flat[flat], np.arange(flat.size))


@given(LENGTHS, st.integers(1, 300))
def test_buckets_of_several_sequences_keep_to_the_limit(lengths, max_steps):
    for bucket in plan_buckets(lengths, max_steps).buckets:
        steps, rows = bucket.gather.shape
        assert rows == 1 or steps * rows <= max_steps


def test_little_is_padding():
    lengths = np.random.default_rng(0).poisson(16, size=1000) + 1
    plan = plan_buckets(lengths, 4096)
    assert sum(bucket.gather.size for bucket in plan.buckets) < 1.2 * lengths.sum()

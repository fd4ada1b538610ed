import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_birnn.nn.batch_layout import MAX_POSITIONS, plan_blocks, plan_layout
from spacy_birnn.tags.windows import cut_windows

LENGTHS = st.lists(st.integers(0, 90), max_size=60)
# Window and overlap.
WINDOWS = st.tuples(st.integers(1, 30), st.integers(0, 9)).map(lambda w: (w[0] + 2 * w[1], w[1]))
CUTS = st.integers(0, 20)


@given(LENGTHS, WINDOWS, CUTS)
def test_every_item_comes_back_in_order(lengths, windows, cut):
    items = np.arange(sum(lengths))
    layout = plan_layout(cut_windows(lengths, *windows), cut)
    assert_array_equal(items[layout.gather][layout.scatter], items)


@given(LENGTHS, WINDOWS)
def test_windows_own_every_item_once_and_read_their_context(lengths, windows):
    window, overlap = windows
    pieces = cut_windows(lengths, window, overlap)
    assert (pieces.sizes <= window).all()
    owned = [
        np.arange(start + first, start + last)
        for start, first, last in zip(pieces.starts, pieces.own_starts, pieces.own_ends)
    ]
    assert_array_equal(np.concatenate([np.zeros(0, int), *owned]), np.arange(sum(lengths)))
    borders = {0, *np.cumsum(lengths).tolist()}
    ends = pieces.starts + pieces.sizes
    context_before, context_after = pieces.own_starts, pieces.sizes - pieces.own_ends
    for start, end, before, after in zip(pieces.starts, ends, context_before, context_after):
        assert before == overlap or (before < overlap and start in borders)
        assert after == overlap or (after < overlap and end in borders)


@given(LENGTHS)
def test_short_sequences_are_not_cut(lengths):
    assert_array_equal(cut_windows(lengths, 90, 40).sizes, lengths)
    assert_array_equal(cut_windows(lengths).sizes, lengths)


@given(LENGTHS, CUTS)
def test_reverse_mirrors_each_sequence_by_its_own_length(lengths, cut):
    layout = plan_layout(cut_windows(lengths), cut)
    items = np.arange(sum(lengths))
    mirrored = items[layout.gather][layout.reverse][layout.scatter]
    expected = [np.arange(end - n, end)[::-1] for n, end in zip(lengths, np.cumsum(lengths))]
    assert_array_equal(mirrored, np.concatenate([np.zeros(0, int), *expected]))
    assert_array_equal(layout.reverse[layout.reverse], np.arange(len(layout.reverse)))


@given(st.lists(st.integers(1, 90), min_size=1, max_size=60), CUTS)
def test_blocks_hold_every_step_of_every_sequence(lengths, cut):
    sizes = np.sort(lengths)[::-1]
    step, before = 0, len(sizes)
    for steps, rows in plan_blocks(sizes, cut):
        assert (sizes > step).sum() <= rows <= before
        assert not cut or step // cut == (step + steps - 1) // cut
        step, before = step + steps, rows
    assert step == sizes[0]


def test_blocks_keep_to_the_limit():
    for sizes in (np.full(100, 1000), np.full(2 * MAX_POSITIONS, 3), np.full(1, 10**6)):
        blocks = plan_blocks(sizes)
        assert all(steps == 1 or steps * rows <= MAX_POSITIONS for steps, rows in blocks)
        assert sum(steps * rows for steps, rows in blocks) == sizes.sum()


@pytest.mark.parametrize("mean", [2, 16, 200])
def test_little_is_padding(mean):
    lengths = np.random.default_rng(0).poisson(mean, size=1000) + 1
    layout = plan_layout(cut_windows(lengths))
    assert len(layout.gather) < 1.1 * lengths.sum()
    assert len(layout.blocks) < 60

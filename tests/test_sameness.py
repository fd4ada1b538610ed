"""The same in, the same out: whatever the run, the batch, the process and the thread."""

import pytest

from .helpers.sameness import assert_same_in_threads, digest, run_with_start_method, train_twice
from .helpers.strange import make_corpus, make_pipeline


@pytest.fixture(scope="module")
def nlp():
    return make_pipeline()


def test_two_trainings_give_the_same_weights(tmp_path):
    first, second = train_twice(tmp_path, threads=1)
    assert len([name for name in first if name.endswith("/model")]) == 3
    assert first == second


def test_processes_do_not_matter(nlp, tmp_path):
    # As on Windows; forked workers are in the tests of the components.
    nlp.to_disk(tmp_path)
    found = run_with_start_method("spawn", tmp_path, 60, 2)
    assert found == digest(nlp.pipe(make_corpus(60)))


@pytest.mark.parametrize(("n_threads", "zone"), [(2, False), (8, True)])
def test_threads_do_not_matter(n_threads, zone):
    nlp = make_pipeline(cache_words=30)
    assert_same_in_threads(nlp, make_corpus(60, seed=2), n_threads, zone)

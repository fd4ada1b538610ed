"""The same weights and the same annotations, on more data and in more ways than in the suite."""

from multiprocessing import get_all_start_methods

import pytest

from ..helpers.sameness import assert_same_in_threads, digest, run_with_start_method, train_twice
from ..helpers.strange import make_corpus, make_pipeline

pytestmark = pytest.mark.stress

N_DOCS = 2000


@pytest.fixture(scope="module")
def nlp():
    return make_pipeline()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_two_trainings_give_the_same_weights(threads, tmp_path):
    first, second = train_twice(tmp_path, threads)
    print(f"\n{threads} threads: {sum(map(len, first.values())):,} bytes of weights are equal")
    assert first == second


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64, 1000, 5000])
def test_batches_do_not_matter(nlp, batch_size):
    texts = make_corpus(N_DOCS, seed=3)
    assert digest(nlp.pipe(texts, batch_size=batch_size)) == digest(nlp.pipe(texts))


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in get_all_start_methods()])
@pytest.mark.parametrize("n_process", [1, 2, 4])
def test_processes_do_not_matter(nlp, method, n_process, tmp_path):
    nlp.to_disk(tmp_path)
    found = run_with_start_method(method, tmp_path, N_DOCS, n_process)
    assert found == digest(nlp.pipe(make_corpus(N_DOCS)))


@pytest.mark.parametrize("n_threads", [1, 2, 8])
@pytest.mark.parametrize("zone", [False, True])
@pytest.mark.parametrize("cache_words", [0, 30, 20000])
def test_threads_do_not_matter(n_threads, zone, cache_words):
    nlp = make_pipeline(cache_words=cache_words)
    assert_same_in_threads(nlp, make_corpus(300, seed=4), n_threads, zone)

"""Schedules of the learning rate by themselves; `test_plan.py` has them in trainings."""

from itertools import islice

import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_birnn.corpora.write import write_docs
from spacy_birnn.errors import InputError
from spacy_birnn.training.batches import make_planning_batcher
from spacy_birnn.training.schedules import warmup_linear, warmup_linear_epochs

DOCS = [Doc(Vocab(), words=[str(i)], spaces=[False]) for i in range(100)]


def take_epochs(schedule, n_batches, epochs):
    """The rates of all updates, and the one after the last."""
    batcher = make_planning_batcher(1, 0.0, False, epochs, 0, 1)
    rates = [next(schedule)]
    for _ in range(epochs):
        rates.extend(next(schedule) for _ in batcher(["a"] * n_batches))
    return rates


def test_rate_rises_and_falls_to_zero():
    rates = take_epochs(warmup_linear(1.0, 4), n_batches=4, epochs=5)
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[4:] == pytest.approx([(20 - step) / 16 for step in range(4, 21)])


def test_rate_of_few_updates_rises_for_a_quarter():
    rates = take_epochs(warmup_linear(1.0, 100), n_batches=4, epochs=5)
    assert rates[0] == 0.01 and rates[4] == max(rates) == 1.0
    assert min(rates[:-1]) > 0 and rates[-1] == 0


def test_one_update():
    assert take_epochs(warmup_linear(1.0, 100), n_batches=1, epochs=1) == [0.01, 0.0]


def test_rate_stays_where_the_training_has_no_plan():
    assert list(islice(warmup_linear(1.0, 4), 200)) == [0.25, 0.5, 0.75] + [1.0] * 197


def test_estimate_ends_with_the_last_epoch(tmp_path):
    write_docs(tmp_path / "a.spacy", DOCS)
    schedule = warmup_linear_epochs(1.0, 4, epochs=5, batch_words=25, corpus=tmp_path / "a.spacy")
    rates = [next(schedule) for _ in range(25)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[4:20] == sorted(rates[4:20], reverse=True)
    assert rates[12] == 0.5
    assert rates[20:] == [0.0] * 5


def test_estimate_counts_the_words_that_a_small_corpus_repeats(tmp_path):
    write_docs(tmp_path / "a.spacy", DOCS)
    settings = {"epochs": 5, "batch_words": 25, "corpus": tmp_path / "a.spacy"}
    schedule = warmup_linear_epochs(1.0, 4, **settings, min_words=200)
    rates = [next(schedule) for _ in range(50)]
    assert rates[39] > 0 and rates[40:] == [0.0] * 10
    enough = warmup_linear_epochs(1.0, 4, **settings, min_words=90)
    plain = warmup_linear_epochs(1.0, 4, **settings)
    assert list(islice(enough, 30)) == list(islice(plain, 30))


def test_estimate_for_a_short_training_also_rises(tmp_path):
    write_docs(tmp_path / "a.spacy", DOCS)
    schedule = warmup_linear_epochs(1.0, 100, epochs=5, batch_words=25, corpus=tmp_path / "a.spacy")
    rates = [next(schedule) for _ in range(20)]
    assert min(rates) > 0 and max(rates) == 1.0


def test_estimate_warns_of_a_training_without_a_second_evaluation(tmp_path):
    write_docs(tmp_path / "a.spacy", DOCS)
    schedule = warmup_linear_epochs(1.0, 4, 5, 25, corpus=tmp_path / "a.spacy", eval_frequency=50)
    next(schedule)
    settings = "--training.eval_frequency 4 and --training.optimizer.learn_rate.eval_frequency 4"
    with pytest.warns(UserWarning, match=settings):
        next(schedule)


def test_estimate_without_a_corpus(tmp_path):
    schedule = warmup_linear_epochs(1.0, 4, epochs=5, batch_words=25, corpus=None)
    assert next(schedule) == 0.25
    with pytest.raises(InputError, match="set \\[paths\\] train"):
        next(schedule)
    missing = warmup_linear_epochs(1.0, 4, 5, 25, corpus=tmp_path / "missing.spacy")
    assert next(missing) == 0.25
    with pytest.raises(InputError, match=r"no file .*missing\.spacy"):
        next(missing)


@pytest.mark.parametrize("corpus", ["${paths.train}", "${paths:root}/train.spacy"])
def test_estimate_for_an_unresolved_variable_stays_with_a_warning(corpus):
    schedule = warmup_linear_epochs(1.0, 4, epochs=5, batch_words=25, corpus=corpus)
    assert next(schedule) == 0.25
    with pytest.warns(UserWarning, match=r"stays at 1\.0 after 4 updates.*warmup_linear\.v1"):
        assert next(schedule) == 0.5
    assert list(islice(schedule, 98)) == [0.75] + [1.0] * 97

"""The learning rate reaches zero with the last update of spaCy's own loop, whatever is trained."""

import gc
import random
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from spacy import util
from spacy.schemas import ConfigSchemaTraining
from spacy.training.loop import create_train_batches, train_while_improving
from thinc.api import Adam, Config

from spacy_birnn.training.batches import make_batcher, make_planning_batcher
from spacy_birnn.training.progress import current_progress
from spacy_birnn.training.schedules import warmup_linear

CONFIGS = sorted(
    path
    for path in (Path(__file__).parents[1] / "configs").glob("*.cfg")
    if "assembled" not in path.name
)
QUICK = {"dropout": 0.1, "patience": 0, "accumulate_gradient": 1}


class Text(str):
    """What the loop needs of an example: words, which here are letters."""

    @property
    def predicted(self):
        return self


class Still:
    """What the loop needs of a pipeline, without anything that learns."""

    pipeline = ()

    def update(self, examples, **settings):
        assert examples


def make_corpus(lengths):
    return lambda nlp: (Text("a" * length) for length in lengths)


def take_updates(optimizer, batcher, corpus, max_epochs, max_steps, eval_frequency, **settings):
    """Train as spaCy does.

    RETURNS: The rates of all updates with the one after the last, and the positions."""
    rates, positions = [optimizer.learn_rate], []

    def watch(nlp, args):
        positions.append(current_progress())

    batches = create_train_batches(Still(), corpus, batcher, max_epochs)
    settings = {**QUICK, "exclude": [], "annotating_components": [], **settings}
    settings.update(max_steps=max_steps, eval_frequency=eval_frequency, before_update=watch)
    for _ in train_while_improving(Still(), optimizer, batches, lambda: (0.0, {}), **settings):
        rates.append(optimizer.learn_rate)
    return rates, positions


def plan_training(size, max_epochs, max_steps=0, min_words=0, warmup_steps=20):
    limits = (max_epochs, max_steps, 1)
    batcher = make_planning_batcher(size, 0.2, False, *limits, min_words=min_words)
    return partial(take_updates, Adam(warmup_linear(1.0, warmup_steps)), batcher), limits


def assert_falls_to_zero(rates, warmup=20):
    assert min(rates[:-1]) > 0 and rates[-1] == 0
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)
    assert max(rates) > 0.95


CORPORA = {
    "sentences": ([random.Random(0).randint(1, 40) for _ in range(3000)], 400, 0),
    "paragraphs": ([random.Random(1).randint(60, 140) for _ in range(1500)], 400, 0),
    "paragraphs in small batches": ([random.Random(2).randint(60, 140) for _ in range(500)], 80, 0),
    "one giant": ([20] * 400 + [50_000], 100, 0),
    "mixed": ([random.Random(3).choice([3, 30, 300, 3000]) for _ in range(600)], 500, 0),
    "smaller than min_words": ([random.Random(4).randint(1, 40) for _ in range(90)], 100, 20_000),
}


@pytest.mark.parametrize("name", CORPORA)
def test_updates_planned_are_taken(name):
    lengths, size, min_words = CORPORA[name]
    train, limits = plan_training(size, 6, min_words=min_words)
    rates, positions = train(make_corpus(lengths), *limits)
    taken = len(positions)
    assert positions[0].n_updates == pytest.approx(taken, rel=0.01)
    assert positions[-1] == (1.0, taken)
    assert positions == sorted(positions, key=lambda position: position.share)
    assert_falls_to_zero(rates)
    # The line of the plan is that of the updates.
    falling = [(taken - step) / (taken - 20) for step in range(20, taken)]
    assert rates[20:-1] == pytest.approx(falling, abs=0.01)


@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize(
    ("max_epochs", "max_steps", "expected"),
    [(5, 0, 50), (0, 30, 31), (-1, 30, 31), (5, 30, 31), (5, 300, 50)],
)
def test_the_limit_that_comes_first_ends_the_training(max_epochs, max_steps, expected, accumulate):
    train, limits = plan_training(100, max_epochs, max_steps)
    rates, positions = train(make_corpus([10] * 100), *limits, accumulate_gradient=accumulate)
    assert {position.n_updates for position in positions} == {expected}
    assert len(positions) == expected and positions[-1].share == 1.0
    assert_falls_to_zero(rates)


def test_a_training_without_limits_keeps_the_rate():
    train, limits = plan_training(100, 0)
    rates, positions = train(make_corpus([10] * 100), *limits, patience=200)
    assert rates[20:] == [1.0] * 182 and {*positions} == {None}


def numbers(config, path="training"):
    """The numbers of a block of a config that stand there themselves."""
    for key, value in config.items():
        if isinstance(value, dict) and key != "score_weights":
            yield from numbers(value, f"{path}.{key}")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"{path}.{key}", value


def overrides_of(path):
    changes = {"accumulate_gradient": 2, "patience": 50, "max_steps": 70, "warmup_steps": 7}
    changes.update(eval_frequency=5, size=60, min_words=9000)
    for setting, value in numbers(util.load_config(path)["training"]):
        key = setting.rsplit(".")[-1]
        changed = changes.get(key, type(value)(value / 2) or type(value)(1))
        yield pytest.param(path, setting, changed, id=f"{path.stem}-{setting}")


@pytest.mark.parametrize(
    ("path", "setting", "value"), [case for path in CONFIGS for case in overrides_of(path)]
)
def test_an_override_leaves_nothing_behind(path, setting, value):
    base = {"training.eval_frequency": 3, "training.batcher.size": 100}
    base["training.batcher.min_words"] = 4000
    config = util.load_config(path, overrides={**base, setting: value}, interpolate=True)
    training = config["training"]
    assert dict(numbers(training))[setting] == value
    batcher = training["batcher"]
    for name in ("max_epochs", "max_steps", "eval_frequency"):
        assert batcher[name] == training[name]
    resolved = util.registry.resolve(training, schema=ConfigSchemaTraining)
    names = ("optimizer", "batcher", "max_epochs", "max_steps", "eval_frequency", *QUICK)
    corpus = make_corpus(random.Random(0).choices(range(1, 60), k=150))
    rates, positions = take_updates(corpus=corpus, **{name: resolved[name] for name in names})
    assert min(rates[:-1]) > 0
    # Patience ends the training early.
    assert (rates[-1] == 0) == (setting != "training.patience")
    assert len(positions) > 50
    assert setting == "training.patience" or positions[-1] == (1.0, len(positions))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_each_number_stands_in_one_place(path):
    names = [setting.rsplit(".")[-1] for setting, _ in numbers(util.load_config(path)["training"])]
    assert len(names) == len({*names})


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_recipe_as_it_is_trains_to_the_end(path):
    training = util.load_config(path, interpolate=True)["training"]
    resolved = util.registry.resolve(training, schema=ConfigSchemaTraining)
    names = ("optimizer", "batcher", "max_epochs", "max_steps", "eval_frequency", *QUICK)
    lengths = random.Random(0).choices(range(1, 60), k=8000)
    rates, positions = take_updates(
        corpus=make_corpus(lengths), **{name: resolved[name] for name in names}
    )
    assert min(rates[:-1]) > 0 and rates[-1] == 0
    assert positions[0].n_updates == pytest.approx(len(positions), rel=0.01)


@pytest.mark.parametrize("min_words", [0, 4000])
@pytest.mark.parametrize("max_epochs", [3, 0, -1])
def test_batches_and_chance_are_those_of_v1(max_epochs, min_words):
    items = [Text("a" * length) for length in random.Random(0).choices(range(1, 50), k=100)]
    runs = []
    for batcher in (
        make_batcher(100, 0.2, True, min_words),
        make_planning_batcher(100, 0.2, True, max_epochs, 0, 1, min_words),
    ):
        random.seed(0)
        shuffled = list(items)
        epochs = []
        for _ in range(3):
            random.shuffle(shuffled)
            epochs.append([[*map(id, batch)] for batch in batcher(shuffled)])
        runs.append((epochs, random.getstate()))
    assert runs[0] == runs[1]


def test_a_stream_is_read_batch_by_batch():
    read = []

    def stream():
        for number in range(100):
            read.append(number)
            yield Text("a" * 10)

    batches = make_planning_batcher(100, 0.2, False, -1, 50, 1)(stream())
    next(batches)
    assert len(read) < 20


def begin(n_batches, max_epochs=2):
    batcher = make_planning_batcher(10, 0.2, False, max_epochs, 0, 1)
    return batcher([Text("a" * 10)] * n_batches)


def test_nothing_is_left_of_a_training():
    for end in (list, lambda batches: batches.close()):
        batches = begin(4)
        next(batches)
        assert current_progress().share == 1 / 8
        end(batches)
        assert current_progress() is None
    train, limits = plan_training(100, 0, 5)
    train(make_corpus([10] * 100), *limits)
    gc.collect()
    assert current_progress() is None


def test_an_interrupted_training_says_nothing_to_the_next_one():
    interrupted = begin(10)
    next(interrupted)
    loop = warmup_linear(1.0, 2)
    assert [next(loop) for _ in range(4)] == [0.5, 1.0, 1.0, 1.0]
    batches = begin(10)
    position = [current_progress() for _ in batches][3:4]
    batches = begin(10)
    next(batches)
    # It may end late, as when an error is shown that still holds it.
    interrupted.close()
    assert current_progress().n_updates == 20 and position[0].share == 0.2


def test_trainings_in_threads_have_their_own_positions():
    batches = begin(4)
    next(batches)
    seen = []
    thread = Thread(target=lambda: seen.append(current_progress()))
    thread.start()
    thread.join()
    assert seen == [None] and current_progress() is not None


def test_a_training_without_a_second_evaluation_causes_a_warning():
    batcher = make_planning_batcher(10, 0.2, False, 5, 0, eval_frequency=50)
    with pytest.warns(
        UserWarning, match="about 50 updates.*every 50,.* set --training.eval_frequency 10,"
    ):
        assert len(list(batcher([Text("a" * 10)] * 10))) == 10
    # Once.
    assert len(list(batcher([Text("a" * 10)] * 10))) == 10
    enough = make_planning_batcher(10, 0.2, False, 5, 0, eval_frequency=49)
    assert len(list(enough([Text("a" * 10)] * 10))) == 10
    stream = make_planning_batcher(10, 0.2, False, -1, 30, eval_frequency=50)
    with pytest.warns(UserWarning, match="31 updates"):
        next(stream(iter([Text("a" * 10)] * 10)))


@pytest.mark.parametrize(
    ("limits", "min_evaluations", "frequency"),
    [
        # 50 updates: the last evaluation is near the end.
        ((5, 0, 200), 10, 4),
        ((5, 0, 200), 0, 200),
        # Enough evaluations already: after 1, 5, …, 45 updates.
        ((5, 0, 4), 10, 4),
        ((5, 0, 5), 9, 5),
        ((5, 20, 200), 10, 2),
        ((1, 0, 200), 20, 1),
        # A stream, and a training that only patience ends.
        ((-1, 30, 200), 10, 3),
        ((0, 0, 200), 10, 200),
    ],
)
def test_short_trainings_are_evaluated_more_often(limits, min_evaluations, frequency):
    batcher = make_planning_batcher(10, 0.2, False, *limits, min_evaluations=min_evaluations)
    state = random.getstate()
    assert batcher.fit_eval_frequency(Text("a" * 10) for _ in range(10)) == frequency
    assert random.getstate() == state and current_progress() is None


def test_only_the_beginning_of_a_large_corpus_is_read_to_count_updates():
    read = []
    corpus = (read.append(number) or Text("a" * 10) for number in range(1000))
    batcher = make_planning_batcher(10, 0.2, False, 5, 0, 2, min_evaluations=10)
    assert batcher.fit_eval_frequency(corpus) == 2
    assert len(read) < 30


def test_training_on_after_the_end_causes_a_warning():
    batcher = make_planning_batcher(10, 0.2, False, 1, 0, 1)
    assert len(list(batcher([Text("a" * 10)] * 3))) == 3
    with pytest.warns(UserWarning, match="after the end that max_epochs"):
        next(batcher([Text("a" * 10)] * 3))


def test_sizes_may_be_those_of_a_schedule():
    text = """
    [batcher]
    @batchers = "spacy_birnn.batch_by_words.v2"
    tolerance = 0.0
    discard_oversize = false
    max_epochs = 1
    max_steps = 0
    eval_frequency = 1

    [batcher.size]
    @schedules = "compounding.v1"
    start = 10
    stop = 40
    compound = 2.0
    """
    batcher = util.registry.resolve(Config().from_str(text))["batcher"]
    batches = batcher([Text("a" * 10)] * 11)
    assert [len(batch) for batch in batches] == [1, 2, 4, 4]

"""The contracts of every component with every output layer, inside spaCy's pipelines."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from spacy.training import Example
from spacy.util import fix_random_seed

from .helpers.components import CASES, COMPILED, LABELLERS
from .helpers.strange import annotations
from .helpers.training import train

COMMON = st.sampled_from("他在北京 \n\t\r\0ab1１。🙂́\u200b\u3000")
TEXT = st.text(st.one_of(COMMON, st.characters(codec="utf-8")), max_size=40)
of_labellers = pytest.mark.parametrize("case", LABELLERS, ids=str, indirect=True)
of_trainable = pytest.mark.parametrize("case", CASES, ids=str, indirect=True)


@pytest.fixture(params=[*CASES, *COMPILED], ids=str)
def case(request):
    return request.param


@pytest.fixture
def nlp(case):
    """A pipeline with a component that has overfit its training data."""
    return case.load()


@pytest.fixture
def pipe(case, nlp):
    return nlp.get_pipe(case.factory)


@pytest.fixture
def examples(case, nlp):
    """The training data."""
    return case.make_examples(nlp)


@pytest.fixture
def texts(case):
    return case.texts


def annotate(nlp, texts, **options):
    return [annotations(doc) for doc in nlp.pipe(texts, **options)]


def gold_of(examples):
    return [annotations(example.reference) for example in examples]


def test_overfits_and_is_the_same_after_saving(case, nlp, examples, texts, tmp_path):
    assert annotate(nlp, [example.text for example in examples]) == gold_of(examples)
    assert nlp.evaluate(examples)[case.score] == 1.0
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert annotate(loaded, texts) == annotate(nlp, texts)
    assert loaded.to_bytes() == nlp.to_bytes()


def test_is_the_same_after_to_bytes_and_from_bytes(case, nlp, pipe, texts):
    loaded = case.make_blank()
    assert loaded.get_pipe(case.factory).from_bytes(pipe.to_bytes()).to_bytes() == pipe.to_bytes()
    assert annotate(loaded, texts) == annotate(nlp, texts)
    assert case.make_blank().from_bytes(nlp.to_bytes()).to_bytes() == nlp.to_bytes()


def test_is_the_same_after_pickling(nlp, pipe, texts):
    assert pickle.loads(pickle.dumps(pipe)).to_bytes() == pipe.to_bytes()
    assert annotate(pickle.loads(pickle.dumps(nlp)), texts) == annotate(nlp, texts)


def test_is_the_same_in_another_pipeline(case, nlp, texts):
    other = spacy.blank(nlp.lang)
    other.add_pipe(case.factory, source=nlp)
    assert annotate(other, texts) == annotate(nlp, texts)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_pipe_equals_call_in_any_batch(nlp, texts, batch_size):
    alone = [annotations(nlp(text)) for text in texts]
    assert annotate(nlp, texts, batch_size=batch_size) == alone


def test_pipe_equals_call_in_several_processes(nlp, texts):
    assert annotate(nlp, texts, n_process=2, batch_size=2) == annotate(nlp, texts)


def test_pipe_equals_call_in_several_threads(nlp, texts):
    expected = annotate(nlp, texts)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: annotate(nlp, texts), range(4))) == [expected] * 4


def test_pipe_keeps_order_and_context(nlp, texts):
    pairs = [(text, number) for number, text in enumerate(texts)]
    assert [(doc.text, n) for doc, n in nlp.pipe(pairs, as_tuples=True, batch_size=3)] == pairs


def test_memory_zone_changes_nothing(nlp, texts):
    expected = annotate(nlp, texts)
    with nlp.memory_zone():
        assert annotate(nlp, texts) == expected
    assert annotate(nlp, texts) == expected


def test_scores_do_not_depend_on_the_batch(nlp, pipe, texts):
    units = pipe.scheme.read([nlp.make_doc(text) for text in texts])
    for together, unit in zip(pipe.model.predict(units), units):
        (alone,) = pipe.model.predict([unit])
        assert_allclose(together, alone, rtol=0, atol=1e-5)


def test_windows_of_a_long_document_agree_with_the_whole(case, nlp, pipe, texts):
    longest = max(texts, key=len)
    pipe.configure(max_length=0)
    expected = annotations(nlp(longest))
    pipe.configure(max_length=60, overlap=20)
    assert annotations(nlp(longest)) == expected
    # Without context windows disagree, but annotations are legal.
    pipe.configure(max_length=3, overlap=0)
    doc = nlp(longest)
    assert doc.text == longest and case.is_legal(doc, pipe.labels)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT, max_size=4))
def test_any_text_is_kept_and_gets_legal_annotations(case, nlp, pipe, texts):
    docs = list(nlp.pipe(texts))
    assert [doc.text for doc in docs] == texts
    for doc, text in zip(docs, texts):
        assert annotations(doc) == annotations(nlp(text))
        assert all(text[t.idx : t.idx + len(t)] == t.text for t in doc)
        assert case.is_legal(doc, pipe.labels)


@of_labellers
def test_missing_annotation_adds_no_loss(pipe, examples):
    docs = [example.predicted for example in examples]
    scores, _ = pipe.model.begin_update(docs)
    loss, gradients = pipe.get_loss([Example(doc, doc.copy()) for doc in docs], scores)
    assert abs(loss) < 1e-4
    assert max(abs(gradient).max() for gradient in gradients) < 1e-5


@of_trainable
def test_empty_documents_add_no_loss(case, nlp, examples):
    empty = Example(nlp.make_doc(""), nlp.make_doc(""))
    assert nlp.update([empty, empty])[case.factory] == 0
    assert nlp.update([empty, *examples])[case.factory] > 0


@of_trainable
def test_the_same_seed_gives_the_same_weights(case):
    def train_with_dropout():
        fix_random_seed(3)
        nlp = case.make_blank()
        examples = case.make_examples(nlp)
        train(nlp, examples, nlp.initialize(lambda: examples), steps=5, drop=0.3)
        return nlp.to_bytes()

    assert train_with_dropout() == train_with_dropout()


@of_labellers
def test_a_label_is_added_after_training(case, nlp, pipe, examples, texts, tmp_path):
    docs = [example.predicted for example in examples]
    scores, before = pipe.model.predict(docs), annotate(nlp, texts)
    assert pipe.add_label("NEW") == 1
    assert pipe.add_label("NEW") == 0
    for old, new in zip(scores, pipe.model.predict(docs)):
        assert_array_equal(new[:, : old.shape[1]], old)
    assert annotate(nlp, texts) == before
    case.annotate(examples[-1].reference, "NEW")
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=80)
    expected = gold_of(examples)
    assert annotate(nlp, [example.text for example in examples]) == expected
    nlp.to_disk(tmp_path)
    assert annotate(spacy.load(tmp_path), [example.text for example in examples]) == expected


@of_trainable
def test_training_is_resumed_after_saving(case, nlp, examples, tmp_path):
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    optimizer = loaded.resume_training()
    # Training may round scores to bfloat16, prediction does not.
    assert loaded.rehearse(examples, sgd=optimizer)[case.factory] < 1e-5
    before = train(loaded, examples, optimizer, steps=1)
    assert train(loaded, examples, optimizer, steps=10)[case.factory] < before[case.factory]
    assert annotate(loaded, [example.text for example in examples]) == gold_of(examples)


@pytest.mark.parametrize("case", COMPILED, ids=str, indirect=True)
def test_a_compiled_component_refuses_to_learn(case, nlp, pipe, examples, texts):
    before, state = annotate(nlp, texts), pipe.to_bytes()
    steps = [
        lambda: nlp.initialize(lambda: examples),
        lambda: nlp.update(examples, sgd=nlp.resume_training()),
        lambda: nlp.rehearse(examples, sgd=nlp.resume_training()),
        lambda: pipe.add_label("NEW"),
    ]
    for step in steps:
        with pytest.raises(ValueError, match=f"'{case.factory}' cannot be trained"):
            step()
    with pytest.raises(ValueError, match="can only predict"):
        pipe.model.begin_update([example.predicted for example in examples])
    assert annotate(nlp, texts) == before and pipe.to_bytes() == state

"""`birnn_morphologizer`: what spaCy's `morphologizer` does, and the contracts of our components."""

import pickle
from types import FunctionType

import pytest
import spacy
import srsly
from numpy.testing import assert_array_equal
from spacy.language import Language
from spacy.pipeline.morphologizer import DEFAULT_MORPH_MODEL
from spacy.tests.pipeline import test_morphologizer as suite
from spacy.tokens import Doc
from spacy.training import Example

from spacy_birnn.distillation.ensemble import distill
from spacy_birnn.distillation.teachers import Teacher

from .helpers.bounds import NATS, SQUARED
from .helpers.tagger import SMALL_MODEL
from .helpers.training import train

# Our output layer grows where spaCy's raises an error.
DIFFERENT = {"test_no_resize"}
TESTS = sorted(name for name in vars(suite) if name.startswith("test_") and name not in DIFFERENT)
# In two sentences, a recurrent network finds more rules than spaCy's, which reads four neighbours.
MODEL = {"tok2vec": DEFAULT_MORPH_MODEL["tok2vec"]}
# The cross-entropy falls slower than squared errors.
STEPS = 200
NAME = "birnn_morphologizer"
WORDS = [["I", "like", "green", "eggs"], ["Eat", "ham"]]
POS_TAGS = [["PRON", "VERB", "ADJ", "NOUN"], ["VERB", "NOUN"]]
MORPHS = [["Case=Nom|Number=Sing", "Tense=Pres", "_", "Number=Plur"], ["Mood=Imp", "_"]]
LABELS = (
    "Case=Nom|Number=Sing|POS=PRON",
    "Mood=Imp|POS=VERB",
    "Number=Plur|POS=NOUN",
    "POS=ADJ",
    "POS=NOUN",
    "POS=VERB|Tense=Pres",
)


class Settable:
    """spaCy's test changes settings by `cfg`, which is read-only in our components."""

    def __init__(self, pipe):
        self.pipe = pipe

    def __setitem__(self, name, value):
        self.pipe.configure(**{name: value})


def make_examples(vocab):
    golds = [
        Doc(vocab, words=words, pos=pos, morphs=morphs)
        for words, pos, morphs in zip(WORDS, POS_TAGS, MORPHS)
    ]
    return [Example(Doc(vocab, words=words), gold) for words, gold in zip(WORDS, golds)]


def annotations(doc):
    return [(token.pos_, str(token.morph)) for token in doc]


@pytest.fixture
def nlp():
    """A trained pipeline with a morphologizer."""
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, config={"model": SMALL_MODEL})
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    return nlp


@pytest.mark.parametrize("name", TESTS)
def test_spacy_morphologizer(name, monkeypatch):
    add_pipe, get_pipe = Language.add_pipe, Language.get_pipe

    def add_birnn(self, factory_name, name=None, **kwargs):
        if factory_name == "morphologizer":
            factory_name, name = NAME, name or "morphologizer"
            kwargs["config"] = {**kwargs.get("config", {}), "model": MODEL}
        return add_pipe(self, factory_name, name, **kwargs)

    def get_settable(self, name):
        pipe = get_pipe(self, name)
        monkeypatch.setattr(type(pipe), "cfg", property(Settable))
        return pipe

    test = getattr(suite, name)
    consts = tuple({SQUARED: NATS, 50: STEPS}.get(c, c) for c in test.__code__.co_consts)
    monkeypatch.setattr(Language, "add_pipe", add_birnn)
    if name == "test_overfitting_IO":
        assert SQUARED in test.__code__.co_consts
        monkeypatch.setattr(Language, "get_pipe", get_settable)
    FunctionType(test.__code__.replace(co_consts=consts), test.__globals__)()


def test_the_suite_is_there():
    assert len(TESTS) >= 6


def test_labels_are_those_of_core(nlp):
    core = spacy.blank("en").add_pipe("morphologizer")
    core.initialize(lambda: make_examples(core.vocab))
    assert nlp.get_pipe(NAME).labels == LABELS == tuple(sorted(core.labels))


@pytest.mark.parametrize(("ours", "theirs"), [(NAME, "morphologizer"), ("morphologizer", NAME)])
def test_labels_of_init_labels_fit_both(ours, theirs, tmp_path):
    from_file, trained = spacy.blank("en").add_pipe(ours), spacy.blank("en").add_pipe(theirs)
    trained.initialize(lambda: make_examples(trained.vocab))
    srsly.write_json(tmp_path / "labels.json", trained.label_data)
    labels = srsly.read_json(tmp_path / "labels.json")
    from_file.initialize(lambda: make_examples(from_file.vocab)[:1], labels=labels)
    assert from_file.labels == trained.labels
    assert from_file.model.get_dim("nO") == len(LABELS)


def test_labels_are_normalized():
    pipe = spacy.blank("en").add_pipe(NAME)
    assert pipe.add_label("POS=NOUN|Number=Plur|Case=Nom,Acc") == 1
    assert pipe.labels == ("Case=Acc,Nom|Number=Plur|POS=NOUN",)
    assert pipe.add_label("Number=Plur|POS=NOUN|Case=Acc,Nom") == 0


@pytest.mark.parametrize("label", ["NOUN", "POS=NN", "Case=Nom|", "A=B=C"])
def test_malformed_label_is_explained(label):
    pipe = spacy.blank("en").add_pipe(NAME)
    with pytest.raises(ValueError, match=r"is not a label of features: write Name=Value"):
        pipe.add_label(label)
    assert pipe.labels == ()


def test_it_learns_and_scores_as_core(nlp, tmp_path):
    scores = nlp.evaluate(make_examples(nlp.vocab))
    assert scores["pos_acc"] == scores["morph_acc"] == 1.0
    assert {*scores["morph_per_feat"]} == {"Case", "Mood", "Number", "Tense"}
    core = spacy.blank("en")
    core.add_pipe("morphologizer").initialize(lambda: make_examples(core.vocab))
    assert {*core.evaluate(make_examples(core.vocab))} == {*scores}
    assert nlp.config["training"]["score_weights"] == core.config["training"]["score_weights"]
    nlp.to_disk(tmp_path)
    loaded, texts = spacy.load(tmp_path), [" ".join(words) for words in WORDS]
    assert annotations(nlp(texts[0])) == list(zip(POS_TAGS[0], [*MORPHS[0][:2], "", MORPHS[0][3]]))
    expected = [annotations(nlp(text)) for text in texts]
    assert [annotations(doc) for doc in loaded.pipe(texts)] == expected
    assert loaded.to_bytes() == nlp.to_bytes()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("extend", [False, True])
def test_existing_annotation_is_treated_as_in_core(overwrite, extend):
    """Both components predict one label for all tokens, because it is their only one."""
    found = []
    for name in (NAME, "morphologizer"):
        nlp = spacy.blank("en")
        pipe = nlp.add_pipe(name, config={"overwrite": overwrite, "extend": extend})
        pipe.add_label("Case=Nom|Number=Sing|POS=NOUN")
        nlp.initialize()
        doc = Doc(
            nlp.vocab,
            words=["a", "b", "c", "d", "e"],
            pos=["", "VERB", "", "X", ""],
            morphs=["_", "_", "_", "Number=Plur|Tense=Past", "Case=Acc,Dat"],
        )
        for token in doc[:2]:
            token.set_morph(None)
        pipe(doc)
        found.append([(t.pos_, str(t.morph), t.has_morph()) for t in doc])
    assert found[0] == found[1]


def test_partial_annotation(nlp):
    """A token without both has no label, and a token without one of them has the other's."""
    pipe = nlp.get_pipe(NAME)
    gold = Doc(
        nlp.vocab,
        words=["a", "b", "c", "d"],
        pos=["ADJ", "", "NOUN", ""],
        morphs=["_", "_", "Number=Plur", "_"],
    )
    for token in gold[:2]:
        token.set_morph(None)
    pipe.add_label("_")
    ids = pipe.scheme.gold_ids([Example(Doc(nlp.vocab, words=["a", "b", "c", "d"]), gold)])
    names = [*pipe.labels, ""]
    assert [names[i] for i in ids] == ["POS=ADJ", "", "Number=Plur|POS=NOUN", "_"]
    scores, _ = pipe.model.begin_update([gold])
    _, (gradient,) = pipe.get_loss([Example(gold.copy(), gold)], scores)
    assert not gradient[1].any() and all(gradient[i].any() for i in (0, 2, 3))


def test_words_that_differ_learn_from_what_aligns(nlp):
    predicted = Doc(nlp.vocab, words=["I", "like", "greeneggs"])
    words, spaces = WORDS[0], [True, True, False, False]
    gold = Doc(nlp.vocab, words=words, spaces=spaces, pos=POS_TAGS[0], morphs=MORPHS[0])
    ids = nlp.get_pipe(NAME).scheme.gold_ids([Example(predicted, gold)])
    assert ids.tolist() == [0, 5, -1]


def test_new_combinations_add_no_loss_as_in_core(nlp):
    pipe = nlp.get_pipe(NAME)
    gold = Doc(nlp.vocab, words=["Eat", "ham"], pos=["VERB", "X"], morphs=["Mood=Imp", "Foo=Yes"])
    assert pipe.scheme.gold_ids([Example(gold.copy(), gold)]).tolist() == [1, -1]
    with pytest.warns(UserWarning, match=r"cannot predict 1 .*'Foo=Yes\|POS=X'"):
        nlp.evaluate([Example(gold.copy(), gold)])


def test_labels_grow_after_training(nlp):
    pipe = nlp.get_pipe(NAME)
    (before,) = pipe.model.predict([nlp.make_doc("Eat ham")])
    assert pipe.add_label("POS=X") == 1
    (after,) = pipe.model.predict([nlp.make_doc("Eat ham")])
    assert_array_equal(after[:, : len(LABELS)], before)


def test_any_text(nlp):
    texts = ["", "  ", "Eat\n\nham \t", "green " * 50]
    docs = list(nlp.pipe(texts, batch_size=2))
    assert [doc.text for doc in docs] == texts
    assert [annotations(doc) for doc in docs] == [annotations(nlp(text)) for text in texts]
    with nlp.memory_zone():
        assert [annotations(doc) for doc in nlp.pipe(texts)] == [annotations(doc) for doc in docs]


@pytest.mark.parametrize("factories", [("tagger", "morphologizer"), ("birnn_tagger", NAME)])
def test_teachers_of_tags_and_features_share_a_pipeline(factories):
    nlp = spacy.blank("en")
    for factory in factories:
        model = {"model": SMALL_MODEL} if factory.startswith("birnn") else {}
        nlp.add_pipe(factory, config=model)
    examples = make_examples(nlp.vocab)
    for token in (token for example in examples for token in example.reference):
        token.tag_ = token.pos_
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    teacher = Teacher("teacher", nlp)
    assert {*teacher.outputs} == {"tags", "morphs"}
    soft = list(distill([teacher], [[nlp.make_doc(" ".join(words)) for words in WORDS]]))
    student = spacy.blank("en")
    pipe = student.add_pipe(NAME, config={"model": SMALL_MODEL, "soft_labels": 1.0})
    examples = [Example(student.make_doc(doc.text), doc) for doc in soft]
    optimizer = student.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(student, examples, optimizer, steps=40)
    assert pipe.labels == LABELS
    assert [token.pos_ for token in student("I like green eggs")] == POS_TAGS[0]


def test_it_pickles_and_runs_in_processes(nlp):
    texts = [" ".join(words) for words in WORDS] * 2
    expected = [annotations(doc) for doc in nlp.pipe(texts)]
    assert [annotations(doc) for doc in pickle.loads(pickle.dumps(nlp)).pipe(texts)] == expected
    assert [annotations(doc) for doc in nlp.pipe(texts, n_process=2, batch_size=1)] == expected

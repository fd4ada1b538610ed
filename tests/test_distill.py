"""Distillation: soft labels of teachers, how they are stored, and training on them."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError

from spacy_birnn.corpora.reader import make_corpus
from spacy_birnn.corpora.soft_labels import cut_soft_labels, get_soft_labels, set_soft_labels
from spacy_birnn.corpora.write import write_docs
from spacy_birnn.distillation.ensemble import check_agreement, distill
from spacy_birnn.distillation.teachers import Teacher
from spacy_birnn.errors import InputError
from spacy_birnn.models.cross_entropy import label_gradient, soften_gradient
from spacy_birnn.tags.labels import MISSING

from .helpers.commands import run
from .helpers.segmenter import MODEL as CHAR_MODEL
from .helpers.tagger import SMALL_MODEL, TAGGED, make_examples, tags_of
from .helpers.training import train

TEXTS = [text for text, _ in TAGGED]
CRF_MODEL = {**CHAR_MODEL, "head": {"@architectures": "spacy_birnn.CRF.v1"}}


def softmax(scores):
    exp = np.exp(scores)
    return exp / exp.sum(axis=1, keepdims=True)


def make_soft(vocab, words, probs, names=("A", "B"), **annotation):
    doc = Doc(vocab, words=words, **annotation)
    set_soft_labels(doc, "tags", names, np.array(probs))
    return doc


def make_ner(vocab, text="Ann Lee saw Bob"):
    doc = Doc(vocab, words=text.split())
    doc.ents = [Span(doc, 0, 2, "PER"), Span(doc, 3, 4, "PER")]
    return doc


def fit(nlp, examples, steps=20):
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=steps)
    return nlp


def make_student(weight=1.0, **settings):
    nlp = spacy.blank("en")
    settings = {"model": SMALL_MODEL, "soft_labels": weight, **settings}
    nlp.add_pipe("birnn_tagger", config=settings)
    return nlp


def bare(docs):
    """The documents without annotations, but soft labels, as they are of raw text."""
    examples = []
    for doc in docs:
        words = [token.text for token in doc]
        raw = Doc(doc.vocab, words=words)
        raw.user_data = doc.user_data
        examples.append(Example(Doc(doc.vocab, words=words), raw))
    return examples


# The loss.


def test_one_hot_targets_are_gold_labels():
    rng = np.random.default_rng(0)
    probs = softmax(rng.normal(size=(4, 3)))
    gold = np.array([0, 2, 1, 0])
    hard = label_gradient(probs, gold, 0.0)
    soft = soften_gradient(hard, probs, gold, np.eye(3)[gold], 0.3)
    np.testing.assert_allclose(soft, hard, atol=1e-12)


def test_gradient_is_that_of_both_cross_entropies():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4, 3))
    targets = softmax(rng.normal(size=(4, 3)))
    targets[1] = 0.0
    gold, weight = np.array([0, 2, MISSING, 1]), 0.3
    # One with both, one without soft labels, one without gold, one with both.
    shares = [(1 - weight, weight), (1.0, 0.0), (0.0, 1.0), (1 - weight, weight)]

    def loss(scores):
        logs = np.log(softmax(scores))
        hard = -logs[np.arange(4), gold]
        soft = -(targets * logs).sum(axis=1)
        return sum(h * a + s * b for (h, s), a, b in zip(shares, hard, soft))

    hard = label_gradient(softmax(scores), gold, 0.0)
    gradient = soften_gradient(hard, softmax(scores), gold, targets, weight)
    step = 1e-6
    for place in np.ndindex(scores.shape):
        moved = np.zeros_like(scores)
        moved[place] = step
        difference = (loss(scores + moved) - loss(scores - moved)) / (2 * step)
        assert gradient[place] == pytest.approx(difference, abs=1e-6)


# The file.


def test_soft_labels_are_stored_with_the_document(tmp_path):
    doc = make_soft(Vocab(), ["a", "b"], [[0.25, 0.75], [0.0, 0.0]], tags=["A", "B"])
    write_docs(tmp_path / "soft.spacy", [doc])
    (read,) = DocBin().from_disk(tmp_path / "soft.spacy").get_docs(Vocab())
    soft = get_soft_labels(read, "tags")
    assert soft.names == ("A", "B")
    assert soft.probs.tolist() == [[0.25, 0.75], [0.0, 0.0]]
    assert get_soft_labels(read, "entities") is None
    assert tags_of([read]) == [["A", "B"]]


@pytest.mark.parametrize(
    ("kind", "probs", "message"),
    [
        ("tags", np.ones((1, 2)), "a row for each token"),
        ("words", np.ones((2, 2)), "a row for each character"),
        ("tags", np.full((2, 2), np.nan), "not probabilities"),
        ("tag", np.ones((2, 2)), "Unknown kind of soft labels 'tag'"),
    ],
)
def test_bad_soft_labels_are_refused(kind, probs, message):
    doc = Doc(Vocab(), words=["a", "b"])
    with pytest.raises(ValueError, match=message):
        set_soft_labels(doc, kind, ["A", "B"], probs)


def test_soft_labels_of_other_tokens_are_refused():
    doc = make_soft(Vocab(), ["a", "b"], np.ones((2, 2)))
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    with pytest.raises(InputError, match=r"do not fit the document 'a b '.*birnn distill"):
        get_soft_labels(doc, "tags")


@pytest.mark.parametrize("settings", [{"gold_preproc": True}, {"max_length": 3}])
def test_sentences_keep_their_soft_labels(settings, tmp_path):
    starts = [True, False, True, False]
    doc = make_soft(
        Vocab(), ["a", "b", "c", "d"], np.eye(4), names="ABCD", sent_starts=starts, tags=[*"ABCD"]
    )
    letters = doc.text
    set_soft_labels(doc, "words", ["S"], np.arange(1.0, 1 + len(letters))[:, None])
    write_docs(tmp_path / "soft.spacy", [doc])
    corpus = make_corpus(tmp_path / "soft.spacy", **settings)
    sentences = [example.reference for example in corpus(spacy.blank("en"))]
    assert tags_of(sentences) == [["A", "B"], ["C", "D"]]
    for sentence in sentences:
        soft = get_soft_labels(sentence, "tags")
        found = [soft.names[row.argmax()] for row in soft.probs]
        assert found == [token.tag_ for token in sentence]
        assert len(get_soft_labels(sentence, "words").probs) == len(sentence.text)


def test_characters_of_a_sentence_are_cut_at_its_words():
    doc = Doc(Vocab(), words=["ab", "c", "d"], sent_starts=[True, True, False])
    set_soft_labels(doc, "words", ["S", "E"], np.eye(2)[[0, 1, 0, 1, 0, 1, 0]])
    part = doc[1:3].as_doc()
    cut_soft_labels(doc[1:3], part)
    assert part.text == "c d "
    assert get_soft_labels(part, "words").probs.argmax(axis=1).tolist() == [1, 0, 1, 0]


# Teachers.


def test_the_mean_of_teachers_goes_by_the_names_of_labels(nlp):
    # The same labels in another order.
    other = make_student(0.0)
    for label in ("V", "N", "J"):
        other.get_pipe("birnn_tagger").add_label(label)
    examples = make_examples(other, [(text, tags[::-1]) for text, tags in TAGGED])
    fit(other, examples)
    first, second = Teacher("first", nlp), Teacher("second", other)
    assert first.outputs["tags"] != second.outputs["tags"]
    check_agreement([first, second])
    docs = [nlp.make_doc(text) for text in TEXTS]
    expected = []
    for doc in docs:
        of_first, of_second = (teacher.teach([doc])["tags"][0] for teacher in (first, second))
        order = [second.outputs["tags"].index(name) for name in first.outputs["tags"]]
        expected.append((of_first + of_second[:, order]) / 2)
    for doc, probs in zip(distill([first, second], [docs]), expected):
        soft = get_soft_labels(doc, "tags")
        assert soft.names == first.outputs["tags"]
        np.testing.assert_allclose(soft.probs, probs, atol=2e-3)


def test_probabilities_are_those_of_confidence_in_every_batch(nlp):
    tagger = nlp.get_pipe("birnn_tagger")
    docs = [nlp.make_doc(text) for text in [*TEXTS, "", " ".join(TEXTS * 10)]]
    tagger.configure(top_k=3, max_length=20, overlap=3)
    (together,) = Teacher("teacher", nlp).teach(docs).values()
    for doc, probs in zip(nlp.pipe(docs), together):
        assert probs.shape == (len(doc), 3)
        for token, row in zip(doc, probs):
            expected = [token._.tag_probs[label] for label in tagger.labels]
            np.testing.assert_allclose(row, expected, atol=1e-5)


def test_teachers_do_not_read_annotations(nlp):
    # An entity that is set would rule out others.
    teacher = spacy.blank("en")
    teacher.add_pipe("birnn_ner", config={"model": SMALL_MODEL})
    gold = make_ner(teacher.vocab)
    fit(teacher, [Example(Doc(gold.vocab, words=[t.text for t in gold]), gold)])
    (probs,) = Teacher("teacher", teacher).teach([gold])["entities"]
    outputs = Teacher("teacher", teacher).outputs["entities"]
    assert [outputs[i] for i in probs.argmax(axis=1)] == ["B-PER", "L-PER", "O", "U-PER"]
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)


def test_marginals_of_a_crf_teach_words():
    nlp = spacy.blank("zh")
    nlp.add_pipe("birnn_segmenter", config={"model": CRF_MODEL})
    gold = Doc(nlp.vocab, words=["北京", "在"], spaces=[False, False])
    examples = [Example(nlp.make_doc(gold.text), gold)]
    fit(nlp, examples, steps=30)
    teacher = Teacher("teacher", nlp)
    (doc,) = distill([teacher], [teacher.find_words([nlp.make_doc(gold.text)])])
    assert [token.text for token in doc] == ["北京", "在"]
    student = spacy.blank("zh")
    student.add_pipe("birnn_segmenter", config={"model": CHAR_MODEL, "soft_labels": 1.0})
    fit(student, [Example(student.make_doc(doc.text), doc)], steps=30)
    assert [token.text for token in student(gold.text)] == ["北京", "在"]


def test_components_of_spacy_teach():
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"}
    nlp.add_pipe("tagger", config={"model": {"tok2vec": listener}})
    nlp.add_pipe("ner", config={"model": {"tok2vec": listener}})
    gold = make_ner(nlp.vocab)
    for token, tag in zip(gold, ["N", "N", "V", "N"]):
        token.tag_ = tag
    fit(nlp, [Example(nlp.make_doc(gold.text), gold)], steps=40)
    teacher = Teacher("teacher", nlp)
    docs = [nlp.make_doc(gold.text), nlp.make_doc("")]
    taught = teacher.teach(docs)
    assert [len(probs) for probs in taught["tags"]] == [4, 0]
    names = {kind: [*outputs] for kind, outputs in teacher.outputs.items()}
    assert names == {"tags": ["N", "V"], "entities": ["O", "B-PER", "I-PER", "L-PER", "U-PER"]}
    tags, entities = taught["tags"][0], taught["entities"][0]
    np.testing.assert_allclose(tags.sum(axis=1), 1.0, atol=1e-5)
    assert (tags >= 0).all()
    assert tags.argmax(axis=1).tolist() == [0, 0, 1, 0]
    assert entities.tolist() == np.eye(5)[[1, 3, 0, 4]].tolist()
    # Of both a student learns what it has a component for.
    student = spacy.blank("en")
    student.add_pipe("birnn_ner", config={"model": SMALL_MODEL, "soft_labels": 0.5})
    fit(student, bare(distill([teacher], [docs[:1]])))
    entities = [(ent.text, ent.label_) for ent in student(gold.text).ents]
    assert entities == [("Ann Lee", "PER"), ("Bob", "PER")]


# Students.


def test_a_student_learns_from_soft_labels_alone(nlp):
    docs = list(distill([Teacher("teacher", nlp)], [[nlp.make_doc(text) for text in TEXTS]]))
    student = fit(make_student(0.5), bare(docs), steps=60)
    assert student.get_pipe("birnn_tagger").labels == ("J", "N", "V")
    assert tags_of(student.pipe(TEXTS)) == [tags for _, tags in TAGGED]
    # Not only the labels: how sure the teacher is.
    (probs,) = Teacher("student", student).teach([student.make_doc(TEXTS[0])])["tags"]
    soft = get_soft_labels(docs[0], "tags")
    order = [soft.names.index(label) for label in ("J", "N", "V")]
    np.testing.assert_allclose(probs, soft.probs[:, order], atol=0.1)


def test_labels_are_those_of_gold_and_teacher():
    nlp = make_student()
    gold = Doc(nlp.vocab, words=["a"], tags=["C"])
    soft = make_soft(nlp.vocab, ["b"], [[0.5, 0.5]])
    with pytest.warns(UserWarning, match="do not know 1 of the 1 gold labels, such as 'C'"):
        fit(nlp, [Example(doc.copy(), doc) for doc in (gold, soft)], steps=1)
    assert nlp.get_pipe("birnn_tagger").labels == ("A", "B", "C")


def test_without_weight_soft_labels_do_not_count():
    nlp = make_student(0.0)
    doc = make_soft(nlp.vocab, ["a"], [[0.0, 1.0]], tags=["C"])
    fit(nlp, [Example(doc.copy(), doc)], steps=1)
    assert nlp.get_pipe("birnn_tagger").labels == ("C",)


def test_tokens_that_are_not_those_of_the_reference_have_no_soft_labels():
    nlp = make_student()
    words = ["Joe", "'s", "can't"]
    doc = make_soft(nlp.vocab, words, [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    predicted = Doc(nlp.vocab, words=["Joe's", "ca", "n't"])
    examples = [Example(doc.copy(), doc)]
    fit(nlp, examples, steps=1)
    tagger = nlp.get_pipe("birnn_tagger")
    scores = [tagger.model.ops.asarray2f([[0.0, 0.0]] * 3)]
    for tokens, learns in ((predicted, [False] * 3), (doc, [True] * 3)):
        _, (gradient,) = tagger.get_loss([Example(tokens, doc)], scores)
        assert gradient.any(axis=1).tolist() == learns
    predicted = Doc(nlp.vocab, words=["Joe", "'", "s", "can't"])
    scores = [tagger.model.ops.asarray2f([[0.0, 0.0]] * 4)]
    _, (gradient,) = tagger.get_loss([Example(predicted, doc)], scores)
    assert gradient.tolist() == [[0.5, -0.5], [0.0, 0.0], [0.0, 0.0], [-0.5, 0.5]]


def test_unknown_soft_labels_are_named():
    nlp = make_student()
    doc = make_soft(nlp.vocab, ["a"], [[0.5, 0.5]])
    fit(nlp, [Example(doc.copy(), doc)], steps=1)
    other = make_soft(nlp.vocab, ["a"], [[0.5, 0.5]], names=("A", "Q"))
    with pytest.raises(ValueError, match="does not know the label 'Q' of the soft labels"):
        nlp.update([Example(other.copy(), other)])


def test_training_data_without_soft_labels_are_refused():
    nlp = make_student()
    with pytest.raises(ValueError, match=r"none for tags: train on .* birnn distill"):
        nlp.initialize(lambda: make_examples(nlp))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"soft_labels": 1.5}, "between 0 and 1"),
        ({"soft_labels": 0.5, "model": CRF_MODEL}, "Softmax.v1"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(ConfigValidationError, match=message):
        make_student(**{"weight": 0.0, **settings})


# The command.


@pytest.fixture
def teacher(nlp, tmp_path):
    nlp.to_disk(tmp_path / "teacher")
    return tmp_path / "teacher"


def test_command(teacher, nlp, tmp_path):
    (tmp_path / "raw.txt").write_text("Eat green eggs\n\n", encoding="utf-8")
    write_docs(tmp_path / "gold.spacy", [eg.reference for eg in make_examples(nlp)])
    sources = ["--input", tmp_path / "gold.spacy", "--input", tmp_path / "raw.txt"]
    output = tmp_path / "soft.spacy"
    result = run("distill", teacher, teacher, *sources, "--output", output)
    assert result.exit_code == 0, result.output
    assert "10 words with soft labels for tags (3)" in " ".join(result.output.split())
    docs = list(DocBin().from_disk(output).get_docs(Vocab()))
    assert tags_of(docs) == [*(tags for _, tags in TAGGED), ["", "", ""], []]
    assert [len(get_soft_labels(doc, "tags").probs) for doc in docs] == [4, 3, 3, 0]


def test_command_explains_what_is_wrong(teacher, nlp, tmp_path):
    raw, bad = tmp_path / "raw.txt", tmp_path / "bad.jsonl"
    raw.write_text("Eat ham\n", encoding="utf-8")
    bad.write_text("{}\n", encoding="utf-8")
    spacy.blank("en").to_disk(tmp_path / "blank")
    (tmp_path / "empty.txt").touch()
    untrained = spacy.blank("en")
    untrained.add_pipe("tagger")
    untrained.to_disk(tmp_path / "untrained")
    several = spacy.load(teacher)
    several.add_pipe("birnn_tagger", name="second", source=nlp).name = "second"
    several.to_disk(tmp_path / "several")
    nlp.get_pipe("birnn_tagger").add_label("X")
    nlp.to_disk(tmp_path / "more")
    soft = tmp_path / "soft.spacy"
    for models, source, output, options, message in (
        ([tmp_path / "missing"], raw, soft, [], "missing"),
        ([tmp_path / "blank"], raw, soft, [], "no component that can teach"),
        ([tmp_path / "untrained"], raw, soft, [], "'tagger' has no labels yet"),
        ([teacher], tmp_path / "empty.txt", soft, [], "has no words"),
        ([tmp_path / "several"], raw, soft, [], "'birnn_tagger', 'second' all have labels"),
        ([teacher], raw, soft, ["--component", "ner"], "no component 'ner'"),
        ([teacher, tmp_path / "more"], raw, soft, [], "has 'X', and"),
        ([teacher], tmp_path / "none.txt", soft, [], "no file or folder"),
        ([teacher], bad, soft, [], 'has no string "text": fix it'),
        ([teacher], raw, tmp_path / "soft.jsonl", [], "*.spacy"),
    ):
        result = run("distill", *models, "-i", source, "-o", output, *options)
        assert result.exit_code == 1
        assert message in " ".join(result.output.split())
        assert not output.exists()

"""The entity recognizer, beyond the contracts of every component."""

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import ConfigValidationError

from spacy_birnn.tags.labels import MISSING

from .helpers.components import Case
from .helpers.models import HEADS
from .helpers.ner import MODEL, TEXTS, entities_of, make_examples
from .helpers.training import train


@pytest.fixture(params=HEADS)
def nlp(request):
    """A trained English pipeline with an entity recognizer."""
    return Case("birnn_ner", request.param).load()


def test_types_are_sorted_and_scored(nlp):
    assert nlp.get_pipe("birnn_ner").labels == ("LOC", "PER")
    assert set(nlp.evaluate(make_examples(nlp))["ents_per_type"]) == {"PER", "LOC"}


def test_existing_entities_are_kept_unless_overwritten(nlp):
    ner = nlp.get_pipe("birnn_ner")

    def preset():
        doc = nlp.make_doc(TEXTS[0][0])
        doc.set_ents([Span(doc, 1, 2, label="MINE")], default="unmodified")
        return doc

    kept = entities_of([nlp(preset())])[0]
    assert (1, 2, "MINE") in kept
    assert (6, 8, "LOC") in kept
    ner.configure(overwrite=True)
    assert entities_of([nlp(preset())]) == [TEXTS[0][1]]


@pytest.mark.parametrize("overwrite", [True, False])
def test_blocked_tokens_are_in_no_entity(nlp, overwrite):
    nlp.get_pipe("birnn_ner").configure(overwrite=overwrite)
    doc = nlp.make_doc(TEXTS[0][0])
    doc.set_ents([], blocked=[doc[7:8]], default="missing")
    doc = nlp(doc)
    assert all(ent.end <= 7 for ent in doc.ents)
    assert (doc[7].ent_iob_, doc[7].ent_type_) == ("B", "")


def test_misaligned_entities_learn_from_aligned_entities(nlp):
    ner = nlp.get_pipe("birnn_ner")
    gold = Doc(nlp.vocab, words=["Anna", "Maria", "is", "in", "NewYork"])
    gold.ents = [Span(gold, 0, 2, label="PER"), Span(gold, 4, 5, label="LOC")]
    words = ["AnnaMa", "ria", "is", "in", "New", "York"]
    predicted = Doc(nlp.vocab, words=words, spaces=[False, True, True, True, False, False])
    gold_tags = ner.scheme.gold_ids([Example(predicted, gold)]).tolist()
    # B-PER L-PER O O B-LOC L-LOC
    assert gold_tags == [5, 7, 0, 0, 1, 3]
    joined = Doc(nlp.vocab, words=["Anna", "Maria is", "in", "NewYork"])
    assert ner.scheme.gold_ids([Example(joined, gold)]).tolist() == [MISSING, MISSING, 0, 4]


def test_characters_as_tokens():
    nlp = spacy.blank("zh")
    nlp.add_pipe("birnn_ner", config={"model": MODEL})
    examples = []
    for text, start, end in (("江泽民在北京讲话。", 4, 6), ("上海很大！", 0, 2), ("好。", 0, 0)):
        gold = nlp.make_doc(text)
        assert len(gold) == len(text)
        gold.set_ents([Span(gold, start, end, label="LOC")] if end else [], default="outside")
        examples.append(Example(nlp.make_doc(text), gold))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=30)
    doc = nlp("江泽民在北京讲话。上海很大！")
    assert [ent.text for ent in doc.ents] == ["北京", "上海"]
    assert doc.text == "江泽民在北京讲话。上海很大！"


def test_misaligned_entities_are_counted():
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("birnn_ner")
    gold = Doc(nlp.vocab, words=["Anna", "Maria", "saw", "NewYork"])
    gold.ents = [Span(gold, 0, 2, label="PER"), Span(gold, 3, 4, label="LOC")]
    words = ["AnnaMa", "ria", "saw", "New", "York"]
    predicted = Doc(nlp.vocab, words=words, spaces=[False, True, True, False, False])
    fits = Example(predicted, gold)
    ner.initialize(lambda: [fits], nlp=nlp)
    joined = Doc(nlp.vocab, words=["Anna", "Maria saw", "NewYork"])
    with pytest.warns(UserWarning, match=r"1 of 4 entities, such as 'Anna Maria'.*gold_preproc"):
        ner.initialize(lambda: [fits, Example(joined, gold)], nlp=nlp)


def test_smoothing_with_a_crf_is_explained():
    nlp = spacy.blank("en")
    model = {**MODEL, "head": {"@architectures": "spacy_birnn.CRF.v1"}}
    with pytest.raises(ConfigValidationError, match="learn from smoothed labels: use the head"):
        nlp.add_pipe("birnn_ner", config={"model": model, "label_smoothing": 0.1})


@pytest.mark.parametrize("factory", ["birnn_ner", "birnn_tagger", "birnn_segmenter"])
@pytest.mark.parametrize("smoothing", [-0.1, 0.5, 1.5])
def test_smoothing_that_would_teach_other_labels_is_refused(factory, smoothing):
    with pytest.raises(ConfigValidationError, match=r"label_smoothing.*less than 0\.5"):
        spacy.blank("en").add_pipe(factory, config={"label_smoothing": smoothing})

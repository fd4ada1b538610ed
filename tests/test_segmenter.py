"""The segmenter, beyond the contracts of every component."""

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from spacy.tokens import Doc, Span, SpanGroup, Token
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError, fix_random_seed

from spacy_birnn.evaluation.temperature import fit_temperatures
from spacy_birnn.labelling.char_texts import CharTexts
from spacy_birnn.labelling.resegment import resegment, words_of
from spacy_birnn.pipeline.char_tokenizer import CharTokenizer
from spacy_birnn.tags.labels import MISSING

from .helpers.components import Case
from .helpers.models import HEADS
from .helpers.segmenter import (
    MODEL,
    SEGMENTED,
    make_examples,
    make_gold,
    make_segmenter,
    tokens_of,
)
from .helpers.training import train

COMMON = st.sampled_from("他在北京 \n\t\r\0ab1１。🙂́\u200b\u3000")
TEXT = st.text(st.one_of(COMMON, st.characters(codec="utf-8")), max_size=40)


@pytest.fixture
def nlp():
    return Case("birnn_segmenter", HEADS[0]).load()


@pytest.mark.parametrize("lang", ["xx", "en"])
@pytest.mark.parametrize("head", HEADS)
def test_words_are_the_same_behind_any_tokenizer(lang, head):
    nlp = make_segmenter(lang, head)
    assert tokens_of(nlp.pipe("".join(tokens) for tokens in SEGMENTED)) == SEGMENTED


def test_context_and_data_of_the_document_are_kept(nlp):
    Doc.set_extension("source", default=None, force=True)
    doc = nlp.make_doc("他在北京工作。")
    doc._.source = "here"
    doc.cats = {"news": 1.0}
    doc.ents = [doc.char_span(2, 4, label="LOC", kb_id="Q1")]
    doc.spans["parts"] = [doc.char_span(0, 2, label="A")]
    new = nlp(doc)
    assert (new._.source, new.cats) == ("here", {"news": 1.0})
    assert [(e.text, e.label_, e.kb_id_) for e in new.ents] == [("北京", "LOC", "Q1")]
    assert [span.text for span in new.spans["parts"]] == ["他在"]
    pairs = list(nlp.pipe([("他在北京", 1), ("", 2)], as_tuples=True))
    assert [(doc.text, context) for doc, context in pairs] == [("他在北京", 1), ("", 2)]


def test_spans_that_do_not_fit_the_words_are_counted(nlp):
    doc = nlp.make_doc("他在北京工作。")
    doc.spans["parts"] = [doc[0:3], doc[3:5], doc[2:4]]
    with pytest.warns(UserWarning, match=r"2 spans set before .* such as '他在北'"):
        new = nlp(doc)
    assert [span.text for span in new.spans["parts"]] == ["北京"]


def test_annotations_that_fit_the_words_are_kept(nlp):
    doc = nlp.make_doc("他在北京工作。他在中国。")
    doc.set_ents([], blocked=[doc[2:4]], outside=[doc[0:2]], default="missing")
    doc.spans["parts"] = SpanGroup(doc, spans=[doc[2:4]], attrs={"source": "here"})
    for token in doc:
        token.is_sent_start = token.i in (0, 7)
    Token.set_extension("mark", default=None, force=True)
    doc[0]._.mark = "old"
    new = nlp(doc)
    known = [(token.text, token.ent_iob_, token.is_sent_start) for token in new]
    assert known[:4] == [
        ("他", "O", True),
        ("在", "O", False),
        ("北京", "B", False),
        ("工作", "", False),
    ]
    assert known[5] == ("他", "", True)
    assert new.spans["parts"].attrs == {"source": "here"}
    # A word is no old token, even if it has the same characters.
    assert new[0]._.mark is None


def test_a_shared_layer_before_the_segmenter_is_warned_of(nlp):
    doc = nlp.make_doc("他在北京")
    doc.tensor = np.zeros((4, 2))
    with pytest.warns(UserWarning, match="before a shared tok2vec"):
        nlp(doc)


def test_words_that_cannot_be_found_are_counted():
    nlp = spacy.blank("zh")
    segmenter = nlp.add_pipe("birnn_segmenter", config={"model": MODEL})
    gold = Doc(nlp.vocab, words=["他\n在", "北京 ", "好"], spaces=[False] * 3)
    examples = [Example(nlp.make_doc(gold.text), gold)]
    with pytest.warns(UserWarning, match=r"cannot learn 1 words, such as '他\\n在'"):
        segmenter.initialize(lambda: examples, nlp=nlp)
    assert segmenter.cfg["lexicon"] == ["他\n在", "北京", "好"]
    gold = Doc(nlp.vocab, words=["他", "在"])
    with pytest.raises(ValueError, match="where spaces are"):
        segmenter.initialize(lambda: [Example(nlp.make_doc("他在"), gold)], nlp=nlp)


def test_other_labels_are_refused(nlp):
    with pytest.raises(ValueError, match="no label but 'WORD'"):
        nlp.get_pipe("birnn_segmenter").add_label("X")


@pytest.mark.parametrize(
    ("factory", "embed"),
    [
        ("birnn_segmenter", "spacy_birnn.WordCharEmbed.v1"),
        ("birnn_tagger", "spacy_birnn.CharNgramEmbed.v1"),
    ],
)
def test_an_embedding_of_other_units_is_refused(factory, embed):
    nlp = spacy.blank("zh")
    tok2vec = {**MODEL["tok2vec"], "embed": {"@architectures": embed}}
    nlp.add_pipe(factory, config={"model": {**MODEL, "tok2vec": tok2vec}})
    examples = [Example(eg.reference.copy(), eg.reference) for eg in make_examples(nlp)]
    for example in examples:
        example.reference[0].tag_ = "r"
    with pytest.raises(ValueError, match=r"one output for each .*: choose another"):
        nlp.initialize(lambda: examples)


def test_damaged_bytes_are_explained(nlp):
    with pytest.raises(ValueError, match="cannot be loaded from bytes"):
        nlp.get_pipe("birnn_segmenter").from_bytes(b"garbage")


def test_a_document_with_the_right_words_is_left_alone(nlp):
    doc = make_gold(nlp.vocab, SEGMENTED[0])
    doc[0].tag_ = "r"
    assert nlp(doc) is doc


@pytest.mark.parametrize("mode", ["force", "combine"])
def test_user_dictionary(mode, tmp_path):
    nlp = make_segmenter()
    segmenter = nlp.get_pipe("birnn_segmenter")
    segmenter.configure(dictionary_mode=mode)
    text = "他在北京工作。đẹp Việt Nam !"
    words = ["他", "在", "北京", "工作", "。", "đẹp ", "Việt Nam ", "!"]
    assert tokens_of([nlp(text)]) == [words]
    # Two words of the model; a part of one; words with a space inside.
    segmenter.add_words(["北京工作\tnt", "在北", "đẹp Việt Nam"])
    joined = ["他", "在", "北京工作", "。", "đẹp Việt Nam ", "!"]
    forced = ["他", "在北", "京", "工作", "。", "đẹp Việt Nam ", "!"]
    # The match that begins first wins, and 在北 hides 北京工作.
    expected = {"force": forced, "combine": ["他", "在", "北京", *words[3:5], *joined[4:]]}[mode]
    assert tokens_of([nlp(text)]) == [expected]
    segmenter.dictionary = type(segmenter.dictionary)(["北京工作\tnt", "đẹp Việt Nam"])
    doc = nlp(text)
    assert tokens_of([doc]) == [joined]
    assert [token.tag_ for token in doc] == ["", "", "nt", "", "", ""]
    assert doc.text == text
    config = {"components": {"birnn_segmenter": {"dictionary_mode": mode}}}
    nlp.to_disk(tmp_path)
    assert tokens_of([spacy.load(tmp_path, config=config)(text)]) == [joined]
    fresh = make_segmenter().from_bytes(nlp.to_bytes())
    fresh.get_pipe("birnn_segmenter").configure(dictionary_mode=mode)
    assert tokens_of(fresh.pipe([text, ""])) == [joined, []]


@given(TEXT, st.lists(st.text("他在北京 ab\0", min_size=1, max_size=4), max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_forced_words_are_words_of_any_text(nlp, text, words):
    segmenter = nlp.get_pipe("birnn_segmenter")
    segmenter.dictionary = type(segmenter.dictionary)(words)
    doc = nlp(text)
    assert doc.text == text
    tokens = {(token.idx, token.idx + len(token)) for token in doc}
    assert set(zip(*segmenter.dictionary.find(text))) <= tokens


def test_dictionary_file_and_unknown_mode(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("在北\n", encoding="utf-8")
    nlp = spacy.blank("zh")
    segmenter = nlp.add_pipe("birnn_segmenter", config={"model": MODEL})
    examples = make_examples(nlp)
    segmenter.initialize(lambda: examples, nlp=nlp, dictionary=path)
    assert "在北" in tokens_of([nlp("他在北京")])[0]
    with pytest.raises(ConfigValidationError, match="'force' or 'combine'"):
        nlp.add_pipe("birnn_segmenter", name="other", config={"dictionary_mode": "merge"})


def test_auxiliary_layer_learns_the_tags(tmp_path):
    nlp = spacy.blank("zh")
    head = {"@architectures": "spacy_birnn.Softmax.v1"}
    nlp.add_pipe("birnn_segmenter", config={"model": {**MODEL, "auxiliary": head}})
    examples = make_examples(nlp)
    with pytest.warns(UserWarning, match="which learns without them"):
        nlp.initialize(lambda: examples)
    nlp.update(examples)
    for example in examples:
        for token in example.reference:
            token.tag_ = token.text[0] if token.text != "在" else ""
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    segmenter = nlp.get_pipe("birnn_segmenter")
    scores, _ = segmenter.model.begin_update([example.predicted for example in examples])
    found = np.concatenate(scores)[:, segmenter.scheme.n_outputs :].argmax(axis=1)
    gold = segmenter.scheme.auxiliary.gold_ids(examples)
    assert (gold == MISSING).sum() == 4
    assert (found == gold)[gold != MISSING].all()
    assert nlp.evaluate(examples)["token_f"] == 1.0
    nlp.to_disk(tmp_path)
    texts = ["".join(tokens) for tokens in SEGMENTED]
    assert tokens_of(spacy.load(tmp_path).pipe(texts)) == SEGMENTED
    nlp.resume_training()
    nlp.rehearse(examples)
    # Other data may lack some of the labels.
    nlp.initialize(lambda: examples[:1])
    nlp.update(examples)


def make_with_auxiliary(head, **settings):
    nlp = spacy.blank("zh")
    model = {**MODEL, "auxiliary": {"@architectures": head}}
    segmenter = nlp.add_pipe("birnn_segmenter", config={"model": model, **settings})
    examples = make_examples(nlp)
    for example in examples:
        for token in example.reference:
            token.tag_ = token.text[0]
    nlp.initialize(lambda: examples)
    return segmenter, examples


def auxiliary_gradients(head, weight):
    """The gradients of all weights of the auxiliary output layer, by their names."""
    fix_random_seed(0)
    segmenter, examples = make_with_auxiliary(head, auxiliary_weight=weight)
    segmenter.update(examples)
    layer = segmenter.model.get_ref("auxiliary")
    output = layer.get_ref("output_layer")
    found = {name: output.get_grad(name) for name in output.param_names}
    for shim in layer.shims:
        found.update((name, w.grad.numpy()) for name, w in shim.module.named_parameters())
    return found


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("spacy_birnn.Softmax.v1", {"W", "b"}),
        ("spacy_birnn.CRF.v1", {"W", "b", "start", "between", "end"}),
    ],
)
def test_auxiliary_weight_is_that_of_all_gradients(head, names):
    whole = auxiliary_gradients(head, 1.0)
    assert whole.keys() == names and all(gradient.any() for gradient in whole.values())
    for weight in (0.0, 0.3):
        for name, gradient in auxiliary_gradients(head, weight).items():
            assert_allclose(gradient, weight * whole[name], rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("head", ["spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"])
def test_loss_of_predicted_scores_is_without_the_auxiliary_layer(head):
    segmenter, examples = make_with_auxiliary(head)
    scores = segmenter.model.predict([example.predicted for example in examples])
    loss, gradient = segmenter.get_loss(examples, scores)
    assert loss > 0
    assert [d.shape for d in gradient] == [of_text.shape for of_text in scores]


def test_forced_words_in_windows(nlp):
    segmenter = nlp.get_pipe("birnn_segmenter")
    text = "他在北京工作。" * 20
    segmenter.add_words(["北京工作。他在", "工作"])
    segmenter.configure(max_length=11, overlap=2)
    doc = nlp(text)
    matches = set(zip(*segmenter.dictionary.find(text)))
    assert len(matches) == 20
    assert matches <= {(token.idx, token.idx + len(token)) for token in doc}
    assert doc.text == text


def test_scores_by_the_lexicon(nlp):
    examples = make_examples(nlp)
    scores = nlp.evaluate(examples)
    assert (scores["token_f"], scores["iv_recall"], scores["oov_rate"]) == (1.0, 1.0, 0.0)
    assert scores["oov_recall"] is None
    gold = make_gold(nlp.vocab, ["他", "在北", "京"])
    scores = nlp.evaluate([Example(nlp.make_doc(gold.text), gold)])
    # 他 is known and found; the other two words are neither.
    assert (scores["iv_recall"], scores["oov_recall"]) == (1.0, 0.0)
    assert scores["oov_rate"] == pytest.approx(2 / 3)


def test_other_text_in_the_gold_document_is_explained(nlp):
    gold = make_gold(nlp.vocab, ["他", "在 ", "北京"])
    with pytest.raises(ValueError, match="white space included"):
        nlp.get_pipe("birnn_segmenter").scheme.gold_ids([Example(nlp.make_doc("他在北京"), gold)])


def test_segmenter_tagger_and_ner_learn_in_one_run(tmp_path):
    nlp = spacy.blank("zh")
    nlp.add_pipe("birnn_segmenter", config={"model": MODEL})
    words = {**MODEL["tok2vec"], "embed": {"@architectures": "spacy_birnn.WordCharEmbed.v1"}}
    nlp.add_pipe("birnn_tagger", config={"model": {**MODEL, "tok2vec": words}})
    nlp.add_pipe("birnn_ner", config={"model": {**MODEL, "tok2vec": words}})
    examples = []
    for tokens in SEGMENTED:
        gold = make_gold(nlp.vocab, tokens)
        for token in gold:
            token.tag_ = token.text[0]
        places = [Span(gold, t.i, t.i + 1, label="LOC") for t in gold if t.text == "北京"]
        gold.set_ents(places, default="outside")
        # Gold words for the tagger and the recogniser, as with gold_preproc.
        examples.append(Example(make_gold(nlp.vocab, tokens), gold))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    raw = [Example(nlp.make_doc(eg.reference.text), eg.reference) for eg in examples]
    # The segmenter has no confidences to calibrate.
    assert set(fit_temperatures(nlp, raw, bins=10)) == {"birnn_tagger", "birnn_ner"}
    scores = nlp.evaluate(raw)
    assert [scores[name] for name in ("token_f", "tag_acc", "ents_f")] == [1.0, 1.0, 1.0]
    assert nlp(raw[0].reference.text).ents[0].text == "北京"


@given(st.lists(st.text("ab \n", min_size=1, max_size=4), max_size=6))
def test_resegment_gives_any_words(parts):
    nlp = spacy.blank("xx")
    text = "".join(parts)
    starts, ends, place = [], [], 0
    for part in parts:
        word = part.strip()
        start = place + len(part) - len(part.lstrip())
        if word:
            starts.append(start)
            ends.append(start + len(word))
        place += len(part)
    new = resegment(
        nlp.make_doc(text), text, np.array(starts, dtype=int), np.array(ends, dtype=int)
    )
    assert new.text == text
    found = [(t.idx, t.idx + len(t)) for t in new if not t.is_space]
    assert found == list(zip(starts, ends))


@given(st.lists(st.text(COMMON, min_size=1), max_size=6))
def test_words_are_tokens_without_white_space_around_them(tokens):
    doc = Doc(Vocab(), words=tokens, spaces=[i % 2 == 0 for i in range(len(tokens))])
    expected = [
        (token.idx + token.text.index(word), token.idx + token.text.index(word) + len(word))
        for token in doc
        if (word := token.text.strip())
    ]
    assert words_of(doc) == expected


@given(st.text())
def test_tokens_of_characters(text):
    doc = CharTokenizer(Vocab())(text)
    assert doc.text == text
    assert [token.text for token in doc] == list(text)


def test_tokens_of_characters_outlive_a_memory_zone():
    tokenizer = CharTokenizer(Vocab())
    with tokenizer.vocab.memory_zone():
        assert tokenizer("他在Ω").text == "他在Ω"
    for text in ("他在Ω", "Ω在他X", ""):
        assert [token.text for token in tokenizer(text)] == list(text)


@given(st.lists(st.text(), max_size=5), st.lists(st.text(min_size=1), max_size=5))
def test_texts_are_read_from_characters_and_other_tokens(texts, words):
    read, tokenizer = CharTexts(), CharTokenizer(Vocab())
    docs = [tokenizer(text) for text in texts]
    docs += [Doc(tokenizer.vocab, words=words), Doc(tokenizer.vocab, words=list("abc"))]
    # Once with new characters, and once with known ones.
    for _ in range(2):
        assert [read(doc) for doc in docs] == [doc.text for doc in docs]

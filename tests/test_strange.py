"""Any text comes out as it went in, and a bad document goes alone."""

import re
from multiprocessing import get_start_method

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.util import ignore_error, raise_error

from .helpers.strange import (
    COMPONENTS,
    ODD,
    PIPELINES,
    annotations,
    check,
    make_corpus,
    make_pipeline,
)

TEXT = st.text(st.one_of(st.sampled_from(ODD + "他在北京 Anna"), st.characters(codec="utf-8")))
GOOD = ["他在北京。", "", "中国", "Anna met Bob.", " "]
BAD = "bad 北京"


@pytest.fixture(scope="module", params=PIPELINES, ids="-".join)
def nlp(request):
    return make_pipeline(request.param)


@pytest.fixture(scope="module")
def together():
    return make_pipeline()


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(TEXT, max_size=4))
def test_any_text(together, texts):
    check(together, texts, list(together.pipe(texts)))


def test_strange_texts_alone_and_in_batches(nlp):
    texts = make_corpus(120)
    alone = [annotations(nlp(text)) for text in texts]
    for batch_size in (1, 7, 50, 1000):
        docs = list(nlp.pipe(texts, batch_size=batch_size))
        check(nlp, texts, docs)
        assert [annotations(doc) for doc in docs] == alone


@pytest.mark.parametrize("text", ["a" * 40_000, "北" * 40_000, "\n" * 40_000, "\0 " * 20_000])
def test_long_runs(together, text):
    check(together, [text], [together(text)])


@pytest.fixture(params=COMPONENTS)
def breaking(request, together, monkeypatch):
    """A pipeline with a component that fails for a bad document, before or while annotating."""
    pipe = together.get_pipe(request.param)
    predict = pipe.predict

    def fail(docs):
        if any(doc.text == BAD for doc in docs):
            raise RuntimeError("no such luck")
        return predict(docs)

    monkeypatch.setattr(pipe, "predict", fail)
    yield together, request.param
    together.set_error_handler(raise_error)


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_only_the_bad_document_is_lost(breaking, batch_size):
    nlp, name = breaking
    told = []
    nlp.set_error_handler(lambda *args: told.append(args))
    texts = [*GOOD[:3], BAD, *GOOD[3:], BAD, GOOD[0]]
    pairs = [(text, number) for number, text in enumerate(texts)]
    docs = list(nlp.pipe(pairs, as_tuples=True, batch_size=batch_size))
    kept = [pair for pair in pairs if pair[0] != BAD]
    assert [(doc.text, number) for doc, number in docs] == kept
    expected = [annotations(nlp(text)) for text, _ in kept]
    assert [annotations(doc) for doc, _ in docs] == expected
    assert [(where, [doc.text for doc in bad]) for where, _, bad, _ in told] == [(name, [BAD])] * 2
    assert all(repr(BAD) in str(err) and "no such luck" in str(err) for *_, err in told)


def test_the_default_handler_raises_an_error_that_names_the_document(breaking):
    nlp, name = breaking
    message = f"The component '{name}' fails on the document '{BAD}': no such luck"
    with pytest.raises(ValueError, match=re.escape(message)) as info:
        list(nlp.pipe([*GOOD, BAD]))
    assert isinstance(info.value.__cause__, RuntimeError)
    with pytest.raises(ValueError, match=re.escape(message)):
        nlp(BAD)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_document_that_cannot_be_annotated_is_lost_alone(together, name, monkeypatch):
    nlp = together
    pipe = nlp.get_pipe(name)
    annotator = pipe.annotator

    def make():
        annotate = annotator()

        def fail(doc, prediction):
            if doc.text == BAD:
                raise RuntimeError("no such luck")
            return annotate(doc, prediction)

        return fail

    monkeypatch.setattr(pipe, "annotator", make)
    expected = [annotations(doc) for doc in nlp.pipe(GOOD)]
    pipe.set_error_handler(ignore_error)
    try:
        docs = list(nlp.pipe([BAD, *GOOD, BAD]))
        assert nlp(BAD).text == BAD
    finally:
        pipe.set_error_handler(raise_error)
    assert [annotations(doc) for doc in docs] == expected


@pytest.mark.skipif(get_start_method() != "fork", reason="the failure cannot be pickled")
def test_bad_documents_in_several_processes(breaking):
    nlp, _ = breaking
    nlp.set_error_handler(ignore_error)
    docs = list(nlp.pipe([*GOOD, BAD, *GOOD], n_process=2, batch_size=3))
    assert [doc.text for doc in docs] == GOOD * 2


def test_the_words_of_a_document_cannot_be_set_in_place(together):
    segmenter = together.get_pipe("birnn_segmenter")
    docs = [together.make_doc(GOOD[0])]
    with pytest.raises(NotImplementedError, match="makes new documents"):
        segmenter.set_annotations(docs, segmenter.predict(docs))


def test_lone_surrogates_never_become_a_document(together):
    # spaCy itself refuses them, before any component and its error handler.
    for make in (together.make_doc, together, lambda text: Doc(together.vocab, words=[text])):
        with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
            make("a\ud800")
    mended = "a\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert together(mended).text == "a\ufffd"


def test_a_text_that_is_too_long_for_spacy_is_read_as_a_document(together, monkeypatch):
    monkeypatch.setattr(together, "max_length", 10)
    text = "他在北京" * 5
    with pytest.raises(ValueError, match="E088"):
        together(text)
    # The limit is that of make_doc, whatever the pipeline; documents have none.
    doc = Doc(together.vocab, words=list(text), spaces=[False] * len(text))
    check(together, [text], [together(doc)])


def test_one_long_token_has_no_sentences_to_keep(together):
    # Nothing is known of them, so nothing may be made up for components that come later.
    segmenter = together.get_pipe("birnn_segmenter")
    doc = segmenter(Doc(together.vocab, words=["他在北京工作。" * 20]))
    assert len(doc) > 1
    assert not doc.has_annotation("SENT_START")

"""Ten thousand strange texts through each component, and texts of a million characters."""

import time

import pytest

from ..helpers.strange import PIPELINES, annotations, check, make_corpus, make_pipeline

pytestmark = pytest.mark.stress

N_DOCS = 10_000
LONG = {"no space": "a", "no Latin": "北", "line ends": "\n", "spaces": " ", "NULs": "\0"}


@pytest.fixture(scope="module", params=PIPELINES, ids="-".join)
def nlp(request):
    return make_pipeline(request.param)


def test_ten_thousand_texts(nlp):
    texts = make_corpus(N_DOCS, seed=1)
    start = time.perf_counter()
    docs = list(nlp.pipe(texts))
    seconds = time.perf_counter() - start
    check(nlp, texts, docs)
    different = [
        text for text, doc in zip(texts, docs) if annotations(nlp(text)) != annotations(doc)
    ]
    print(f"\n{', '.join(nlp.pipe_names)}: {len(docs):,} texts in {seconds:.0f} s")
    assert not different


@pytest.mark.parametrize("kind", list(LONG))
def test_a_million_characters(nlp, kind):
    # The most that spaCy takes as a text.
    text = LONG[kind] * 10**6
    start = time.perf_counter()
    doc = nlp(text)
    seconds = time.perf_counter() - start
    print(f"\n{', '.join(nlp.pipe_names)}: {kind}, {len(doc):,} tokens in {seconds:.0f} s")
    check(nlp, [text], [doc])

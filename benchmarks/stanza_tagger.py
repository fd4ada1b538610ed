"""The tagger of Stanza (Qi et al. 2018), trained on the data alone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, List, Sequence

import spacy
import torch
from spacy.tokens import Doc

from .learning import Given, Job, Learned
from .sequences import set_tags, tagged_words

if TYPE_CHECKING:
    from stanza.models.pos.trainer import Trainer

# No pretrained vectors; its character language model is off by default. Everything else is the
# default of its version, such as at most 50,000 steps.
OPTIONS = ("--no_pretrain", "--cpu")
# Stanza fails at the end of a training without an evaluation.
QUICK_OPTIONS = ("--max_steps", "2", "--eval_interval", "1")
MODEL = "tagger.pt"


def make_options(job: Job) -> List[str]:
    """List the options of a training, without seed and files."""
    return [*OPTIONS, *(QUICK_OPTIONS if job.quick else ())]


def learn_stanza(job: Job) -> Learned:
    """Train the tagger; use the best one on dev."""
    from stanza.models.pos.trainer import Trainer

    options = [*make_options(job), "--seed", str(job.seed)]
    for split, option in (("train", "--train_file"), ("dev", "--eval_file")):
        path = job.folder / f"{split}.conllu"
        write_conllu(job.read(split), path)
        options += [option, str(path)]
    options += ["--save_dir", str(job.folder), "--save_name", MODEL]
    # A new process reads its number of threads from the environment.
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    command = [sys.executable, "-m", "stanza.models.tagger", *options]
    subprocess.run(command, check=True, env=environment)
    trainer = Trainer(model_file=str(job.folder / MODEL), device="cpu")
    vocab = spacy.blank("xx").vocab

    def annotate(given: Sequence[Given]) -> Iterable[Doc]:
        docs = []
        for words in given:
            assert not isinstance(words, str)
            docs.append(words.make_doc(vocab))
        for doc, tags in zip(docs, find_tags(trainer, docs), strict=True):
            set_tags(doc, tags)
            yield doc

    return Learned(annotate, sum(p.numel() for p in trainer.model.parameters()))


def write_conllu(docs: Sequence[Doc], path: Path) -> None:
    """Write words with tags as sentences.

    Tags are UPOS, which Stanza learns as they are; it may split XPOS into parts.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file_:
        for doc in docs:
            for sequence in tagged_words(doc, "TAG"):
                for i, (word, tag) in enumerate(sequence, start=1):
                    # The scorer requires a tree.
                    tree = "1\tdep" if i > 1 else "0\troot"
                    file_.write(f"{i}\t{_one_line(word)}\t_\t{tag}\t_\t_\t{tree}\t_\t_\n")
                file_.write("\n")


def _one_line(word: str) -> str:
    # CoNLL-U has no words of white space.
    return " ".join(word.split()) or "_"


def find_tags(trainer: "Trainer", docs: Sequence[Doc]) -> Iterable[List[str]]:
    """Tag documents in the batches of Stanza's pipeline."""
    from stanza.models.common.doc import Document
    from stanza.models.pos.data import Dataset

    sentences = [
        [{"id": (i,), "text": _one_line(token.text)} for i, token in enumerate(doc, start=1)]
        for doc in docs
    ]
    args = trainer.args
    data = Dataset(Document(sentences), args, None, vocab=trainer.vocab, evaluation=True)
    size, most_words = args["batch_size"], args["batch_maximum_tokens"]
    with torch.no_grad():
        for batch in data.to_length_limited_loader(size, most_words):
            for tags in trainer.predict(batch):
                yield [upos for upos, *_ in tags]

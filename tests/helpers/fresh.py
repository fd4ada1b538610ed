"""What a fresh process finds in pickled pipelines and stored documents.

Nothing of the package is imported before they are read.
"""

import json
import multiprocessing
import pickle
import subprocess
import sys
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

TEXTS = ["Anna Maria met Bob in York", "", "他在北京工作。", "They met there"]


def describe(doc):
    """All annotations, confidences included."""
    return [
        [[t.text, t.tag_, t.ent_iob_, t.ent_type_, t._.tag_confidence] for t in doc],
        [[t._.ent_confidence, t._.tag_probs] for t in doc],
        [[ent.text, ent.label_, ent._.confidence] for ent in doc.ents],
    ]


def annotate(pipe, n_process=1):
    """What a pipeline, or a component, finds in texts."""
    if isinstance(pipe, Language):
        docs = pipe.pipe(TEXTS, n_process=n_process, batch_size=2)
    else:
        docs = pipe.pipe([Doc(pipe.vocab, words=text.split()) for text in TEXTS])
    return [describe(doc) for doc in docs]


def read_docs(path):
    import spacy_birnn  # noqa: F401

    return [describe(doc) for doc in DocBin().from_disk(path).get_docs(Vocab())]


def run_fresh(*args):
    """What a new process prints, as an object."""
    command = [sys.executable, "-m", "tests.helpers.fresh", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main(n_process, *paths):
    multiprocessing.set_start_method("spawn")
    found = [
        read_docs(path)
        if path.endswith(".spacy")
        else annotate(pickle.loads(Path(path).read_bytes()), int(n_process))
        for path in paths
    ]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])

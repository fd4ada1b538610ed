"""A training and a prediction in processes of their own, to compare with others."""

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import spacy
from spacy.tokens import DocBin

from .strange import annotations, make_corpus, make_examples, make_pipeline


def write_training(folder):
    """Write the config and the corpus of a training."""
    nlp = make_pipeline()
    nlp.config.to_disk(folder / "config.cfg")
    docs = [example.reference for example in make_examples(nlp)]
    DocBin(docs=docs * 10).to_disk(folder / "corpus.spacy")


def train_twice(folder, threads):
    """The weights that two runs of `spacy train` learn, with other hashes of Python's strings."""
    write_training(folder)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda hash_seed: _train(folder, threads, hash_seed), (1, 2)))


def _train(folder, threads, hash_seed):
    output = folder / str(hash_seed)
    corpus = str(folder / "corpus.spacy")
    command = [sys.executable, "-m", "spacy", "train", str(folder / "config.cfg")]
    command += ["--output", str(output), "--paths.train", corpus, "--paths.dev", corpus]
    command += ["--system.seed", "7", "--training.max_steps", "12", "--training.eval_frequency"]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(hash_seed),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
    done = subprocess.run([*command, "6"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [*output.glob("model-last/birnn_*/*")]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files}


def assert_same_in_threads(nlp, texts, n_threads, zone):
    """Read texts in batches of 16 sizes at once, by a pipeline that has computed nothing yet."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with nlp.memory_zone() if zone else nullcontext(), ThreadPoolExecutor(n_threads) as pool:
            found = list(pool.map(lambda n: digest(nlp.pipe(texts, batch_size=n)), range(1, 17)))
    finally:
        sys.setswitchinterval(interval)
    assert set(found) == {digest(nlp.pipe(texts))}


def digest(docs):
    """A number for all annotations of some documents."""
    lines = "\n".join(json.dumps(annotations(doc)) for doc in docs)
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def run_with_start_method(method, folder, n_docs, n_process):
    """The digest that a process finds whose workers start in a certain way."""
    arguments = [method, str(folder), str(n_docs), str(n_process)]
    command = [sys.executable, "-m", "tests.helpers.sameness", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def main(method, folder, n_docs, n_process):
    import multiprocessing

    multiprocessing.set_start_method(method)
    texts = make_corpus(int(n_docs))
    docs = spacy.load(Path(folder)).pipe(texts, n_process=int(n_process), batch_size=20)
    print(digest(docs))


if __name__ == "__main__":
    main(*sys.argv[1:])

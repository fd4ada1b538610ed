"""The files that pages of the documentation use: samples, a corpus and small trained pipelines."""

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import spacy
from spacy.training import Corpus
from spacy.util import fix_random_seed

from .commands import ROOT, SAMPLES, run
from .training import overfit

TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy_birnn.WordCharEmbed.v1",
        "word_rows": 500,
        "affix_rows": 200,
        "word_dropout": 1.0,
    },
    "encode": {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 48, "depth": 1},
}
CHARACTERS = {
    "@architectures": "spacy_birnn.CharNgramEmbed.v1",
    "char_rows": 500,
    "bigram_rows": 1000,
    "seen_slots": 1000,
}
TEXTS = ["Anna Lopez moved to York.", "The dog sleeps.", "Ben works for Acme in London."]


def make_model(embed=None):
    tok2vec = {**TOK2VEC, "embed": embed or TOK2VEC["embed"]}
    head = {"@architectures": "spacy_birnn.Softmax.v1"}
    return {
        "@architectures": "spacy_birnn.SequenceLabeller.v1",
        "tok2vec": tok2vec,
        "head": head,
        "auxiliary": None,
    }


def train_small(nlp, path, gold_preproc, components):
    """Train a pipeline on a small corpus, without a config file."""
    fix_random_seed(0)
    for name, model in components.items():
        nlp.add_pipe(name, config={"model": model})
    overfit(nlp, list(Corpus(path, gold_preproc=gold_preproc)(nlp)), steps=60)


@lru_cache(maxsize=1)
def make_files():
    """Make the files once.

    RETURNS (TemporaryDirectory): The folder with the files.
    """
    kept = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    folder = Path(kept.name)
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(SAMPLES, folder / "corpus" / "samples")
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    sources = [folder / "docs" / "examples" / f"{name}.iob" for name in ("train", "dev")]
    columns = ["--format", "columns", "--columns", "form,tag,ent"]
    assert run("convert", *sources, folder / "corpus", *columns).exit_code == 0
    shutil.copy(folder / "corpus" / "dev.spacy", folder / "corpus" / "test.spacy")
    english = spacy.blank("en")
    model = make_model()
    train_small(
        english,
        folder / "corpus" / "train.spacy",
        True,
        {"birnn_tagger": model, "birnn_ner": model},
    )
    english.to_disk(folder / "my_pipeline")
    (folder / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    chinese = spacy.blank("zh")
    source = folder / "corpus" / "samples" / "word_tag.txt"
    options = ["--format", "word-tag", "--entities", "nr=PER,ns=LOC,nt=ORG", "--names", "nr"]
    assert run("convert", source, folder / "corpus" / "zh", *options).exit_code == 0
    train_small(
        chinese,
        folder / "corpus" / "zh" / "word_tag.spacy",
        False,
        {"birnn_segmenter": make_model(CHARACTERS), "birnn_tagger": model, "birnn_ner": model},
    )
    chinese.to_disk(folder / "zh_pipeline")
    return kept


def fill_folder(folder):
    shutil.copytree(make_files().name, folder, dirs_exist_ok=True)

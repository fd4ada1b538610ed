"""`spacy birnn compile`: compiled pipelines, what they cost, and what cannot be compiled."""

import json
import pickle

import numpy as np
import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from packaging.requirements import Requirement
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import fix_random_seed
from thinc.api import Config

from spacy_birnn.compiling.pipelines import Compilation
from spacy_birnn.corpora.write import write_docs
from spacy_birnn.errors import InputError
from spacy_birnn.packaging.model_card import describe_compilation
from spacy_birnn.runtime.compiled_shim import CompiledShim
from spacy_birnn.runtime.stored_arrays import dump_arrays, read_arrays

from .helpers.commands import message_of, run
from .helpers.compiled import compile_in_place, use_float32
from .helpers.components import Case
from .helpers.models import ENCODER, HEADS
from .helpers.report import make_trained
from .helpers.shared_tok2vec import SHARED
from .helpers.strange import annotations
from .helpers.tagger import MODEL, make_examples, tags_of
from .helpers.training import train

TAGGER = Case("birnn_tagger", HEADS[0])
TEXTS = TAGGER.texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a trained pipeline and its dev data."""
    folder = tmp_path_factory.mktemp("compile")
    nlp = TAGGER.load()
    nlp.config["corpora"]["dev"]["gold_preproc"] = False
    nlp.to_disk(folder / "trained")
    examples = [example.reference for example in TAGGER.make_examples(nlp)]
    write_docs(folder / "dev.spacy", examples * 2)
    return folder


def compile_to(folder, name, *options):
    return run("compile", folder / "trained", folder / name, *options)


def files_of(path):
    return {file.relative_to(path): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_pipeline_is_compiled_to_the_same_bytes_each_time(folder):
    for name in ("first", "second"):
        result = compile_to(folder, name)
        assert result.exit_code == 0, result.output
    assert files_of(folder / "first") == files_of(folder / "second")
    trained = use_float32(spacy.load(folder / "trained"))
    compiled = spacy.load(folder / "first")
    assert [annotations(doc) for doc in compiled.pipe(TEXTS)] == [
        annotations(doc) for doc in trained.pipe(TEXTS)
    ]
    assert compiled.pipe_factories == trained.pipe_factories


def test_the_loss_on_dev_is_written_to_meta_and_card(folder):
    options = ["--precision", "int8", "--tables", "int8", "--dev", folder / "dev.spacy"]
    results = [compile_to(folder, f"small{i}", *options, "--no-gold-preproc") for i in range(2)]
    assert results[0].exit_code == 0, results[0].output
    assert "depend on the batch: 0 of" in message_of(results[0])
    assert files_of(folder / "small0") == files_of(folder / "small1")
    nlp = spacy.load(folder / "small0")
    facts = nlp.meta["compiled"]
    assert (facts["precision"], facts["tables"], facts["changed_by_batch"]) == ("int8", "int8", 0)
    assert facts["scores"]["tag_acc"] == facts["scores_before"]["tag_acc"] == 1.0
    assert facts["loss"] == 0 and facts["tokens"] > 0
    assert "layers in int8, tables in int8; on dev.spacy it loses" in describe_compilation(facts)
    size = {name: sum(map(len, files_of(folder / name).values())) for name in ("trained", "small0")}
    assert size["small0"] < 0.75 * size["trained"]


def test_the_meta_requires_onnxruntime_and_not_torch(folder):
    compile_to(folder, "required")
    for name, extra in {"trained": "torch", "required": "onnx"}.items():
        (requirement,) = spacy.load(folder / name).meta["requirements"]
        assert Requirement(requirement).extras == {extra}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--precision", "int8"], "give the dev data of the training to --dev"),
        (
            ["-p", "int8", "-d", "dev.spacy", "--max-loss", "-1", "--gold-preproc"],
            "loses 0.00 points on",
        ),
        (["-d", "empty.spacy", "--gold-preproc"], "has no annotation that the pipeline predicts"),
    ],
)
def test_a_refusal_writes_nothing(folder, options, message):
    nlp = spacy.blank("en")
    write_docs(folder / "empty.spacy", [nlp.make_doc("No tags")])
    paths = [folder / option if option.endswith(".spacy") else option for option in options]
    before = sorted(folder.iterdir())
    result = compile_to(folder, "refused", *paths)
    assert result.exit_code == 1
    assert message in message_of(result)
    assert sorted(folder.iterdir()) == before


def test_an_existing_folder_is_replaced_only_by_force(folder):
    (folder / "there").mkdir()
    (folder / "there" / "note.txt").write_text("mine", encoding="utf-8")
    result = compile_to(folder, "there")
    assert result.exit_code == 1 and "there exists: give another" in message_of(result)
    assert (folder / "there" / "note.txt").is_file()
    assert compile_to(folder, "there", "--force").exit_code == 0
    assert not (folder / "there" / "note.txt").exists()
    assert spacy.load(folder / "there")("Eat ham")[0].tag_


def make_untrained():
    return TAGGER.make_blank()


def make_foreign():
    nlp = TAGGER.load()
    nlp.add_pipe("textcat", config={"model": FOREIGN}).add_label("A")
    return nlp


FOREIGN = {
    "@architectures": "spacy.TextCatReduce.v1",
    "exclusive_classes": False,
    "use_reduce_first": False,
    "use_reduce_last": False,
    "use_reduce_max": False,
    "use_reduce_mean": True,
    "tok2vec": {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 8,
            "attrs": ["NORM"],
            "rows": [9],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.TorchBiLSTMEncoder.v1",
            "width": 8,
            "depth": 1,
            "dropout": 0.0,
        },
    },
}


def make_plain():
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


def make_gru():
    fix_random_seed(0)
    nlp, encode = spacy.blank("en"), {**ENCODER, "cell": "gru"}
    model = {**MODEL, "tok2vec": {**MODEL["tok2vec"], "encode": encode}}
    nlp.add_pipe("birnn_tagger", config={"model": {**model, "head": HEAD}})
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


HEAD = {"@architectures": HEADS[0]}


def make_compiled():
    nlp = TAGGER.load()
    compile_in_place(nlp)
    return nlp


@pytest.mark.parametrize(
    ("make", "precision", "message"),
    [
        (make_untrained, "float32", "'birnn_tagger' is not trained"),
        (make_foreign, "float32", "of the component 'textcat' cannot be compiled, because it is"),
        (make_plain, "float32", "no network of spacy_birnn to compile"),
        (make_gru, "int8", "needs LSTM layers of at least two units"),
        (make_compiled, "float32", "'birnn_tagger' is compiled already"),
    ],
)
def test_what_cannot_be_compiled_is_named_before_a_file_is_written(
    make, precision, message, folder, tmp_path
):
    with pytest.raises(InputError, match=message):
        Compilation(precision, dev=folder / "dev.spacy").run(make(), tmp_path / "output")
    assert list(tmp_path.iterdir()) == []


def test_other_components_and_their_listeners_stay_as_they_are(tmp_path):
    fix_random_seed(0)
    nlp = spacy.util.load_model_from_config(SHARED, auto_fill=True)
    nlp.add_pipe("sentencizer", first=True)
    tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": 33, "upstream": "tok2vec"}
    model = {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}
    nlp.add_pipe("tagger", config={"model": model})
    examples = make_examples(nlp)
    train(nlp, examples, nlp.initialize(lambda: examples), steps=10)
    use_float32(nlp)
    expected = tags_of(nlp.pipe(TEXTS))
    Compilation().run(nlp, tmp_path / "compiled")
    compiled = spacy.load(tmp_path / "compiled")
    assert compiled.pipe_names == nlp.pipe_names
    assert tags_of(compiled.pipe(TEXTS)) == expected
    with pytest.raises(ValueError, match="can only predict"):
        compiled.update(examples, sgd=compiled.resume_training())
    config = Config().from_disk(tmp_path / "compiled" / "config.cfg")
    blocks = [config["components"][name]["model"] for name in compiled.pipe_names[1:]]
    architectures = [block["@architectures"].split(".")[1] for block in blocks]
    assert architectures == ["Compiled", "SequenceLabeller", "Tagger"]


@pytest.mark.parametrize("damage", ["changed", "shortened", "missing"])
def test_a_damaged_file_is_named(damage, folder):
    compile_to(folder, damage)
    path = folder / damage / "birnn_tagger" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    contents = {"changed": bytes(data), "shortened": bytes(data[:-9])}
    path.unlink()
    if damage in contents:
        path.write_bytes(contents[damage])
    problem = "is missing" if damage == "missing" else "does not fit its checksum"
    with pytest.raises(ValueError, match=f"'birnn_tagger' .*'model.safetensors' {problem}"):
        spacy.load(folder / damage)


def test_a_loaded_pipeline_is_saved_to_its_own_folder(folder):
    compile_to(folder, "own")
    nlp = spacy.load(folder / "own")
    before = files_of(folder / "own")
    nlp.to_disk(folder / "own")
    assert files_of(folder / "own") == before
    assert pickle.loads(pickle.dumps(nlp)).to_bytes() == nlp.to_bytes()


def test_threads_are_a_setting(folder):
    compile_to(folder, "threads")
    setting = "components.birnn_tagger.model.threads"
    nlp = spacy.load(folder / "threads", config={setting: 2})
    assert tags_of(nlp.pipe(TEXTS)) == tags_of(spacy.load(folder / "threads").pipe(TEXTS))
    with pytest.raises(ValueError, match="threads"):
        spacy.load(folder / "threads", config={setting: -1})


def test_weights_and_config_must_fit(folder):
    compile_to(folder, "mixed")
    config = Config().from_disk(folder / "mixed" / "config.cfg")
    model = config["components"]["birnn_tagger"]["model"]
    config["components"]["birnn_tagger"]["model"] = model["model"]
    config.to_disk(folder / "mixed" / "config.cfg")
    with pytest.raises(ValueError, match="'birnn_tagger' cannot be loaded"):
        spacy.load(folder / "mixed")
    shim = CompiledShim("birnn_encoder")
    for data in ({"format": 1, "sizes": {}, "state": None}, {"format": 9}, [1]):
        with pytest.raises(ValueError, match=r"compile|config"):
            shim.from_bytes(srsly.msgpack_dumps(data))
    with pytest.raises(ValueError, match="no weights: load a compiled pipeline"):
        shim.predict()


@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_of_arrays_crash(data, has_header):
    if has_header:
        entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, len(data)]}
        header = json.dumps({"a": entry}).encode()
        data = len(header).to_bytes(8, "little") + header + data[:9]
    try:
        read_arrays(data)
    except ValueError as err:
        assert "damaged" in str(err)


def test_arrays_are_read_in_place():
    numbers = np.arange(6, dtype="f").reshape(2, 3)
    arrays = {"a": numbers, "b": numbers.astype("i1"), "none": numbers[:0]}
    for name, array in read_arrays(dump_arrays(arrays)).items():
        assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype and (not array.size or array.base is not None)


def test_a_slim_pipeline_annotates_the_same_without_words_of_the_training(tmp_path):
    nlp = make_trained()
    words = nlp.get_pipe("birnn_segmenter").scheme.lexicon
    nlp.to_disk(tmp_path / "trained")
    texts = ["".join(words), words[0]]
    for name, options in {"full": [], "slim": ["--slim"]}.items():
        result = compile_to(tmp_path, name, *options)
        assert result.exit_code == 0, result.output
    full, slim = (spacy.load(tmp_path / name) for name in ("full", "slim"))
    assert [annotations(d) for d in slim.pipe(texts)] == [annotations(d) for d in full.pipe(texts)]
    assert full.get_pipe("birnn_segmenter").scheme.lexicon == words
    assert slim.get_pipe("birnn_segmenter").scheme.lexicon == []
    assert srsly.read_json(tmp_path / "slim" / "vocab" / "strings.json") == []


def test_scores_of_a_slim_pipeline_do_not_tell_known_words_apart(tmp_path):
    nlp = make_trained()
    nlp.get_pipe("birnn_segmenter").scheme.forget_words()
    scores = nlp.get_pipe("birnn_segmenter").score(
        [Example(nlp("他在北京"), Doc(nlp.vocab, words=["他", "在", "北京"], spaces=[False] * 3))]
    )
    assert scores["token_f"] is not None
    assert scores["oov_recall"] is scores["iv_recall"] is scores["oov_rate"] is None


def test_components_that_may_need_words_are_not_slimmed(tmp_path):
    nlp = TAGGER.load()
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "trained")
    result = compile_to(tmp_path, "slim", "--slim")
    assert result.exit_code == 1
    assert "'sentencizer' may need words" in message_of(result)
    assert not (tmp_path / "slim").exists()

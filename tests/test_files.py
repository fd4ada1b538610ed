"""What is saved comes back whole or not at all, and nothing that is loaded is executed."""

import errno
import pickle
import random
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import spacy
import srsly
import torch

from spacy_birnn.errors import InputError
from spacy_birnn.loading import load_pipeline
from spacy_birnn.nn.shim import TorchShim
from spacy_birnn.storage import checksums

from .helpers.commands import run
from .helpers.segmenter import MODEL
from .helpers.segmenter import make_examples as make_segmented
from .helpers.tagger import TAGGED, make_examples, tags_of
from .helpers.training import overfit

TEXT = "他在北京工作。"
FILES = ["cfg", "model", "dictionary.txt", checksums.MANIFEST]


def make_blank():
    """A segmenter whose files are small."""
    nlp = spacy.blank("zh")
    embed = {**MODEL["tok2vec"]["embed"], "char_rows": 100, "seen_slots": 1000, "lexicon_length": 3}
    model = {**MODEL, "tok2vec": {**MODEL["tok2vec"], "embed": embed}}
    nlp.add_pipe("birnn_segmenter", config={"model": model})
    return nlp


def make_nlp():
    nlp = make_blank()
    overfit(nlp, make_segmented(nlp), steps=40)
    return nlp


@pytest.fixture(scope="module")
def segmenter():
    nlp = make_nlp()
    nlp.get_pipe("birnn_segmenter").add_words(["北京", "工作\tv"])
    return nlp


@pytest.fixture
def saved(segmenter, tmp_path):
    """The folder of the segmenter in a saved pipeline."""
    segmenter.to_disk(tmp_path / "nlp")
    return tmp_path / "nlp" / "birnn_segmenter"


def words_of(nlp):
    return [(token.text, token.tag_) for token in nlp(TEXT)]


def load(folder):
    """The words that the pipeline of a folder finds, and its component as bytes."""
    nlp = spacy.load(folder.parent)
    return words_of(nlp), nlp.get_pipe("birnn_segmenter").to_bytes(exclude=["vocab"])


def flips(data, count):
    """The data with one bit flipped, at many places."""
    chosen = random.Random(0)
    for place in sorted(chosen.sample(range(8 * len(data)), min(count, 8 * len(data)))):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        yield bytes(flipped)


def test_folder_holds_no_other_files(saved):
    assert sorted(path.name for path in saved.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_flipped_bits_are_found_or_harmless(name, saved, segmenter):
    whole = (saved / name).read_bytes()
    nlp = spacy.load(saved.parent)
    component = nlp.get_pipe("birnn_segmenter")
    expected = component.to_bytes()
    found = []
    for flipped in flips(whole, 300):
        (saved / name).write_bytes(flipped)
        try:
            component.from_disk(saved, exclude=["vocab"])
        except ValueError as err:
            assert f"'{name}'" in str(err) or "saved in format" in str(err)
            found.append(True)
        else:
            assert component.to_bytes() == expected
            found.append(False)
    # In the file of checksums, white space and names of files may change.
    assert all(found) or (name == checksums.MANIFEST and sum(found) > 200)
    assert words_of(nlp) == words_of(segmenter)


DAMAGES = {
    "empty": lambda data: b"",
    "first byte": lambda data: data[:1],
    "half": lambda data: data[: len(data) // 2],
    "all but a byte": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    "image": lambda data: b"\x89PNG\r\n\x1a\n" * 99,
    "JSON": lambda data: b"[]",
    "not UTF-8": lambda data: b"\xff" * 9,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_corruption_is_explained_in_one_sentence(name, damage, saved):
    whole = (saved / name).read_bytes()
    (saved / name).write_bytes(DAMAGES[damage](whole))
    with pytest.raises(ValueError) as caught:
        spacy.load(saved.parent)
    message = str(caught.value)
    assert message.startswith(f"The component 'birnn_segmenter' cannot be loaded from {saved} (")
    assert f"(the file '{name}' " in message and "\n" not in message
    assert message.endswith("restore it or train it anew.")


def caused_by(error):
    outer = ValueError("it cannot be read")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: no memory"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        caused_by(MemoryError()),
    ],
    ids=repr,
)
def test_out_of_memory_is_not_reported_as_corruption(error, saved, segmenter, monkeypatch):
    as_bytes = segmenter.to_bytes()

    def fail(self, bytes_data):
        raise error

    monkeypatch.setattr(TorchShim, "from_bytes", fail)
    for source, attempt in (
        (saved, lambda: spacy.load(saved.parent)),
        ("bytes", lambda: make_blank().from_bytes(as_bytes)),
    ):
        with pytest.raises(MemoryError) as caught:
            attempt()
        message = str(caught.value)
        failed = f"The component 'birnn_segmenter' cannot be loaded from {source}"
        assert message.startswith(f"{failed}, because memory runs out: ")
        assert message.endswith("with more memory.") and "\n" not in message
        assert caught.value.__cause__ is error
    with pytest.raises(InputError, match=r"too little memory to load the pipeline .*: end other"):
        load_pipeline(saved.parent)


@pytest.mark.parametrize("error", [RuntimeError("no memory format"), OSError(errno.EIO, "I/O")])
def test_other_errors_of_loading_are_reported_as_corruption(error, saved, monkeypatch):
    def fail(self, bytes_data):
        raise error

    monkeypatch.setattr(TorchShim, "from_bytes", fail)
    with pytest.raises(ValueError, match="it is damaged, incomplete or of another config"):
        spacy.load(saved.parent)


@pytest.mark.parametrize("name", FILES[:3])
def test_missing_files_are_named(name, saved):
    (saved / name).unlink()
    with pytest.raises(ValueError, match=f"the file '{name}' is missing"):
        spacy.load(saved.parent)


def test_a_folder_of_another_component_is_explained(saved, nlp, tmp_path):
    nlp.to_disk(tmp_path / "tagger")
    with pytest.raises(ValueError, match=r"'dictionary.txt' is missing"):
        spacy.load(saved.parent).get_pipe("birnn_segmenter").from_disk(
            tmp_path / "tagger" / "birnn_tagger", exclude=["vocab"]
        )
    # A file of another folder is sound, but not the one that was saved here.
    shutil.copy(tmp_path / "tagger" / "birnn_tagger" / "model", saved / "model")
    with pytest.raises(ValueError, match="'model' does not fit its checksum"):
        spacy.load(saved.parent)


def test_damaged_bytes_are_found(segmenter):
    component = segmenter.get_pipe("birnn_segmenter")
    whole = component.to_bytes(exclude=["vocab"])
    others = [*flips(whole, 200), *(whole[:size] for size in (0, 1, 40, len(whole) - 1))]
    for damaged in [*others, b"[]", b"\x93\x01\x02\x03", srsly.msgpack_dumps({"cfg": b"{}"})]:
        with pytest.raises(ValueError, match="'birnn_segmenter' cannot be loaded from bytes"):
            component.from_bytes(damaged)
    component.from_bytes(whole)
    assert component.to_bytes(exclude=["vocab"]) == whole


@pytest.mark.parametrize(
    ("number", "remedy"), [(99, "install a newer spacy_birnn"), (0, "train it again")]
)
def test_another_format_is_explained(number, remedy, saved, segmenter, monkeypatch):
    monkeypatch.setattr(checksums, "FORMAT", number)
    segmenter.to_disk(saved.parent)
    as_bytes = segmenter.to_bytes()
    monkeypatch.undo()
    for attempt in (
        lambda: spacy.load(saved.parent),
        lambda: make_blank().from_bytes(as_bytes),
    ):
        with pytest.raises(ValueError, match=f"in format {number}, .* reads format 1: {remedy}"):
            attempt()


def test_a_pipeline_without_checksums_loads_and_is_saved_with_them(saved, segmenter):
    expected = load(saved)
    (saved / checksums.MANIFEST).unlink()
    with pytest.warns(UserWarning, match=r"has no checksums\.json"):
        nlp = spacy.load(saved.parent)
    nlp.to_disk(saved.parent)
    assert load(saved) == expected


def test_parts_are_left_out(segmenter, tmp_path):
    component = segmenter.get_pipe("birnn_segmenter")
    component.to_disk(tmp_path, exclude=["vocab"])
    temperature = component.temperature
    before = (tmp_path / "model").stat()
    component.temperature = 2.0
    try:
        component.to_disk(tmp_path, exclude=["vocab", "model"])
    finally:
        component.temperature = temperature
    # The model of the first save is still there, and checksums.
    assert (tmp_path / "model").stat() == before and not (tmp_path / "vocab").exists()
    other = make_blank().get_pipe("birnn_segmenter")
    other.from_disk(tmp_path, exclude=["vocab", "cfg"])
    assert other.temperature == 1.0
    assert other.from_disk(tmp_path, exclude=["vocab"]).temperature == 2.0
    (tmp_path / "model").write_bytes(b"")
    other.from_disk(tmp_path, exclude=["vocab", "model"])
    with pytest.raises(ValueError, match="'model' does not fit"):
        other.from_disk(tmp_path, exclude=["vocab"])


def test_a_component_is_saved_alone_with_its_vocabulary(segmenter, tmp_path):
    component = segmenter.get_pipe("birnn_segmenter")
    component.to_disk(tmp_path / "alone")
    nlp = spacy.blank("zh")
    model = segmenter.get_pipe_config("birnn_segmenter")["model"]
    other = nlp.add_pipe("birnn_segmenter", config={"model": model})
    assert other.from_disk(tmp_path / "alone").to_bytes() == component.to_bytes()
    assert words_of(nlp) == words_of(segmenter)


@pytest.fixture
def killed(monkeypatch):
    """Copies of a folder at every moment in which a save could be killed."""

    def save(nlp, folder, copies):
        def watch(name, half=False):
            original = getattr(Path, name)

            def watched(path, *args):
                shutil.copytree(folder, copies / str(len(list(copies.iterdir()))))
                if half:
                    original(path, args[0][: len(args[0]) // 2])
                    shutil.copytree(folder, copies / str(len(list(copies.iterdir()))))
                return original(path, *args)

            monkeypatch.setattr(Path, name, watched)

        copies.mkdir()
        watch("replace")
        watch("write_bytes", half=True)
        nlp.get_pipe("birnn_segmenter").to_disk(folder / "birnn_segmenter", exclude=["vocab"])
        monkeypatch.undo()
        return sorted(copies.iterdir(), key=lambda path: int(path.name))

    return save


def test_a_killed_save_leaves_all_old_or_all_new_files(saved, segmenter, killed, tmp_path):
    nlp = spacy.load(saved.parent)
    old = load(saved)
    component = nlp.get_pipe("birnn_segmenter")
    component.add_words(["他在"])
    component.temperature = 2.0
    component.model.get_ref("output_layer").get_param("b")[:] += 0.5
    moments = killed(nlp, saved.parent, tmp_path / "copies")
    new = load(saved)
    assert old[0] != new[0] and old[1] != new[1]
    states = [load(folder / "birnn_segmenter") for folder in moments]
    # Three files are written and put in place, and between them that of the checksums.
    assert len(states) == 3 * 2 + 1 + 3
    assert states == [old] * 7 + [new] * 3
    # What a killed save left does not stop the next one.
    segmenter.to_disk(moments[-1])
    assert load(moments[-1] / "birnn_segmenter") == old
    assert sorted(path.name for path in (moments[-1] / "birnn_segmenter").iterdir()) == sorted(
        FILES
    )


def test_a_failed_save_leaves_the_old_files(saved, segmenter, monkeypatch):
    old = load(saved)
    component = spacy.load(saved.parent).get_pipe("birnn_segmenter")
    component.temperature = 2.0
    write = Path.write_bytes

    def fill(path, data):
        if path.name.startswith("model"):
            write(path, data[:100])
            raise OSError("No space left on device")
        write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match="No space left"):
        component.to_disk(saved, exclude=["vocab"])
    monkeypatch.undo()
    assert sorted(path.name for path in saved.iterdir()) == sorted(FILES)
    assert load(saved) == old


def test_calibrate_keeps_the_checksums(nlp, tmp_path):
    docs = list(nlp.pipe(text for text, _ in TAGGED))
    spacy.tokens.DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    nlp.to_disk(tmp_path / "nlp")
    result = run("calibrate", tmp_path / "nlp", tmp_path / "dev.spacy", "--min-count", 1)
    assert result.exit_code == 0, result.output
    loaded = spacy.load(tmp_path / "nlp")
    assert loaded.get_pipe("birnn_tagger").temperature != 1.0


@pytest.mark.parametrize("path", ["config.cfg", "birnn_segmenter/model"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95"])
def test_commands_have_no_tracebacks(path, content, saved, segmenter):
    data = saved.parent / "data.spacy"
    spacy.tokens.DocBin(docs=[segmenter(TEXT)]).to_disk(data)
    (saved.parent / path).write_bytes(content)
    for command in (["evaluate"], ["calibrate"]):
        result = run(*command, saved.parent, data)
        assert result.exit_code == 1 and isinstance(result.exception, SystemExit)


class Bomb:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture(scope="module")
def everything():
    """A pipeline with all components, and with word vectors."""
    nlp = make_nlp()
    nlp.vocab.set_vector("北京", np.ones(2, dtype="f"))
    small = {"@architectures": "spacy_birnn.BiLSTMTagger.v1", "width": 8, "depth": 1}
    for name in ("birnn_tagger", "birnn_ner"):
        nlp.add_pipe(name, config={"model": small}).add_label("X")
        nlp.get_pipe(name).initialize(lambda: make_examples(nlp, [("a b", ["X", "X"])]), nlp=nlp)
    return nlp


def test_nothing_is_unpickled(everything, tmp_path):
    marker = tmp_path / "exploded"
    bomb = pickle.dumps(Bomb(marker))
    everything.to_disk(tmp_path / "nlp")
    files = [path for path in (tmp_path / "nlp").rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} >= {"birnn_segmenter", "birnn_tagger", "birnn_ner"}
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(bomb)
        with suppress(Exception):
            spacy.load(tmp_path / "nlp")
        # With the right checksum as well.
        if path.parent.name.startswith("birnn_") and path.name in FILES[:3]:
            checksums.write_files(path.parent, {path.name: bomb})
            with pytest.raises(ValueError, match="cannot be loaded"):
                spacy.load(tmp_path / "nlp")
            checksums.write_files(path.parent, {path.name: whole})
        path.write_bytes(whole)
    assert not marker.exists()
    spacy.load(tmp_path / "nlp")
    pickle.loads(bomb)
    assert marker.exists()


def test_a_pickle_inside_the_stored_model_is_not_executed(everything, tmp_path):
    """In each of its values, and as what NumPy calls an array of objects."""
    marker = tmp_path / "exploded"
    bomb = pickle.dumps(Bomb(marker))
    component = everything.get_pipe("birnn_tagger")
    array = {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": bomb}

    def plant(message, value, replaced):
        """The message with each of its bytes and arrays replaced in turn."""
        items = message.items() if isinstance(message, dict) else enumerate(message)
        for key, part in list(items):
            if isinstance(part, (dict, list)):
                plant(part, value, replaced)
            elif not isinstance(part, (str, int, float, bool, type(None))):
                message[key] = value
                replaced.append(srsly.msgpack_dumps(root))
                message[key] = part

    whole = component.model.to_bytes()
    for value in (bomb, array):
        root = srsly.msgpack_loads(whole)
        planted = []
        plant(root, value, planted)
        assert len(planted) > 5
        for data in planted:
            with suppress(Exception):
                component.model.from_bytes(data)
    assert not marker.exists()
    component.model.from_bytes(whole)
    assert tags_of(everything.pipe(["a b"]))

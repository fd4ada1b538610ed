"""The commands: what they write, and how they explain errors."""

import warnings

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from .helpers.commands import SAMPLES, run


def test_convert(tmp_path):
    sources = [SAMPLES / "word_tag.txt"]
    result = run("convert", *sources, tmp_path, "--format", "word-tag")
    assert result.exit_code == 0, result.output
    docs = list(DocBin().from_disk(tmp_path / "word_tag.spacy").get_docs(Vocab()))
    assert [len(doc) for doc in docs] == [9, 11]


def test_convert_entities(tmp_path):
    # The two files are one corpus: the second has no runs to learn a surname from.
    (tmp_path / "a.txt").write_text("陈/nr 明/nr 说/v 中国/ns\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("克林顿/nr 陈/nr 石/nr\n", encoding="utf-8")
    sources = [tmp_path / "a.txt", tmp_path / "b.txt"]
    options = ["--format", "word-tag", "--entities", "nr=PER,ns=LOC", "--names", "nr"]
    result = run("convert", *sources, tmp_path, *options)
    assert result.exit_code == 0, result.output
    entities = [
        [(ent.text, ent.label_) for ent in doc.ents]
        for name in ("a.spacy", "b.spacy")
        for doc in DocBin().from_disk(tmp_path / name).get_docs(Vocab())
    ]
    assert entities == [
        [("陈明", "PER"), ("中国", "LOC")],
        [("克林顿", "PER"), ("陈石", "PER")],
    ]


def test_convert_and_split(tmp_path):
    lines = "".join(f"词{i}/n\n" for i in range(100))
    (tmp_path / "all.txt").write_text(lines, encoding="utf-8")
    args = ["--format", "word-tag", "--split", "0.8", "0.1", "0.1", "--block-size", "5"]
    result = run("convert", tmp_path / "all.txt", tmp_path / "out", *args, "--max-train", "7")
    assert result.exit_code == 0, result.output
    sizes = {path.stem: len(DocBin().from_disk(path)) for path in (tmp_path / "out").iterdir()}
    assert sizes == {"train": 7, "dev": 10, "test": 10}


def test_convert_categories(tmp_path):
    sources = [SAMPLES / "categories" / name for name in ("positive.txt", "negative.txt")]
    result = run("convert", *sources, tmp_path, "--format", "categories", "--lang", "zh")
    assert result.exit_code == 0, result.output
    docs = list(DocBin().from_disk(tmp_path / "all.spacy").get_docs(Vocab()))
    assert [doc.cats["positive"] for doc in docs] == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("sources", "options", "message"),
    [
        (["missing.txt"], ["--format", "word-tag"], "no file"),
        (["a.txt"], ["--format", "word-tag", "--package", "no_such"], "pip install"),
        ([SAMPLES / "en.conllu"], ["--format", "word-tag"], "is not word/TAG"),
        ([SAMPLES / "en.conllu"] * 2, ["--format", "conllu"], "different names"),
        ([SAMPLES / "word_tag.txt"], ["--format", "word-tag", "--entities", "nr"], "TAG=LABEL"),
        ([SAMPLES / "word_tag.txt"], ["--format", "word-tag", "--names", "nr"], "nr=PER"),
        ([SAMPLES / "entities.iob"], ["--format", "columns", "--entities", "a=B"], "ADP, AUX"),
        ([SAMPLES / "segmented.txt"], ["--format", "segmented", "--entities", "a=B"], "are none"),
        ([SAMPLES / "word_tag.txt"], ["--format", "categories"], "at least two"),
        ([SAMPLES / "word_tag.txt"], ["--format", "categories", "--lang", "qq"], "qq"),
        (
            [SAMPLES / "word_tag.txt"],
            ["--format", "categories", "--lang", "english"],
            "try 'en'",
        ),
    ],
)
def test_convert_explains_what_is_wrong(sources, options, message, tmp_path):
    result = run("convert", *sources, tmp_path / "out", *options)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_clean_deletes_what_is_inside_the_folder_alone(tmp_path, monkeypatch):
    here = tmp_path / "here"
    folder, file_ = here / "training" / "zh", here / "scores.json"
    folder.mkdir(parents=True)
    (folder / "model").write_text("x", encoding="utf-8")
    file_.write_text("{}", encoding="utf-8")
    monkeypatch.chdir(here)
    for outside in (tmp_path, here, "..", "training/../.."):
        result = run("clean", "scores.json", outside)
        assert result.exit_code == 1 and "is not inside" in " ".join(result.output.split())
    assert file_.exists()
    assert run("clean", "training/zh", "scores.json", "missing").exit_code == 0
    assert [path.name for path in here.iterdir()] == ["training"]


def test_doctor():
    result = run("doctor")
    assert result.exit_code == 0
    assert "torch threads" in result.output


def test_doctor_without_the_gpu(monkeypatch):
    def refuse(gpu_id):
        raise ValueError("No GPU devices detected")

    monkeypatch.setattr("spacy_birnn.cli.doctor.require_gpu", refuse)
    result = run("doctor", "--gpu-id", "0")
    assert result.exit_code == 1
    assert "use --gpu-id -1 for the CPU" in " ".join(result.output.split())


def test_warnings_name_no_line_of_code(monkeypatch, tmp_path):
    def train(*args, **kwargs):
        warnings.warn("Something is odd.", UserWarning, stacklevel=1)

    monkeypatch.setattr("spacy_birnn.cli.train._train_alone", train)
    (tmp_path / "a.cfg").write_text("[nlp]", encoding="utf-8")
    result = run("train", tmp_path / "a.cfg")
    assert result.exit_code == 0
    assert "⚠ Something is odd." in result.output
    assert "UserWarning" not in result.output + result.stderr


@pytest.mark.parametrize(
    ("name", "message"), [("missing.py", "No such file"), ("bad.py", "ZeroDivisionError")]
)
def test_code_that_cannot_be_imported_is_named(name, message, tmp_path):
    (tmp_path / "a.cfg").write_text("[nlp]", encoding="utf-8")
    (tmp_path / "bad.py").write_text("1 / 0", encoding="utf-8")
    result = run("train", tmp_path / "a.cfg", "--code", tmp_path / name)
    output = " ".join(result.output.split())
    assert result.exit_code == 1
    assert f"{name} cannot be imported" in output and message in output

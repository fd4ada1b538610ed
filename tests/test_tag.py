"""The contract of `birnn tag`: every document once, in order, whatever happens."""

import datetime
import io
import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from spacy_birnn.bulk.conllu_writer import to_conllu
from spacy_birnn.bulk.finished_shards import FinishedShards
from spacy_birnn.bulk.records import (
    InputFormat,
    Record,
    Source,
    batch_records,
    find_sources,
    read_records,
)
from spacy_birnn.bulk.shard import Note, tag_shard
from spacy_birnn.bulk.writers import OutputFormat, SpacyWriter
from spacy_birnn.corpora.conllu import read_conllu
from spacy_birnn.corpora.write import write_docs

from .helpers.bulk import LINES, TEXT, json_of, make_untrained, read_jsonl, tag
from .helpers.commands import message_of


@Language.component("refuses_x")
def refuse_x(doc):
    if "x" in doc.text:
        raise ValueError("there is an x")
    return doc


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    make_untrained().to_disk(folder)
    return folder


def test_line_n_is_record_n(folder, tmp_path):
    (tmp_path / "in.txt").write_bytes(TEXT.encode("utf-8"))
    result = tag(folder, tmp_path / "in.txt", "-o", tmp_path / "out.jsonl", "--shard-size", 2)
    assert result.exit_code == 0, result.output
    expected = [json_of(doc) for doc in spacy.load(folder).pipe(LINES)]
    assert read_jsonl(tmp_path / "out.jsonl") == expected
    assert [record["text"] for record in expected] == LINES
    assert "tag_confidence" in expected[0]["underscore_token"]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.txt", "out.jsonl"]


def test_fields_of_jsonl_are_kept(folder, tmp_path):
    fields = [{"id": 12345678901234567890, "x": 0.12345678901234567}, {"é": [None, {"a": "b"}]}]
    lines = [json.dumps({**of, "text": "I like"}) for of in fields]
    (tmp_path / "in.jsonl").write_text("\n\n".join(lines), encoding="utf-8")
    for name in ("out.jsonl", "out.conllu", "out.spacy"):
        result = tag(folder, tmp_path / "in.jsonl", "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
    records = read_jsonl(tmp_path / "out.jsonl")
    assert [{key: record[key] for key in of} for of, record in zip(fields, records)] == fields
    comments = (tmp_path / "out.conllu").read_text(encoding="utf-8").split("\n")
    comments = [line.partition(" = ")[2] for line in comments if line.startswith("# fields")]
    assert [json.loads(comment) for comment in comments] == fields
    # From its own format, they are fields once more.
    tag(folder, tmp_path / "out.spacy", "-o", tmp_path / "again.jsonl")
    assert read_jsonl(tmp_path / "again.jsonl")[0]["x"] == fields[0]["x"]


def test_fields_that_annotations_replace_are_reported(folder, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "I", "ents": 1, "id": 2}', encoding="utf-8")
    result = tag(folder, tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    assert "the same name: ents." in message_of(result)
    assert read_jsonl(tmp_path / "out.jsonl")[0]["id"] == 2


def test_annotations_of_spacy_files_go_through(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "model")
    docs = [
        Doc(Vocab(), words=["he", "Nom"], tags=["PRP", "X"], morphs=["Case=Nom", ""]),
        Doc(Vocab(), words=[]),
        Doc(Vocab(), words=["Case=Nom", "she"], morphs=["", "Case=Nom"], ents=["B-PER", "O"]),
    ]
    docs[0].user_data["source"] = "a"
    docs[2].spans["sc"] = [Span(docs[2], 0, 2, label="NEW")]
    write_docs(tmp_path / "in.spacy", docs)
    options = ["--shard-size", 1]
    for name in ("out.spacy", "out.jsonl"):
        result = tag(tmp_path / "model", tmp_path / "in.spacy", "-o", tmp_path / name, *options)
        assert result.exit_code == 0, result.output
    tagged = list(DocBin().from_disk(tmp_path / "out.spacy").get_docs(Vocab()))
    assert [[(t.text, t.tag_, str(t.morph)) for t in doc] for doc in tagged] == [
        [(t.text, t.tag_, str(t.morph)) for t in doc] for doc in docs
    ]
    assert [ent.label_ for ent in tagged[2].ents] == ["PER"]
    assert [span.label_ for span in tagged[2].spans["sc"]] == ["NEW"]
    assert tagged[0].has_annotation("SENT_START")
    records = read_jsonl(tmp_path / "out.jsonl")
    assert [record["text"] for record in records] == [doc.text for doc in docs]
    assert records[0]["source"] == "a" and records[2]["spans"]["sc"][0]["label"] == "NEW"


def test_conllu():
    words = ["\n", "New York", "is", "\u3000\n", "a\tb", "|", "\n ", "Yes", "!"]
    spaces = [False, True, False, False, True, False, True, False, False]
    doc = Doc(
        Vocab(),
        words=words,
        spaces=spaces,
        tags=["_SP", "N", "V", "_SP", "X Y", "S", "_SP", "UH", ""],
        pos=["SPACE", "PROPN", "AUX", "SPACE", "X", "SYM", "SPACE", "INTJ", "PUNCT"],
        lemmas=["", "New York", "be", "", "", "", "", "", ""],
        morphs=["", "", "Mood=Ind", "", "", "", "", "", ""],
        heads=[1, 2, 2, 2, 3, 2, 5, 7, 7],
        deps=["dep", "nsubj", "ROOT", "dep", "obj", "punct", "dep", "ROOT", "punct"],
        sent_starts=[True, False, False, False, False, False, False, True, False],
        ents=["O", "B-G|E", "O", "B-X", "I-X", "I-X", "I-X", "", ""],
    )
    assert to_conllu(doc, "a b.txt:3", {"id": "\n"}).split("\n") == [
        "# newdoc id = a b.txt:3",
        r'# fields = {"id": "\n"}',
        "# sent_id = a b.txt:3-1",
        "# text = New York is a b |",
        "1\tNew York\tNew York\tPROPN\tN\t_\t2\tnsubj\t_\tNE=B-G\\pE|SpacesBefore=\\n",
        "2\tis\tbe\tAUX\tV\tMood=Ind\t0\troot\t_\tNE=O|SpacesAfter=\u3000\\n",
        "3\ta b\t_\tX\tX Y\t_\t2\tobj\t_\tNE=B-X|SpacesInToken=a\\tb",
        "4\t|\t_\tSYM\tS\t_\t2\tpunct\t_\tNE=I-X|SpacesAfter=\\n\\s\\s",
        "",
        "# sent_id = a b.txt:3-2",
        "# text = Yes!",
        "1\tYes\t_\tINTJ\tUH\t_\t0\troot\t_\tSpaceAfter=No",
        "2\t!\t_\tPUNCT\t_\t_\t1\tpunct\t_\tSpaceAfter=No",
        "",
        "",
    ]
    empty = to_conllu(Doc(Vocab(), words=["\n"], spaces=[False]), "b", {})
    assert empty == "# newdoc id = b\n"


def test_conllu_reads_as_what_was_tagged(folder, tmp_path):
    (tmp_path / "in.txt").write_bytes(TEXT.encode("utf-8"))
    tag(folder, tmp_path / "in.txt", "-o", tmp_path / "out.conllu", "--shard-size", 2)
    docs = [doc for doc in spacy.load(folder).pipe(LINES) if len(doc)]
    read = list(read_conllu(tmp_path / "out.conllu", Vocab()))
    assert [[(t.text, t.tag_) for t in doc] for doc in read] == [
        [(t.text.replace("\u2028", " "), t.tag_) for t in doc if not t.is_space] for doc in docs
    ]
    assert read[0].text == LINES[0]
    ids = (tmp_path / "out.conllu").read_text(encoding="utf-8").split("\n")
    ids = [line for line in ids if line.startswith("# newdoc")]
    assert ids == [f"# newdoc id = {tmp_path / 'in.txt'}:{n}" for n in range(1, 6)]


def test_killed_and_started_again(folder, tmp_path):
    texts = "".join(f"{i} green eggs{' and ham' * (i % 7)}\n" for i in range(300))
    (tmp_path / "in.txt").write_text(texts, encoding="utf-8")
    args = [str(folder), str(tmp_path / "in.txt"), "--shard-size", "3"]
    output = ["--output", str(tmp_path / "out.jsonl")]
    command = [sys.executable, "-m", "spacy", "birnn", "tag", *args, *output]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    parts = tmp_path / "out.jsonl.parts"
    while not (parts / "part-00002.jsonl").exists() and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    output_text = process.communicate()[0].decode()
    assert process.returncode != 0 and not (tmp_path / "out.jsonl").exists(), output_text
    assert 3 <= len(list(parts.glob("part-*.jsonl"))) < 100
    result = tag(*args, *output)
    assert "more documents come from an interrupted run" in message_of(result), result.output
    assert not parts.exists()
    assert tag(*args, "--output", tmp_path / "whole.jsonl").exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert [record["text"] for record in read_jsonl(tmp_path / "out.jsonl")] == texts.split("\n")[
        :-1
    ]


class Killed(BaseException):
    """Nothing is done after it, not even in a `finally`."""


def test_any_moment_is_a_good_one_to_be_killed(tmp_path, monkeypatch):
    output = tmp_path / "out.txt"
    done = []

    def go():
        parts = FinishedShards(output, ".txt")
        if not parts.open({"--shard-size": 1}):
            return
        for i in range(3):
            if parts.finished(i) is None:
                done.append(i)
                parts.write(i, f"{i}\n".encode(), Note(1, 1, [], [], 0))
        parts.join(3, lambda paths, file_: file_.writelines(p.read_bytes() for p in paths))

    def dying(method, countdown):
        def call(*args, **kwargs):
            countdown[0] -= 1
            if countdown[0] < 0:
                raise Killed
            return method(*args, **kwargs)

        return call

    steps = 0
    while True:
        countdown = [steps]
        with monkeypatch.context() as patch:
            for name in ("replace", "unlink", "write_bytes", "rmdir", "mkdir"):
                patch.setattr(Path, name, dying(getattr(Path, name), countdown))
            try:
                go()
                break
            except Killed:
                pass
        # The end of the work may be a moment before the last step, which then is nothing.
        if not output.exists() or (tmp_path / "out.txt.parts" / "manifest.json").exists():
            go()
        assert output.read_text(encoding="utf-8") == "0\n1\n2\n"
        assert not list((tmp_path / "out.txt.parts").glob("*"))
        output.unlink()
        steps += 1
    # Each moment was tried, and a shard was tagged once more only if it was the one at work.
    assert steps > 20
    assert len(done) < 4 * steps + 3


def test_a_bad_document_stops_the_run_and_keeps_what_is_done(folder, tmp_path):
    lines = [b'{"text": "I like"}'] * 9
    lines[5] = b'{"text": "\xff"}'
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"\n".join(lines))
    args = [folder, source, "-o", output, "--shard-size", 2]
    result = tag(*args)
    assert result.exit_code == 1
    assert "in.jsonl, line 6: the line is not UTF-8: fix it" in message_of(result)
    part = tmp_path / "out.jsonl.parts" / "part-00001.jsonl"
    part.write_text('"the model was not run again"\n' * 2, encoding="utf-8")
    result = tag(*args, "--skip-bad")
    assert result.exit_code == 0, result.output
    assert "4 more documents come from an interrupted run" in message_of(result)
    assert "Bad documents left out: 1 - " in message_of(result)
    assert [type(record) for record in read_jsonl(output)] == [dict, dict, str, str, *[dict] * 4]


def test_bad_documents_of_the_interrupted_run_are_reported(folder, tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{"text": "I"}\n[]\n{"text": "like"}\n{"text": 1}\n{"text": "ham"}\n')
    args = [folder, source, "-o", output, "--shard-size", 2]
    assert tag(*args, "--skip-bad").exit_code == 0
    everything = output.read_bytes()
    output.unlink()
    # As if killed after two shards.
    parts = FinishedShards(output, ".jsonl")
    nlp = spacy.load(folder)
    assert tag(*args).exit_code == 1
    for index in range(2):
        records = list(read_records(find_sources([str(source)])))[2 * index : 2 * index + 2]
        parts.write(
            index, *tag_shard(nlp, records, OutputFormat.jsonl, batch_size=2, skip_bad=True)
        )
    # Parts with less than all of their documents are not taken for whole ones.
    result = tag(*args)
    assert result.exit_code == 1 and "line 2: the line is JSON, but not an object" in message_of(
        result
    )
    result = tag(*args, "--skip-bad")
    assert "left out: 2 - " in message_of(result) and "2 more documents" in message_of(result)
    assert output.read_bytes() == everything


def test_a_document_on_which_the_pipeline_fails_is_named(folder, tmp_path):
    nlp = spacy.load(folder)
    nlp.add_pipe("refuses_x")
    nlp.to_disk(tmp_path / "model")
    (tmp_path / "in.txt").write_text("a\nb\nan x\nc\n", encoding="utf-8")
    args = [tmp_path / "model", tmp_path / "in.txt", "-o", tmp_path / "out.jsonl"]
    result = tag(*args)
    assert result.exit_code == 1
    assert "in.txt, line 3: the pipeline fails (there is an x): fix it" in message_of(result)
    result = tag(*args, "--skip-bad")
    assert "left out: 1 - " in message_of(result)
    assert [r["text"] for r in read_jsonl(tmp_path / "out.jsonl")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: ["--shard-size", 3], "differs in --shard-size (2 before, 3 now): repeat"),
        (lambda path: ["--output-format", "conllu"], "--output-format (jsonl before, conllu now)"),
        (lambda path: ["--input-format", "jsonl"], "in.txt)"),
        (lambda path: path.write_bytes(b"a\nb\nc\n\ne\n") and [], "differs in input 1 ("),
        (lambda path: [path], "differs in input 2 ("),
    ],
)
def test_another_run_does_not_go_on_with_the_parts(change, message, folder, tmp_path):
    source, output = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_bytes(b"a\nb\nc\n\xff\n")
    args = [folder, source, "-o", output, "--shard-size", 2]
    assert tag(*args).exit_code == 1
    more = [*change(source), "--skip-bad"]
    result = tag(*args, *more)
    assert result.exit_code == 1 and message in message_of(result)
    assert "start again with --force" in message_of(result)
    result = tag(*args, *more, "--force")
    assert result.exit_code == 0, result.output
    assert "interrupted" not in message_of(result) and output.exists()
    assert not (tmp_path / "out.jsonl.parts").exists()


def test_another_pipeline_does_not_go_on_with_the_parts(folder, tmp_path):
    nlp = spacy.load(folder)
    nlp.to_disk(tmp_path / "model")
    (tmp_path / "in.txt").write_bytes(b"a\n\xff\n")
    args = [tmp_path / "model", tmp_path / "in.txt", "-o", tmp_path / "out.jsonl"]
    assert tag(*args, "--shard-size", 1).exit_code == 1
    nlp.meta["description"] = "trained once more"
    nlp.to_disk(tmp_path / "model")
    result = tag(*args, "--shard-size", 1)
    assert result.exit_code == 1 and "differs in the files of the pipeline" in message_of(result)


def test_an_output_is_not_overwritten(folder, tmp_path):
    (tmp_path / "in.txt").write_text("a\n", encoding="utf-8")
    (tmp_path / "out.jsonl").write_text("precious", encoding="utf-8")
    args = [folder, tmp_path / "in.txt", "-o", tmp_path / "out.jsonl"]
    result = tag(*args)
    assert result.exit_code == 1 and "with --force" in message_of(result)
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "precious"
    assert tag(*args, "--overwrite").exit_code == 0
    assert len(read_jsonl(tmp_path / "out.jsonl")) == 1


def test_folders_are_read_in_order_without_the_output(tmp_path):
    for name in ("b.txt", "a/c.JSONL", "a/d.csv", "out.jsonl", "out.jsonl.parts/part-0.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    leave_out = [tmp_path / "a" / ".." / name for name in ("out.jsonl", "out.jsonl.parts")]
    found = find_sources([str(tmp_path)], leave_out=leave_out)
    assert [Path(source.path).name for source in found] == ["c.JSONL", "b.txt"]
    assert [source.format.value for source in found] == ["jsonl", "text"]


def test_standard_input_and_output(folder):
    result = tag(folder, "-", "-o", "-", input="I like\n\neggs")
    assert result.exit_code == 0
    records = [json.loads(line) for line in result.stdout.split("\n")[:-1]]
    assert [record["text"] for record in records] == ["I like", "", "eggs"]
    assert "tagged 3 documents" in " ".join(result.stderr.split())
    result = tag(folder, "-", "-o", "-", "--input-format", "jsonl", input='{"text": 1}')
    assert result.exit_code == 1 and not result.stdout
    assert "standard input, line 1" in " ".join(result.stderr.split())


def test_standard_input_goes_on_if_it_is_the_same(folder, tmp_path):
    args = [folder, "-", "-o", tmp_path / "out.jsonl", "--shard-size", 2]
    good, bad = b"a\nb\nc\nd\ne\n", b"a\nb\nc\nd\n\xff\n"
    assert tag(*args, input=bad).exit_code == 1
    result = tag(*args, input=b"a\nB\nc\n")
    assert result.exit_code == 1 and "is not what the interrupted run has" in message_of(result)
    result = tag(*args, input=b"a\nb\n")
    assert result.exit_code == 1 and "more documents than the input" in message_of(result)
    result = tag(*args, input=good)
    assert "4 more documents come from an interrupted run" in message_of(result)
    assert [r["text"] for r in read_jsonl(tmp_path / "out.jsonl")] == list("abcde")


def test_processes_give_the_same(folder, tmp_path):
    (tmp_path / "in.txt").write_bytes(TEXT.encode("utf-8") + b"\n\xff\nham")
    options = ["--shard-size", 2, "--skip-bad"]
    for name, n_process in (("one", 1), ("two", 2)):
        args = [tmp_path / "in.txt", "-o", tmp_path / name, "--output-format", "jsonl"]
        result = tag(folder, *args, *options, "--n-process", n_process)
        assert result.exit_code == 0 and "left out: 1 - " in message_of(result), result.output
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_shard_leaves_nothing_in_the_vocabulary(tmp_path):
    nlp = make_untrained()
    (tmp_path / "in.txt").write_text("Unheard-of words\nlike blorptags\n", encoding="utf-8")
    records = list(read_records(find_sources([str(tmp_path / "in.txt")])))
    before = len(nlp.vocab.strings)
    for format in OutputFormat:
        first = tag_shard(nlp, records, format, batch_size=1)
        assert len(nlp.vocab.strings) == before
        assert tag_shard(nlp, records, format, batch_size=2) == first
    assert "blorptags" not in nlp.vocab.strings


@pytest.mark.parametrize(
    ("name", "data", "options", "message"),
    [
        ("a.jsonl", b"nothing", [], "a.jsonl, line 1: the line is not JSON"),
        ("a.jsonl", b'\n{"txt": ""}', [], 'line 2: the object has no string "text"'),
        ("a.jsonl", rb'{"text": "\ud800"}', [], "line 1: the text cannot be made a document"),
        ("a.jsonl", b"[" * 100000, [], "line 1: the line is not JSON"),
        ("a.spacy", b"nothing", [], "a.spacy, document 1: the file is damaged"),
        ("a.spacy", b"", [], "a.spacy, document 1: the file is damaged"),
        ("a.csv", b"a", [], "give --input-format"),
        ("a.txt", b"a", ["-o", "x.csv"], "give --output-format"),
        ("a.txt", b"a", ["-o", "-", "--output-format", "spacy"], "name a file"),
        ("a.txt", b"a", ["-o", "a.txt", "--output-format", "jsonl", "--overwrite"], "an input and"),
        ("a.txt", b"a", ["-o", ".", "--output-format", "jsonl"], "is a folder"),
        ("a.txt", b"a", ["--gpu-id", 99], "GPU 99 cannot be used"),
        ("a.txt", b"a", ["missing.txt"], "no file or folder missing.txt"),
        ("a.txt", b"a", ["empty"], "empty holds no files that end in .txt or"),
        ("a.txt", b"a", ["-", "-"], "'-' a single time"),
    ],
)
def test_errors_are_explained(name, data, options, message, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path(name).write_bytes(data)
    result = tag(folder, name, "-o", "out.jsonl", *options)
    assert result.exit_code == 1 and message in message_of(result), result.output
    assert not Path("out.jsonl").exists()


def test_no_pipeline(tmp_path):
    (tmp_path / "in.txt").touch()
    args = [tmp_path / "in.txt", "-o", tmp_path / "out.jsonl"]
    result = tag(tmp_path, *args)
    assert result.exit_code == 1 and "cannot be loaded" in message_of(result)
    blank = spacy.blank("en")
    blank.add_pipe("birnn_tagger")
    blank.to_disk(tmp_path / "blank")
    (tmp_path / "in.txt").write_text("a\n", encoding="utf-8")
    result = tag(tmp_path / "blank", *args)
    assert result.exit_code == 1 and "in.txt, line 1: the pipeline fails" in message_of(result)


def test_no_documents(folder, tmp_path):
    (tmp_path / "in.txt").touch()
    for name in ("out.jsonl", "out.conllu", "out.spacy"):
        assert tag(folder, tmp_path / "in.txt", "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "out.conllu").read_bytes() == b""
    assert len(DocBin().from_disk(tmp_path / "out.spacy")) == 0


def test_parts_that_make_no_file_are_a_corpus(tmp_path, monkeypatch):
    writer = SpacyWriter()
    (tmp_path / "part-00000.spacy").write_bytes(writer.to_bytes())

    def too_much(self):
        raise ValueError("bytes object is too large")

    monkeypatch.setattr(DocBin, "to_bytes", too_much)
    with pytest.raises(ValueError, match=r"use the folder .* which spaCy reads as a corpus"):
        writer.join([tmp_path / "part-00000.spacy"], io.BytesIO())


def test_rows_of_parquet_are_documents(folder, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [*LINES * 300, None, "ham"]
    n = len(texts)
    columns = {
        "text": texts,
        "day": [datetime.date(2020, 1, 2)] * n,
        "exact": [Decimal("0.10")] * n,
        "list": [[1, None]] * n,
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "in.parquet", row_group_size=700)
    result = tag(folder, tmp_path, "-o", tmp_path / "out.jsonl", "--skip-bad")
    assert result.exit_code == 0, result.output
    assert 'in.parquet, row 1501: the row has no string "text"' in message_of(result)
    records = read_jsonl(tmp_path / "out.jsonl")
    assert [r["text"] for r in records] == [*LINES * 300, "ham"]
    more = {"day": "2020-01-02", "exact": "0.10", "list": [1, None]}
    assert all(more.items() <= record.items() for record in records)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (None, "a.parquet, row 1: the file is damaged or not a Parquet file"),
        ({"text": ["a"], "x": [b"\xff"]}, "row 1: a value of the type bytes cannot be JSON"),
        ({"body": ["a"]}, 'row 1: the row has no string "text"'),
    ],
)
def test_errors_of_parquet_files_are_explained(columns, message, folder, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    if columns is None:
        path.write_text("nothing", encoding="utf-8")
    else:
        parquet.write_table(pyarrow.table(columns), path)
    result = tag(folder, path, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1 and message in message_of(result)


@pytest.mark.parametrize(
    ("package", "options"), [("ray", ["--engine", "ray"]), ("parquet", ["a.parquet"])]
)
def test_missing_packages_are_named(package, options, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.parquet").touch()
    monkeypatch.setattr("spacy_birnn.cli.tag.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    result = tag(folder, "a.parquet", "-o", "out.jsonl", *options)
    assert result.exit_code == 1 and f'install "spacy-birnn[{package}]"' in message_of(result)


def test_long_documents_are_fewer_in_a_batch():
    lengths = [3, 3, 3, 20, 1, 1, 1, 1, 1, 9, 1, 1]
    records = [Record(Source("-", InputFormat.text), i, b"x" * n) for i, n in enumerate(lengths)]
    batches = list(batch_records(iter(records), 4, 10))
    assert [record for batch in batches for record in batch] == records
    assert [[len(record.data) for record in batch] for batch in batches] == [
        [3, 3, 3],
        [20],
        [1, 1, 1, 1],
        [1, 9],
        [1, 1],
    ]
    assert list(batch_records([], 4, 10)) == []

"""`birnn convert`: formats that are found out, and files that are damaged."""

import shutil

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from .helpers.commands import SAMPLES, run_convert

ENDINGS = {"conllu": "conllu", "columns": "iob", "word-tag": "txt", "segmented": "txt"}
FORMATS = [*ENDINGS, "categories"]


def conllu_row(number, word, head):
    return f"{number}\t{word}\t_\tNOUN\tNN\tCase=Nom\t{head}\tdep\t_\t_"


def make_lines(format):
    """200 good lines, of sentences of three rows, and how many documents they are."""
    if format == "conllu":
        rows = [*(conllu_row(i, f"w{i}", 0) for i in (1, 2, 3)), ""]
        return rows * 50, 50
    if format == "columns":
        return ["Anna\tNNP\tB-PER", "Lo\tNNP\tI-PER", "sang\tVBD\tO", ""] * 50, 50
    if format == "word-tag":
        return ["我们/r 在/p 北京/ns"] * 200, 200
    if format == "segmented":
        return ["我们 在 北京 学习", "很 好"] * 100, 200
    return [f"A good text, number {i}" for i in range(200)], 200


def convert(format, lines, folder, *options, given=True):
    """Lines are text or bytes; returns exit code, output and documents."""
    data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    path = folder / f"bad.{ENDINGS.get(format, 'txt')}"
    path.write_bytes(data)
    sources = [path]
    if format == "categories":
        sources.append(folder / "other.txt")
        sources[1].write_text("another text\n", encoding="utf-8")
    if given:
        options = [*options, "--format", format]
    code, output = run_convert(*sources, folder / "out", *options)
    files = list(folder.glob("out/*"))
    assert all(file_.suffix == ".spacy" for file_ in files)
    docs = [doc for file_ in files for doc in DocBin().from_disk(file_).get_docs(Vocab())]
    return code, output, docs[: len(docs) - (format == "categories")]


BAD_BYTES = "坏".encode("gbk")

# What replaces line 102, the second row of a sentence, and what is said about it.
DAMAGE = [
    *((format, b"a\t" + BAD_BYTES, "not UTF-8") for format in FORMATS),
    *((format, "a\0b/n", "a NUL") for format in FORMATS),
    *(
        (format, "x" * 100_000, message)
        for format, message in [
            ("conllu", "1 column where CoNLL-U has 10"),
            ("columns", "x…' should be a token and its tag"),
            ("word-tag", "x…' is not word/TAG"),
            ("segmented", "a word has 100,000 characters"),
        ]
    ),
    ("conllu", conllu_row(2, "x" * 100_000, 0), "a word has 100,000 characters"),
    ("conllu", conllu_row(2, "w", 0) + "\t_", "11 columns where"),
    ("conllu", conllu_row(2, "w", 0).replace("\t", "    "), "1 column where"),
    ("conllu", conllu_row("b", "w", 0), "the id 'b'"),
    ("conllu", conllu_row(1, "w", 0), "the id 1 where 2 should follow"),
    ("conllu", conllu_row(3, "w", 0), "the id 3 where 2 should follow"),
    ("conllu", conllu_row("2-9", "w", 0) + "\n" + conllu_row(2, "w", 0), "ends with word 9"),
    ("conllu", conllu_row("2-1", "w", 0) + "\n" + conllu_row(2, "w", 0), "ends before"),
    ("conllu", conllu_row(2, "w", 7), "the head '7'"),
    ("conllu", conllu_row(2, "w", -1), "the head '-1'"),
    ("conllu", conllu_row(2, "w", 0).replace("NOUN", "NUON"), "'NUON' is not UPOS"),
    ("conllu", conllu_row(2, "w", 0).replace("Case=Nom", "Nom"), "'Nom' is not FEATS"),
    ("conllu", conllu_row(2, "", 0), "a word is empty"),
    ("columns", "Lo\tI-PER", "2 columns where most lines have 3"),
    ("columns", "Lo\tNNP\tX\tI-PER", "4 columns where most lines have 3"),
    ("columns", "Lo", "should be a token and its tag"),
    ("columns", "Lo\tNNP\t", "should be a token and its tag"),
    ("columns", "\tNNP\tI-PER", "should be a token and its tag"),
    ("columns", "Lo\tNNP\tPER", "the tag 'PER' is not of a scheme"),
    ("columns", "Lo\tNNP\tI", "the tag 'I' is not of a scheme"),
    ("columns", "x" * 100_000 + "\tNNP\tO", "a word has 100,000 characters"),
    ("word-tag", "我们/r 在 北京/ns", "'在' is not word/TAG"),
    ("word-tag", "我们/r 在/ 北京/ns", "'在/' is not word/TAG"),
    ("word-tag", "我们/r /p 北京/ns", "'/p' is not word/TAG"),
    ("word-tag", "[" * 100_000, "is not word/TAG"),
    ("word-tag", "[我们/r 在/p", "the bracket before '我们' is not closed"),
]


@pytest.mark.parametrize(
    ("format", "line", "message"), DAMAGE, ids=[f"{d[0]}-{d[2]}" for d in DAMAGE]
)
def test_damage_is_named_or_left_out(format, line, message, tmp_path):
    lines, n_docs = make_lines(format)
    lines[101] = line
    code, output, docs = convert(format, lines, tmp_path)
    assert (code, docs) == (1, [])
    assert "line 102: " in output and message in output
    assert output.count("✘") == 1 and "--skip-bad" in output and len(output) < 600
    assert not (tmp_path / "out").exists()
    code, output, docs = convert(format, lines, tmp_path, "--skip-bad")
    assert (code, len(docs)) == (0, n_docs - 1), output
    assert "1 bad" in output and "line 102: " in output and len(output) < 700


@pytest.mark.parametrize("format", FORMATS)
def test_all_bad_lines_are_numbered(format, tmp_path):
    lines, n_docs = make_lines(format)
    for i in range(0, 120, 4):
        lines[i] = BAD_BYTES
    code, output, _ = convert(format, lines, tmp_path)
    assert code == 1 and "line 1: " in output and "line 5, 9, 13, 17, 21, and 24 more" in output
    code, output, docs = convert(format, lines, tmp_path, "--skip-bad")
    assert (code, len(docs)) == (0, n_docs - 30)
    assert "30 bad" in output and "77, 81, and 9 more" in output
    code, output, _ = convert(format, [BAD_BYTES] * 9, tmp_path, "--skip-bad")
    assert code == 1 and "is good" in output


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_files_of_windows_are_as_good(format, end, tmp_path):
    lines, n_docs = make_lines(format)
    code, output, docs = convert(format, ["\ufeff" + end.join(lines)], tmp_path)
    assert (code, len(docs)) == (0, n_docs), output
    _, _, plain = convert(format, lines, tmp_path)
    assert [doc.to_json() for doc in docs] == [doc.to_json() for doc in plain]


@pytest.mark.parametrize(
    ("format", "line"),
    [
        ("columns", "Lo NNP I-PER"),
        ("columns", "Lo   NNP   I-PER"),
        ("word-tag", "我们/r\t在/p\t北京/ns"),
        ("word-tag", "我们/r " * 15_000),
        ("segmented", "我们\t在\t北京"),
        ("segmented", "我们 " * 35_000),
        ("categories", "A very good text. " * 5500),
    ],
)
def test_harmless_lines(format, line, tmp_path):
    lines, n_docs = make_lines(format)
    lines[101] = line
    code, output, docs = convert(format, lines, tmp_path)
    assert (code, len(docs)) == (0, n_docs), output
    assert "⚠" not in output


@pytest.mark.parametrize("format", ["conllu", "columns", "word-tag"])
def test_truncated_files(format, tmp_path):
    text = "\n".join(make_lines(format)[0]).rstrip("\n")
    data = text.encode()[: -3 if format == "word-tag" else -4]
    code, output, _ = convert(format, [data], tmp_path)
    n_lines = len(text.splitlines())
    assert code == 1 and f"line {n_lines}" in output, output


def test_illegal_entities_are_repaired_and_named(tmp_path):
    lines, n_docs = make_lines("columns")
    lines[101] = "Lo\tNNP\tI-LOC"
    lines[192] = "Anna\tNNP\tI-PER"
    code, output, docs = convert("columns", lines, tmp_path)
    assert (code, len(docs)) == (0, n_docs)
    assert "2 illegal BIO tags repaired, on line 102, 193:" in output
    assert "UserWarning" not in output
    assert [ent.label_ for ent in docs[25].ents] == ["PER", "LOC"]


@pytest.mark.parametrize("format", ENDINGS)
def test_formats_are_found_out(format, tmp_path):
    lines, n_docs = make_lines(format)
    lines[101] = BAD_BYTES
    code, output, docs = convert(format, lines, tmp_path, "--skip-bad", given=False)
    assert (code, len(docs)) == (0, n_docs - 1), output
    assert f"Format by names and lines: {format}" in output


@pytest.mark.parametrize(
    ("sample", "format"),
    [
        ("en.conllu", "conllu"),
        ("entities.iob", "columns"),
        ("word_tag.txt", "word-tag"),
        ("segmented.txt", "segmented"),
    ],
)
def test_formats_are_found_out_without_a_name(sample, format, tmp_path):
    (tmp_path / "sample").write_bytes((SAMPLES / sample).read_bytes())
    code, output = run_convert(tmp_path / "sample", tmp_path / "out")
    assert code == 0 and f"lines: {format} " in output, output


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.txt", "This is plain text.\nIt has two lines.\n"),
        ("plain.txt", "今天天气很好。我们去公园。\n他在北京大学工作，很忙。 是的\n"),
        ("vietnamese.txt", "học_sinh giỏi lắm\nhọc_sinh giỏi\n"),
        ("rows.txt", "我 r\n在 p\n北京 ns\n\n我 r\n"),
        ("table.tsv", "Anna\tNNP\nsang\tVBD\n"),
        ("wrong.conllu", "Anna\tB-PER\nsang\tO\n"),
        ("spaces.conllu", "1 Anna _ NOUN NN _ 0 root _ _\n"),
        ("wrong.iob", "我们/r 在/p 北京/ns\n"),
        ("text.seg", "今天天气很好。\n"),
        ("comments.conllu", "# nothing\n# at all\n"),
    ],
)
def test_doubtful_formats_are_asked_for(name, text, tmp_path):
    (tmp_path / name).write_text(text, encoding="utf-8")
    code, output = run_convert(tmp_path / name, tmp_path / "out")
    assert code == 1 and "in doubt" in output
    assert "--format conllu, word-tag, columns, segmented, doccano, " in output
    assert output.count("✘") == 1 and not (tmp_path / "out").exists()


def test_sources_of_several_formats(tmp_path):
    code, output = run_convert(SAMPLES / "en.conllu", SAMPLES / "word_tag.txt", tmp_path / "out")
    assert code == 1 and "en.conllu looks like conllu" in output and "like word-tag" in output
    assert run_convert(SAMPLES / "en.conllu", SAMPLES / "entities.iob", tmp_path / "out")[0] == 1


def test_another_encoding(tmp_path):
    for encoding in ("gbk", "utf-16"):
        (tmp_path / "a.txt").write_text("我们/r 在/p\n" * 200, encoding=encoding)
        code, output = run_convert(tmp_path / "a.txt", tmp_path / "out")
        assert code == 1 and "not UTF-8" in output
        code, output = run_convert(tmp_path / "a.txt", tmp_path / "out", "--format", "word-tag")
        assert code == 1 and "line 1: it is not UTF-8" in output


def test_the_output_is_forgotten(tmp_path):
    code, output = run_convert(SAMPLES / "en.conllu", SAMPLES / "word_tag.txt")
    assert code == 1 and "word_tag.txt is a file: name a folder" in output


def test_the_output_is_the_only_argument(tmp_path):
    code, output = run_convert(SAMPLES / "en.conllu")
    assert code == 1 and "en.conllu is the only argument: name the sources and then a" in output
    assert output.count("✘") == 1


@pytest.mark.parametrize("name", ["dev.conllu", "train.spacy", "dev.TXT", "dev.iob"])
def test_the_output_is_a_source_that_is_missing(name, tmp_path):
    source = shutil.copy(SAMPLES / "en.conllu", tmp_path)
    code, output = run_convert(source, tmp_path / name)
    assert code == 1 and f"{name} has the name of a file" in output and "name a folder" in output
    assert not (tmp_path / name).exists()
    assert run_convert(source, tmp_path / "new" / name)[0] == 0
    (tmp_path / name).mkdir()
    assert run_convert(source, tmp_path / name)[0] == 0


def test_a_folder_in_place_of_a_file(tmp_path):
    code, output = run_convert(tmp_path, tmp_path / "out")
    assert code == 1 and "is a folder: name the files in it" in output


def test_help_says_that_xpos_may_be_upos():
    assert "a word without XPOS gets its UPOS" in run_convert("--help")[1]


def test_a_hash_is_a_token(tmp_path):
    lines = ["# a comment", "# O", "it O"]
    _, _, (doc,) = convert("columns", lines, tmp_path)
    assert [token.text for token in doc] == ["#", "it"]


def test_an_output_that_cannot_be_written(tmp_path):
    (tmp_path / "out" / "en.spacy").mkdir(parents=True)
    code, output = run_convert(SAMPLES / "en.conllu", tmp_path / "out")
    assert code == 1 and "cannot be written" in output and "choose another folder" in output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["en.spacy"]

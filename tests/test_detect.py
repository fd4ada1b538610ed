"""`birnn convert` without a format: items of all kinds, and files of other tools."""

import gzip
import json

import pytest
from spacy.lang.en import English
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from .helpers.commands import run_convert

WORD_TAG = "我/r 在/p 家/n\n"
SEGMENTED = "我们 在 北京 学习\n他 很 好\n我 爱 你 的 家\n"


@pytest.fixture
def convert(tmp_path):
    """Converts a text; returns exit code, output, and the words and tags of the documents."""

    def convert(text, *options, name="a.txt"):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(data)
        code, output = run_convert(tmp_path / name, tmp_path / "out", *options)
        files = list((tmp_path / "out").glob("*"))
        docs = [doc for file_ in files for doc in DocBin().from_disk(file_).get_docs(Vocab())]
        return code, output, [([t.text for t in doc], [t.tag_ for t in doc]) for doc in docs]

    return convert


@pytest.mark.parametrize(
    ("text", "item", "number"),
    [
        ("今天/天气/很/好\n我/在/北京/工作\n", "今天/天气/很/好", 1),
        ("我/去/KTV\n他/很/好/。\n", "我/去/KTV", 1),
        ("我|来到|北京|大学\n", "我|来到|北京|大学", 1),
        ("我_来到_北京\n", "我_来到_北京", 1),
        ("我／来到／北京\n", "我／来到／北京", 1),
        ("我/ 来到/ 北京/ 大学\n", "我/", 1),
        ("我 / 来到 / 北京\n", "/", 1),
        ("我 | 来到 | 北京\n", "|", 1),
        ("我／r 来到／v 北京／ns\n", "我／r", 1),
        ("我_r 来到_v 北京_ns\n", "我_r", 1),
        ("我#r 来到#v 北京#ns\n", "我#r", 1),
        ("猫/名詞 が/助詞\n", "猫/名詞", 1),
        (WORD_TAG * 3 + "今天/天气/很/好\n", "今天/天气/很/好", 4),
        (SEGMENTED * 9 + "今天/天气/很/好\n", "今天/天气/很/好", 28),
    ],
)
def test_words_joined_by_marks_are_in_doubt(text, item, number, convert):
    code, output, docs = convert(text)
    assert (code, docs) == (1, [])
    assert f"in doubt ('{item}' on line {number} looks like" in output
    assert "--format conllu, word-tag, columns, segmented, doccano, " in output
    # An end that stands for segmented text says nothing else.
    code, output, docs = convert(text, name="a.seg")
    assert (code, docs) == (1, []) and "in doubt" in output


@pytest.mark.parametrize(
    ("lines", "number", "item"),
    [
        ("我/r 爱 你/r\n他/r 好/a\n", 1, "爱"),
        ("他/r 好/a\n我/r 爱/ 你/r\n", 2, "爱/"),
        ("他/r 好/a\n我/r /v 你/r\n", 2, "/v"),
        ("他/r 好/a\n\n我/r 好\n", 3, "好"),
        ("他/r 好/a\n我/r 好／v\n", 2, "好／v"),
    ],
)
def test_an_item_without_a_tag_is_named(lines, number, item, convert):
    code, output, docs = convert(lines)
    assert (code, docs) == (1, [])
    assert f"line {number}: '{item}' is not word/TAG" in output


def test_few_items_with_a_tag_are_in_doubt(convert):
    code, output, docs = convert("他 很 好\n我们 在 家/n 学习\n")
    assert (code, docs) == (1, [])
    assert "'家/n' on line 2 looks like word/TAG, but '他' on line 1 has no tag" in output


def test_segmented_text_whose_words_may_be_several(convert):
    text = "他 很 好\n我/在/北京/工作\n我|在|家 学习\n和/或\n"
    code, output, docs = convert(text, "--format", "segmented")
    assert (code, len(docs)) == (0, 4)
    assert "2 words may be several, joined by a mark (first '我/在/北京/工作' on line 2)" in output
    code, output, _ = convert("他_很_好 吗\n", "--format", "segmented", "--joiner", "_")
    assert code == 0 and "⚠" not in output


def test_words_that_slashes_join_are_no_word_with_a_tag(convert):
    code, output, docs = convert("今天/天气/很/好\n", "--format", "word-tag")
    assert (code, docs) == (1, [])
    assert "line 1: '今天/天气/很/好' is several words" in output


@pytest.mark.parametrize(
    ("text", "words", "tags"),
    [
        (
            "[中央/n 电视台/n]nt 在/p 1/2/m http://a.b/c/nx 和/或/c //w\n",
            ["中央", "电视台", "在", "1/2", "http://a.b/c", "和/或", "/"],
            ["n", "n", "p", "m", "nx", "c", "w"],
        ),
        (
            "I/PRP said/VBD ``/`` 1\\/2/CD km/h/NN ,/, (/-LRB- ''/'' her/PRP$ ./.\n",
            ["I", "said", "``", "1\\/2", "km/h", ",", "(", "''", "her", "."],
            ["PRP", "VBD", "``", "CD", "NN", ",", "-LRB-", "''", "PRP$", "."],
        ),
        ("Tôi/P là/V sinh_viên/N\n", ["Tôi", "là", "sinh_viên"], ["P", "V", "N"]),
        (
            "我  去\u3000TCP/IP 和/或 吃 饭 了 1/2 的 路 吗 。\n",
            ["我", "去", "TCP/IP", "和/或", "吃", "饭", "了", "1/2", "的", "路", "吗", "。"],
            [""] * 12,
        ),
    ],
)
def test_words_may_hold_slashes(text, words, tags, convert):
    code, output, docs = convert(text)
    assert code == 0, output
    assert docs == [(words, tags)]


def spacy_file():
    doc_bin = DocBin(docs=[English()("A text.")])
    return doc_bin.to_bytes()


RECORD = {"text": "Anna sings", "id": 1}
FOREIGN = {
    "JSON lines": [RECORD] * 2,
    "JSON": '[\n  {\n    "text": "Anna"\n  }\n]\n',
    "standoff annotation of brat without its ending, .ann": (
        "T1\tPER 0 2;3 4;6 9\tAn n a\nR1\tOf Arg1:T1 Arg2:T2\n"
    ),
    "CSV without a header that names tokens and tags": "text,class\nAnna,good\nsings,bad\n",
    "HTML or XML": "<?xml version='1.0'?><s>Anna</s>",
    "Arrow": b"ARROW1\0\0",
    "a ZIP archive, such as a Word or Excel file": b"PK\x03\x04\0\0",
    "data compressed by gzip": gzip.compress(b"x"),
    "a .spacy file (ready for training) or other compressed data": spacy_file(),
    "binary data, or text that is not UTF-8": b"\x01\x02\0\0\x03",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_other_tools_are_named(name, convert):
    text = FOREIGN[name]
    if isinstance(text, list):
        text = "".join(f"{json.dumps(record)}\n" for record in text)
    code, output, docs = convert(text)
    assert (code, docs) == (1, [])
    assert f"a.txt looks like {name}, which" in output and "export CoNLL-U, word/TAG" in output
    assert output.count("✘") == 1 and output.count(". ") == 0


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.csv", "sentence,label\n我 在 北京 工作,0\n他 很 好,他,1\n", "CSV"),
        ("a.txt", "sentence;label\n我 在 北京 工作;a\n他 很 好;b\n", "CSV"),
        ("a.txt", "<!DOCTYPE html>\n<html>\n", "HTML"),
        ("a.txt", "<corpus>\n<s>我 在 北京</s>\n</corpus>\n", "HTML"),
        ("a.txt", '{"text": "a b"}\n', "JSON,"),
        ("a.json", '[["Anna", 4],\n["B", {}]]\n', "JSON,"),
        ("a.txt", "我/r 在/p\n".encode("utf-16-le"), "binary data, or text that is not UTF-8"),
        ("a.txt", bytes(range(256)), "binary data, or text that is not UTF-8"),
    ],
)
def test_other_texts_of_other_tools(name, text, kind, convert):
    code, output, _ = convert(text, name=name)
    assert code == 1 and f"looks like {kind}" in output


@pytest.mark.parametrize(
    ("text", "n_words"),
    [
        ("<unk> O\n{ O\n[ O\n", 3),
        ("1,000 O\n1,299 O\n", 2),
        ("<s>/x 他/r\n", 2),
        ("[[中国/ns 政府/n]nt 报/n]nt\n", 3),
        ('["/w 中国/ns "/w]nz\n', 3),
        ("花 了 1,299.00 元\n花 了 2,000.00 元\n", 8),
        ('[["/w 中国/ns "/w]nz]nz\n', 3),
        ("Anna\tO\nT1\tO\n", 2),
    ],
)
def test_tokens_that_look_like_other_formats(text, n_words, convert):
    code, output, docs = convert(text)
    assert code == 0, output
    assert sum(len(words) for words, _ in docs) == n_words


def test_comments_of_germeval(convert):
    lines = "#\thttp://a.org/b\t[2009-10-17]\n1\tIn\tO\tO\n2\tBonn\tB-LOC\tO\n\n"
    code, output, docs = convert(lines * 3)
    assert code == 0, output
    assert [words for words, _ in docs] == [["In", "Bonn"]] * 3

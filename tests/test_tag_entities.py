"""Entities from the tags of a corpus, and the split of Chinese names into people."""

from pathlib import Path

import pytest
from spacy.vocab import Vocab

from spacy_birnn.corpora.names import find_surnames, split_names
from spacy_birnn.corpora.tag_entities import parse_labels, set_entities
from spacy_birnn.corpora.word_tag import read_word_tag
from spacy_birnn.errors import InputError

SAMPLES = Path(__file__).parents[1] / "corpus" / "samples"
LABELS = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
# Runs of two words, which make 陈, 方, 徐 and 乔 surnames: 石 closes as many as it opens.
NAMES = "陈/nr 明/nr ，/w 方/nr 成/nr ，/w 徐/nr 迟/nr ，/w 乔/nr 石/nr ，/w 石/nr 鲁/nr"


def read_entities(text, path, labels=LABELS, names=None):
    path.write_text(text, encoding="utf-8")
    docs = list(read_word_tag(path, Vocab()))
    set_entities(docs, labels, names)
    return [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs]


def test_sample():
    docs = list(read_word_tag(SAMPLES / "word_tag.txt", Vocab()))
    set_entities(docs, LABELS, "nr")
    first, second = docs
    assert [(ent.text, ent.label_) for ent in first.ents] == [("北京大学", "ORG")]
    assert [(ent.text, ent.label_) for ent in second.ents] == [("江泽民", "PER")]
    assert [token.ent_iob_ for token in second] == ["B", "I"] + ["O"] * 9


def test_words_without_entities_are_annotated(tmp_path):
    (tmp_path / "a.txt").write_text("中国/ns\n好/a\n", encoding="utf-8")
    docs = list(read_word_tag(tmp_path / "a.txt", Vocab()))
    set_entities(docs, {"ns": "LOC"})
    assert [doc[0].ent_iob_ for doc in docs] == ["B", "O"]


def test_each_word_is_an_entity_unless_its_tag_is_of_names(tmp_path):
    text = "河北/ns 张家口/ns 江/nr 泽民/nr 李/nrf 鹏/NR"
    places = [("河北", "LOC"), ("张家口", "LOC")]
    apart, joined = [("江", "PER"), ("泽民", "PER")], [("江泽民", "PER")]
    labels = {"nr": "PER", "ns": "LOC"}
    assert read_entities(text, tmp_path / "a.txt", labels) == [places + apart]
    assert read_entities(text, tmp_path / "a.txt", labels, "nr") == [places + joined]
    assert read_entities(text, tmp_path / "a.txt", {"NR": "PER"}) == [[("鹏", "PER")]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[中国/ns 政府/n]nt 的/u", ["中国政府 ORG"]),
        ("[中国/ns 政府/n]nz 的/u", ["中国 LOC"]),
        ("[[中国/ns 银行/n]nt 北京/ns]ns", ["中国银行北京 LOC"]),
        ("[[中国/ns 银行/n]nt 杯/n]nz", ["中国银行 ORG"]),
        ("[[中国/ns 银行/n]nt]ns", ["中国银行 LOC"]),
        ("江/nr [泽民/nr 楼/n]ns 北京/ns", ["江 PER", "泽民楼 LOC", "北京 LOC"]),
    ],
)
def test_the_outermost_mapped_bracket_is_the_entity(line, expected, tmp_path):
    # The second line has every mapped tag.
    text = f"{line}\n江/nr 中国/ns 国务院/nt\n"
    entities, _ = read_entities(text, tmp_path / "a.txt", names="nr")
    assert [" ".join(entity) for entity in entities] == expected


def test_surnames_are_learned_from_runs_of_two():
    runs = [["陈", "明"], ["乔", "石"], ["石", "鲁"], ["王", "平", "李"], ["张"]]
    assert find_surnames(runs) == {"陈", "乔"}


@pytest.mark.parametrize(
    ("run", "lengths"),
    [
        ("陈", [1]),
        ("安生", [1]),
        ("徐 方", [2]),
        ("陈 方 安生", [3]),
        ("安生 陈 明", [1, 2]),
        ("陈 明 安生", [2, 1]),
        ("安生 明 成", [1, 1, 1]),
        ("安生 克林顿 陈", [1, 1, 1]),
        ("陈 徐 石 方", [2, 2]),
        ("陈 明 徐 迟 成", [2, 2, 1]),
    ],
)
def test_runs_of_names(run, lengths):
    assert split_names(run.split(), {"陈", "方", "徐"}) == lengths


def test_surnames_are_those_of_the_whole_corpus(tmp_path):
    text = f"陈/nr 方/nr 安生/nr 说/v\n{NAMES}\n石/nr 陈/nr 明/nr\n"
    people = [
        [text for text, _ in entities]
        for entities in read_entities(text, tmp_path / "a.txt", {"nr": "PER"}, "nr")
    ]
    assert people == [
        ["陈方安生"],
        ["陈明", "方成", "徐迟", "乔石", "石鲁"],
        ["石", "陈明"],
    ]


def test_mapping_is_read():
    assert parse_labels("nr=PER, ns = LOC") == {"nr": "PER", "ns": "LOC"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not TAG=LABEL"),
        ("nr", "'nr' is not TAG=LABEL: .*as in nr=PER"),
        ("nr=PER,", "'' is not TAG=LABEL"),
        ("nr=PER,=LOC", "'=LOC' is not"),
        ("nr=PER=LOC", "'nr=PER=LOC' is not"),
        ("nr=PER,nr=LOC", "'nr' has two labels, 'PER' and 'LOC'"),
    ],
)
def test_bad_mappings_are_explained(text, message):
    with pytest.raises(InputError, match=message):
        parse_labels(text)


def test_tags_that_the_corpus_lacks_are_explained(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(InputError, match=r"no word has the tag 'NS'.*\(a, ns, nt\)"):
        read_entities("[中国/ns 好/a]nt", path, {"ns": "LOC", "NS": "LOC"})
    with pytest.raises(InputError, match=r"--names nr: .*--entities nr=PER"):
        read_entities("江/nr", path, {"nt": "ORG"}, "nr")

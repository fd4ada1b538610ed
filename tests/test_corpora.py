import random
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from spacy_birnn.corpora.categories import read_categories
from spacy_birnn.corpora.columns import read_columns
from spacy_birnn.corpora.conllu import read_conllu
from spacy_birnn.corpora.reader import make_corpus
from spacy_birnn.corpora.segmented import read_segmented
from spacy_birnn.corpora.word_tag import COMPOUNDS, parse_word_tag, read_word_tag
from spacy_birnn.corpora.write import split_docs, take_evenly, write_docs
from spacy_birnn.errors import InputError
from spacy_birnn.storage.atomic import replacing

SAMPLES = Path(__file__).parents[1] / "corpus" / "samples"
VOCAB = Vocab()


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_word_tag_sample():
    first, second = read_word_tag(SAMPLES / "word_tag.txt", VOCAB)
    assert first.text == "我们在北京大学学习自然语言处理。"
    assert [token.tag_ for token in first][:4] == ["r", "p", "ns", "n"]
    (compound,) = first.spans[COMPOUNDS]
    assert (compound.text, compound.label_) == ("北京大学", "nt")
    assert [token.text for token in second][-4:] == ["A", "/", "B", "。"]


def test_word_tag_options():
    _, doc = read_word_tag(SAMPLES / "word_tag.txt", VOCAB, fold_width=True, spaces=True)
    assert "1998年 新年" in doc.text


WORD = st.text("中国 ABc/[]0年".replace(" ", ""), min_size=1, max_size=5).filter(
    lambda word: not word.startswith("[") and "]" not in word
)
TAG = st.text("abcN", min_size=1, max_size=3)


@given(st.lists(st.tuples(WORD, TAG), min_size=1))
def test_word_tag_is_read_back(items):
    words, tags, compounds = parse_word_tag("  ".join(f"{word}/{tag}" for word, tag in items))
    assert list(zip(words, tags)) == items
    assert compounds == []


def test_nested_brackets():
    words, _, compounds = parse_word_tag("[[中国/ns 银行/n]nt 行长/n]x [/w ]/w")
    assert words == ["中国", "银行", "行长", "[", "]"]
    assert compounds == [(0, 2, "nt"), (0, 3, "x")]


@pytest.mark.parametrize("line", ["plain", "/n", "word/", "[中国/ns 银行/n", "银行/n]nt"])
def test_bad_lines_are_named_by_number(line, tmp_path):
    path = write(tmp_path / "bad.txt", f"好/a\n{line}\n好/a\n{line}\n")
    with pytest.raises(InputError, match=r"bad\.txt, line 2: .*also bad: line 4.*: give each word"):
        list(read_word_tag(path, VOCAB))
    with pytest.warns(UserWarning, match="2 bad lines left out"):
        assert len(list(read_word_tag(path, VOCAB, skip_bad=True))) == 2


@pytest.mark.parametrize("read", [read_word_tag, read_conllu, read_segmented])
def test_files_that_are_no_corpus(read, tmp_path):
    with pytest.raises(InputError, match=r"no file .*missing\.txt: check the path"):
        list(read(tmp_path / "missing.txt", VOCAB))
    with pytest.raises(InputError, match="is empty"):
        list(read(write(tmp_path / "empty.txt", ""), VOCAB))
    with pytest.raises(InputError, match="has no"):
        list(read(write(tmp_path / "blank.txt", "\n\n"), VOCAB))
    with pytest.raises(InputError, match="not UTF-8"):
        list(read(write(tmp_path / "gbk.txt", "中国/ns\n" * 9, "gbk"), VOCAB))


def test_segmented_sample():
    docs = list(read_segmented(SAMPLES / "segmented.txt", Vocab()))
    assert [doc.text for doc in docs] == ["他在北京工作。", "迈向充满希望的新世纪"]
    assert [len(doc) for doc in docs] == [5, 6]


def test_segmented_words_with_spaces_inside(tmp_path):
    path = tmp_path / "vi.txt"
    path.write_text("\ufeffhọc_sinh giỏi _ .\r\n \r\n", encoding="utf-8", newline="")
    (doc,) = read_segmented(path, Vocab(), spaces=True, joiner="_")
    assert [token.text for token in doc] == ["học sinh", "giỏi", "_", "."]
    assert doc.text == "học sinh giỏi _ ."


def test_categories_sample():
    paths = [SAMPLES / "categories" / name for name in ("positive.txt", "negative.txt")]
    docs = read_categories(paths, spacy.blank("zh"))
    assert [doc.cats for doc in docs] == [{"positive": 1.0, "negative": 0.0}] * 2 + [
        {"positive": 0.0, "negative": 1.0}
    ] * 2
    assert docs[0].text == "味道很好，下次还来。"


def test_repeated_texts_are_counted(tmp_path):
    a, b = tmp_path / "a.txt", tmp_path / "b.txt"
    a.write_text("good\ngood\nneither\n", encoding="utf-8")
    b.write_text("bad\nneither\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="2 repeated texts left out, and 1 texts"):
        docs = read_categories([a, b], spacy.blank("xx"))
    assert [doc.text for doc in docs] == ["good", "bad"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.txt"], "at least two"),
        (["a.txt", "empty.txt"], "no text"),
        (["a.txt", "b.txt"], "no file"),
    ],
)
def test_bad_categories_are_explained(names, message, tmp_path):
    (tmp_path / "a.txt").write_text("good\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_categories([tmp_path / name for name in names], spacy.blank("xx"))


def test_columns_sample():
    first, second = read_columns(SAMPLES / "entities.iob", VOCAB)
    assert [(ent.text, ent.label_) for ent in first.ents] == [
        ("Anna Maria", "PER"),
        ("New York", "LOC"),
    ]
    assert first.text.startswith("Anna Maria lives in New York")
    assert [token.ent_iob_ for token in second] == ["O", "", ""]


def test_columns_with_windows_line_ends_and_spaces(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeff北 B-LOC\r\n京 E-LOC\r\n\r\n他 O\r\n".encode())
    first, second = read_columns(path, VOCAB, spaces=False)
    assert (first.text, first.ents[0].text, second.text) == ("北京", "北京", "他")


def test_illegal_tags_are_repaired_with_a_warning(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a O\nb I-X\n\nc I-X\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="2 illegal BIO tags repaired, on line 2, 4:"):
        docs = list(read_columns(path, VOCAB))
    assert [doc.ents[0].text for doc in docs] == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a O\nb\n", "line 2: 'b' should be a token and its tag"),
        ("a B-X\nb L-X\n\nc S-X\n", r"B on line 1, L on line 2, S on line 4"),
        ("a B-X\nb Q-X\n", "line 2: the tag 'Q-X' is not of a scheme"),
        ("a B-X\nb E-X\nc U-X\n", "is no scheme but a mixture"),
        ("\n# nothing\n", "has no tokens"),
    ],
)
def test_bad_columns_are_explained(text, message, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        list(read_columns(path, VOCAB))


def test_byte_order_mark_and_windows_line_ends(tmp_path):
    path = write(tmp_path / "windows.txt", "\ufeff好/a\r\n坏/b\r\n")
    assert [doc.text for doc in read_word_tag(path, VOCAB)] == ["好", "坏"]


def test_conllu_sample():
    first, second = read_conllu(SAMPLES / "en.conllu", VOCAB)
    assert first.text == "I don't like it. "
    assert [token.text for token in first] == ["I", "do", "n't", "like", "it", "."]
    assert [token.tag_ for token in first] == ["PRP", "VBP", "RB", "VB", "PRP", "."]
    assert first[0].head.text == "like"
    assert [token.tag_ for token in second] == ["UH", "."]
    upos = next(iter(read_conllu(SAMPLES / "en.conllu", VOCAB, tag="upos")))
    assert [token.tag_ for token in upos] == ["PRON", "AUX", "PART", "VERB", "PRON", "PUNCT"]


@pytest.mark.parametrize("spaces", [True, False])
def test_conllu_with_other_spaces(spaces):
    docs = list(read_conllu(SAMPLES / "en.conllu", VOCAB, spaces=spaces))
    heeded = list(read_conllu(SAMPLES / "en.conllu", VOCAB))
    assert [doc.text for doc in docs] != [doc.text for doc in heeded]
    for doc, other in zip(docs, heeded):
        assert doc.text.replace(" ", "") == other.text.replace(" ", "")
        # The words of a multi-word token stay together.
        assert (" " in doc.text) == spaces
        assert doc.text.count(" ") > other.text.count(" ") or not spaces
        assert [token.tag_ for token in doc] == [token.tag_ for token in other]


def test_conllu_without_tags_has_none(tmp_path):
    path = write(tmp_path / "no.conllu", "1\tword\t_\t_\t_\t_\t_\t_\t_\t_\n")
    (doc,) = read_conllu(path, VOCAB)
    assert doc[0].tag_ == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# c\n1\tword\t_\n", "line 2: 3 columns where CoNLL-U has 10"),
        ("\n1\tword\t_\tNOUN\t_\t_\t9\tdep\t_\t_\n", "line 2: the head '9' .*write 0 to 1"),
        ("x\tword\t_\tNOUN\t_\t_\t0\tdep\t_\t_\n", "line 1: the id 'x' .*number the words"),
        ("1\tword\t_\tNUON\t_\t_\t0\tdep\t_\t_\n", "line 1: 'NUON' is not UPOS"),
    ],
)
def test_bad_conllu_is_explained(text, message, tmp_path):
    with pytest.raises(InputError, match=message):
        list(read_conllu(write(tmp_path / "bad.conllu", text), VOCAB))


def test_unknown_tag_column():
    with pytest.raises(InputError, match=r"'lemma'.*one of"):
        list(read_conllu(SAMPLES / "en.conllu", VOCAB, tag="lemma"))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = write(tmp_path / "file.spacy", "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


DOCS = [Doc(VOCAB, words=[str(i)], spaces=[False]) for i in range(100)]


def test_split_is_deterministic_and_complete():
    splits = split_docs(DOCS, (0.8, 0.1, 0.1), block_size=5, seed=1)
    assert [len(docs) for docs in splits.values()] == [80, 10, 10]
    together = [doc.text for docs in splits.values() for doc in docs]
    assert sorted(together) == sorted(doc.text for doc in DOCS)
    for docs in splits.values():
        numbers = [int(doc.text) for doc in docs]
        assert numbers == sorted(numbers)
        assert all(n % 5 == 0 for n in numbers[::5])
    state = random.getstate()
    assert split_docs(DOCS, (0.8, 0.1, 0.1), block_size=5, seed=1) == splits
    assert split_docs(DOCS, (0.8, 0.1, 0.1), block_size=5, seed=2) != splits
    assert random.getstate() == state


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.2, 0.2), (1.2, -0.1, -0.1)])
def test_bad_shares(shares):
    with pytest.raises(ValueError, match="sum to 1"):
        split_docs(DOCS, shares, block_size=5, seed=0)


def test_empty_split():
    with pytest.raises(ValueError, match=r"'dev' would be empty.*smaller blocks"):
        split_docs(DOCS, (0.9, 0.05, 0.05), block_size=50, seed=0)


def test_take_evenly():
    assert [doc.text for doc in take_evenly(DOCS, 4)] == ["0", "25", "50", "75"]
    assert take_evenly(DOCS, 1000) == DOCS


def test_reader_yields_gold_words(tmp_path):
    write_docs(tmp_path / "a.spacy", read_word_tag(SAMPLES / "word_tag.txt", VOCAB))
    nlp = spacy.blank("zh")
    examples = list(make_corpus(tmp_path / "a.spacy", gold_preproc=True)(nlp))
    assert [token.text for token in examples[0].predicted][:3] == ["我们", "在", "北京"]
    assert COMPOUNDS in examples[0].reference.spans


def test_reader_keeps_to_its_limit_in_a_folder(tmp_path):
    for name in "abc":
        write_docs(tmp_path / f"{name}.spacy", DOCS[:4])
    nlp = spacy.blank("zh")
    assert len(list(make_corpus(tmp_path, limit=6)(nlp))) == 6
    assert len(list(make_corpus(tmp_path)(nlp))) == 12


def test_reader_explains_bad_files(tmp_path):
    nlp = spacy.blank("zh")
    with pytest.raises(InputError, match=r"--paths\.train"):
        list(make_corpus(None)(nlp))
    with pytest.raises(InputError, match="no file"):
        list(make_corpus(tmp_path / "missing.spacy")(nlp))
    with pytest.raises(InputError, match="is empty"):
        list(make_corpus(write(tmp_path / "empty.spacy", ""))(nlp))
    with pytest.raises(InputError, match="is damaged"):
        list(make_corpus(write(tmp_path / "damaged.spacy", "nonsense"))(nlp))
    write_docs(tmp_path / "none.spacy", [])
    with pytest.raises(InputError, match="has no documents"):
        list(make_corpus(tmp_path / "none.spacy")(nlp))
    with pytest.raises(InputError, match="no file"):
        list(make_corpus(tmp_path / "missing.conllu")(nlp))
    (tmp_path / "text").mkdir()
    with pytest.raises(InputError, match=r"is not a \.spacy file: make it .*birnn convert"):
        list(make_corpus(write(tmp_path / "text" / "train.conllu", "1\ta"))(nlp))
    with pytest.raises(InputError, match=r"has no \.spacy files: make it .*birnn convert"):
        list(make_corpus(tmp_path / "text")(nlp))


def test_documents_that_are_too_long_are_reported(tmp_path):
    nlp = spacy.blank("xx")
    short, long = (Doc(nlp.vocab, words=["a"] * n) for n in (3, 9))
    sentences = Doc(nlp.vocab, words=["a"] * 9, sent_starts=[True, *[False] * 6, True, False])
    DocBin(docs=[short, long, sentences]).to_disk(tmp_path / "a.spacy")
    DocBin(docs=[long]).to_disk(tmp_path / "long.spacy")
    with pytest.warns(UserWarning, match="2 documents or sentences of 5 words or more"):
        examples = list(make_corpus(tmp_path / "a.spacy", max_length=5)(nlp))
    assert [len(example.reference) for example in examples] == [3, 2]
    with pytest.raises(InputError, match=r"no examples.*1 documents.*raise max_length"):
        list(make_corpus(tmp_path / "long.spacy", max_length=9)(nlp))
    assert len(list(make_corpus(tmp_path / "a.spacy", max_length=10)(nlp))) == 3

"""The user dictionary, against loops that look at every place and every word."""

import copy
import pickle
import sys
from itertools import pairwise

import numpy as np
import pytest
import spacy
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_birnn.errors import InputError
from spacy_birnn.labelling import dictionary
from spacy_birnn.labelling.dictionary import WordDictionary, join_words
from spacy_birnn.labelling.dictionary_entries import EDGES

# Few characters, so that words overlap; of one to four bytes in UTF-8.
ALPHABET = "ab\0é中😀"
WORDS = st.lists(st.text(ALPHABET, min_size=1, max_size=6), max_size=6)
TEXTS = st.text(ALPHABET, max_size=40)


def find_slowly(words, text):
    """Leftmost-longest matches, by definition."""
    matches = []
    place = 0
    while place < len(text):
        length = max([len(word) for word in words if text.startswith(word, place)], default=0)
        if length:
            matches.append((place, place + length))
        place += max(1, length)
    return matches


def pairs(borders):
    starts, ends = borders
    assert starts.dtype == ends.dtype == np.int64
    return list(zip(starts.tolist(), ends.tolist()))


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@given(WORDS, TEXTS, st.sampled_from([1, 3, 1000]))
@example(["a", "aa"], "bbaa", 1)  # "a" is all that the first piece shows of "aa"
def test_find_is_leftmost_longest(words, text, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dictionary, "CHUNK_SIZE", piece)
        assert pairs(WordDictionary(words).find(text)) == find_slowly(words, text)


@given(WORDS, WORDS, TEXTS)
def test_words_added_after_a_search_are_found(words, more, text):
    words_then_more = WordDictionary(words)
    words_then_more.find(text)
    words_then_more.add(more)
    assert pairs(words_then_more.find(text)) == find_slowly(words + more, text)


def test_find_returns_offsets_of_characters():
    text = "😀 New York\0Học sinh 𠮷野家"
    words = WordDictionary(["New York", "New", "Học sinh", "𠮷野", "\0"])
    found = [text[start:end] for start, end in pairs(words.find(text))]
    assert found == ["New York", "\0", "Học sinh", "𠮷野"]


def test_automaton_is_built_when_needed():
    words = WordDictionary(["a"])
    assert words._automaton is None
    words.find("a")
    built = words._automaton
    words.add(["a\tX", "", "a"])
    words.find("a")
    assert words._automaton is built
    words.add(["b"])
    assert words._automaton is None


def test_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    assert pairs(WordDictionary().find("a")) == []
    with pytest.raises(ImportError, match=r"spacy-birnn\[dictionary\]"):
        WordDictionary(["a"])


def test_missing_package_is_no_damage(monkeypatch, tmp_path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("birnn_segmenter").add_words(["a"])
    nlp.to_disk(tmp_path)
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    with pytest.raises(ValueError, match="needs the package ahocorasick-rs") as caught:
        spacy.load(tmp_path)
    assert "damaged" not in str(caught.value)


def test_collection():
    words = WordDictionary(["b\tX", " a ", "b", "a b", "a\t"])
    assert list(words) == ["b", "a", "a b"]
    assert len(words) == 3
    assert "a b" in words
    assert "a " not in words
    assert [words.tag(word) for word in ["b", "a", "c"]] == ["X", "", ""]
    words.add(["b\tY", "a\tZ"])
    words.add(["a"])
    assert [words.tag(word) for word in ["b", "a"]] == ["Y", "Z"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_file(tmp_path, encoding, line_end):
    lines = [
        "北京大学\tni",
        "",
        "  New York ",
        "\t",
        "học sinh\t n ",
        "北京大学",
        "\ufeff家\u3000",
        "家",
    ]
    path = write(tmp_path / "words.txt", line_end.join(lines), encoding)
    words = WordDictionary(["家"])
    words.read(path)
    assert list(words) == ["家", "北京大学", "New York", "học sinh"]
    assert [words.tag(word) for word in words] == ["", "ni", "", "n"]


def test_empty_file_has_no_words(tmp_path):
    words = WordDictionary(["a"])
    words.read(write(tmp_path / "words.txt", ""))
    assert list(words) == ["a"]


def test_longest_word():
    text = "a" * 1000
    assert pairs(WordDictionary([text]).find(text + "a")) == [(0, 1000)]


BAD_ENTRIES = {
    "a\tX\tY": "3 columns",
    "a\tX\t": "3 columns",
    "\tX": "'X' has no word",
    "a" * 1001: "1001 characters, more than 1000",
}


@pytest.mark.parametrize("entry", BAD_ENTRIES)
def test_bad_line(tmp_path, entry):
    path = write(tmp_path / "words.txt", f"good\n\n{entry}\nc\n{entry}\n")
    words = WordDictionary(["a"])
    with pytest.raises(InputError) as error:
        words.read(path)
    message = str(error.value)
    assert "words.txt, line 3: " in message
    assert BAD_ENTRIES[entry] in message
    assert "(also bad: line 5)" in message
    assert list(words) == ["a"]


@pytest.mark.parametrize(
    "entry, problem",
    [
        *BAD_ENTRIES.items(),
        ("a\nb", "a line break"),
        ("a\tX\rY", "a line break"),
        ("\ud83d", "half"),
    ],
)
def test_bad_entry(entry, problem):
    words = WordDictionary(["a"])
    with pytest.raises(ValueError, match=f"^Dictionary entry 2: .*{problem}"):
        words.add(["b", entry])
    assert list(words) == ["a"]


def test_words_in_one_string():
    with pytest.raises(ValueError, match=r"as a list.*\['New York'\]"):
        WordDictionary("New York")


def test_bad_files(tmp_path):
    with pytest.raises(InputError, match="no file"):
        WordDictionary().read(tmp_path / "words.txt")
    with pytest.raises(InputError, match="not UTF-8"):
        WordDictionary().read(write(tmp_path / "words.txt", "中国\n", "gbk"))


def test_every_white_space_is_stripped():
    assert set(EDGES) - {"\ufeff"} == set(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))


ENTRIES = st.lists(
    st.tuples(
        st.text(ALPHABET + " \u2028\u3000\x1c\ufeff#", max_size=6),
        st.sampled_from(["", "X", "Y Z"]),
    )
    .filter(lambda entry: entry[0].strip(EDGES))
    .map("\t".join)
)


@given(ENTRIES)
def test_round_trip(tmp_path_factory, entries):
    words = WordDictionary(entries)
    path = tmp_path_factory.getbasetemp() / "dictionary" / "words.txt"
    words.to_disk(path)
    assert path.read_bytes() == words.to_bytes()
    for loaded in [
        WordDictionary(["old"]).from_disk(str(path)),
        WordDictionary(["old"]).from_bytes(words.to_bytes()),
        copy.deepcopy(words),
    ]:
        assert {word: loaded.tag(word) for word in loaded} == {w: words.tag(w) for w in words}
    assert WordDictionary(sorted(words)[::-1] + entries).to_bytes() == words.to_bytes()


def test_loaded_words_replace_old_ones_in_a_search():
    words = WordDictionary(["a", "bcd"])
    words.find("a")
    words.from_bytes(b"b\n")
    assert pairs(words.find("abcd")) == [(1, 2)]


def test_file_is_plain(tmp_path):
    WordDictionary(["家", "b\tX", "New York"]).to_disk(tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_bytes() == "New York\nb\tX\n家\n".encode()


def test_failed_loading_and_saving_change_nothing(tmp_path, monkeypatch):
    words = WordDictionary(["a"])
    for bad in [b"\xff", b"a\tX\tY\n"]:
        with pytest.raises(ValueError, match="what 'to_bytes' returned"):
            words.from_bytes(bad)
    with pytest.raises(InputError):
        words.from_disk(write(tmp_path / "words.txt", "b\nc\tX\tY\n"))
    assert list(words) == ["a"]
    monkeypatch.setattr(WordDictionary, "to_bytes", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        words.to_disk(tmp_path / "words.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["words.txt"]
    assert (tmp_path / "words.txt").read_text(encoding="utf-8").startswith("b\n")


def test_dictionary_goes_to_other_processes():
    words = WordDictionary(["a"])
    words.find("a")
    for other in [copy.deepcopy(words), pickle.loads(pickle.dumps(words))]:
        other.add(["b"])
        assert pairs(other.find("ab")) == [(0, 1), (1, 2)]
    assert pairs(words.find("ab")) == [(0, 1)]


@st.composite
def borders(draw, length):
    """Borders of pieces of a text of so many characters, some with a gap before them."""
    cuts = draw(st.sets(st.integers(0, length), min_size=2).map(sorted))
    kept = [cut for cut in pairwise(cuts) if draw(st.booleans()) or draw(st.booleans())]
    return tuple(np.array(kept, dtype=np.int64).reshape(-1, 2).T)


def join_slowly(words, matches):
    joined = list(words)
    for start, end in matches:
        if start in [s for s, _ in words] and end in [e for _, e in words]:
            outside = [(s, e) for s, e in joined if e <= start or s >= end]
            joined = sorted([*outside, (start, end)])
    return joined


@given(borders(12), borders(12))
def test_join_words(words, matches):
    joined = join_words(*words, *matches)
    assert pairs(joined) == join_slowly(pairs(words), pairs(matches))
    # No word is cut: every old one is inside exactly one new one.
    starts, ends = joined
    owners = np.searchsorted(starts, words[0], side="right") - 1
    assert (words[0] >= starts[owners]).all()
    assert (words[1] <= ends[owners]).all()


def test_join_words_with_spaces_between_them():
    text = "I love New York City , not York"
    words = WordDictionary(text.split())
    phrases = WordDictionary(["New York", "York City", "love New York City", "Yor", "ot York"])
    starts, ends = join_words(*words.find(text), *phrases.find(text))
    joined = [text[start:end] for start, end in zip(starts, ends)]
    assert joined == ["I", "love New York City", ",", "not", "York"]


def test_join_words_of_nothing():
    none, some = np.zeros(0, dtype=np.int64), np.array([0, 2])
    assert pairs(join_words(none, none, some, some + 1)) == []
    assert_array_equal(join_words(some, some + 1, none, none), [some, some + 1])

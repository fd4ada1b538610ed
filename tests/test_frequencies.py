"""User dictionaries of other segmenters, against words that hold numbers and spaces."""

import time
import warnings

import pytest

from spacy_birnn.labelling.dictionary import WordDictionary

JIEBA = """云计算 5
李小福 2 nr
创新办 3 i
easy_install 3 eng
好用 300

台中
凱特琳 nz
Edu Trust认证 2000
"""
JIEBA_WORDS = {
    "云计算": "",
    "李小福": "nr",
    "创新办": "i",
    "easy_install": "eng",
    "好用": "",
    "台中": "",
    "凱特琳": "nz",
    "Edu Trust认证": "",
}
# Files, what they hold, and the words with a frequency and with a tag.
OTHERS = [
    (JIEBA, JIEBA_WORDS, 6, 4),
    ("云计算 5 n\n创新办 3 i\n石墨烯\n", {"云计算": "n", "创新办": "i", "石墨烯": ""}, 2, 2),
    ("云计算 5\n好用 300\n石墨烯\n", {"云计算": "", "好用": "", "石墨烯": ""}, 2, 0),
    ("云计算\t5\tn\n好用\t300\ta\n", {"云计算": "n", "好用": "a"}, 2, 2),
    ("云计算\t5\nhọc sinh\t3\n", {"云计算": "", "học sinh": ""}, 2, 0),
    ("云计算 n 5\n好用 a 300 v 2\n", {"云计算": "n", "好用": "a"}, 2, 2),
    ("\ufeff云计算\u30005\u3000n \r\n好用 3\r\n", {"云计算": "n", "好用": ""}, 2, 1),
    ("học sinh 5 n\ngiỏi 3 a\n", {"học sinh": "n", "giỏi": "a"}, 2, 2),
]
# Files that mean what they say.
OURS = [
    "học sinh\ngiỏi\nsinh viên\n",
    "New York\nLa Paz\n",
    "New York\tns\nWindows 95\tnz\n北京\n",
    "量子 计算机\n北京\n2 号线\nNew York\nF 16\n",
]
# Files where a number may be a frequency and may be part of the word.
DOUBTFUL = [
    "iPhone 15\niPhone 16\n微软\n",
    "Windows 95\niPhone 15\n",
    "小米 14\n小米 15\n",
    "iPhone 15 Pro\n量子计算机\n北京\n",
    "học sinh 5\ngiỏi 3\n",
    "云计算 5 n\nNew York\n",
    "云计算 5 n\niPhone 15\t\n",
]


@pytest.fixture
def read(tmp_path):
    """Reads a file; returns its words with their tags."""

    def read(text):
        path = tmp_path / "words.txt"
        path.write_bytes(text.encode())
        words = WordDictionary()
        words.read(path)
        return {word: words.tag(word) for word in words}

    return read


@pytest.mark.parametrize(("text", "expected", "n_counted", "n_tagged"), OTHERS)
def test_frequencies_are_no_part_of_words(text, expected, n_counted, n_tagged, read):
    message = (
        rf"words\.txt: {len(expected)} read as entries of jieba, {n_counted} of them with a "
        rf"frequency, which is not used, and {n_tagged} with a tag"
    )
    with pytest.warns(UserWarning, match=message):
        assert read(text) == expected


@pytest.mark.parametrize("text", OURS)
def test_words_with_spaces_and_numbers(text, read):
    pairs = [line.partition("\t") for line in text.splitlines()]
    assert read(text) == {word: tag for word, _, tag in pairs}


@pytest.mark.parametrize("text", DOUBTFUL)
def test_numbers_in_doubt_are_part_of_words_with_a_warning(text, read):
    with pytest.warns(UserWarning, match="have a number, such as .* read as part of the word"):
        assert list(read(text)) == text.replace("\t", "").splitlines()


def test_an_entry_that_is_bad_keeps_its_line(read):
    message = "words.txt, line 3: a word of 1001 characters"
    with pytest.raises(ValueError, match=message), pytest.warns(UserWarning, match="a number"):
        read("云计算 5 n\n\n" + "a" * 1001 + "\n")


def test_lines_that_are_added():
    words = WordDictionary()
    with pytest.warns(UserWarning, match="Dictionary entries: 8 read as entries of jieba"):
        words.add(JIEBA.splitlines())
    assert {word: words.tag(word) for word in words} == JIEBA_WORDS
    # Nothing but a frequency with a tag tells lines of a file from words.
    for entries in (["小米 14", "华为 60"], ["iPhone 15 Pro"], ["学 生 5", "2 n"]):
        assert list(WordDictionary(entries)) == entries


def test_saved_words_stay_as_they_are(tmp_path):
    entries = ["小米 14", "好 3 n\tX"]
    words = WordDictionary(entries)
    words.to_disk(tmp_path / "words.txt")
    for loaded in (
        WordDictionary().from_bytes(words.to_bytes()),
        WordDictionary().from_disk(tmp_path / "words.txt"),
    ):
        assert list(loaded) == ["好 3 n", "小米 14"]
    data = "小米 14\n好 3 n\n".encode()
    assert list(WordDictionary().from_bytes(data)) == ["小米 14", "好 3 n"]


def test_long_entries_take_no_time(read):
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read(f"a{' ' * 900}5 b{' ' * 90}\n" * 100 + "好 5 n\n" * 10_000)
        with pytest.raises(ValueError, match="more than 1000"):
            read("a b" * 100_000 + " 5\n")
    assert time.perf_counter() - start < 5

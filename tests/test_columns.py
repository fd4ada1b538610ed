"""Columns of tokens and tags: which column holds what, and what is in doubt."""

import pytest
from spacy.vocab import Vocab

from spacy_birnn.corpora.columns import read_columns
from spacy_birnn.errors import InputError

VOCAB = Vocab()


@pytest.fixture
def read(tmp_path):
    """Reads rows whose columns are separated by blanks here and by tabs in the file."""

    def read(*rows, **options):
        path = tmp_path / "a.tsv"
        lines = ("\t".join(row.split()) for row in rows)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return list(read_columns(path, VOCAB, **options))

    return read


def words_of(docs):
    return [[token.text for token in doc] for doc in docs]


def tags_of(docs):
    return [token.tag_ for doc in docs for token in doc]


def entities_of(docs):
    return [(ent.text, ent.label_) for doc in docs for ent in doc.ents]


@pytest.mark.parametrize(
    "numbers",
    [
        ["1", "2", "1", "2", "3"],
        ["0", "1", "0", "1", "2"],
        ["1", "2", "3", "4", "5"],
        ["7", "7", "8", "8", "8"],
        ["1 1", "1 2", "2 1", "2 2", "2 3"],
    ],
    ids=["restarted", "from 0", "through the file", "of sentences", "of sentences and tokens"],
)
def test_running_numbers_are_not_tokens(numbers, read):
    tokens = ["Anna B-PER", "sings O", "Rome B-LOC", "is O", "big O"]
    rows = [f"{number} {token}" for number, token in zip(numbers, tokens)]
    docs = read(*rows[:2], "", *rows[2:])
    assert words_of(docs) == [["Anna", "sings"], ["Rome", "is", "big"]]
    assert entities_of(docs) == [("Anna", "PER"), ("Rome", "LOC")]


def test_tokens_that_are_numbers_stay(read):
    assert words_of(read("7 CD O", "12 CD O", "", "3 CD O", "men NNS O")) == [
        ["7", "12"],
        ["3", "men"],
    ]
    assert words_of(read("1 O", "2 O", "3 B-X")) == [["1", "2", "3"]]
    assert words_of(read("4 4 O", "2 2 O")) == [["4", "2"]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1 CD O", "2 CD O", "3 CD O"], r"column 1 may hold running numbers or tokens \('1', '2'"),
        (["0 In O", "3 Bonn O", "8 is O"], "column 1 may hold numbers of something, or tokens"),
    ],
)
def test_doubtful_numbers_are_named(rows, message, read):
    with pytest.raises(InputError, match=message):
        read(*rows)


def test_a_gap_in_running_numbers_is_named_or_left_out(read):
    good = ["1 a O", "2 b O", "3 c O", ""]
    rows = [*good * 4, "1 In O", "2 Bonn B-LOC", "1 Rom B-LOC", "", *good]
    with pytest.raises(InputError, match=r"line 19: '1' in column 1 where .* have 3"):
        read(*rows)
    with pytest.warns(UserWarning, match="1 bad sentence left out"):
        assert len(read(*rows, skip_bad=True)) == 5
    with pytest.raises(InputError, match=r"line 17: 'x' in column 1 where .* have a number"):
        read(*good * 4, "x In O", "2 Bonn B-LOC")


def test_comments_of_germeval_are_passed_over(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("#\thttp://x [2009]\n1\tIn\tO\n2\tBonn\tB-LOC\n", encoding="utf-8")
    assert words_of(read_columns(path, VOCAB)) == [["In", "Bonn"]]


def test_outer_entities_are_read_and_inner_ones_counted(read):
    rows = ["TV B-ORG O", "Köln I-ORG B-LOC", "is O O", "", "in O O", "Bonn B-LOC O"]
    with pytest.warns(UserWarning, match=r"column 2, .* 1 tag of column 3 \(first on line 2\)"):
        docs = read(*rows)
    assert entities_of(docs) == [("TV Köln", "ORG"), ("Bonn", "LOC")]
    with pytest.warns(UserWarning, match="0 tags of column 3 are not"):
        assert entities_of(read("Bonn B-LOC O", "is O O")) == [("Bonn", "LOC")]
    with pytest.raises(InputError, match=r"any of the columns 2 \(X\) and 3 \(Y\)"):
        read("a B-X O", "b O B-Y")


@pytest.mark.parametrize(
    ("rows", "tags", "entities"),
    [
        (["Anna NNP I-NP B-PER", "sings VBZ I-VP O"], ["NNP", "VBZ"], [("Anna", "PER")]),
        (["May NNP B-NP O", "sings VBZ B-VP O"], ["NNP", "VBZ"], []),
        (["May NNP B-NP", "sings VBZ B-VP"], ["NNP", "VBZ"], [("May", "NP"), ("sings", "VP")]),
        (["Anna NNP B-PER B-NP", "sings VBZ O B-VP"], ["NNP", "VBZ"], [("Anna", "PER")]),
        (["Der der ART B-NC O", "Bonn Bonn NE I-NC B-LOC"], ["ART", "NE"], [("Bonn", "LOC")]),
        (["我 r O", "在 p O", "北京 ns B-LOC"], ["r", "p", "ns"], [("北京", "LOC")]),
        (["Anna _ _ B-PER", "sings _ _ O"], ["", ""], [("Anna", "PER")]),
        (["Anna NNP B-PER", "sings _ O"], ["NNP", ""], [("Anna", "PER")]),
        (["Anna anna B-PER", "Sings sing O"], ["", ""], [("Anna", "PER")]),
    ],
)
def test_parts_of_speech_and_chunks(rows, tags, entities, read):
    docs = read(*rows)
    assert (tags_of(docs), entities_of(docs)) == (tags, entities)


def test_parts_of_speech_in_small_letters_are_known_by_their_number(read):
    rows = ["De Art O", "man N O", "zingt V O"]
    assert set(tags_of(read(*rows * 20))) == {"Art", "N", "V"}


@pytest.mark.parametrize("blank", ["-", "_"])
def test_a_last_column_without_tags(blank, read):
    with pytest.raises(InputError, match=f"last column .'{blank}'., but column 2 has tags"):
        read(f"Anna B-PER {blank}", f"sings O {blank}")


def test_a_file_that_knows_no_entity_is_warned_of(read):
    with pytest.warns(UserWarning, match="no token has a tag in the last column"):
        (doc,) = read("Anna -", "sings -")
    assert [token.ent_iob_ for token in doc] == ["", ""]


def test_one_of_several_labels_is_read(read):
    with pytest.warns(
        UserWarning, match=r"3 tokens with several labels \(first 'B-X\|B-Y' on line"
    ):
        docs = read("a B-X|B-Y", "b B-Z,I-X", "c I-X;I-Y", "d O")
    assert entities_of(docs) == [("a b c", "X")]
    assert entities_of(read("a B-X|Y")) == [("a", "X|Y")]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u3000", "\u2009", "\ufeff"])
def test_white_space_around_cells_is_no_part_of_them(space, tmp_path):
    path = tmp_path / "a.tsv"
    cells = [f"{space}Anna{space}\t{space}NNP\t{space}B-PER{space}", f"sings{space}\tVBZ\tO"]
    lines = [*cells, f"{space}", "\ufeffRome\tNNP\tB-LOC", ""]
    path.write_bytes("\r\n".join(lines).encode())
    docs = list(read_columns(path, VOCAB))
    assert words_of(docs) == [["Anna", "sings"], ["Rome"]]
    assert (tags_of(docs), entities_of(docs)) == (
        ["NNP", "VBZ", "NNP"],
        [("Anna", "PER"), ("Rome", "LOC")],
    )


def test_a_byte_order_mark_inside_a_word_is_named(read):
    with pytest.raises(InputError, match="line 2: there is a byte-order mark"):
        read("a O", "Ro\ufeffme B-LOC")

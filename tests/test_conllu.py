"""CoNLL-U: entities in MISC, words without XPOS."""

import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_birnn.bulk.conllu_writer import to_conllu
from spacy_birnn.corpora.conllu import read_conllu

VOCAB = Vocab()


@pytest.fixture
def read(tmp_path):
    """Reads sentences of words and MISC."""

    def read(*sentences, xpos="N"):
        lines = []
        for sentence in sentences:
            names = [name if name[0].isdigit() else "" for name, _ in sentence]
            number = 0
            for (name, misc), given in zip(sentence, names):
                number += not given
                tags = f"_\tX\t{xpos}" if not given else "_\t_\t_"
                lines.append(f"{given or number}\t{name}\t{tags}\t_\t_\t_\t_\t{misc}")
            lines.append("")
        path = tmp_path / "a.conllu"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return list(read_conllu(path, VOCAB))

    return read


def iob_of(doc):
    return [f"{token.ent_iob_}-{token.ent_type_}".strip("-") for token in doc]


@pytest.mark.parametrize("key", ["name=", "NE=", "NER=", "ner=", "Entity=", ""])
@pytest.mark.parametrize("tags", [("B-PER", "I-PER", "B-LOC"), ("B-PER", "L-PER", "U-LOC")])
def test_entities_in_misc(key, tags, read):
    first, last, single = tags
    (doc,) = read(
        [
            ("Anna", f"Gloss=x|{key}{first}"),
            ("Berg", f"{key}{last}|SpaceAfter=No"),
            (",", "_"),
            ("Rome", f"SpaceAfter=No|{key}{single}|X"),
            ("!", "SpaceAfter=No"),
        ]
    )
    assert iob_of(doc) == ["B-PER", "I-PER", "O", "B-LOC", "O"]
    assert doc.text == "Anna Berg, Rome!"


def test_what_nobody_annotated_stays_unknown(read):
    plain = [("Anna", "Gloss=x"), ("sings", "_")]
    assert [iob_of(doc) for doc in read(plain)] == [["", ""]]
    only_entities = [("Anna", "NE=B-PER"), ("sings", "_")]
    assert [iob_of(doc) for doc in read(only_entities, plain)] == [["B-PER", "O"], ["O", "O"]]
    with_outside = [("Anna", "NE=B-PER"), ("sings", "NE=O"), ("Oh", "NE=-"), ("dear", "_")]
    assert [iob_of(doc) for doc in read(with_outside, plain)] == [
        ["B-PER", "O", "", "O"],
        ["", ""],
    ]
    no_entity = [("she", "NE=O"), ("sings", "NE=O")]
    assert [iob_of(doc) for doc in read(no_entity, plain)] == [["O", "O"], ["", ""]]


def test_illegal_tags_in_misc_are_repaired(read):
    with pytest.warns(UserWarning, match="1 illegal BIO tag repaired, on line 2:"):
        (doc,) = read([("Anna", "name=B-PER"), ("Rome", "name=I-LOC")])
    assert iob_of(doc) == ["B-PER", "B-LOC"]


@pytest.mark.parametrize(
    ("misc", "message"),
    [
        (["Entity=(person-1", "Entity=1)"], r"2 values of MISC not read .*'\(person-1' on line 1"),
        (["NE=PER", "_"], r"1 value of MISC not read .*'PER' on line 1"),
        (["NE=B-X", "NE=L-X|NER=S-X"], r"1 value of MISC not read .*'S-X' on line 2"),
        (["NE=B-X", "NE=Q-X"], r"1 value of MISC not read .*'Q-X' on line 2"),
    ],
)
def test_other_values_are_counted_and_unknown(misc, message, read):
    with pytest.warns(UserWarning, match=message):
        (doc,) = read([("a", misc[0]), ("b", misc[1])])
    assert all(tag != "O" for tag in iob_of(doc))


def test_a_mixture_of_schemes_is_named(read):
    with pytest.warns(UserWarning, match=r"not read, because .*L on line 2, S on line 3"):
        (doc,) = read([("a", "NE=B-X"), ("b", "NE=L-X"), ("c", "NE=S-X")])
    assert iob_of(doc) == ["", "", ""]


def test_tags_of_multi_word_tokens_and_empty_nodes(read):
    sentence = [("1-2", "NE=B-PER"), ("An", "NE=B-PER"), ("na", "NE=I-PER"), ("Rome", "NE=B-LOC")]
    assert [iob_of(doc) for doc in read(sentence)] == [["B-PER", "I-PER", "B-LOC"]]
    sentence = [("1-2", "NE=B-PER"), ("An", "_"), ("na", "_"), ("2.1", "NE=B-X"), ("b", "NE=B-X")]
    with pytest.warns(UserWarning, match=r"2 values of MISC not read .*'B-PER' on line 1"):
        (doc,) = read(sentence)
    assert iob_of(doc) == ["", "", "B-X"]


def test_entities_that_were_written_are_read(tmp_path):
    words = ["Anna", "Maria", "is", "\n", "Yes", "no", "oh", "He", "ran"]
    ents = ["B-G|E", "I-G|E", "O", "O", "", "O", "B-A b", "", ""]
    starts = [True, False, False, False, True, False, False, True, False]
    doc = Doc(VOCAB, words=words, ents=ents, sent_starts=starts)
    path = tmp_path / "a.conllu"
    path.write_text(to_conllu(doc, "a", {}), encoding="utf-8")
    first, second, third = read_conllu(path, VOCAB)
    assert [(ent.text, ent.label_) for ent in first.ents] == [("Anna Maria", "G|E")]
    assert [iob_of(doc) for doc in (first, second, third)] == [
        ["B-G|E", "I-G|E", "O"],
        ["", "O", "B-A b"],
        ["", ""],
    ]


def test_space_after_of_other_keys_is_none(read):
    (doc,) = read([("a", "CorrectSpaceAfter=No"), ("b", "_")])
    assert doc.text == "a b "


def test_white_space_around_cells_is_no_part_of_them(read):
    (doc,) = read([("Anna\u00a0", " NE=B-PER "), ("sings ", "_")], xpos=" N ")
    assert ([token.text for token in doc], doc[0].tag_) == (["Anna", "sings"], "N")
    assert iob_of(doc) == ["B-PER", "O"]


def test_words_without_xpos_are_counted(tmp_path):
    path = tmp_path / "a.conllu"
    rows = ["1\ta\t_\tX\tN", "2-3\tbc\t_\t_\t_", "2\tb\t_\tX\t_", "3\tc\t_\t_\t_"]
    path.write_text("".join(f"{row}\t_\t_\t_\t_\t_\n" for row in rows), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"UPOS is the tag of 1 word .*line 3.*--tag upos"):
        (doc,) = read_conllu(path, VOCAB)
    assert [token.tag_ for token in doc] == ["N", "X", ""]
    assert [token.tag_ for token in next(read_conllu(path, VOCAB, tag="upos"))] == ["X", "X", ""]
    path.write_text(rows[2].replace("2", "1") + "\t_\t_\t_\t_\t_\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="no word has XPOS, so UPOS is the tag of all"):
        (doc,) = read_conllu(path, VOCAB)
    assert doc[0].tag_ == "X"

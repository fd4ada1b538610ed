"""`birnn convert` for the formats of annotation tools: tokens, entities and damage."""

import json
import shutil

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from .helpers.commands import SAMPLES, run_convert

WORDS = ["Anna", "Maria", "lives", "in", "New", "York", "."]
ENTITIES = [("Anna Maria", "PER"), ("New York", "LOC")]
OTHER_WORDS = ["It", "is", "big", ".", "😀", "Ben", "agrees", "."]
OTHER_ENTITIES = [("Ben", "PER")]
TAGS = ["NNP", "NNP", "VBZ", "IN", "NNP", "NNP", "."]
BOTH = [(WORDS, ENTITIES), (OTHER_WORDS, OTHER_ENTITIES)]
TEXT = "Anna Maria lives in New York."


def convert(source, *options):
    """Converts a file or folder; returns exit code, output and documents."""
    folder = source.parent / "converted"
    code, output = run_convert(source, folder, *options)
    files = sorted(folder.glob("*"))
    assert all(file_.suffix == ".spacy" for file_ in files)
    docs = [doc for file_ in files for doc in DocBin().from_disk(file_).get_docs(Vocab())]
    return code, output, docs


def copy(name, folder):
    """Copies a sample, a file or a folder."""
    target = folder / name
    copy_ = shutil.copytree if (SAMPLES / name).is_dir() else shutil.copy
    copy_(SAMPLES / name, target)
    return target


def words_and_entities(docs):
    return [
        ([token.text for token in doc], [(ent.text, ent.label_) for ent in doc.ents])
        for doc in docs
    ]


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("doccano.jsonl", "doccano", BOTH),
        ("doccano_old.jsonl", "doccano", BOTH),
        ("prodigy.jsonl", "prodigy", BOTH),
        ("label_studio.json", "label-studio", BOTH),
        ("label_studio_min.json", "label-studio", BOTH),
        ("label_studio.conll", "columns", [(WORDS, ENTITIES), (OTHER_WORDS[:4], [])]),
        ("spacy2.json", "spacy-json", BOTH[:1]),
        ("spacy2_offsets.json", "spacy-json", BOTH),
        ("webanno.tsv", "webanno", BOTH),
        (
            "brat",
            "brat",
            [
                (["Nobody", "is", "here", ".", "\n"], []),
                ([*WORDS, "\n", *OTHER_WORDS, "\n"], ENTITIES + OTHER_ENTITIES),
            ],
        ),
        ("conll2003.txt", "columns", BOTH[:1]),
        ("crfpp.txt", "columns", [(["我", "来到", "北京城", "。"], []), (["很", "好"], [])]),
        ("table.csv", "table", [(WORDS, ENTITIES), (['"', "Ben", ","], OTHER_ENTITIES)]),
        (
            "sentences.parquet",
            "parquet",
            [(WORDS, ENTITIES), (["Ben", "lives", "."], OTHER_ENTITIES)],
        ),
    ],
)
def test_samples(name, format, expected, tmp_path):
    code, output, docs = convert(copy(name, tmp_path))
    assert code == 0, output
    assert f"lines: {format} " in output
    assert words_and_entities(docs) == expected
    # The format is the same if it is given.
    code, output, docs = convert(tmp_path / name, "--format", format)
    assert code == 0 and words_and_entities(docs) == expected


@pytest.mark.parametrize(
    "name", ["spacy2.json", "webanno.tsv", "conll2003.txt", "table.csv", "sentences.parquet"]
)
def test_tags_of_samples(name, tmp_path):
    _, _, (doc, *_) = convert(copy(name, tmp_path))
    tags = [token.tag_ for token in doc]
    # The last token of the sample of spaCy has none.
    assert tags in (TAGS, [*TAGS[:-1], ""])


def test_text_is_that_of_the_file(tmp_path):
    for name in ("doccano.jsonl", "prodigy.jsonl", "label_studio.json", "webanno.tsv"):
        _, _, docs = convert(copy(name, tmp_path))
        assert [doc.text for doc in docs] == [TEXT, "It is big. 😀 Ben agrees."]
        shutil.rmtree(tmp_path / "converted")


@pytest.mark.parametrize(
    ("name", "columns", "words", "entities", "tags", "pos"),
    [
        ("conll2003.txt", "form,tag,chunk,ent", WORDS, ENTITIES, TAGS, [""] * 7),
        ("conll2000.txt", "form,tag,chunk", WORDS, [], TAGS, [""] * 7),
        (
            "conll2012.txt",
            "conll2012",
            WORDS,
            [("Anna Maria", "PERSON"), ("New York", "GPE")],
            TAGS,
            [""] * 7,
        ),
        (
            "word_pos.tsv",
            "form,pos",
            ["Anna", *WORDS[2:]],
            [],
            [""] * 6,
            ["PROPN", "VERB", "ADP", "PROPN", "PROPN", "PUNCT"],
        ),
        ("crfpp.txt", "form,seg", ["我", "来到", "北京城", "。"], [], [""] * 4, [""] * 4),
        ("table.csv", "_,form,_,ent", WORDS, ENTITIES, [""] * 7, [""] * 7),
    ],
)
def test_named_columns(name, columns, words, entities, tags, pos, tmp_path):
    code, output, (doc, *_) = convert(copy(name, tmp_path), "--columns", columns)
    assert code == 0, output
    assert words_and_entities([doc]) == [(words, entities)]
    assert [token.tag_ for token in doc] == tags
    assert [token.pos_ for token in doc] == pos


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("form,ner", "'ner' is unknown"),
        ("form", "another one of tag, pos, ent, seg"),
        ("tag,ent", "name the column of tokens form"),
        ("form,tag,tag", "two columns are 'tag'"),
        ("form,seg,ent", "write _ for these columns"),
    ],
)
def test_columns_that_cannot_be(columns, message, tmp_path):
    code, output, docs = convert(copy("conll2003.txt", tmp_path), "--columns", columns)
    assert (code, docs) == (1, []) and message in output


@pytest.mark.parametrize(
    ("separator", "text"),
    [
        ("/", "我/来到/北京/\n很/好\n"),
        ("|", "我 | 来到 | 北京\n很|好\n"),
        ("▁", "我▁来到▁北京\n很▁好\n"),
    ],
)
def test_separators(separator, text, tmp_path):
    (tmp_path / "a.txt").write_text(text, encoding="utf8")
    code, output, docs = convert(tmp_path / "a.txt", "--separator", separator)
    assert code == 0 and "⚠" not in output
    assert words_and_entities(docs) == [(["我", "来到", "北京"], []), (["很", "好"], [])]
    code, output, _ = convert(tmp_path / "a.txt", "--separator", "+")
    assert code == 1 and "no line has the separator '+'" in output


def test_words_of_a_separator_may_have_spaces(tmp_path):
    (tmp_path / "a.txt").write_text("học sinh / giỏi\n", encoding="utf8")
    _, _, docs = convert(tmp_path / "a.txt", "--separator", "/", "--spaces")
    assert docs[0].text == "học sinh giỏi"


def test_types_of_characters_are_tags(tmp_path):
    (tmp_path / "a.txt").write_text("北 B-ns\n京 E-ns\n好 S-a\n", encoding="utf8")
    _, _, (doc,) = convert(tmp_path / "a.txt", "--columns", "form,seg")
    assert [(token.text, token.tag_) for token in doc] == [("北京", "ns"), ("好", "a")]


def write_records(path, *records):
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
    return path


def record(*spans):
    return {"text": TEXT, "label": [list(span) for span in spans]}


def test_misaligned_spans_are_counted_and_named(tmp_path):
    path = write_records(
        tmp_path / "a.jsonl", record((0, 4, "PER"), (20, 26, "LOC")), record((1, 4, "PER"))
    )
    code, output, docs = convert(path)
    assert code == 0
    assert "because they do not begin and end with tokens: 2 of 3 (" in output
    assert "'New Yo' 20-26 LOC on line 1, 'nna' 1-4 PER on line 2" in output
    assert words_and_entities(docs) == [(WORDS, [("Anna", "PER")]), (WORDS, [])]
    # Their tokens have no annotation.
    assert [token.ent_iob_ for token in docs[0]] == ["B", "O", "O", "O", "", "", "O"]
    code, output, docs = convert(path, "--tokens", "characters")
    assert code == 0 and "⚠" not in output
    assert [ent.text for doc in docs for ent in doc.ents] == ["Anna", "New Yo", "nna"]
    assert all(len(token) == 1 for doc in docs for token in doc)


def test_overlapping_spans_are_counted_and_named(tmp_path):
    spans = (20, 28, "LOC"), (24, 28, "LOC"), (20, 28, "LOC")
    code, output, docs = convert(write_records(tmp_path / "a.jsonl", record(*spans), record()))
    assert code == 0 and "because they overlap longer or earlier ones: 1 of 2 (" in output
    assert "'York' 24-28 LOC on line 1" in output
    assert [ent.text for ent in docs[0].ents] == ["New York"]


def test_white_space_at_the_edges_of_spans_is_named(tmp_path):
    code, output, docs = convert(
        write_records(tmp_path / "a.jsonl", record((0, 11, "PER")), record())
    )
    assert code == 0 and "spans that begin or end with white space: 1 of 1 (" in output
    assert [ent.text for ent in docs[0].ents] == ["Anna Maria"]


def test_spans_with_gaps_are_named_with_their_line(tmp_path):
    source = copy("brat", tmp_path)
    (source / "letter.ann").write_text("T1\tPER 0 4;11 16\tAnna lives\n", encoding="utf8")
    code, output, docs = convert(source)
    assert code == 0 and "0-16 PER on line 1 of letter.ann" in output
    assert not docs[1].ents and docs[1][0].ent_iob_ == ""


def test_brat_reads_pairs_and_windows_line_ends(tmp_path):
    text = "Anna\r\nlives here.\r\n"
    (tmp_path / "a.txt").write_bytes(text.encode())
    for start in (6, 5):
        (tmp_path / "a.ann").write_text(f"T1\tX {start} {start + 5}\tlives\n", encoding="utf8")
        for name in ("a.txt", "a.ann"):
            code, output, docs = convert(tmp_path / name)
            assert code == 0, output
            assert [ent.text for ent in docs[0].ents] == ["lives"]


def test_answers_and_tasks_left_out_are_counted(tmp_path):
    _, output, _ = convert(copy("prodigy.jsonl", tmp_path))
    assert "1 record left out" in output and "on line 3" in output
    tasks = json.loads((SAMPLES / "label_studio.json").read_text(encoding="utf8"))
    tasks[0]["annotations"] = []
    tasks[1]["annotations"] *= 2
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks), encoding="utf8")
    shutil.rmtree(tmp_path / "converted")
    _, output, docs = convert(path)
    assert "1 task left out without an annotation, on record 1" in output
    assert "1 task with several annotations, on record 2" in output
    assert words_and_entities(docs) == BOTH[1:]


# What is replaced in a sample, and what is said about it.
DAMAGE = [
    ("doccano.jsonl", '"end_offset": 16', '"end_offset": 99', "line 2: the span 13-99 (PER)"),
    ("doccano.jsonl", '"start_offset": 13', '"start_offset": "13"', "line 2: '{"),
    ("doccano.jsonl", '"text": "It', '"texts": "It', 'line 2: it has no text under "text"'),
    ("doccano.jsonl", '[{"id": 3', '[{"id": ', "line 2: it is not JSON"),
    ("doccano_old.jsonl", '[[13, 16, "PER"]]', '["good"]', "line 2: '\"good\"' is not a span"),
    ("doccano_old.jsonl", '[13, 16, "PER"]', '[16, 13, "PER"]', "line 2: the span 16-13"),
    ("doccano_old.jsonl", '[13, 16, "PER"]', '[13, 13, "PER"]', "13-13 (PER) is empty"),
    ("doccano.jsonl", "Ben", "\\ud83d", "line 2: it has half of a surrogate pair"),
    ("spacy2_offsets.json", "Ben", "\\ud83d", "record 2: it has half of a surrogate pair"),
    ("spacy2.json", "lives", "\\ud83d", "record 1: it has half of a surrogate pair"),
    ("prodigy.jsonl", '"end": 16, "label"', '"end": 99, "label"', "line 2: the span 13-99"),
    ("prodigy.jsonl", '"start": 5', '"start": 4', "line 1: the token 'Maria' (4-10)"),
    ("prodigy.jsonl", '"accept"', '"yes"', "line 1: the answer 'yes'"),
    ("label_studio.json", '"text": "Ben"', '"text": "Bob"', "record 2: the span 13-16 (PER)"),
    ("label_studio.json", '"labels": ["PER"]', '"labels": []', "record 1: a region has no labels"),
    ("label_studio.json", '"data": {"text"', '"data": {"t": 3, "u"', None),
    ("label_studio.json", '"start": 13', '"start": "13"', "record 2: '{"),
    ("label_studio.json", '"result": [', '"result": 3, "x": [', "record 1: \"result\" is '3'"),
    ("spacy2_offsets.json", "[20, 28", "[20, 280", "record 1: the span 20-280"),
    ("spacy2_offsets.json", '{"entities": [[13', '[], {"entities": [[13', "record 2: it is not a"),
    ("spacy2_offsets.json", '"entities": [[13, 16, "PER"]]', '"entities": 3', "record 2: "),
    ("webanno.tsv", "\tMaria\t", "\tMario\t", "line 9: the token 'Mario' does not follow"),
    ("webanno.tsv", "\tBen\t_\t_", "\tBen\t_", "line 22: 8 columns where the layers have 9"),
    ("webanno.tsv", "5-10", "5 10", "line 9: '1-2' and '5 10' are not an id and offsets"),
    ("webanno.tsv", "1-4\t17-19\tin\t*\tIN\t_\t_\t_\t_\t\n", "", "no token has 'in'"),
    ("conll2003.txt", "in IN B-PP O", "in IN O", "line 6: 3 columns where most lines have 4"),
    ("crfpp.txt", "京\tM", "京\tX", "line 5: the tag 'X' is not the place"),
    ("crfpp.txt", "京\tM", "京", "line 5: '京' should be a token and its tag"),
    ("table.csv", ",lives,VBZ,O", ",lives,VBZ", "line 4: 3 columns where the header has 4"),
    ("table.csv", ",lives,VBZ,O", ",,VBZ,O", "line 4: a word is empty"),
    ("table.csv", ",lives,VBZ,O", ",lives,VBZ,X", "line 4: the tag 'X' is not of a scheme"),
    ("table.csv", ",lives,VBZ,O", ',"lives,VBZ,O', "line 4: "),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), DAMAGE)
def test_damage_is_named_or_left_out(name, old, new, message, tmp_path):
    source = copy(name, tmp_path)
    text = source.read_text(encoding="utf8")
    assert old in text
    source.write_text(text.replace(old, new, 1), encoding="utf8")
    if message is None:
        # The text of a task may have any name.
        assert convert(source)[0] == 0
        return
    code, output, docs = convert(source)
    assert (code, docs) == (1, []), output
    assert message in output and output.count("✘") == 1
    assert not (tmp_path / "converted").exists()
    if "(--skip-bad)" in output:
        code, output, docs = convert(source, "--skip-bad")
        is_all = "so that no" in output
        assert is_all or (code == 0 and message in output and "left out" in output)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("letter.ann", "T2\tLOC 20 28", "T2\tLOC 20 280", "line 2: the span 20-280 (LOC)"),
        ("letter.ann", "T2\tLOC 20 28", "T2 LOC 20 28", "line 2: 'T2 LOC"),
        ("letter.ann", "New York", "Old York", "line 2: the span 20-28 (LOC) covers 'New York'"),
        ("letter.txt", "Ben", "Joe", "line 4: the span 43-46 (PER) covers 'Joe' and not 'Ben'"),
    ],
)
def test_damage_of_brat_is_named(name, old, new, message, tmp_path):
    source = copy("brat", tmp_path)
    text = (source / name).read_text(encoding="utf8")
    (source / name).write_text(text.replace(old, new, 1), encoding="utf8")
    code, output, docs = convert(source)
    assert (code, docs) == (1, []) and f"letter.ann, {message}" in output
    code, output, docs = convert(source, "--skip-bad")
    assert code == 0 and "1 bad line left out" in output
    assert sum(len(doc.ents) for doc in docs) == 2


def test_a_text_of_brat_is_missing(tmp_path):
    source = copy("brat", tmp_path)
    (source / "letter.txt").unlink()
    code, output, _ = convert(source)
    assert code == 1 and "There is no text" in output and "put it beside" in output


def test_damage_of_spacy_2_is_named(tmp_path):
    good = (SAMPLES / "spacy2.json").read_text(encoding="utf8")
    path = tmp_path / "a.json"
    for old, new, message in [
        ('"L-PER"', '"X-PER"', "record 2: the tag 'X-PER' in paragraph 1 is not legal BILUO"),
        ('"orth": "lives", ', "", "record 2: the token {"),
        ('"tokens": [', '"tokens": 3, "x": [', "record 2: \"tokens\" of paragraph 1 is '3'"),
        ('"raw": "Anna', '"raw": "Bob', "record 2: the tokens of paragraph 1 differ from its text"),
    ]:
        bad = json.loads(good.replace(old, new, 1))
        path.write_text(json.dumps(json.loads(good) + bad), encoding="utf8")
        code, output, docs = convert(path)
        assert (code, docs) == (1, []) and message in output, output
        code, output, docs = convert(path, "--skip-bad")
        assert code == 0 and words_and_entities(docs) == BOTH[:1]
        shutil.rmtree(tmp_path / "converted")


@pytest.mark.parametrize("name", ["label_studio.json", "spacy2.json", "spacy2_offsets.json"])
def test_json_that_ends_too_early(name, tmp_path):
    source = copy(name, tmp_path)
    text = source.read_text(encoding="utf8").rstrip()
    source.write_text(text[:-5], encoding="utf8")
    code, output, docs = convert(source)
    assert (code, docs) == (1, []) and "it is not JSON" in output and ", line " in output


def test_damage_of_parquet_is_named(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(SAMPLES / "sentences.parquet")
    path = tmp_path / "a.parquet"

    def change(name, values):
        place = table.schema.get_field_index(name)
        changed = table.set_column(
            place, table.schema.field(name), pa.array(values, table.schema.field(name).type)
        )
        pq.write_table(changed, path)
        return convert(path)

    tags = table["ner_tags"].to_pylist()
    code, output, _ = change("ner_tags", [tags[0], [1, 0]])
    assert code == 1 and "row 2: 3 tokens, but 2 tags in the column ner_tags" in output
    code, output, _ = change("ner_tags", [tags[0], [1, 0, 9]])
    assert code == 1 and "row 2: the schema has no name for the tag 9" in output
    code, output, _ = change("tokens", [["Anna", *WORDS[1:]], None])
    assert code == 1 and "row 2: the column tokens has 'None'" in output
    assert not (tmp_path / "converted").exists()
    code, output, docs = change("ner_tags", [tags[0], [1, 0, -100]])
    assert code == 0 and docs[1][2].ent_iob_ == ""
    pq.write_table(table.replace_schema_metadata({}), path)
    code, output, _ = convert(path)
    assert code == 1 and "save the dataset with its features" in output
    path.write_bytes((SAMPLES / "sentences.parquet").read_bytes()[:-9])
    code, output, _ = convert(path)
    assert code == 1 and "is damaged or not a Parquet file" in output


def test_offsets_of_utf_16_are_read_by_their_text(tmp_path):
    tasks = json.loads((SAMPLES / "label_studio.json").read_text(encoding="utf8"))
    value = tasks[1]["annotations"][0]["result"][0]["value"]
    # The sample counts characters; this one counts UTF-16 code units, as old versions do.
    value.update(start=14, end=17)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tasks), encoding="utf8")
    assert words_and_entities(convert(path)[2]) == BOTH


def test_tokens_of_the_file_or_of_the_language(tmp_path):
    text = "don't"
    tokens = [{"text": "don't", "start": 0, "end": 5, "id": 0}]
    path = write_records(tmp_path / "a.jsonl", *[{"text": text, "tokens": tokens, "spans": []}] * 2)
    assert [len(doc) for doc in convert(path, "--lang", "en")[2]] == [1, 1]
    options = ["--lang", "en", "--tokens", "language", "--format", "prodigy"]
    assert [len(doc) for doc in convert(path, *options)[2]] == [2, 2]
    options[3] = "characters"
    assert [len(doc) for doc in convert(path, *options)[2]] == [5, 5]


def test_a_table_with_tabs_and_quotes(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('token\tner\n"\tO\nAnna\tB-PER\n\n"Ben"\tB-PER\n', encoding="utf8")
    code, output, docs = convert(path)
    assert code == 0, output
    assert words_and_entities(docs) == [
        (['"', "Anna"], [("Anna", "PER")]),
        (['"Ben"'], [('"Ben"', "PER")]),
    ]


PERSON = {"label": "PER", "start_offset": 0, "end_offset": 4}
REGION = {"type": "labels", "value": {"start": 0, "end": 4, "text": "Anna", "labels": ["PER"]}}


@pytest.mark.parametrize(
    ("name", "text", "format"),
    [
        ("a.jsonl", json.dumps({"text": "Anna sings", "annotations": [PERSON]}), "doccano"),
        ("a.jsonl", json.dumps({"data": "Anna sings", "label": [[0, 4, "PER"]]}), "doccano"),
        ("a.json", json.dumps([{"text": "Anna sings", "entities": [PERSON]}], indent=2), "doccano"),
        (
            "a.json",
            json.dumps(
                [{"data": {"my_text": "Anna sings"}, "completions": [{"result": [REGION]}]}]
            ),
            "label-studio",
        ),
        ("a.jsonl", '["Anna sings", {"entities": [[0, 4, "PER"]]}]\n' * 2, "spacy-json"),
        ("a.csv", "id;token;label\n1;Anna;B-PER\n2;sings;O\n", "table"),
        ("a.tsv", "token\tner_tag\nAnna\tB-PER\nsings\tO\n", "table"),
        ("a.txt", "Anna NC B-PER\nsings VMI O\n", "columns"),
        (
            "a.tsv",
            "#FORMAT=WebAnno TSV 3.2\n#T_SP=webanno.custom.PER|\n\n\n#Text=Anna sings\n"
            "1-1\t0-4\tAnna\t*\n1-2\t5-10\tsings\t_\n",
            "webanno",
        ),
    ],
)
def test_other_versions_of_formats(name, text, format, tmp_path):
    (tmp_path / name).write_text(text, encoding="utf8")
    code, output, docs = convert(tmp_path / name)
    assert code == 0 and f"lines: {format} " in output, output
    assert words_and_entities(docs[:1]) == [(["Anna", "sings"], [("Anna", "PER")])]


@pytest.mark.parametrize(
    ("name", "columns", "old", "new", "message"),
    [
        ("conll2012.txt", "conll2012", "(GPE*", "(GPE(X*", "line 6: the bracket of GPE is not"),
        ("conll2012.txt", "conll2012", "(PERSON)", "PERSON)", "line 10: the tag 'PERSON)'"),
        ("conll2012.txt", "conll2012", "(PERSON)", "*)", "line 10: '*)' closes no bracket"),
        ("conll2012.txt", "conll2012", "(PERSON)   (2)", "(2)", "line 10: 11 columns"),
        ("conll2012.txt", "conll2012", "VBZ       (VP*", "VBZ", "line 4: 12 columns where its"),
        ("conll2003.txt", "conll2003", "lives VBZ B-VP O", "lives VBZ O", "line 5: 3 columns"),
        ("conll2003.txt", "conll2003", "B-LOC", "LOC", "line 7: the tag 'LOC' is not"),
        ("conll2000.txt", "conll2000", "lives VBZ B-VP", "lives", "line 3: 'lives' should be"),
        ("conll2000.txt", "conll2000", "B-VP", "VP", "line 3: the tag 'VP' is not"),
        ("word_pos.tsv", "form,pos", "VERB", "VERV", "line 2: 'VERV' is not UPOS"),
        ("word_pos.tsv", "form,tag", "lives\tVERB", "lives", "line 2: 'lives' should be"),
        ("word_pos.tsv", "form,tag", "lives\tVERB", "lives\tVERB\tX", "line 2: 3 columns where"),
        ("crfpp.txt", "form,seg", "京\tM", "\tM", "line 5: ' M' should be a token and its tag"),
    ],
)
def test_damage_of_named_columns_is_named(name, columns, old, new, message, tmp_path):
    source = copy(name, tmp_path)
    text = source.read_text(encoding="utf8")
    assert old in text
    source.write_text(text.replace(old, new, 1), encoding="utf8")
    code, output, docs = convert(source, "--columns", columns)
    assert (code, docs) == (1, []) and message in output, output
    assert not (tmp_path / "converted").exists()

"""The benchmarks run; tests do not check the figures."""

import json
from importlib.util import find_spec

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import load_model_from_config

from benchmarks import accuracy, decoding, segmentation, speed
from benchmarks.learners import SYSTEMS
from benchmarks.learning import Job, words_given
from benchmarks.recipes import TASKS, Recipe, score
from benchmarks.runs import Run, measure
from benchmarks.segmenters import make_doc
from benchmarks.sequences import join_characters, set_entities, tagged_words
from benchmarks.spacy_learners import cnn_config, core_config
from benchmarks.stanza_tagger import write_conllu
from benchmarks.summary import mean_and_deviation
from benchmarks.texts import read_docs
from spacy_birnn.corpora.write import SPLITS, write_docs

from .helpers.commands import run_main
from .helpers.segmenter import MODEL as SEGMENTER_MODEL
from .helpers.tagger import SMALL_MODEL, TAGGED


@pytest.fixture
def corpus(tmp_path):
    vocab = spacy.blank("xx").vocab
    docs = [Doc(vocab, words=text.split() * 2, tags=tags * 2) for text, tags in TAGGED * 5]
    write_docs(tmp_path / "corpus.spacy", docs)
    return tmp_path / "corpus.spacy"


def test_decoding(corpus, monkeypatch):
    monkeypatch.setattr(decoding, "N_TYPES", (1, 2))
    output = run_main(decoding.main, "-c", corpus, "-r", 1, "-u", 1, "-t", 1)
    assert "| spacy_birnn.CRF.v1 | float32 | 9 |" in output


def test_speed(tmp_path, corpus, monkeypatch):
    for name, value in (
        ("BATCH_SIZES", (1, 32)),
        ("DOC_LENGTHS", (5, 20)),
        ("LONG_DOCS", (50,)),
        ("CUT_WORDS", 40),
    ):
        monkeypatch.setattr(speed, name, value)
    stacks = speed.compare_stacks
    monkeypatch.setattr(speed, "compare_stacks", lambda width, *args: stacks(width // 16, *args))
    run_main(speed.main, "--corpus", corpus, "--rounds", 1, "--threads", 1, "--output", tmp_path)
    assert "| predict | core TorchBiLSTM |" in (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "<svg" in (tmp_path / "speed.svg").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))


def test_speed_of_a_trained_pipeline(tmp_path, corpus):
    nlp = spacy.blank("xx")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    docs = DocBin().from_disk(corpus).get_docs(nlp.vocab)
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    nlp.to_disk(tmp_path / "mine")
    options = ["--corpus", corpus, "--rounds", 1, "--threads", 1, "--quick"]
    output = run_main(speed.main, *options, "--pipeline", tmp_path / "mine")
    assert "| predict | birnn mine |" in output and "| train | birnn mine |" not in output


@pytest.fixture
def segmented(tmp_path):
    """A corpus, and a pipeline that has learned nothing from it."""
    nlp = spacy.blank("zh")
    words = ["他", "在", "北京", "工作", "。"]
    docs = [Doc(nlp.vocab, words=words * n, spaces=[False] * 5 * n) for n in range(1, 13)]
    write_docs(tmp_path / "corpus.spacy", docs)
    nlp.add_pipe("birnn_segmenter", config={"model": SEGMENTER_MODEL})
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc) for doc in docs])
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path


@pytest.mark.skipif(
    not all(map(find_spec, ("jieba", "spacy_pkuseg", "ltp_extension"))), reason="needs the rivals"
)
def test_segmentation(segmented, monkeypatch):
    monkeypatch.setattr(segmentation, "LENGTHS", (10, 100))
    names = segmentation.segmenter_names(segmented / "pipeline")
    names = [name for name in names if "bfloat16" not in name]
    monkeypatch.setattr(segmentation, "segmenter_names", lambda pipeline: names)
    corpus, output = segmented / "corpus.spacy", segmented / "figures"
    options = ["--train", corpus, "--test", corpus, "-o", output, "--iterations", 1, "-r", 1]
    options += ["--chars", 100, "--threads", 1]
    run_main(segmentation.main, segmented / "pipeline", *options, "--long", 200)
    report = (output / "segmentation.md").read_text(encoding="utf-8")
    assert "| jieba | 100.00 |" in report
    assert "One text of 200 characters" in report
    (model,) = output.glob("pkuseg-*/weights.npz")
    trained_at = model.stat().st_mtime_ns
    run_main(segmentation.main, segmented / "pipeline", *options, "--long", "")
    assert model.stat().st_mtime_ns == trained_at
    assert json.loads((output / "segmentation.json").read_text(encoding="utf-8"))["speed"]


@pytest.mark.parametrize("words", [["他", "在", "北京"], ["他", " ", "在", "\n", "北京", " "]])
def test_words_find_their_place_in_the_text(words):
    text = " 他 在\n北京  "
    doc = make_doc(spacy.blank("xx").vocab, text, words)
    assert doc.text == text
    assert [token.text for token in doc if not token.is_space] == ["他", "在", "北京"]


@pytest.mark.parametrize("words", [["他", "北京"], ["他", "在"], ["他", "在", "北", "平"]])
def test_words_of_another_text_are_refused(words):
    with pytest.raises(ValueError, match="text"):
        make_doc(spacy.blank("xx").vocab, "他在北京", words)


@pytest.fixture
def annotated(tmp_path):
    """A folder with words, tags and entities, all three splits the same."""
    vocab = spacy.blank("xx").vocab
    docs = []
    for n in range(1, 13):
        words, tags = ["他", "在", "北京", "工作", "。"] * n, ["R", "P", "NS", "V", "W"] * n
        doc = Doc(vocab, words=words, tags=tags, spaces=[False] * len(words))
        doc.set_ents([Span(doc, i, i + 1, label="LOC") for i in range(2, 5 * n, 5)])
        docs.append(doc)
    for split in SPLITS:
        write_docs(tmp_path / "data" / f"{split}.spacy", docs)
    return tmp_path / "data"


def make_config(path, *factories):
    nlp = spacy.blank("zh")
    for factory in factories:
        model = SEGMENTER_MODEL if factory == "birnn_segmenter" else SMALL_MODEL
        nlp.add_pipe(factory, config={"model": model})
    nlp.config.to_disk(path)
    return path


def test_accuracy_goes_on_where_it_was(annotated, tmp_path):
    config = make_config(tmp_path / "small.cfg", "birnn_tagger")
    options = [f"tag={annotated}", "-o", tmp_path / "figures", "--quick", "--systems", "ours"]
    options += ["--config", f"tag={config}"]
    output = run_main(accuracy.main, *options)
    assert "| spacy_birnn |" in output
    (result,) = (tmp_path / "figures" / "results").iterdir()
    trained_at = result.stat().st_mtime_ns
    assert "already done" in run_main(accuracy.main, *options)
    assert result.stat().st_mtime_ns == trained_at
    figures = json.loads((tmp_path / "figures" / "accuracy.json").read_text(encoding="utf-8"))
    assert figures[f"tag={annotated}"]["ours"][0]["scores"]["tag_acc"] >= 0
    assert "| spacy_birnn |" in (tmp_path / "figures" / "accuracy.md").read_text(encoding="utf-8")


def test_other_data_configs_and_seeds_are_measured_anew(annotated, tmp_path):
    def name(seed=0):
        recipe = Recipe("", "tag", annotated, tmp_path / "small.cfg")
        return Run(recipe, "ours", seed, threads=1, quick=False).name()

    make_config(tmp_path / "small.cfg", "birnn_tagger")
    names = [name(), name(seed=1)]
    make_config(tmp_path / "small.cfg", "birnn_tagger", "birnn_ner")
    names.append(name())
    write_docs(annotated / "test.spacy", read_docs(annotated / "test.spacy")[:5])
    names.append(name())
    assert len(set(names)) == 4
    assert name() == names[-1]


def test_a_failed_training_is_reported_and_the_others_go_on(annotated, tmp_path, monkeypatch):
    def fail(run, result, log, models):
        write = result if run.seed else log
        write.parent.mkdir(parents=True, exist_ok=True)
        text = {"words_per_second": 1, "parameters": 1, "training_seconds": 1, "versions": {}}
        text["scores"] = {"tag_acc": 0.5}
        write.write_text(json.dumps(text) if run.seed else "MemoryError\n", encoding="utf-8")
        return bool(run.seed)

    monkeypatch.setattr(accuracy, "make_result", fail)
    options = [f"tag={annotated}", "-o", tmp_path, "--systems", "ours"]
    output = run_main(accuracy.main, *options, exit_code=1)
    assert "seed 0 failed: MemoryError" in output
    assert "| spacy_birnn | 50.00 ± 0.00 (2) |" in output


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["data"], "'data' is not TASK=FOLDER"),
        (["parse={data}"], "with one of the tasks"),
        (["tag=nowhere"], "There is no file nowhere"),
        (["tag={data}", "--systems", "ours,flair"], "There is no system 'flair'"),
        (["tag={data}", "--systems", "pkuseg"], "None of the systems pkuseg learns 'tag'"),
        (["tag={data}", "--config", "tag=nowhere.cfg"], "There is no config nowhere.cfg"),
        (["tag={data}", "--config", "tag={config}"], "has no [training]: fill it"),
        (["tag={bare}"], "has no tags, which the task 'tag' needs"),
        (["ner={bare}"], "has no entities, which the task 'ner' needs"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_trained(
    annotated, tmp_path, arguments, message
):
    for split in SPLITS:
        doc = Doc(spacy.blank("xx").vocab, words=["a", "b"])
        write_docs(tmp_path / "bare" / f"{split}.spacy", [doc])
    config = tmp_path / "short.cfg"
    config.write_text("[nlp]\nlang = 'en'\n\n[components]\n", encoding="utf-8")
    places = {"data": annotated, "bare": tmp_path / "bare", "config": config}
    arguments = [argument.format(**places) for argument in arguments]
    output = run_main(accuracy.main, *arguments, "-o", tmp_path / "figures", exit_code=1)
    assert message in " ".join(output.split())


@pytest.mark.parametrize(
    "system, task",
    [
        ("ours", "text"),
        ("cnn", "text"),
        ("stanza", "tag"),
        ("pkuseg", "words"),
        ("crf", "text"),
        ("crf", "words"),
        ("hmm", "text"),
        ("hmm", "words"),
    ],
)
def test_systems_learn(annotated, tmp_path, system, task):
    lacking = SYSTEMS[system].lacks(task)
    if lacking:
        pytest.skip(f"needs {lacking}")
    factories = ("birnn_segmenter", "birnn_tagger", "birnn_ner")
    config = make_config(tmp_path / "small.cfg", *factories)
    is_classical = system in ("crf", "hmm")
    (tmp_path / "work").mkdir()
    job = Job(task, annotated, config, 0, quick=not is_classical, folder=tmp_path / "work")
    learned = SYSTEMS[system].learn(job)
    golds = read_docs(annotated / "test.spacy")
    given = [gold.text if job.what.finds_words else words_given(gold) for gold in golds]
    docs = list(learned.annotate(given))
    assert [doc.text for doc in docs] == [gold.text for gold in golds]
    assert learned.parameters > 0
    scores = score(TASKS[task], docs, golds, ["他"])
    assert set(TASKS[task].scores) <= set(scores)
    if is_classical:
        # Behind pkuseg, which had too little to learn from, words are not all right.
        assert scores["token_f" if task == "words" else "tag_acc"] > 0.9


@pytest.mark.skipif(not find_spec("spacy_pkuseg"), reason="needs pkuseg")
def test_pkuseg_is_trained_once_for_all_who_need_its_words(annotated, tmp_path):
    jobs = [
        Job(task, annotated, tmp_path, seed, quick=True, folder=tmp_path / "models" / name)
        for task, seed, name in (("words", 0, "a"), ("text", 0, "b"), ("words", 1, "c"))
    ]
    for job in jobs:
        job.folder.mkdir(parents=True)
    first = SYSTEMS["pkuseg"].learn(jobs[0])
    assert first.spared_seconds == 0
    again = SYSTEMS["hmm"].learn(jobs[1])
    assert again.spared_seconds > 0
    assert len(list(jobs[0].shared.glob("pkuseg-*"))) == 1
    SYSTEMS["pkuseg"].learn(jobs[2])
    assert len(list(jobs[0].shared.glob("pkuseg-*"))) == 2


def test_rivals_of_spacy_differ_in_nothing_but_their_layer(annotated, tmp_path):
    config = make_config(tmp_path / "small.cfg", "birnn_tagger")
    job = Job("tag", annotated, config, 0, quick=False, folder=tmp_path)
    cnn, core = cnn_config(job), core_config(job)
    assert load_model_from_config(core, auto_fill=True).pipe_names == ["tok2vec", "tagger"]
    layer = core["components"]["tok2vec"].pop("model")
    assert layer["encode"]["@architectures"] == "spacy.TorchBiLSTMEncoder.v1"
    assert cnn["components"]["tok2vec"].pop("model") != layer
    assert cnn == core
    assert cnn["corpora"]["train"]["gold_preproc"] and cnn["corpora"]["dev"]["gold_preproc"]


def test_a_pipeline_that_cannot_do_the_task_is_no_result(annotated, tmp_path):
    config = make_config(tmp_path / "small.cfg", "birnn_tagger")
    job = Run(Recipe("", "ner", annotated, config), "ours", 0, threads=1, quick=True)
    with pytest.raises(ValueError, match="predicts no entities"):
        measure(job, tmp_path / "models")


def test_words_without_tags_are_not_learned():
    doc = Doc(spacy.blank("xx").vocab, words=list("abcd"), tags=["X", "", "Y", "Z"])
    assert tagged_words(doc, "TAG") == [[("a", "X")], [("c", "Y"), ("d", "Z")]]
    doc.set_ents([Span(doc, 0, 2, label="P")], missing=[doc[2:3]], default="outside")
    assert tagged_words(doc, "ENT_IOB") == [[("a", "B-P"), ("b", "I-P")], [("d", "O")]]


def test_stanza_reads_words_with_tags_alone(tmp_path):
    doc = Doc(spacy.blank("xx").vocab, words=["a", "b", "\n", "d\te"], tags=["X", "", "Y", "Z"])
    write_conllu([doc], tmp_path / "words.conllu")
    assert (tmp_path / "words.conllu").read_text(encoding="utf-8").split("\n") == [
        "1\ta\t_\tX\t_\t_\t0\troot\t_\t_",
        "",
        "1\t_\t_\tY\t_\t_\t0\troot\t_\t_",
        "2\td e\t_\tZ\t_\t_\t1\tdep\t_\t_",
        "",
        "",
    ]


def test_tags_that_contradict_each_other_still_make_words_and_entities():
    assert join_characters("他在 北京工作", "MEOEBMS") == ["他在", "北", "京工", "作"]
    doc = Doc(spacy.blank("xx").vocab, words=list("abcdef"))
    set_entities(doc, ["I-P", "I-P", "I-L", "O", "B-L", "B-L"])
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("a b", "P"),
        ("c", "L"),
        ("e", "L"),
        ("f", "L"),
    ]


def test_only_chance_needs_seeds():
    assert list(SYSTEMS["ours"].seeds("tag", 3)) == [0, 1, 2]
    assert list(SYSTEMS["hmm"].seeds("tag", 3)) == [0]
    # Behind pkuseg there is chance.
    assert list(SYSTEMS["hmm"].seeds("text", 3)) == [0, 1, 2]


def test_spread_over_seeds():
    assert mean_and_deviation([90.0, 92.0], 2) == "91.00 ± 1.41 (2)"
    assert mean_and_deviation([90.0], 2) == "90.00 (1)"

"""`tag_frames`, the recipe for Spark and Dask, with pandas alone."""

import json
import sys

import pytest
import spacy
import torch

from spacy_birnn.bulk.workers import load_once
from spacy_birnn.distributed.data_frames import tag_frames
from spacy_birnn.errors import InputError

from .helpers.bulk import TEXT, json_of, make_untrained

pandas = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    make_untrained().to_disk(folder)
    return folder


@pytest.fixture(autouse=True)
def one_process():
    load_once.cache_clear()


def test_frames_get_the_annotations_of_their_texts(folder):
    texts = ["I like", None, "", TEXT, "ham\nham", float("nan")]
    whole = pandas.DataFrame({"text": texts, "id": range(6)}, index=[5, 5, 3, 2, 1, 0])
    frames = [whole[:4], whole[:0], whole[4:]]
    tagged = list(tag_frames(iter(frames), str(folder), batch_size=2))
    nlp = spacy.load(folder)
    assert [list(frame.columns) for frame in tagged] == [["text", "id", "annotations"]] * 3
    for frame, result in zip(frames, tagged):
        pandas.testing.assert_frame_equal(result[["text", "id"]], frame)
        assert [line and json.loads(line) for line in result["annotations"]] == [
            None if pandas.isna(text) else json_of(nlp(text)) for text in frame["text"]
        ]


def test_the_pipeline_is_loaded_once_and_on_one_thread(folder, monkeypatch):
    loaded = []
    load = spacy.load
    monkeypatch.setattr(spacy, "load", lambda path: loaded.append(path) or load(path))
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for _ in range(2):
            frames = tag_frames([pandas.DataFrame({"body": ["a"]})] * 2, str(folder), column="body")
            assert len(list(frames)) == 2
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    assert loaded == [str(folder)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"body": ["a"]}, "'body': it needs 'text'"),
        ({"text": ["a"], "annotations": [1]}, "must not have 'annotations'"),
        ({"text": ["a", None, 3]}, "the frame, row 3: a text is of the type int: fix"),
        ({"text": ["a", "\ud800"]}, "the frame, row 2: the text cannot be made a document"),
    ],
)
def test_errors_are_explained(columns, message, folder):
    frame = pandas.DataFrame(columns, dtype=object)
    with pytest.raises(InputError, match=message):
        list(tag_frames([frame], str(folder)))


def test_extra_is_named_where_pandas_is_missing(folder, monkeypatch):
    frame = pandas.DataFrame({"text": ["a"]})
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r'pip install "spacy-birnn\[frames\]"') as caught:
        next(tag_frames([frame], str(folder)))
    assert "\n" not in str(caught.value)

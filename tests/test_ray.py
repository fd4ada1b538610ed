"""`birnn tag --engine ray`: what the local engine gives, whatever happens to actors."""

import os
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from spacy_birnn.bulk.finished_shards import FinishedShards
from spacy_birnn.bulk.records import Record, Source, find_sources
from spacy_birnn.bulk.run import tag_all
from spacy_birnn.bulk.workers import TagJob
from spacy_birnn.bulk.writers import WRITERS, OutputFormat
from spacy_birnn.errors import InputError

from .helpers.bulk import make_untrained, read_jsonl, tag
from .helpers.commands import message_of

ray = pytest.importorskip("ray")
pool = pytest.importorskip("spacy_birnn.distributed.ray_actors")

TEXTS = [f"{i} green eggs{' and ham' * (i % 7)}" for i in range(24)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    make_untrained().to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def cluster():
    """Ray for all tests, because it takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray.init(
            "local",
            num_cpus=2,
            num_gpus=0,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
        )
        yield
        ray.shutdown()


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("\n".join(TEXTS), encoding="utf-8")
    return path


def tag_by(worker, monkeypatch, folder, texts, n_actors=1):
    """Tag texts with actors of a class that is no part of a module, so it travels to them."""
    monkeypatch.setattr(pool, "Worker", worker)
    job = TagJob(str(folder), -1, OutputFormat.jsonl, None, False)
    parts = FinishedShards(texts.with_name("out.jsonl"), ".jsonl")
    parts.open({})
    engine = partial(pool.tag_on_ray, job, n_actors=n_actors)
    return tag_all(job, find_sources([str(texts)]), parts, engine, shard_size=4), parts


def test_ray_gives_the_same(cluster, folder, texts, tmp_path):
    with texts.open("ab") as file_:
        file_.write(b"\n\xff\nham\n\xfe")
    for name, options in (("local", []), ("ray", ["--engine", "ray", "-n", 2])):
        args = [texts, "-o", tmp_path / name, "--output-format", "jsonl", "--skip-bad"]
        result = tag(folder, *args, "--shard-size", 2, *options)
        assert result.exit_code == 0, result.output
        assert "tagged 25 documents" in message_of(result)
        assert "left out: 2 - " in message_of(result)
        assert message_of(result).index("line 25: ") < message_of(result).index("line 27: ")
    assert (tmp_path / "local").read_bytes() == (tmp_path / "ray").read_bytes()
    assert [r["text"] for r in read_jsonl(tmp_path / "ray")] == [*TEXTS, "ham"]


def test_one_engine_goes_on_where_the_other_was(cluster, folder, texts, tmp_path):
    bad = texts.read_bytes() + b"\n\xff"
    texts.write_bytes(bad)
    args = [folder, texts, "-o", tmp_path / "out.jsonl", "--shard-size", 4]
    result = tag(*args, "--engine", "ray")
    assert result.exit_code == 1
    assert "in.txt, line 25: the line is not UTF-8: fix it" in message_of(result)
    result = tag(*args, "--skip-bad")
    assert "24 more documents come from an interrupted run" in message_of(result), result.output
    assert [r["text"] for r in read_jsonl(tmp_path / "out.jsonl")] == TEXTS


def test_shards_of_lost_actors_are_tagged_by_others(cluster, folder, texts, tmp_path, monkeypatch):
    deaths = tmp_path / "deaths"
    deaths.mkdir()

    class Mortal(pool.Worker):
        def load(self):
            self.die_once("load")
            super().load()

        def tag(self, records):
            if records[0].number > 12:
                self.die_once("tag")
            return super().tag(records)

        def die_once(self, name):
            if not (deaths / name).exists():
                (deaths / name).touch()
                os._exit(1)

    summary, parts = tag_by(Mortal, monkeypatch, folder, texts, n_actors=2)
    assert len(list(deaths.iterdir())) == 2
    assert (summary.shards, summary.documents) == (6, len(TEXTS))
    parts.join(6, WRITERS[OutputFormat.jsonl].join)
    assert [r["text"] for r in read_jsonl(parts.output)] == TEXTS


def test_a_shard_that_kills_actors_is_named(cluster, folder, texts, monkeypatch):
    class Victim(pool.Worker):
        def tag(self, records):
            if any(record.number == 10 for record in records):
                os._exit(1)
            return super().tag(records)

    monkeypatch.setattr(pool, "MOST_LOST", 2)
    message = r"from .*in\.txt, line 9 to .*in\.txt, line 12 have been lost again and again"
    with pytest.raises(InputError, match=message):
        tag_by(Victim, monkeypatch, folder, texts)
    done = [path.name for path in texts.with_name("out.jsonl.parts").glob("part-*")]
    assert sorted(done) == ["part-00000.jsonl", "part-00001.jsonl"]


def test_actors_that_never_start_are_reported(cluster, folder, texts, monkeypatch):
    class StillBorn(pool.Worker):
        def load(self):
            os._exit(1)

    monkeypatch.setattr(pool, "MOST_LOST", 2)
    with pytest.raises(InputError, match="that were to load the pipeline have been lost"):
        tag_by(StillBorn, monkeypatch, folder, texts)


def test_no_more_shards_are_read_than_actors_work_on(cluster, folder):
    records = [Record(Source("-", "text"), n, text.encode()) for n, text in enumerate(TEXTS, 1)]
    read, done = [], Counter()

    def shards():
        for index, record in enumerate(records):
            read.append(index)
            assert len(read) - done.total() <= 2 + 2
            yield index, [record]

    job = TagJob(str(folder), -1, OutputFormat.jsonl, None, False)
    for index, _, _ in pool.tag_on_ray(job, shards(), 2):
        done[index] += 1
    assert done == Counter(range(len(TEXTS)))


# Nothing listens at port 1.
@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:1"])
def test_no_cluster(address, folder, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    options = ["--engine", "ray", "--address", address]
    result = tag(folder, texts, "-o", tmp_path / "out.jsonl", *options)
    assert result.exit_code == 1
    assert f"cannot be reached at the address {address} (" in message_of(result), result.output


def test_no_documents(cluster, folder, tmp_path):
    (tmp_path / "in.txt").touch()
    args = [tmp_path / "in.txt", "-o", tmp_path / "out.jsonl", "--engine", "ray"]
    assert tag(folder, *args).exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_what_an_actor_cannot_load_is_message_of(cluster, texts, tmp_path):
    job = TagJob(str(tmp_path / "none"), -1, OutputFormat.jsonl, None, False)
    shards = [(0, [Record(Source("-", "text"), 1, b"a")])]
    with pytest.raises(InputError, match="none cannot be loaded"):
        list(pool.tag_on_ray(job, shards, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "ray", "-o", "-"], "cannot go to standard output: name a file"),
        (["--engine", "ray", "--gpu-id", 0], "Ray has no GPU: use --gpu-id -1"),
        (["--engine", "ray", "--gpu-id", 1], "give --gpu-id 0"),
        (["--address", "auto"], "add --engine ray"),
    ],
)
def test_errors_are_explained(options, message, cluster, folder, texts, tmp_path):
    result = tag(folder, texts, "-o", tmp_path / "out.jsonl", *options)
    assert result.exit_code == 1 and message in message_of(result), result.output
    assert not Path(tmp_path / "out.jsonl").exists()

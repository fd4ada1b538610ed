"""CONTRIBUTING.md describes the package as it is."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import spacy_birnn

ROOT = Path(__file__).parents[1]
PACKAGE = Path(spacy_birnn.__file__).parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
WALKS = {title: text for title, text in SECTIONS.items() if title.startswith("Follow one ")}
STOPS = [stop for text in WALKS.values() for stop in re.findall(r"^\d+\. `(.+?)`", text, re.M)]


def test_walks_have_at_most_ten_stops():
    lengths = [len(re.findall(r"^\d+\. `\S+:\S+`", text, re.M)) for text in WALKS.values()]
    assert len(lengths) == 2
    assert all(5 <= length <= 10 for length in lengths)


@pytest.mark.parametrize("stop", STOPS)
def test_each_stop_of_a_walk_is_defined_in_its_module(stop):
    module, name = stop.split(":")
    assert callable(resolve_name(stop))
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    assert name.rpartition(".")[2] in path.read_text(encoding="utf-8")


def test_the_table_lists_all_rooms():
    rows = re.findall(r"^\| (`.+?`) \|", SECTIONS["Structure"], re.M)
    rooms = {room for row in rows for room in re.findall(r"`(.+?)`", row)}
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert folders <= rooms
    assert [room for room in rooms if not (PACKAGE / room).exists()] == []


@pytest.mark.parametrize("path", re.findall(r"`((?:spacy_birnn|tests|benchmarks)/\S+\.py)`", TEXT))
def test_named_files_exist(path):
    assert (ROOT / path).is_file()

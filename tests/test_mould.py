"""One mould for all commands: options, help, exit codes, and the message for a missing extra."""

import importlib.metadata
import sys

import pytest
import typer
from spacy.cli import app as spacy_app
from typer.testing import CliRunner

import spacy_birnn
from spacy_birnn.cli import COMMANDS, EXIT_CODES, app
from spacy_birnn.errors import missing_extra

from .helpers.commands import SAMPLES, message_of, run

GROUP = typer.main.get_command(app)
# Short options with one meaning each.
MEANINGS = {"-o": "--output", "-F": "--force", "-g": "--gpu-id"}


def options_of(command):
    return [option for option in command.params if option.param_type_name == "option"]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_means_one_thing(name):
    for option in options_of(GROUP.commands[name]):
        names = {*option.opts}
        for short, long in MEANINGS.items():
            assert getattr(option, "hidden", False) or (short in names) == (long in names)
        if "--force" in names:
            assert option.help == "Replace the output if it is there"
        if "-n" in names:
            assert option.help.startswith("Number of processes")


@pytest.mark.parametrize("width", [40, 80])
def test_lists_of_commands_are_not_cut(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERMINAL_WIDTH", str(width))
    help_of_birnn = " ".join(run("--help").output.split())
    for command in GROUP.commands.values():
        assert command.short_help.endswith(".") and command.short_help in help_of_birnn
    assert EXIT_CODES in help_of_birnn
    help_of_spacy = " ".join(CliRunner().invoke(spacy_app, ["--help"]).output.split())
    assert "Tools for recurrent sequence labelling." in help_of_spacy


def test_version():
    result = run("--version")
    assert result.exit_code == 0
    assert result.output == f"spacy-birnn {importlib.metadata.version('spacy-birnn')}\n"


def test_exit_codes(tmp_path):
    assert run("init-config", tmp_path / "a.cfg").exit_code == 0
    assert run("init-config", tmp_path / "a.cfg").exit_code == 1
    assert run("init-config", tmp_path / "a.cfg", "--no-such-option").exit_code == 2


def test_old_names_of_options_work(tmp_path):
    new = run("init-config", tmp_path / "new.cfg", "--optimize", "accuracy")
    old = run("init-config", tmp_path / "old.cfg", "-o", "accuracy")
    assert new.exit_code == old.exit_code == 0
    assert (tmp_path / "new.cfg").read_bytes() == (tmp_path / "old.cfg").read_bytes()
    assert "--overwrite" not in run("tag", "--help").output
    result = run("tag", tmp_path, SAMPLES / "segmented.txt", "-o", "a.jsonl", "--overwrite")
    assert result.exit_code == 1 and "cannot be loaded" in message_of(result)


def test_soft_labels_are_not_replaced_without_force(tmp_path):
    output = tmp_path / "soft.spacy"
    output.write_bytes(b"hours of work")
    args = ["distill", tmp_path, "-i", SAMPLES / "segmented.txt", "-o", output]
    assert "give another name, or --force" in message_of(run(*args))
    # With it, the teacher is the next thing that is missing.
    assert "cannot be loaded" in message_of(run(*args, "--force"))
    assert output.read_bytes() == b"hours of work"


def test_extras_are_named_in_one_way():
    assert missing_extra("Parquet files need PyArrow", "parquet") == (
        "Parquet files need PyArrow, which is not installed: "
        'run python -m pip install "spacy-birnn[parquet]".'
    )


@pytest.mark.parametrize(
    ("module", "extra", "args"),
    [
        ("jinja2", "report", ["report", "model", "test.spacy"]),
        ("matplotlib.figure", "report", ["report", "model", "test.spacy"]),
        ("floret", "vectors", ["vectors", "a.txt", "--lang", "en", "-o", "vectors"]),
        ("pyarrow.parquet", "parquet", ["convert", SAMPLES / "sentences.parquet", "out"]),
    ],
)
def test_a_command_names_the_extra_that_it_needs(module, extra, args, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("spacy_birnn.report")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(spacy_birnn, "report", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    result = run(*args)
    assert result.exit_code == 1
    assert f'python -m pip install "spacy-birnn[{extra}]"' in message_of(result)

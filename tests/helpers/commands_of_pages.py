"""Commands in the documentation: those of spaCy run, and the names in all others are checked."""

import re
import shlex
import sys
import warnings

import srsly
import typer
from spacy.cli._util import app
from spacy.util import registry
from typer.testing import CliRunner

from .commands import ROOT

# Options that are settings of a config.
OVERRIDE = re.compile(r"--(vars|paths|training|components|corpora|system|nlp|initialize)\.")


def split_commands(source):
    """RETURNS (List[List[str]]): The arguments of each command of a shell block."""
    lines = source.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if shlex.split(line, comments=True)]


def arguments_of(command):
    """RETURNS (Optional[List[str]]): What follows `-m spacy`, if a command starts spaCy."""
    for i in range(len(command) - 1):
        if command[i : i + 2] == ["-m", "spacy"]:
            return command[i + 2 :]
    return None


def run_command(command):
    """Run a command of spaCy in this process, and return its output; others are not run."""
    arguments = arguments_of(command)
    if arguments is None or command[0] != "python" or arguments[0] == "project":
        return ""
    registry.cli.get_all()
    # Some of spaCy's commands read their settings from here.
    before, sys.argv = sys.argv, ["spacy", *arguments]
    try:
        # As for a user, warnings are no errors.
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            result = CliRunner().invoke(app, arguments, prog_name="python -m spacy")
    finally:
        sys.argv = before
    assert result.exit_code == 0, f"{command}: {result.output}{result.exception!r}"
    return re.sub(r"\x1b\[[\d;]*m", "", result.output)


def check_command(command):
    """Check the names of a command: targets, extras, options, variables and workflows."""
    arguments = arguments_of(command)
    if arguments is not None:
        check_spacy(arguments)
    elif command[0] == "make":
        targets = (ROOT / "Makefile").read_text(encoding="utf-8")
        for target in [part for part in command[1:] if "=" not in part]:
            assert re.search(rf"^{re.escape(target)}:", targets, re.M) or target.startswith(
                ".venv/"
            )
    elif "pip" in command:
        check_extras(command)
    elif "benchmarks" in " ".join(command):
        module = next(part for part in command if part.startswith("benchmarks."))
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module


def check_extras(command):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extras in re.findall(r"(?:\.|spacy-birnn)\[([^]]+)\]", " ".join(command)):
        for extra in extras.split(","):
            assert re.search(rf"^{extra} = \[", project, re.M), f"no extra '{extra}'"


def check_spacy(arguments):
    if arguments[0] == "project":
        return check_project(arguments[1:])
    registry.cli.get_all()
    context = typer.main.get_command(app)
    for name in arguments:
        if not hasattr(context, "commands"):
            break
        context = context.commands[name]
    known = {option for param in context.params for option in (*param.opts, *param.secondary_opts)}
    for argument in arguments:
        if (
            argument.startswith("-")
            and argument not in ("-", "-m")
            and not OVERRIDE.match(argument)
        ):
            assert argument.split("=")[0] in {*known, "--help"}, f"{arguments}: no {argument}"
    return None


def check_project(arguments):
    project = srsly.read_yaml(ROOT / "project.yml")
    if arguments[0] == "run":
        names = {*project["workflows"], *(command["name"] for command in project["commands"])}
        assert arguments[1] in names, f"no command '{arguments[1]}' in project.yml"
    for name in re.findall(r"--vars\.(\w+)", " ".join(arguments)):
        assert name in project["vars"], f"no variable '{name}' in project.yml"

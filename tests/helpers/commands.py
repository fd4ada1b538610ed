"""The commands of the package, as a user runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import typer
from spacy.cli._util import app
from spacy.util import registry
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "corpus" / "samples"
CONFIGS = ROOT / "configs"


def run(*args, input=None):
    """Run `spacy birnn` in this process."""
    registry.cli.get_all()
    return CliRunner().invoke(app, ["birnn", *map(str, args)], input=input)


def message_of(result):
    """The output of a command without colours and line breaks."""
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", result.output).split())


def run_python(*args, **env):
    """Run Python in a process of its own, and return its output."""
    result = subprocess.run(
        [sys.executable, *map(str, args)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **env},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run_convert(*args):
    """RETURNS (Tuple[int, str]): The exit code and the message of `birnn convert`."""
    result = run("convert", *args)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


def run_main(main, *options, exit_code=0):
    """Run a command of benchmarks."""
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, list(map(str, options)))
    assert result.exit_code == exit_code, result.output
    return result.output

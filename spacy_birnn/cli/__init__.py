"""`python -m spacy birnn …`: options and messages for what the other rooms do."""

import inspect
from importlib.metadata import version
from typing import Any, Callable, Dict

import typer
from spacy.cli import app as spacy_app

from .calibrate import calibrate_cli
from .card import card_cli
from .clean import clean_cli
from .compile import compile_cli
from .convert import convert_cli
from .distill import distill_cli
from .doctor import doctor_cli
from .evaluate import evaluate_cli
from .init_config import init_config_cli
from .report import report_cli
from .tag import tag_cli
from .train import OVERRIDES, train_cli
from .vectors import vectors_cli
from .visualize import visualize_cli

COMMANDS: Dict[str, Callable[..., None]] = {
    "calibrate": calibrate_cli,
    "card": card_cli,
    "clean": clean_cli,
    "compile": compile_cli,
    "convert": convert_cli,
    "distill": distill_cli,
    "doctor": doctor_cli,
    "evaluate": evaluate_cli,
    "init-config": init_config_cli,
    "report": report_cli,
    "tag": tag_cli,
    "train": train_cli,
    "vectors": vectors_cli,
    "visualize": visualize_cli,
}
SETTINGS: Dict[str, Dict[str, Any]] = {"train": OVERRIDES}
EXIT_CODES = (
    "Exit codes: 0 for success, 1 for an error that the message explains, 2 for a wrong option or "
    "argument."
)

app = typer.Typer(name="birnn", no_args_is_help=True, epilog=EXIT_CODES)


def print_version(wanted: bool) -> None:
    """Print the version and exit, for the option --version."""
    if wanted:
        print(f"spacy-birnn {version('spacy-birnn')}")
        raise typer.Exit()


@app.callback()
def birnn(
    show_version: bool = typer.Option(
        False, "--version", callback=print_version, is_eager=True, help="Show the version and exit"
    ),
) -> None:
    """Tools for recurrent sequence labelling."""


def first_sentence(command: Callable[..., None]) -> str:
    """Get the first paragraph of the help of a command, which lists of commands would cut.

    command (Callable[..., None]): The command.
    RETURNS (str): The paragraph, in one line.
    """
    return " ".join((inspect.getdoc(command) or "").split("\n\n")[0].split())


for name, command in COMMANDS.items():
    settings = SETTINGS.get(name)
    app.command(name, short_help=first_sentence(command), context_settings=settings)(command)
spacy_app.add_typer(app, short_help="Tools for recurrent sequence labelling.")

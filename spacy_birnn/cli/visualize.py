"""`python -m spacy birnn visualize`: show the annotations of typed text in a browser."""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import typer
from spacy.util import is_package, load_config
from wasabi import msg

from ..errors import missing_extra

PAGE = Path(__file__).parents[1] / "visualize" / "app.py"


def visualize_cli(
    model: str = typer.Argument(..., help="Folder of the trained pipeline, or installed package"),
    port: int = typer.Option(8501, "--port", "-p", min=1, max=65535, help="Port of the page"),
    host: str = typer.Option(
        "localhost",
        "--host",
        help="Address of the page; 0.0.0.0 opens it to everyone who can reach this machine",
    ),
    headless: bool = typer.Option(False, "--headless", help="Do not open a browser"),
) -> None:
    """Show words, tags and entities of typed text in a browser, with their probabilities.

    Confidences are always on. Nothing leaves this machine.

    Example: python -m spacy birnn visualize training/model-best
    """
    if find_spec("streamlit") is None:
        msg.fail(missing_extra("The page needs Streamlit", "visualize"), exits=1)
    if not is_package(model):
        try:
            load_config(Path(model) / "config.cfg")
        except (ValueError, OSError) as err:
            msg.fail(
                f"There is no pipeline {model} ({err}): name a folder such as "
                f"training/model-best, or an installed package.",
                exits=1,
            )
    settings = {
        "server.address": host,
        "server.port": port,
        "server.showEmailPrompt": "false",
        # The page is not being developed.
        "server.fileWatcherType": "none",
        "client.toolbarMode": "minimal",
        "browser.gatherUsageStats": "false",
    }
    if headless:
        settings["server.headless"] = "true"
    options = [f"--{name}={value}" for name, value in settings.items()]
    # As `python -m streamlit` does, but without a second process.
    sys.argv = ["streamlit", "run", *options, str(PAGE), "--", model]
    runpy.run_module("streamlit", run_name="__main__")

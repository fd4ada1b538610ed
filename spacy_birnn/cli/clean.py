"""`python -m spacy birnn clean`: delete what the commands of a project made."""

import shutil
from pathlib import Path
from typing import List

import typer
from wasabi import msg


def clean_cli(
    paths: List[Path] = typer.Argument(..., help="Files and folders inside the current folder"),
) -> None:
    """Delete files and folders, on Windows as well. Paths that do not exist are skipped.

    Nothing is deleted if a path is not inside the current folder.

    Example: python -m spacy birnn clean training/zh metrics/zh-small.json
    """
    here = Path.cwd().resolve()
    for path in paths:
        if here not in path.resolve().parents:
            msg.fail(f"{path} is not inside {here}: nothing is deleted.", exits=1)
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
            msg.good(f"Deleted the folder {path}")
        elif path.exists() or path.is_symlink():
            path.unlink()
            msg.good(f"Deleted {path}")

"""What the site computes when it is built: the commands, the changelog, and formulas as MathML."""

import re
from pathlib import Path

import typer
from latex2mathml.converter import convert
from mkdocs.structure.files import File
from typer.cli import get_docs_for_click

from spacy_birnn.cli import app

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"(^[ \t]*```.*?^[ \t]*```[ \t]*$|`[^`\n]+`)", re.M | re.S)
DISPLAY = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.M | re.S)
INLINE = re.compile(r"(?<![\\$\w])\$([^$\n]+)\$(?![$\w])")
# Links to files of the repository that are not pages.
OUTSIDE = re.compile(r"\[([^]]+)\]\((?!https?:|#|[\w./-]*\.md|[\w./-]*\.(?:svg|png|ipynb))[^)]+\)")


def list_commands():
    """RETURNS (str): The page of all commands, from their options and help."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(
        obj=command,
        ctx=typer.Context(command),
        name="python -m spacy birnn",
        title="Commands",
    )
    return text.replace("```console\n$ ", "```text\n")


def on_files(files, config):
    pages = {
        "reference/cli.md": list_commands(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown, page, **_):
    """Replace formulas, outside of code, and links that would leave the site."""
    has_math = page.meta.get("math", False)
    parts = FENCE.split(markdown)
    for i in range(0, len(parts), 2):
        parts[i] = OUTSIDE.sub(r"\1", parts[i]) if i % 2 == 0 else parts[i]
        if has_math:
            parts[i] = DISPLAY.sub(lambda m: convert(m.group(1), display="block"), parts[i])
            parts[i] = INLINE.sub(lambda m: convert(m.group(1)), parts[i])
    return "".join(parts)

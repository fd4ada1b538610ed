"""What the site computes when it is built: the commands, the changelog, and formulas as MathML."""

import re
from pathlib import Path

import typer
from latex2mathml.converter import convert
from mkdocs.structure.files import File
from typer.cli import get_docs_for_click

from spacy_birnn.cli import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(^[ \t]*```.*?^[ \t]*```[ \t]*$)", re.M | re.S)
CODE = re.compile(r"(^[ \t]*```.*?^[ \t]*```[ \t]*$|`[^`\n]+`)", re.M | re.S)
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
    markdown = replace(BLOCK, markdown, lambda text: OUTSIDE.sub(r"\1", text))
    return replace(CODE, markdown, write_formulas) if page.meta.get("math") else markdown


def replace(code, markdown, change):
    """Change what is between pieces of code."""
    parts = code.split(markdown)
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts))


def write_formulas(text):
    # The tags around them tell Markdown which formulas are paragraphs.
    text = DISPLAY.sub(r'<div class="formula">$$\1$$</div>', text)
    text = re.sub(r"\$\$(.+?)\$\$", lambda found: convert(found[1], display="block"), text)
    return INLINE.sub(lambda found: f"<span>{convert(found[1])}</span>", text)

"""Blocks of the documentation as tests: each page runs in a folder of its own, from top to bottom.

| Block | Test |
| --- | --- |
| `python` | It runs, in one namespace per page |
| `bash` | Commands of spaCy run in this process; for other commands, see `commands_of_pages.py` |
| `text`, or no language | It equals the output of the block before; `...` stands for anything |
| `ini`, `json` | It can be parsed |
| Any block with a title | It is written to the file of this name |

Comments before a block choose another test: `<!-- slow -->` runs it with `pytest -m slow`, and
`<!-- not run -->` compiles Python and checks the commands, options and names of a shell block.
"""

import ast
import configparser
import contextlib
import doctest
import io
import json
import os
import re
import tempfile
from pathlib import Path

from spacy.util import fix_random_seed
from sybil import Region
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from .commands_of_pages import check_command, run_command, split_commands
from .files_of_pages import fill_folder

INFO = re.compile(r"(?P<language>[a-z]*)(?: title=\"(?P<title>[^\"]+)\")?[^\S\n]*\n")
COMMENT = re.compile(r"<!-- (slow|not run)[^>]* -->\s*\Z")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def set_up(namespace):
    """Make the folder of a page."""
    namespace["__name__"] = "__main__"
    namespace["_folder"] = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    namespace["_output"] = None
    fill_folder(Path(namespace["_folder"].name))


def tear_down(namespace):
    namespace["_folder"].cleanup()


def parse_blocks(document):
    """Find the fenced blocks of a page, each with its test."""
    for region in RawFencedCodeBlockLexer(INFO)(document):
        comment = COMMENT.search(document.text[: region.start])
        mode = comment.group(1) if comment else "run"
        lexemes = region.lexemes
        region.parsed = (lexemes["language"], lexemes["title"], mode)
        yield Region(region.start, region.end, (*region.parsed, str(lexemes["source"])), evaluate)


def is_slow(example):
    return example.parsed[2] == "slow"


@contextlib.contextmanager
def page_folder(namespace):
    """Work in the folder of a page, and keep the output."""
    before, output = Path.cwd(), io.StringIO()
    os.chdir(namespace["_folder"].name)
    try:
        with contextlib.redirect_stdout(output):
            yield
    finally:
        os.chdir(before)
        namespace["_output"] = output.getvalue()


def evaluate(example):
    language, title, mode, source = example.parsed
    if title:
        path = Path(example.namespace["_folder"].name, title)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    if language == "python":
        return run_python_block(example, source, mode)
    if language == "bash":
        return run_shell_block(example, source, mode)
    if language == "ini":
        configparser.ConfigParser(interpolation=None).read_string(source)
    elif language == "json":
        json.loads(source)
    elif language in ("", "text") and not title and mode != "not run":
        return compare_output(example, source)
    return None


def run_python_block(example, source, mode):
    # Lines keep their numbers, for errors.
    code = ast.parse("\n" * example.line + source)
    if mode != "not run":
        fix_random_seed(0)
        with page_folder(example.namespace):
            exec(compile(code, example.path, "exec"), example.namespace)


def run_shell_block(example, source, mode):
    with page_folder(example.namespace):
        for arguments in split_commands(source):
            check_command(arguments)
            if mode != "not run":
                print(run_command(arguments), end="")


def compare_output(example, source):
    seen = example.namespace["_output"]
    assert seen is not None, "no block before this one has an output"
    if not doctest.OutputChecker().check_output(source, seen, FLAGS):
        return f"Expected:\n{source}\nGot:\n{seen}"
    return None

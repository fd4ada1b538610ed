"""Public docstrings open with a sentence that says what the thing does."""

import ast
import re
from pathlib import Path

import pytest

import spacy_birnn

PACKAGE = Path(spacy_birnn.__file__).parent
MODULES = sorted(PACKAGE.glob("**/*.py"))
# A line of arguments, results or errors in spaCy's style.
FIELD = re.compile(r"(RETURNS|YIELDS|RAISES)\b|\**\w+ \([^)]*\): ")
KINDS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def public_docstrings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [(path.stem, ast.get_docstring(tree))]
    waiting = [(node, node.name) for node in tree.body if isinstance(node, KINDS)]
    while waiting:
        node, name = waiting.pop()
        if name.rpartition(".")[2].startswith("_") and not name.endswith("__"):
            continue
        found.append((name, ast.get_docstring(node)))
        if isinstance(node, ast.ClassDef):
            members = [member for member in node.body if isinstance(member, KINDS)]
            waiting += [(member, f"{name}.{member.name}") for member in members]
    return [(name, text) for name, text in found if text]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_docstrings_open_with_a_sentence(path):
    bad = [
        name
        for name, text in public_docstrings(path)
        if FIELD.match(text) or not re.search(r"[.:](\s|$)", text)
    ]
    assert not bad


WORDS = re.compile(
    r"\b(mend(ed|s)?|learnt|by heart|for want of|heat(ed)?|cooled|what is told|but for)\b|, too\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_words_are_those_of_the_field(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [
        f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if WORDS.search(line)
    ]
    assert not found

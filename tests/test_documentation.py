"""The documentation: its size, links, pictures and notebook. Its blocks are tests of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("**/*.md"))]
# Pages that the build makes.
MADE = {DOCS / "reference" / "cli.md", DOCS / "changelog.md"}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def read(path):
    return path.read_text(encoding="utf-8")


def anchors(path):
    """The anchors of the headings of a page, as Python-Markdown names them."""
    headings = re.findall(r"^#+ (.+)$", read(path), re.M)
    plain = [re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings]
    return {re.sub(r"[-\s]+", "-", heading) for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.M | re.S)
    for path, anchor in LINK.findall(text):
        target = (page.parent / path).resolve() if path else page
        if target in MADE or page.name == "project.md":
            continue
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{path}#{anchor}"


def test_every_page_is_in_the_navigation():
    named = set(re.findall(r"[\w/-]+\.md", read(ROOT / "mkdocs.yml")))
    assert named == {path.relative_to(DOCS).as_posix() for path in {*PAGES[1:], *MADE}}


def test_readme_is_short():
    assert len(read(ROOT / "README.md").splitlines()) <= 200


def test_pictures_show_the_tables():
    code = (
        "import sys; sys.path.insert(0, 'docs/scripts'); import pictures; "
        "print([name for name, draw in pictures.PICTURES.items() if str(draw()) != "
        "(pictures.DOCS / 'images' / name).read_text(encoding='utf-8')])"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert result.stdout.strip() == "[]", f"run docs/scripts/pictures.py {result.stderr}"


def test_images_are_small():
    assert all(path.stat().st_size < 150_000 for path in (DOCS / "images").iterdir())


def test_notebook_runs(tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="needs the extra docs")
    nbclient = pytest.importorskip("nbclient", reason="needs the extra docs")
    notebook = nbformat.read(DOCS / "notebooks" / "first_tagger.ipynb", as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = nbclient.NotebookClient(notebook, timeout=300, resources=resources)
    client.execute()
    assert "PROPN" in str(notebook.cells[-1]["outputs"])

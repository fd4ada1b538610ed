"""The fenced blocks of README.md and of docs/ are tests (`tests/helpers/documentation.py`)."""

import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem

from tests.helpers.documentation import is_slow, parse_blocks, set_up, tear_down

pytest_collect_file = Sybil(
    [parse_blocks],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=set_up,
    teardown=tear_down,
).pytest()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, SybilItem) and is_slow(item.example):
            item.add_marker(pytest.mark.slow)

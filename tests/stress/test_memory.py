"""Memory stays bounded: in a long stream, for a long document, and in training on one."""

import pytest

from benchmarks.memory import run_alone

pytestmark = pytest.mark.stress

MODULE = "tests.stress.measure"


def test_memory_of_a_million_documents():
    figures = run_alone(MODULE, task="stream", size=10**6)
    print(
        "\n1,000,000 documents in {seconds:,.0f} s; megabytes: {early:,.0f} in the first 50,000, "
        "{middle:,.0f} in the first half, {late:,.0f} in the second; {new_strings:,.0f} new "
        "strings are left".format(**figures)
    )
    # Words come and go with their zones; the allocator may keep a little.
    assert figures["late"] < figures["early"] + 50
    assert figures["new_strings"] < 100


# The document itself and what it is made from are the most of it: some hundred bytes a token.
@pytest.mark.parametrize(
    ("task", "size", "unit", "bound"),
    [("segment", 10**7, "characters", 2500), ("tag", 10**6, "words", 600)],
)
def test_memory_of_a_long_document(task, size, unit, bound):
    figures = run_alone(MODULE, task=task, size=size)
    print(
        "\n{:,} {} in {seconds:,.0f} s: {beyond:,.0f} MB beyond {before:,.0f}".format(
            size, unit, **figures
        )
    )
    assert figures["beyond"] < bound


@pytest.mark.parametrize(("size", "bound"), [(10_000, 500), (100_000, 3000)])
def test_memory_of_training_on_a_long_document(size, bound):
    figures = run_alone(MODULE, task="train", size=size)
    print(
        "\nA step on {:,} words: {seconds:,.0f} s, {beyond:,.0f} MB beyond {before:,.0f}".format(
            size, **figures
        )
    )
    assert figures["beyond"] < bound

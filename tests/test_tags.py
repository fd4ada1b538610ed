"""Tag schemes and constrained decoding, against brute force."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_birnn.tags.repair import repair
from spacy_birnn.tags.schemes import SCHEMES, Spans, TagSet
from spacy_birnn.tags.text import detect_scheme, read_tags
from spacy_birnn.tags.viterbi import Weights, _search_segments, viterbi

EVERY_SCHEME = pytest.mark.parametrize("scheme", sorted(SCHEMES))


@st.composite
def span_sets(draw, n_types=3):
    """Non-overlapping spans, and the length of their sequence."""
    length = draw(st.integers(0, 20))
    starts, ends, types = [], [], []
    token = 0
    while token < length:
        size = draw(st.integers(0, min(4, length - token)))
        if size:
            starts.append(token)
            ends.append(token + size)
            types.append(draw(st.integers(0, n_types - 1)))
        token += max(1, size)
    return Spans(*(np.array(column, dtype=np.int64) for column in (starts, ends, types))), length


def is_legal(tags, tag_set):
    """Whether encoding what was decoded gives the same tags."""
    if not len(tags):
        return True
    spans = tag_set.decode(tags)
    if len(spans.starts) != len(spans.ends) or (spans.starts >= spans.ends).any():
        return False
    return np.array_equal(tag_set.encode(spans, len(tags)), tags)


@EVERY_SCHEME
@given(span_sets())
def test_decode_undoes_encode(scheme, spans_and_length):
    spans, length = spans_and_length
    tag_set = TagSet(scheme, 3)
    tags = tag_set.encode(spans, length)
    for decoded, given_ in zip(tag_set.decode(tags), spans):
        assert_array_equal(decoded, given_)


@EVERY_SCHEME
@given(st.lists(span_sets(), max_size=4))
def test_sequences_are_decoded_at_once_as_one_by_one(scheme, sets):
    tag_set = TagSet(scheme, 3)
    decoded = tag_set.decode_all([tag_set.encode(spans, length) for spans, length in sets])
    assert len(decoded) == len(sets)
    for found, (spans, _) in zip(decoded, sets):
        assert all(map(np.array_equal, found, spans))


def test_names():
    names = TagSet("BILUO", 2).names(["PER", "LOC"])
    assert names == ["O", "B-PER", "I-PER", "L-PER", "U-PER", "B-LOC", "I-LOC", "L-LOC", "U-LOC"]
    assert TagSet("BIO", 1).names(["PER"]) == ["O", "B-PER", "I-PER"]


@EVERY_SCHEME
def test_transitions_allow_what_can_be_encoded(scheme):
    tag_set = TagSet(scheme, 2)
    transitions = tag_set.transitions
    for tags in product(range(tag_set.n_tags), repeat=3):
        pairs = pairwise(tags)
        allowed = transitions.allowed()
        legal = tags[0] in transitions.starters and tags[-1] in transitions.enders
        legal = legal and all(allowed[a, b] for a, b in pairs)
        assert legal == is_legal(np.array(tags), tag_set), tags


@EVERY_SCHEME
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 12), max_size=5), st.booleans())
def test_no_scores_give_an_illegal_sequence(scheme, seed, lengths, weighted):
    rng = np.random.default_rng(seed)
    tag_set = TagSet(scheme, 3)
    scores = rng.normal(size=(sum(lengths), tag_set.n_tags)).astype("f") * 10
    weights = make_weights(rng, tag_set.n_tags) if weighted else None
    tags = viterbi(scores, lengths, tag_set.transitions, weights)
    for part in np.split(tags, np.cumsum(lengths)[:-1]):
        assert is_legal(part, tag_set)


def make_weights(rng, n):
    return Weights(*(rng.normal(size=shape).astype("f") for shape in ((n,), (n, n), (n,))))


@EVERY_SCHEME
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_best_sequence_against_brute_force(scheme, weighted, length):
    rng = np.random.default_rng(0)
    tag_set = TagSet(scheme, 1)
    n = tag_set.n_tags
    lengths = [length, 0, 3, length]
    scores = rng.normal(size=(sum(lengths), n)).astype("f")
    weights = make_weights(rng, n) if weighted else Weights(*(np.zeros(s) for s in (n, (n, n), n)))
    found = viterbi(scores, lengths, tag_set.transitions, weights if weighted else None)
    start = 0
    for size in lengths:
        part = scores[start : start + size]
        best, best_sum = [], -np.inf
        for tags in product(range(n), repeat=size):
            if size and is_legal(np.array(tags), tag_set):
                total = part[np.arange(size), tags].sum() + weights.start[tags[0]]
                total += sum(weights.between[a, b] for a, b in pairwise(tags))
                total += weights.end[tags[-1]]
                if total > best_sum:
                    best, best_sum = list(tags), total
        assert found[start : start + size].tolist() == best
        start += size


@EVERY_SCHEME
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 60), max_size=4), st.integers(0, 8))
def test_viterbi_on_parts_equals_viterbi_on_the_whole(scheme, seed, lengths, margin):
    rng = np.random.default_rng(seed)
    tag_set = TagSet(scheme, 2)
    n, n_tags = sum(lengths), tag_set.n_tags
    # The larger the margin, the fewer places are there where the best tags do not fit.
    scores = rng.normal(size=(n, n_tags)).astype("f")
    path = viterbi(scores, lengths, tag_set.transitions)
    scores[np.arange(n), path] += margin
    zeros = Weights(*(np.zeros(shape, "f") for shape in ((n_tags,), (n_tags, n_tags), (n_tags,))))
    whole = viterbi(scores, lengths, tag_set.transitions, zeros)
    assert_array_equal(viterbi(scores, lengths, tag_set.transitions), whole)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 12), min_size=1, max_size=5))
def test_repair_gives_a_legal_sequence_with_few_changes(seed, borders):
    rng = np.random.default_rng(seed)
    tag_set = TagSet("BILUO", 2)
    borders = np.sort(borders)
    # Each piece is a part of a legal sequence of its own.
    scores = rng.normal(size=(len(borders) + 1, 12, tag_set.n_tags)).astype("f")
    pieces = [viterbi(s, [12], tag_set.transitions) for s in scores]
    parts = [p[a:b] for p, a, b in zip(pieces, [0, *borders], [*borders, 12])]
    whole = np.concatenate(parts)
    repaired = repair(whole, None, tag_set)
    assert is_legal(repaired, tag_set)
    assert (repaired != whole).sum() <= 2 * len(borders)


@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_repair_heeds_a_mask_and_keeps_what_is_legal(seed, length):
    rng = np.random.default_rng(seed)
    tag_set = TagSet("BMES", 1)
    tags = viterbi(rng.normal(size=(length, 5)).astype("f"), [length], tag_set.transitions)
    assert_array_equal(repair(tags, None, tag_set), tags)
    blank = rng.random(length) < 0.3
    mask = np.ones((length, 5), dtype=bool)
    mask[blank, 1:] = False
    repaired = repair(tags, mask, tag_set)
    assert is_legal(repaired, tag_set)
    assert not repaired[blank].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_that_are_no_numbers_are_an_error(bad, weighted):
    tag_set = TagSet("BMES", 1)
    scores = np.full((5, 5), bad, dtype="f")
    scores[:, 0] = -np.inf
    weights = make_weights(np.random.default_rng(0), 5) if weighted else None
    with pytest.raises(ValueError, match="NaN or infinite"):
        viterbi(scores, [5], tag_set.transitions, weights)


def test_the_search_ends_on_any_scores():
    scores = np.full((5, 5), np.nan, dtype="f")
    scores[:, 0] = -np.inf
    with pytest.raises(ValueError, match="No legal sequence"):
        _search_segments(scores, np.array([0]), TagSet("BMES", 1).transitions)


@pytest.mark.parametrize("seed", range(3))
def test_long_sequences_are_decoded_as_in_double_precision(seed):
    rng = np.random.default_rng(seed)
    tag_set = TagSet("BIOES", 2)
    weights = make_weights(rng, tag_set.n_tags)
    # A common shift that grows, as a CRF learns it, is no reason for another decision.
    scores = (rng.normal(size=(30_000, tag_set.n_tags)) - 5).astype("f")
    found = viterbi(scores, [30_000], tag_set.transitions, weights)
    exact = Weights(*(w.astype(np.float64) for w in weights))
    expected = viterbi(scores.astype(np.float64), [30_000], tag_set.transitions, exact)
    assert_array_equal(found, expected)


def test_masked_tags_are_not_chosen():
    tag_set = TagSet("BIOES", 1)
    scores = np.zeros((4, 5), dtype="f")
    scores[:, 1:] = 5
    scores[2, 1:] = -np.inf
    tags = viterbi(scores, [4], tag_set.transitions)
    assert tags[2] == 0
    assert is_legal(tags, tag_set)


@EVERY_SCHEME
@given(span_sets())
def test_text_is_read_as_it_was_written(scheme, spans_and_length):
    spans, length = spans_and_length
    tag_set = TagSet(scheme, 3)
    names = tag_set.names(["PER", "LOC", "ORG-X"])
    tags = [names[tag] for tag in tag_set.encode(spans, length)]
    reading = read_tags(tags, scheme)
    types = [["PER", "LOC", "ORG-X"][number] for number in spans.types]
    assert reading.spans == list(zip(spans.starts, spans.ends, types))
    assert reading.repairs == []


@pytest.mark.parametrize(
    ("tags", "scheme", "spans", "repairs"),
    [
        ("O I-A I-A O", "BIO", [(1, 3, "A")], [1]),
        ("B-A I-B I-B", "BIO", [(0, 1, "A"), (1, 3, "B")], [1]),
        ("B-A O", "BIOES", [(0, 1, "A")], [0]),
        ("I-A E-A S-A", "BIOES", [(0, 2, "A"), (2, 3, "A")], [0]),
        ("B-A B-A E-A", "BIOES", [(0, 1, "A"), (1, 3, "A")], [0]),
        ("B-A L-B", "BILUO", [(0, 1, "A"), (1, 2, "B")], [0, 1]),
        ("B-A M-A", "BMES", [(0, 2, "A")], [1]),
    ],
)
def test_illegal_tags_are_repaired(tags, scheme, spans, repairs):
    assert read_tags(tags.split(), scheme) == (spans, repairs)


@pytest.mark.parametrize(
    ("letters", "scheme"),
    [("", "BIO"), ("BI", "BIO"), ("BIES", "BIOES"), ("U", "BILUO"), ("M", "BMES")],
)
def test_schemes_are_detected(letters, scheme):
    assert detect_scheme(letters) == scheme


@pytest.mark.parametrize("letters", ["EL", "MI", "X"])
def test_mixed_and_unknown_schemes_are_explained(letters):
    with pytest.raises(ValueError, match="a mixture or an unknown one"):
        detect_scheme(letters)

"""Marginals against the CRF's gradient, and against the sum over all sequences, one by one."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from spacy_birnn.nn.crf import LinearChainCRF, pad_scores
from spacy_birnn.tags.marginals import Marginals
from spacy_birnn.tags.schemes import Spans, TagSet, unrestricted
from spacy_birnn.tags.viterbi import Weights, viterbi

LENGTHS = [3, 0, 1, 4]
TAG_SET = TagSet("BILUO", 2)
RANDOM = np.random.default_rng(0)


def make_scores(n_tags=TAG_SET.n_tags):
    weights = Weights(*(RANDOM.normal(size=s) for s in (n_tags, (n_tags, n_tags), n_tags)))
    return RANDOM.normal(size=(sum(LENGTHS), n_tags)) * 3, weights


def enumerate_all(scores, weights):
    """For each sequence that is not empty: all legal sequences and their probabilities."""
    transitions, allowed = TAG_SET.transitions, TAG_SET.transitions.allowed()
    for part in np.split(scores, np.cumsum(LENGTHS)[:-1]):
        if not len(part):
            continue
        found, sums = [], []
        for tags in product(range(TAG_SET.n_tags), repeat=len(part)):
            ends = tags[0] in transitions.starters and tags[-1] in transitions.enders
            if ends and all(allowed[pair] for pair in pairwise(tags)):
                total = sum(row[tag] for row, tag in zip(part, tags))
                if weights is not None:
                    total += weights.start[tags[0]] + weights.end[tags[-1]]
                    total += sum(weights.between[pair] for pair in pairwise(tags))
                found.append(tags)
                sums.append(total)
        yield np.array(found), np.exp(np.array(sums) - np.logaddexp.reduce(sums))


@pytest.mark.parametrize("with_weights", [True, False])
def test_tags_and_spans_against_enumeration(with_weights):
    scores, weights = make_scores()
    weights = weights if with_weights else None
    marginals = Marginals(scores, LENGTHS, TAG_SET.transitions, weights)
    path = viterbi(scores, LENGTHS, TAG_SET.transitions, weights)
    of_path = marginals.of_path(path)
    offset = 0
    for sequences, shares in enumerate_all(scores, weights):
        here = slice(offset, offset + sequences.shape[1])
        offset = here.stop
        one_hot = np.eye(TAG_SET.n_tags)[sequences]
        expected = np.einsum("s,slt->lt", shares, one_hot)
        assert_allclose(np.exp(marginals.of_tags()[here]), expected, atol=1e-9)
        assert_allclose(
            np.exp(of_path.tags[here]), np.take_along_axis(expected, path[here, None], 1)[:, 0]
        )
        all_spans = [list(zip(*TAG_SET.decode(tags))) for tags in sequences]
        for span in zip(*TAG_SET.decode(path[here])):
            share = sum(p for spans, p in zip(all_spans, shares) if span in spans)
            columns = (np.array([number]) + offset - sequences.shape[1] for number in span[:2])
            found = of_path.of_spans(Spans(*columns, np.array([span[2]])))
            assert_allclose(np.exp(found), [share])


def test_marginals_are_the_gradient_of_the_partition():
    scores, weights = make_scores()
    crf = LinearChainCRF(TAG_SET.n_tags).double()
    with torch.no_grad():
        for weight, values in zip((crf.start, crf.between, crf.end), weights):
            weight.copy_(torch.from_numpy(values))
    emissions = torch.from_numpy(scores).requires_grad_()
    crf.log_partition(*pad_scores(emissions, LENGTHS), TAG_SET.transitions).sum().backward()
    marginals = Marginals(scores, LENGTHS, TAG_SET.transitions, weights)
    assert_allclose(np.exp(marginals.of_tags()), emissions.grad.numpy(), atol=1e-9)


def test_independent_tokens_have_a_softmax():
    scores, _ = make_scores()
    marginals = Marginals(scores, LENGTHS, unrestricted(TAG_SET.n_tags))
    expected = torch.from_numpy(scores).softmax(1).numpy()
    assert_allclose(np.exp(marginals.of_tags()), expected)


def test_ruled_out_tags_and_long_sequences_stay_exact():
    scores, weights = make_scores()
    scores = np.tile(scores, (500, 1)).astype(np.float32) * 30
    scores[100, 1:] = -np.inf
    # Neither token may end a span, so the second is inside of one.
    scores[201:203, [0, 3, 4, 7, 8]] = -np.inf
    tags = Marginals(scores, [len(scores)], TAG_SET.transitions, weights).of_tags()
    probs = np.exp(tags)
    assert_allclose(probs.sum(axis=1), 1.0)
    assert probs[100, 0] == 1.0
    assert_allclose(probs[202, [2, 6]].sum(), 1.0)

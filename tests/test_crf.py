"""The CRF against the sum over all sequences, one by one."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from spacy_birnn.nn.crf import LinearChainCRF
from spacy_birnn.tags.schemes import TagSet, unrestricted

LENGTHS = [3, 0, 1, 4]
TAG_SET = TagSet("BILUO", 1)


def make_crf(n_tags=TAG_SET.n_tags):
    torch.manual_seed(0)
    crf = LinearChainCRF(n_tags).double()
    with torch.no_grad():
        for weight in crf.parameters():
            weight.normal_()
    return crf, torch.randn(sum(LENGTHS), n_tags, dtype=torch.double)


def legal_sequences(length):
    transitions = TAG_SET.transitions
    allowed = transitions.allowed()
    for tags in product(range(TAG_SET.n_tags), repeat=length):
        ends = tags[0] in transitions.starters and tags[-1] in transitions.enders
        if ends and all(allowed[a, b] for a, b in pairwise(tags)):
            yield tags


def sum_of_scores(crf, scores, tags):
    total = crf.start[tags[0]] + crf.end[tags[-1]] + sum(s[t] for s, t in zip(scores, tags))
    return (total + sum(crf.between[a, b] for a, b in pairwise(tags))).item()


def enumerate_all(crf, scores):
    """For each sequence that is not empty: its scores, all legal sequences and their sums."""
    for part in scores.split(LENGTHS):
        if len(part):
            sequences = list(legal_sequences(len(part)))
            yield part, sequences, np.array([sum_of_scores(crf, part, s) for s in sequences])


def test_loss_of_complete_and_incomplete_annotation():
    crf, scores = make_crf()
    gold = [0, 0, 0, 4, 1, 2, 3, 0]
    allowed = torch.nn.functional.one_hot(torch.tensor(gold), TAG_SET.n_tags).bool()
    allowed[1] = True
    allowed[6, 1:] = True
    allowed[6, 0] = False
    losses = crf(scores, allowed, LENGTHS, TAG_SET.transitions)
    rows = [rows for rows in allowed.split(LENGTHS) if len(rows)]
    for loss, mask, (_, sequences, sums) in zip(losses, rows, enumerate_all(crf, scores)):
        fits = [all(row[tag] for row, tag in zip(mask, s)) for s in sequences]
        expected = np.logaddexp.reduce(sums) - np.logaddexp.reduce(sums[fits])
        assert_allclose(loss.item(), expected, rtol=1e-9)


def test_nothing_known_is_no_loss():
    crf, scores = make_crf()
    losses = crf(scores, torch.ones_like(scores, dtype=torch.bool), LENGTHS, TAG_SET.transitions)
    assert_allclose(losses.detach(), np.zeros(3), atol=1e-9)


def test_gradient_agrees_with_finite_differences():
    crf, scores = make_crf()
    allowed = torch.zeros_like(scores, dtype=torch.bool)
    allowed[range(8), [0, 4, 0, 0, 1, 2, 3, 0]] = True
    allowed[2] = True

    def loss(scores, *_):
        return crf(scores, allowed, LENGTHS, TAG_SET.transitions)

    assert torch.autograd.gradcheck(loss, (scores.requires_grad_(), *crf.parameters()))


def test_tags_without_a_scheme():
    crf, scores = make_crf()
    allowed = torch.zeros_like(scores, dtype=torch.bool)
    allowed[:, 0] = True
    loss = crf(scores[:2], allowed[:2], [2], unrestricted(5))
    sums = [sum_of_scores(crf, scores[:2], tags) for tags in product(range(5), repeat=2)]
    assert_allclose(loss.item(), np.logaddexp.reduce(sums) - sums[0])


@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_nothing_to_score(lengths):
    crf, _ = make_crf()
    empty = torch.zeros(0, TAG_SET.n_tags).double()
    assert crf(empty, empty.bool(), lengths, TAG_SET.transitions).shape == (0,)
